/** Verification of ML-DSA-44 signatures (FIPS 204) with empty context, and the SHAKE functions it needs (FIPS 202). */

import { concat, hex, same } from "./bytes.js";
import { memo } from "./memo.js";

const Q = 8380417;
const ROWS = 4; // k and l
const TAU = 39;
const GAMMA1 = 2 ** 17;
const GAMMA2 = (Q - 1) / 88;
const BETA = 78;
const OMEGA = 80;
const LANE = 0xffffffffffffffffn;
const [ROUND_CONSTANTS, ROTATIONS] = keccakTables();
const ZETAS = Array.from({ length: 256 }, (_, i) => zeta(i));

/** Round constants from the shift register of FIPS 202, rotations from the walk over the lanes. */
function keccakTables() {
  const constants = [];
  let register = 1;
  for (let round = 0; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt((1 << j) - 1);
      register = register & 128 ? register << 1 ^ 0x171 : register << 1;
    }
    constants.push(constant);
  }
  const rotations = new Array(25).fill(0n);
  for (let [x, y, t] = [1, 0, 0]; t < 24; t++) {
    rotations[x + 5 * y] = BigInt((t + 1) * (t + 2) / 2 % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return [constants, rotations];
}

const turn = (lane, by) => (lane << by | lane >> (64n - by)) & LANE;

function permute(state) {
  for (const constant of ROUND_CONSTANTS) {
    const column = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
    const moved = new Array(25);
    for (let x = 0; x < 5; x++) {
      const mask = column[(x + 4) % 5] ^ turn(column[(x + 1) % 5], 1n);
      for (let y = 0; y < 5; y++) {
        const from = x + 5 * y;
        moved[y + 5 * ((2 * x + 3 * y) % 5)] = turn(state[from] ^ mask, ROTATIONS[from]);
      }
    }
    for (let i = 0; i < 25; i++) {
      const row = i - i % 5;
      state[i] = moved[i] ^ (moved[row + (i + 1) % 5] ^ LANE) & moved[row + (i + 2) % 5];
    }
    state[0] ^= constant;
  }
}

/** An endless output of SHAKE, byte by byte. Rate 168 for SHAKE128, 136 for SHAKE256. */
function* shake(rate, input) {
  const padded = new Uint8Array((Math.floor(input.length / rate) + 1) * rate);
  padded.set(input);
  padded[input.length] = 0x1f;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  const state = new Array(25).fill(0n);
  for (let at = 0; at < padded.length; at += rate) {
    for (let i = 0; i < rate / 8; i++) state[i] ^= view.getBigUint64(at + 8 * i, true);
    permute(state);
  }
  for (;; permute(state)) {
    for (let i = 0; i < rate; i++) yield Number(state[i >> 3] >> BigInt(8 * (i & 7)) & 255n);
  }
}

function take(stream, count) {
  return Uint8Array.from({ length: count }, () => stream.next().value);
}

const hash = (length, ...parts) => take(shake(136, concat(parts)), length);

function zeta(i) {
  let exponent = 0;
  for (let bit = 0; bit < 8; bit++) exponent |= (i >> bit & 1) << (7 - bit);
  let result = 1;
  for (let n = 0; n < exponent; n++) result = result * 1753 % Q;
  return result;
}

function transform(poly) {
  let m = 0;
  for (let length = 128; length; length >>= 1) {
    for (let start = 0; start < 256; start += 2 * length) {
      const z = ZETAS[++m];
      for (let j = start; j < start + length; j++) {
        const t = z * poly[j + length] % Q;
        poly[j + length] = (poly[j] - t + Q) % Q;
        poly[j] = (poly[j] + t) % Q;
      }
    }
  }
  return poly;
}

function transformBack(poly) {
  let m = 256;
  for (let length = 1; length < 256; length *= 2) {
    for (let start = 0; start < 256; start += 2 * length) {
      const z = Q - ZETAS[--m];
      for (let j = start; j < start + length; j++) {
        const t = poly[j];
        poly[j] = (t + poly[j + length]) % Q;
        poly[j + length] = z * (t - poly[j + length] + Q) % Q;
      }
    }
  }
  return poly.map((c) => c * 8347681 % Q);
}

/** Numbers of so many bits, the low bits of every byte first. */
function unpack(bytes, bits, count) {
  const out = [];
  let word = 0;
  let have = 0;
  for (const byte of bytes) {
    word += byte * 2 ** have;
    for (have += 8; have >= bits && out.length < count; have -= bits) {
      out.push(word % 2 ** bits);
      word = Math.floor(word / 2 ** bits);
    }
  }
  return out;
}

/** An entry of the matrix A (FIPS 204, RejNTTPoly). */
function uniform(rho, row, column) {
  const stream = shake(168, concat([rho, Uint8Array.of(column, row)]));
  const poly = [];
  while (poly.length < 256) {
    const [a, b, c] = take(stream, 3);
    const value = a | b << 8 | (c & 127) << 16;
    if (value < Q) poly.push(value);
  }
  return poly;
}

function challenge(seed) {
  const stream = shake(136, seed);
  const signs = take(stream, 8);
  const poly = new Array(256).fill(0);
  for (let i = 256 - TAU, bit = 0; i < 256; i++, bit++) {
    let j = stream.next().value;
    while (j > i) j = stream.next().value;
    poly[i] = poly[j];
    poly[j] = signs[bit >> 3] >> (bit & 7) & 1 ? Q - 1 : 1;
  }
  return poly;
}

/** The hint as four arrays of 256 flags; null if it is not encoded in the only way. */
function unpackHint(bytes) {
  const hint = [];
  let at = 0;
  for (let i = 0; i < ROWS; i++) {
    const flags = new Array(256).fill(0);
    const end = bytes[OMEGA + i];
    if (end < at || end > OMEGA) return null;
    for (let first = at; at < end; at++) {
      if (at > first && bytes[at - 1] >= bytes[at]) return null;
      flags[bytes[at]] = 1;
    }
    hint.push(flags);
  }
  return bytes.subarray(at, OMEGA).every((byte) => byte === 0) ? hint : null;
}

function useHint(flag, value) {
  let low = value % (2 * GAMMA2);
  if (low > GAMMA2) low -= 2 * GAMMA2;
  let high = (value - low) / (2 * GAMMA2);
  if (value - low === Q - 1) {
    high = 0;
    low -= 1;
  }
  return flag ? (high + (low > 0 ? 1 : 43)) % 44 : high;
}

/** 256 numbers of six bits. */
function packHigh(poly) {
  const out = [];
  for (let i = 0; i < 256; i += 4) {
    const word = poly[i] | poly[i + 1] << 6 | poly[i + 2] << 12 | poly[i + 3] << 18;
    out.push(word & 255, word >> 8 & 255, word >> 16);
  }
  return Uint8Array.from(out);
}

/**
 * @param {Uint8Array} key 1,312 bytes
 * @param {Uint8Array} message
 * @param {Uint8Array} signature 2,420 bytes
 * @returns {boolean}
 */
export function verifyMlDsa(key, message, signature) {
  return memo("ml-dsa " + hex(key) + hex(signature) + hex(message), () => check(key, message, signature));
}

function check(key, message, signature) {
  const rho = key.subarray(0, 32);
  const seed = signature.subarray(0, 32);
  const hint = unpackHint(signature.subarray(32 + 576 * ROWS));
  const z = [];
  const t = [];
  for (let i = 0; i < ROWS; i++) {
    z.push(unpack(signature.subarray(32 + 576 * i, 608 + 576 * i), 18, 256).map((v) => GAMMA1 - v));
    t.push(transform(unpack(key.subarray(32 + 320 * i, 352 + 320 * i), 10, 256).map((v) => v * 2 ** 13 % Q)));
  }
  if (!hint || z.some((poly) => poly.some((v) => Math.abs(v) >= GAMMA1 - BETA))) return false;
  const c = transform(challenge(seed));
  const zs = z.map((poly) => transform(poly.map((v) => (v + Q) % Q)));
  const digest = hash(64, hash(64, key), Uint8Array.of(0, 0), message);
  const high = t.map((row, i) => {
    const sum = row.map((v, n) => (Q - c[n] * v % Q) % Q);
    for (let j = 0; j < ROWS; j++) uniform(rho, i, j).forEach((v, n) => { sum[n] = (sum[n] + v * zs[j][n]) % Q; });
    return packHigh(transformBack(sum).map((v, n) => useHint(hint[i][n], v)));
  });
  return same(hash(32, digest, ...high), seed);
}
