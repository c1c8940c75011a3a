/** Units of a roster as the record shows them (R4). */

import { unhex } from "./bytes.js";
import { tagged, taggedList } from "./hash.js";
import { leafHash, makeTree } from "./merkle.js";

/**
 * Leaves and hashes of the units of a units.json.
 * @param {{units: string[][][]}} file
 * @param {function(): Promise} tick
 * @returns {Promise<{units: Uint8Array[][], hashes: Uint8Array[]}>} leaves of every unit, and hash of every unit
 */
export async function leavesOf(file, tick) {
  const [units, hashes] = [[], []];
  for (const pairs of file.units) {
    await tick();
    const leaves = pairs.map(([identity, attributes]) => tagged("leaf", unhex(identity), unhex(attributes)));
    units.push(leaves);
    hashes.push(taggedList("unit", leaves));
  }
  return { units, hashes };
}

/** @param {Uint8Array[]} hashes of the units @returns {Uint8Array} the roster root */
export function rosterRoot(hashes) {
  return makeTree(hashes.map(leafHash)).root(hashes.length);
}
