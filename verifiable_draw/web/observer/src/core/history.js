/** The history that was seen: checkpoints must extend it, and one that does not is evidence of a fork (L11, L19). */

import { concat, encode, hex, makeTree, sha256, unhex, utf8, VERSION } from "./verifier.js";

const node = (left, right) => sha256(concat([Uint8Array.of(1), left, right]));

/** The largest power of two below n. */
function split(n) {
  let half = 1;
  while (2 * half < n) half *= 2;
  return half;
}

/** Root of the leaves from `begin` up to `end`. */
function range(leaves, begin, end) {
  if (end - begin === 1) return leaves[begin];
  const middle = begin + split(end - begin);
  return node(range(leaves, begin, middle), range(leaves, middle, end));
}

/**
 * Hashes that show that the first `old` leaves are the beginning of the first `size` (L14).
 * @param {Uint8Array[]} leaves @param {number} old @param {number} size
 * @returns {Uint8Array[]}
 */
export function consistencyProof(leaves, old, size) {
  if (old === 0 || old === size) return [];
  const proof = [];
  let [begin, end] = [0, size];
  while (end !== old) {
    const middle = begin + split(end - begin);
    if (old <= middle) {
      proof.push(range(leaves, middle, end));
      end = middle;
    } else {
      proof.push(range(leaves, begin, middle));
      begin = middle;
    }
  }
  if (begin) proof.push(range(leaves, begin, end));
  return proof.reverse();
}

/** The ledger's own line of a note only: other lines prove nothing here, and anybody could have added them. */
export function alone(noteText) {
  return noteText.split("\n").slice(0, 5);
}

/**
 * The evidence file of L19.
 * @param {string} firstNote the note of the smaller size @param {string} secondNote
 * @param {Uint8Array} root that the second history has at the first size
 * @param {Uint8Array[]} proof
 * @returns {{name: string, bytes: Uint8Array}}
 */
export function evidence(firstNote, secondNote, root, proof) {
  const bytes = encode({
    notes: [alone(firstNote), alone(secondNote)], proof: proof.map(hex), root: hex(root), version: VERSION,
  });
  return { name: `fork-${hex(sha256(bytes)).slice(0, 16)}.json`, bytes };
}

/**
 * Compares a checkpoint that is not larger than what was seen with the history seen.
 * @param {{size: number, root: Uint8Array, source: string}} note whose signature was checked
 * @param {{size: number, root: string, note: string, leaves: Uint8Array[]}} seen
 * @returns {object|null} evidence; null if it is a beginning of what was seen
 */
export function forkBehind(note, seen) {
  if (note.size === seen.size) {
    return hex(note.root) === seen.root ? null : evidence(note.source, seen.note, unhex(seen.root), []);
  }
  if (note.size < 1) return null;
  const root = makeTree(seen.leaves).root(note.size);
  if (hex(root) === hex(note.root)) return null;
  return evidence(note.source, seen.note, root, consistencyProof(seen.leaves, note.size, seen.size));
}

/**
 * Compares a larger checkpoint, whose leaves are at hand, with what was seen.
 * @returns {object|null} evidence; null if it extends what was seen
 */
export function forkAhead(note, leaves, seen) {
  if (!seen.size) return null;
  const root = makeTree(leaves).root(seen.size);
  if (hex(root) === seen.root) return null;
  return evidence(seen.note, note.source, root, consistencyProof(leaves, seen.size, note.size));
}

/** Everything of a ledger that breaks a rule, for others to look at: the note and the entries as they came. */
export function brokenLedger(noteText, lines) {
  const bytes = concat([utf8(noteText), utf8("\n"), ...lines.flatMap((line) => [line, Uint8Array.of(10)])]);
  return { name: `refused-${hex(sha256(bytes)).slice(0, 16)}.txt`, bytes };
}

/** A neighbour's compare code that contradicts what this device holds: both, for others to look at (N14). */
export function contradiction(own, theirs, noteText) {
  const bytes = utf8(`${own}\n${theirs.trim()}\n\n${noteText}`);
  return { name: `neighbour-${hex(sha256(bytes)).slice(0, 16)}.txt`, bytes };
}
