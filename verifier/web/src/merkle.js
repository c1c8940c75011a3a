/** The tree of RFC 6962 (L7), inclusion (L13) and consistency proofs (L14). */

import { concat, same } from "./bytes.js";
import { sha256 } from "./sha2.js";

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);
const EMPTY_ROOT = sha256(new Uint8Array(0));

/** @param {Uint8Array} bytes @returns {Uint8Array} the leaf hash of L7 */
export function leafHash(bytes) {
  return sha256(concat([ZERO, bytes]));
}

const node = (left, right) => sha256(concat([ONE, left, right]));

/**
 * A tree that knows the root of every beginning of its leaves.
 * @param {Uint8Array[]} leaves leaf hashes
 * @returns {{size: number, root: function(number): Uint8Array}} `root(n)` is the root of the first n leaves, n <= size
 */
export function makeTree(leaves) {
  const levels = [leaves];
  for (let row = leaves; row.length > 1; row = levels[levels.length - 1]) {
    const next = [];
    for (let i = 0; i + 1 < row.length; i += 2) next.push(node(row[i], row[i + 1]));
    levels.push(next);
  }
  const root = (size) => {
    if (size === 0) return EMPTY_ROOT;
    let hash = null;
    for (let level = 0, rest = size; rest; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2) hash = hash ? node(levels[level][rest - 1], hash) : levels[level][rest - 1];
    }
    return hash;
  };
  return { size: leaves.length, root };
}

/**
 * Is the leaf at this index of a tree of this size and root? L13; RFC 9162, 2.1.3.2.
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array} leaf leaf hash
 * @param {Uint8Array} root
 * @param {Uint8Array[]} proof hashes of 32 bytes
 * @returns {boolean}
 */
export function included(index, size, leaf, root, proof) {
  if (index >= size) return false;
  let [first, second] = [BigInt(index), BigInt(size) - 1n];
  let hash = leaf;
  for (const sibling of proof) {
    if (second === 0n) return false;
    if (first & 1n || first === second) {
      hash = node(sibling, hash);
      while (!(first & 1n) && first) {
        first >>= 1n;
        second >>= 1n;
      }
    } else {
      hash = node(hash, sibling);
    }
    first >>= 1n;
    second >>= 1n;
  }
  return second === 0n && same(hash, root);
}

/**
 * Is (oldSize, oldRoot) a beginning of (newSize, newRoot) by this proof? L14; RFC 9162, 2.1.4.2.
 * @param {number} oldSize
 * @param {Uint8Array} oldRoot
 * @param {number} newSize
 * @param {Uint8Array} newRoot
 * @param {Uint8Array[]} proof hashes of 32 bytes
 * @returns {boolean}
 */
export function consistent(oldSize, oldRoot, newSize, newRoot, proof) {
  if (oldSize > newSize) return false;
  if (oldSize === 0 && !same(oldRoot, EMPTY_ROOT) || newSize === 0 && !same(newRoot, EMPTY_ROOT)) return false;
  if (oldSize === newSize) return proof.length === 0 && same(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;
  let [first, second] = [BigInt(oldSize) - 1n, BigInt(newSize) - 1n];
  const shift = () => {
    first >>= 1n;
    second >>= 1n;
  };
  while (first & 1n) shift();
  const path = first === 0n ? [oldRoot, ...proof] : proof;
  if (!path.length) return false;
  let [oldHash, newHash] = [path[0], path[0]];
  for (const hash of path.slice(1)) {
    if (second === 0n) return false;
    if (first & 1n || first === second) {
      oldHash = node(hash, oldHash);
      newHash = node(hash, newHash);
      while (!(first & 1n) && first) shift();
    } else {
      newHash = node(newHash, hash);
    }
    shift();
  }
  return second === 0n && same(oldHash, oldRoot) && same(newHash, newRoot);
}
