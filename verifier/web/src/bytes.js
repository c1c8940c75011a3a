/** Byte strings: hexadecimal, base64, UTF-8, comparison. */

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {Uint8Array} bytes @returns {string} lower-case hexadecimal (E7) */
export function hex(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i]];
  return out;
}

/** @param {string} string lower-case hexadecimal of even length @returns {Uint8Array} */
export function unhex(string) {
  const out = new Uint8Array(string.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(string.substr(2 * i, 2), 16);
  return out;
}

/** @param {string} string @returns {Uint8Array} its UTF-8 */
export function utf8(string) {
  return ENCODER.encode(string);
}

/** @param {Uint8Array} bytes @returns {string|null} the text, null if it is not UTF-8; a byte order mark stays */
export function text(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** @param {Uint8Array[]} parts @returns {Uint8Array} */
export function concat(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {Uint8Array} a @param {Uint8Array} b @returns {boolean} */
export function same(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** @param {number|bigint} number below 2^64 @returns {Uint8Array} eight bytes, big-endian */
export function u64(number) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(number));
  return out;
}

/** @param {Uint8Array} bytes big-endian @returns {bigint} */
export function bigFromBytes(bytes) {
  return bytes.length ? BigInt("0x" + hex(bytes)) : 0n;
}

/** @param {Uint8Array} bytes little-endian @returns {bigint} */
export function bigFromLittle(bytes) {
  return bigFromBytes(Uint8Array.from(bytes).reverse());
}

/** @param {bigint} number @param {number} length in bytes @returns {Uint8Array} little-endian */
export function littleFromBig(number, length) {
  return unhex(number.toString(16).padStart(2 * length, "0")).reverse();
}

/** @param {Uint8Array} bytes @returns {string} base64 with padding */
export function base64(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    out += BASE64[word >> 18] + BASE64[word >> 12 & 63];
    out += left > 1 ? BASE64[word >> 6 & 63] : "=";
    out += left > 2 ? BASE64[word & 63] : "=";
  }
  return out;
}

/** @param {string} string @returns {Uint8Array|null} null if it is not the one base64 text of its bytes (L8) */
export function unbase64(string) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(string)) return null;
  const digits = string.replace(/=/g, "");
  const out = new Uint8Array(Math.floor(digits.length * 3 / 4));
  let word = 0;
  let at = 0;
  for (let i = 0; i < digits.length; i++) {
    word = (word << 6 | BASE64.indexOf(digits[i])) & 0xffffff;
    if (i % 4) out[at++] = word >> (6 - 2 * (i % 4)) & 255;
  }
  return base64(out) === string ? out : null;
}
