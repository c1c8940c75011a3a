/** Envelopes: where a family finds its child in files that anybody can fetch (R12-R15). */

import { hex, same, unhex } from "./bytes.js";
import { openSealed } from "./chacha.js";
import { shortCode, tagged, VERSION } from "./hash.js";
import { decode } from "./json.js";
import { atLeast, count, digits16, fields, flag, id, listOf, oneOf } from "./shapes.js";

const [NONCE, PLAIN, TAG] = [12, 192, 16]; // bytes (R13)
const LF = 10;
const hash32 = digits16(32);

const isContent = fields({
  class: count, draw: id, member: count, nullifier: hash32, unit: count,
});
const isRow = (value) => Array.isArray(value) && value.length === 2 && hash32(value[0])
  && digits16(NONCE + PLAIN + TAG)(value[1]);
const isFile = fields({ envelopes: listOf(isRow) });

/** `slips.json` of a page for families (R15). */
export const isDirectory = fields({
  aborted: flag, annulled: listOf(id), draws: listOf(fields({ draw: id, frozen: count })),
  header: atLeast(-1), plan: count, result: atLeast(-1), session: id, version: oneOf(VERSION),
});

/** @param {Uint8Array} secret 16 bytes @returns {string} the pseudonym (R12) */
export function pseudonymOf(secret) {
  return shortCode(tagged("slip-pseudonym", secret));
}

/** @param {Uint8Array} secret @param {string} phase @returns {Uint8Array} address of the phase's envelope (R12) */
export function addressOf(secret, phase) {
  return tagged("slip-address", secret, phase);
}

/**
 * The envelope of this address in a file (R14).
 * @param {Uint8Array} bytes of the file
 * @param {Uint8Array} address
 * @returns {Uint8Array|null|undefined} null if it is not there; undefined if the file is not of its form
 */
export function findEnvelope(bytes, address) {
  const file = decode(bytes);
  if (file === undefined || !isFile(file)) return undefined;
  const rows = file.envelopes;
  if (!rows.every(([one], i) => !i || rows[i - 1][0] < one)) return undefined;
  const found = rows.find(([one]) => one === hex(address));
  return found ? unhex(found[1]) : null;
}

/**
 * Opens an envelope (R13).
 * @param {Uint8Array} envelope of `findEnvelope`
 * @param {Uint8Array} secret
 * @param {string} phase
 * @returns {{class: number, draw: string, member: number, nullifier: string, unit: number}|null} null if it is not one
 */
export function openEnvelope(envelope, secret, phase) {
  const key = tagged("slip-key", secret, phase);
  const nonce = envelope.subarray(0, NONCE);
  const plain = openSealed(key, nonce, envelope.subarray(NONCE), addressOf(secret, phase));
  if (!plain || !same(nonce, tagged("slip-nonce", key, plain).subarray(0, NONCE))) return null;
  let end = plain.length;
  while (end && plain[end - 1] === LF) end--;
  const content = decode(plain.subarray(0, end));
  return content !== undefined && isContent(content) && (content.class > 0) === (phase === "result") ? content : null;
}
