/** The compare code that neighbours photograph (room N14). */

import { hex, tagged, unhex } from "./verifier.js";

const FORM = /^vdraw:1:([0-9a-f]{64}):(0|[1-9][0-9]{0,15}):([0-9a-f]{64}):([0-9a-f]{64})$/;

const digest = (origin, session, { header, root, size }) => (
  hex(tagged("compare", origin, session, unhex(header), unhex(root), size)));

/**
 * @param {string} origin @param {string} session
 * @param {{header: string, root: string, size: number}} held hashes in hexadecimal
 * @returns {string} the text of the QR code
 */
export function compareCode(origin, session, held) {
  return `vdraw:1:${digest(origin, session, held)}:${held.size}:${held.root}:${held.header}`;
}

/**
 * Compares a neighbour's code with what this device holds.
 * @param {string} text as read
 * @param {string} origin @param {string} session of this device
 * @param {string} header its header hash
 * @param {function(number): string} rootAt root it computes for a size, "" for a size it has not seen
 * @returns {"same"|"newer"|"unreadable"|"other-session"|"other-header"|"other-ledger"} `newer`: the header is the same,
 *   but the neighbour has seen more, so only the neighbour can compare the roots
 */
export function compareWith(text, origin, session, header, rootAt) {
  const match = FORM.exec(text.trim());
  if (!match) return "unreadable";
  const theirs = { header: match[4], root: match[3], size: Number(match[2]) };
  if (theirs.header !== header) return "other-header";
  // The header names origin and session, so with one header they agree, unless the code was made up.
  if (digest(origin, session, theirs) !== match[1]) return "other-session";
  const own = rootAt(theirs.size);
  if (!own) return "newer";
  return own === theirs.root ? "same" : "other-ledger";
}
