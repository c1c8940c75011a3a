/** A child's slip: codes on paper, the link, and the slip file (R11, R12). */

import { concat, hex } from "./bytes.js";
import { readCode, shortCode, tagged, VERSION } from "./hash.js";
import { encode } from "./json.js";

const SALT_LINES = 4;
const CODE_LINES = 8;
const LINE_DIGITS = 16;

const checkBytes = (index, bytes) => tagged("slip-line", index, bytes).subarray(0, 2);

/**
 * Writes a line of a slip code (R12).
 * @param {number} index from 0
 * @param {Uint8Array} bytes 8 bytes
 * @returns {string} "XXXX-XXXX-XXXX-XXXX"
 */
export function writeLine(index, bytes) {
  return shortCode(concat([bytes, checkBytes(index, bytes)]));
}

/**
 * Reads a line of a slip code as a person typed it (R12).
 * @param {number} index from 0; the second code begins again at 0
 * @param {string} text
 * @returns {Uint8Array|null} 8 bytes; null if it was mistyped
 */
export function readLine(index, text) {
  const code = readCode(text);
  if (!code) return null;
  const bytes = code.slice(0, 8);
  const check = checkBytes(index, bytes);
  return code[8] === check[0] && code[9] === check[1] ? bytes : null;
}

/**
 * The lines of a link to a verifier's page.
 * @param {string} hash `#slip=` and the lines, one after the other
 * @returns {string[]|null} eight lines, or twelve if the second code follows
 */
export function splitLink(hash) {
  const match = /^#slip=([0-9A-Za-z]+)$/.exec(hash);
  const lines = match ? match[1].match(/.{1,16}/g) : [];
  const whole = lines.every((line) => line.length === LINE_DIGITS);
  return whole && [CODE_LINES, CODE_LINES + SALT_LINES].includes(lines.length) ? lines : null;
}

/**
 * The slip file (R11).
 * @param {{salt: Uint8Array, attributesHash: Uint8Array, attributesSalt: Uint8Array|null, documentNumber: string,
 *   documentType: string, name: string, session: string}} slip
 * @returns {Uint8Array} canonical bytes
 */
export function makeSlip({ salt, attributesHash, attributesSalt, documentNumber, documentType, name, session }) {
  return encode({
    attributes_hash: hex(attributesHash), attributes_salt: attributesSalt ? hex(attributesSalt) : "",
    document_number: documentNumber, document_type: documentType, name: name.normalize("NFC"), salt: hex(salt), session,
    version: VERSION,
  });
}
