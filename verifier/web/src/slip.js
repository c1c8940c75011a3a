/** A child's slip: codes on paper, the link, and the slip file (R11, R12). */

import { concat, hex } from "./bytes.js";
import { readCode, shortCode, tagged, VERSION } from "./hash.js";
import { encode } from "./json.js";
import { id } from "./shapes.js";

/** Lines of the slip code, and of both codes. */
export const SLIP_LINES = 2;
export const BOTH_LINES = 4;
const LINE_DIGITS = 16;

const checkBytes = (index, bytes) => tagged("slip-line", index, bytes).subarray(0, 2);

/**
 * Writes a line of a code (R12).
 * @param {number} index 0 and 1 for the slip code, 2 and 3 for the second code
 * @param {Uint8Array} bytes 8 bytes
 * @returns {string} "XXXX-XXXX-XXXX-XXXX"
 */
export function writeLine(index, bytes) {
  return shortCode(concat([bytes, checkBytes(index, bytes)]));
}

/**
 * Reads a line as a person typed it (R12).
 * @param {number} index as in `writeLine`
 * @param {string} text
 * @returns {Uint8Array|null} 8 bytes; null if it was mistyped, or is another line
 */
export function readLine(index, text) {
  const code = readCode(text);
  if (!code) return null;
  const bytes = code.slice(0, 8);
  const check = checkBytes(index, bytes);
  return code[8] === check[0] && code[9] === check[1] ? bytes : null;
}

/** @param {string} text as typed @returns {number} which line of the two papers it is (R12); -1 if it is none */
export function lineNumber(text) {
  return [0, 1, 2, 3].findIndex((index) => readLine(index, text) !== null);
}

/**
 * What a link to a page says (R12).
 * @param {string} hash `#slip=` and the lines, one after the other, `&draw=` and the draw's id
 * @returns {{lines: string[], draw: string}|null} two lines, or four if the second code follows
 */
export function splitLink(hash) {
  const [, code, draw] = /^#slip=([0-9A-Za-z]+)&draw=([0-9a-z-]+)$/.exec(hash) || [];
  if (!code || !id(draw)) return null;
  const lines = code.match(/.{1,16}/g);
  const whole = lines.every((line) => line.length === LINE_DIGITS);
  return whole && [SLIP_LINES, BOTH_LINES].includes(lines.length) ? { draw, lines } : null;
}

/**
 * The slip file (R11).
 * @param {{secret: Uint8Array, second: Uint8Array|null, documentNumber: string, documentType: string, name: string,
 *   session: string}} slip
 * @returns {Uint8Array} canonical bytes
 */
export function makeSlip({ secret, second, documentNumber, documentType, name, session }) {
  return encode({
    document_number: documentNumber, document_type: documentType, name: name.normalize("NFC"),
    second: second ? hex(second) : "", secret: hex(secret), session, version: VERSION,
  });
}
