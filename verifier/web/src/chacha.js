/** ChaCha20-Poly1305 (RFC 8439): opening what somebody sealed. Nothing here writes a ciphertext. */

import { bigFromLittle, concat, littleFromBig } from "./bytes.js";

const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]; // "expand 32-byte k" (2.3)
// Columns, then diagonals (2.3).
const ROUND = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
const DOUBLE_ROUNDS = 10;
const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn; // (2.5)
const TAG = 16;

const rotate = (word, bits) => word << bits | word >>> (32 - bits);

/** The quarter round of 2.1, on a state of 16 words. */
function quarterRound(s, a, b, c, d) {
  s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 16);
  s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 12);
  s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 8);
  s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 7);
}

const wordsOf = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
};

/** A block of key stream, 64 bytes (2.3). */
export function chachaBlock(key, counter, nonce) {
  const start = Uint32Array.from([...CONSTANTS, ...wordsOf(key), counter, ...wordsOf(nonce)]);
  const state = start.slice();
  for (let i = 0; i < DOUBLE_ROUNDS; i++) for (const row of ROUND) quarterRound(state, ...row);
  const out = new Uint8Array(64);
  const view = new DataView(out.buffer);
  state.forEach((word, i) => view.setUint32(4 * i, word + start[i], true));
  return out;
}

/** Text and key stream exchanged for each other, from block 1 on (2.4). */
function xored(key, nonce, bytes) {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += 64) {
    const block = chachaBlock(key, 1 + at / 64, nonce);
    for (let i = at; i < Math.min(at + 64, out.length); i++) out[i] ^= block[i - at];
  }
  return out;
}

/** The authenticator of a message under a one-time key of 32 bytes (2.5). */
export function poly1305(key, message) {
  const r = bigFromLittle(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    sum = (sum + bigFromLittle(part) + (1n << BigInt(8 * part.length))) * r % PRIME;
  }
  return littleFromBig(sum + bigFromLittle(key.subarray(16)) & (1n << 128n) - 1n, TAG);
}

const padded = (bytes) => concat([bytes, new Uint8Array((16 - bytes.length % 16) % 16)]);

/**
 * Opens what was sealed (2.8).
 * @param {Uint8Array} key 32 bytes
 * @param {Uint8Array} nonce 12 bytes
 * @param {Uint8Array} sealed ciphertext and tag
 * @param {Uint8Array} beside associated data
 * @returns {Uint8Array|null} the plaintext; null if it was not sealed under this key, nonce and associated data
 */
export function openSealed(key, nonce, sealed, beside) {
  if (sealed.length < TAG) return null;
  const text = sealed.subarray(0, sealed.length - TAG);
  const lengths = concat([littleFromBig(BigInt(beside.length), 8), littleFromBig(BigInt(text.length), 8)]);
  const tag = poly1305(chachaBlock(key, 0, nonce).subarray(0, 32), concat([padded(beside), padded(text), lengths]));
  let difference = 0;
  for (let i = 0; i < TAG; i++) difference |= tag[i] ^ sealed[text.length + i];
  return difference ? null : xored(key, nonce, text);
}
