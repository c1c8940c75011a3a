/** The tagged hash (E10) and the short code (E11). */

import { concat, u64, utf8 } from "./bytes.js";
import { sha256 } from "./sha2.js";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TAGS = new Map();

/** The version string of everything here. */
export const VERSION = "verifiable-draw/v1";

/**
 * H(use, f1, ...) of E10.
 * @param {string} use
 * @param {...(Uint8Array|string|number)} fields bytes as they are, texts as UTF-8, numbers as u64
 * @returns {Uint8Array} 32 bytes
 */
export function tagged(use, ...fields) {
  return taggedList(use, fields);
}

/** H(use, f1, ...) as `tagged`, of a list of fields of any length. @returns {Uint8Array} 32 bytes */
export function taggedList(use, fields) {
  if (!TAGS.has(use)) TAGS.set(use, utf8(VERSION + "/" + use));
  const parts = [TAGS.get(use)];
  for (const field of fields) {
    const bytes = typeof field === "string" ? utf8(field) : typeof field === "number" ? u64(field) : field;
    parts.push(u64(bytes.length), bytes);
  }
  return sha256(concat(parts));
}

/**
 * The short code of E11.
 * @param {Uint8Array} bytes of which the first ten are written
 * @returns {string} "XXXX-XXXX-XXXX-XXXX"
 */
export function shortCode(bytes) {
  let out = "";
  let word = 0;
  let bits = 0;
  for (const byte of bytes.subarray(0, 10)) {
    word = word << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += DIGITS[word >> (bits - 5) & 31];
    word &= 31;
  }
  return out.replace(/(.{4})(?=.)/g, "$1-");
}

/**
 * Reads sixteen digits of E11; small letters, spaces and hyphens as R12 allows.
 * @param {string} string
 * @returns {Uint8Array|null} ten bytes
 */
export function readCode(string) {
  const digits = string.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (digits.length !== 16) return null;
  let number = 0n;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) return null;
    number = number << 5n | BigInt(value);
  }
  const out = new Uint8Array(10);
  for (let i = 9; i >= 0; i--, number >>= 8n) out[i] = Number(number & 255n);
  return out;
}
