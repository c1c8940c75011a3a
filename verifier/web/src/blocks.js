/** Cells, blocks and what is released from them (A2-A4). */

import { stream } from "./allocation.js";
import { cellOf } from "./features.js";
import { tagged } from "./hash.js";

const SMALL_REMAINDER = 32; // A2
const up = (n, k) => Math.ceil(n / k);
const byNumber = (a, b) => a - b;

/**
 * Cells in order, with the blocks that can be made after release (A1-A3).
 * @param {object} draw {units, attributes, features, vectors, apart, places, classes}; `places`: classes of pinned
 *   units
 * @returns {{cells: object[], rest: number[], totals: number[], lumps: Array[]}} `rest`: units that stand in no cell;
 *   `totals` (T_f) and `lumps` of the remainder
 */
export function divide({ units, attributes, features, vectors, apart, places, classes }) {
  const separated = new Set(apart.flat());
  const single = (unit) => units[unit].length === 1 && !separated.has(unit);
  const cells = new Map();
  const rest = [];
  units.forEach((students, unit) => {
    if (!single(unit)) {
      rest.push(unit);
      return;
    }
    const key = cellOf(students[0], attributes);
    if (!cells.has(key)) cells.set(key, { key, vector: vectors[unit], free: [], pinned: new Map(), blocks: 0 });
    const { free, pinned } = cells.get(key);
    const place = places.get(unit);
    if (place === undefined) free.push(unit);
    else pinned.set(place, [...pinned.get(place) || [], unit]);
  });
  const ordered = [...cells.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const cell of ordered) cell.blocks = blocksOf(cell, classes);
  const over = units.length - classes * ordered.reduce((sum, { blocks }) => sum + blocks, 0);
  if (over > 0 && over < SMALL_REMAINDER) for (const cell of ordered) cell.blocks = Math.max(0, cell.blocks - 1);
  const totals = new Array(features.names.length).fill(0);
  const lumps = new Lumps(units, vectors, places);
  const leave = (unit) => {
    for (const [f, count] of vectors[unit]) totals[f] += count;
    lumps.add(unit);
  };
  rest.forEach(leave);
  for (const cell of ordered) {
    for (const pinned of cell.pinned.values()) pinned.slice(cell.blocks).forEach(leave);
    for (const [f, count] of cell.vector) totals[f] += count * freeLeft(cell, classes);
  }
  release(ordered, lumps, totals, classes, leave);
  return { cells: ordered, rest, totals, lumps: lumps.all() };
}

/** A2: the largest b with b K <= units not pinned + the sum of min(p_c, b). */
function blocksOf({ free, pinned }, classes) {
  const sizes = [...pinned.values()].map(({ length }) => length);
  let blocks = Math.floor(sizes.reduce((sum, size) => sum + size, free.length) / classes);
  while (blocks * classes > sizes.reduce((sum, size) => sum + Math.min(size, blocks), free.length)) blocks--;
  return blocks;
}

/** How many units of a cell that are not pinned stand in none of its blocks. */
function freeLeft({ free, pinned, blocks }, classes) {
  const inBlocks = [...pinned.values()].reduce((sum, { length }) => sum + Math.min(length, blocks), 0);
  return free.length - (blocks * classes - inBlocks);
}

/** A3 */
function release(cells, lumps, totals, classes, leave) {
  const tight = ([f, count]) => (f ? count + 1 : count) > up(totals[f], classes);
  const holders = ([f]) => cells.filter(({ blocks, vector }) => blocks && vector.some(([g]) => g === f));
  for (;;) {
    let found = [];
    for (const most of lumps.most()) {
      found = tight(most) ? holders(most) : [];
      if (found.length) break;
    }
    if (!found.length) return;
    const cell = found.reduce((best, other) => (other.blocks > best.blocks ? other : best));
    const before = freeLeft(cell, classes);
    cell.blocks--;
    for (const pinned of cell.pinned.values()) if (pinned.length > cell.blocks) leave(pinned[cell.blocks]);
    for (const [f, count] of cell.vector) totals[f] += count * (freeLeft(cell, classes) - before);
  }
}

/** The lumps of a remainder (A3) that may grow. */
class Lumps {
  constructor(units, vectors, places) {
    [this.units, this.vectors, this.places] = [units, vectors, places];
    this.several = new Map(); // of units of several students that are not pinned: the largest count by feature
    this.pinned = new Map(); // by class: the sums of its pinned units by feature
    this.list = []; // vectors of the former
  }

  add(unit) {
    const place = this.places.get(unit);
    const vector = this.vectors[unit];
    if (place !== undefined) {
      const sums = this.pinned.get(place) || new Map();
      for (const [f, count] of vector) sums.set(f, (sums.get(f) || 0) + count);
      this.pinned.set(place, sums);
    } else if (this.units[unit].length > 1) {
      this.list.push(vector);
      for (const [f, count] of vector) this.several.set(f, Math.max(this.several.get(f) || 0, count));
    }
  }

  /** @returns {Array[]} the lumps as vectors */
  all() {
    return [...this.list, ...[...this.pinned.values()].filter((sums) => sums.get(0) > 1).map((sums) => [...sums])];
  }

  /** @returns {number[][]} by feature, ascending: the largest count that a lump has of it */
  most() {
    const largest = new Map(this.several);
    for (const sums of this.pinned.values()) {
      if (sums.get(0) < 2) continue;
      for (const [f, count] of sums) largest.set(f, Math.max(largest.get(f) || 0, count));
    }
    return [...largest].sort((a, b) => a[0] - b[0]);
  }
}

/**
 * The blocks of all cells (A4).
 * @param {object[]} cells of `divide`
 * @param {number} classes K
 * @param {Uint8Array} seed grouping seed
 * @returns {{blocks: number[][], left: number[]}} as R6; `left`: units of cells that stand in the remainder
 */
export function makeBlocks(cells, classes, seed) {
  const random = stream(tagged("blocks", seed));
  const blocks = [];
  const left = [];
  for (const { free, pinned, blocks: number } of cells) {
    random.shuffle(free);
    const given = [...pinned.values()];
    let next = 0;
    for (let i = 0; i < number; i++) {
      const block = given.filter((units) => i < units.length).map((units) => units[i]);
      const size = classes - block.length;
      blocks.push([...block, ...free.slice(next, next + size)].sort(byNumber));
      next += size;
    }
    left.push(...free.slice(next), ...given.flatMap((units) => units.slice(number)));
  }
  return { blocks: blocks.sort((a, b) => a[0] - b[0]), left };
}
