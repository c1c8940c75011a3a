/** Who shares a class how often: pair probabilities, overlap, repetition, and what pins do (A20-A22, A27). */

import { memo } from "./memo.js";

/**
 * Pairs of remainder units by the number c of bundlings in which they share a bundle (A20); and, with pinned units left
 * out, the overlap (A21) and what A22 counts.
 * @param {object} groups well formed
 * @param {function(): Promise} tick awaited now and then
 * @returns {Promise<{pairs: number[], overlap: number, others: object}>} `others`, of units that are not pinned: their
 *   number `r`, `pairs` by c, `most` pairs together in one bundling
 */
export async function remainderPairs(groups, tick) {
  const { remainder, bundlings } = groups;
  const pinned = new Set(groups.pins.map(([unit]) => unit));
  const free = remainder.filter((unit) => !pinned.has(unit));
  const all = membersOf(remainder, bundlings);
  const pairs = await pairsBy(all, tick);
  const rest = free.length < remainder.length ? membersOf(free, bundlings) : all;
  const own = rest === all ? pairs : await pairsBy(rest, tick);
  const pairsIn = (bundles) => bundles.reduce((sum, { length }) => sum + length * (length - 1) / 2, 0);
  const most = rest.members.reduce((largest, bundles) => Math.max(largest, pairsIn(bundles)), 0);
  return { pairs, overlap: await largestOverlap(rest, tick), others: { r: free.length, pairs: own, most } };
}

/** Where these units stand, counted from 0: `members` of the bundles of every bundling, `places` by unit. */
function membersOf(units, bundlings) {
  if (!units.length) return { r: 0, members: bundlings.map(() => []), places: [] };
  const position = new Map(units.map((unit, i) => [unit, i]));
  const members = bundlings.map((bundles) => (
    bundles.map((bundle) => bundle.filter((unit) => position.has(unit)).map((unit) => position.get(unit)))));
  const places = members.map((bundles) => {
    const place = new Int32Array(units.length);
    bundles.forEach((bundle, b) => bundle.forEach((i) => { place[i] = b; }));
    return place;
  });
  return { r: units.length, members, places };
}

async function pairsBy({ r, members, places }, tick) {
  const pairs = new Array(members.length + 1).fill(0);
  const together = new Int32Array(r);
  for (let i = 0; i < r; i++) {
    await tick();
    together.fill(0);
    members.forEach((bundles, m) => { for (const j of bundles[places[m][i]]) together[j]++; });
    for (let j = i + 1; j < r; j++) pairs[together[j]]++;
  }
  return pairs;
}

async function largestOverlap({ members, places }, tick) {
  const classes = members[0].length;
  const common = new Int32Array(classes * classes);
  let largest = 0;
  for (let m = 1; m < places.length; m++) {
    await tick();
    for (let other = 0; other < m; other++) {
      common.fill(0);
      for (let i = 0; i < places[m].length; i++) {
        const count = ++common[places[m][i] * classes + places[other][i]];
        if (count > largest) largest = count;
      }
    }
  }
  return largest;
}

/**
 * The limit that honest overlaps stay below (A21).
 * @param {number} r units in the remainder that are not pinned
 * @param {number} classes K
 * @param {number} bundlings M
 * @returns {number} 0: none
 */
export function overlapLimit(r, classes, bundlings) {
  return memo(`overlap ${r} ${classes} ${bundlings}`, () => {
    const s = Math.ceil(r / classes);
    if (bundlings < 2) return s < 2 ? 0 : Math.max(2, Math.ceil(s / 2) + 1); // nothing to compare: the least t will do
    let all = 1n;
    for (let k = 1; k <= s; k++) all = all * BigInt(r - s + k) / BigInt(k);
    const factor = BigInt(classes * classes * bundlings * (bundlings - 1) / 2) << 20n;
    let [t, term, tail] = [s + 1, 1n, 0n]; // term: C(s,k) C(r-s,s-k) for k = t - 1, from k = s down
    while (t > 2 && factor * (tail + term) <= all) {
      tail += term;
      t--;
      term = term * BigInt(t * (r - 2 * s + t)) / BigInt((s - t + 1) ** 2);
    }
    const limit = Math.max(t, Math.ceil(s / 2) + 1);
    return limit > s ? 0 : limit;
  });
}

/** @returns {boolean} Is the remainder large enough for A22 to speak of it? */
export function repetitionSpeaks(r, classes, bundlings) {
  return classes >= 3 && bundlings >= 16 && r >= Math.max(3 * classes, 12);
}

/**
 * Does the remainder keep the limits of A22?
 * @param {number} classes K
 * @param {{r: number, pairs: number[], most: number}} others of `remainderPairs`; `pairs` has length M + 1, `most` is P
 * @returns {boolean}
 */
export function repetitionKept(classes, { r, pairs, most }) {
  const bundlings = pairs.length - 1;
  const [R, K, M, P] = [r, classes, bundlings, most].map(BigInt);
  const repeats = pairs.reduce((sum, count, c) => sum + BigInt(count) * BigInt(c * (c - 1)), 0n);
  const frequent = pairs.reduce((sum, count, c) => sum + (4 * c > 3 * bundlings ? count : 0), 0);
  return 20n * K * (R - 1n) * repeats <= (30n * (R - K) + 3n * K * (R - 1n)) * M * (M - 1n) * P && frequent <= 3;
}

/**
 * What pins do to everybody (A27).
 * @param {object} groups well formed, of a draw of kind `classes`
 * @param {number} classes K, at most 200; at most 256 bundlings: so all products below are exact
 * @param {function(): Promise} tick awaited now and then
 * @returns {Promise<{affected: number, class: number[], pair: number[], pinned: number}>} fractions as [numerator,
 *   denominator], in lowest terms
 */
export async function pinEffects(groups, classes, tick) {
  const { pins } = groups;
  if (!pins.length) return { affected: 0, class: [1, classes], pair: [1, classes], pinned: 0 };
  const blocks = blockTypes(groups, classes);
  const rest = restTypes(groups, classes);
  const [chance, pair] = [new Largest(), new Largest()];
  for (const { taken } of blocks.types) chance.offer(1, classes - taken.size);
  for (const { counts, left } of rest.types) {
    for (const count of counts) chance.offer(count, rest.bundlings);
    if (rest.open.length) chance.offer(left, rest.bundlings * rest.open.length);
  }
  await betweenBlocks(blocks.types, classes, pair, tick);
  const everywhere = [...new Set(pins.map(([, place]) => place))];
  for (const { taken } of blocks.types) { // with a pinned unit of another block, or of the remainder
    if (everywhere.some((place) => !taken.has(place))) pair.offer(1, classes - taken.size);
  }
  await betweenRest(blocks, rest, classes, pair, tick);
  return {
    affected: blocks.affected + rest.affected, class: chance.lowest(), pair: pair.lowest(), pinned: pins.length,
  };
}

/** The largest of the fractions offered, [0, 1] of none. Terms stay below 2^26. */
class Largest {
  constructor() {
    [this.top, this.bottom] = [0, 1];
  }

  offer(top, bottom) {
    if (top * this.bottom > this.top * bottom) [this.top, this.bottom] = [top, bottom];
  }

  /** Can no fraction of at most 1 / `bottom` be larger? */
  reaches(bottom) {
    return this.top * bottom >= this.bottom;
  }

  lowest() {
    let [a, b] = [this.top, this.bottom];
    while (b) [a, b] = [b, a % b];
    return [this.top / a, this.bottom / a];
  }
}

/** Blocks with units that are not pinned, those alike together: classes `taken` by pinned units, `number` of blocks. */
function blockTypes({ pins, blocks }, classes) {
  const places = new Map(pins);
  const types = new Map();
  const pinned = new Set();
  let affected = 0;
  for (const block of blocks) {
    const given = block.filter((unit) => places.has(unit)).map((unit) => places.get(unit)).sort((a, b) => a - b);
    for (const place of given) pinned.add(place);
    if (given.length === classes) continue;
    if (given.length) affected += classes - given.length;
    const key = given.join(" ");
    const type = types.get(key);
    if (type) type.number++;
    else types.set(key, { taken: new Set(given), number: 1 });
  }
  return { affected, pinned, types: [...types.values()].sort((a, b) => b.taken.size - a.taken.size) };
}

/**
 * Units of the remainder that are not pinned, those with equal probabilities together: `counts`, in how many bundlings
 * a bundle of each pinned class holds them; `left`, in how many none does. Their classes are then one of `open`.
 */
function restTypes({ pins, remainder, bundlings }, classes) {
  const places = new Map(pins);
  const taken = [...new Set(remainder.filter((unit) => places.has(unit)).map((unit) => places.get(unit)))];
  const slot = new Map(taken.map((place, i) => [place, i]));
  const counts = new Map(remainder.filter((unit) => !places.has(unit)).map((unit) => [unit, taken.map(() => 0)]));
  const open = Array.from({ length: classes }, (_, i) => i + 1).filter((place) => !slot.has(place));
  for (const bundle of bundlings.flat()) {
    const pinned = bundle.find((unit) => places.has(unit));
    if (pinned === undefined) continue;
    for (const unit of bundle) if (counts.has(unit)) counts.get(unit)[slot.get(places.get(pinned))]++;
  }
  const types = new Map();
  let affected = 0;
  for (const own of counts.values()) {
    if (own.some((count) => count * classes !== bundlings.length)) affected++; // `left` follows from these
    const left = bundlings.length - own.reduce((sum, count) => sum + count, 0);
    types.set(own.join(" "), { counts: own, left });
  }
  return { affected, bundlings: bundlings.length, open, slot, types: [...types.values()] };
}

/** Two units of different blocks, neither pinned; `types` by falling number of classes taken. */
async function betweenBlocks(types, classes, pair, tick) {
  for (let i = 0; i < types.length; i++) {
    await tick();
    const one = types[i].taken;
    if (types[i].number > 1) pair.offer(1, classes - one.size);
    for (let j = i + 1; j < types.length; j++) {
      const other = types[j].taken;
      if (pair.reaches(classes - other.size)) break; // no pair with this or a later one can be likelier
      let common = 0;
      for (const place of other) common += one.has(place);
      const open = classes - one.size - other.size + common;
      pair.offer(open, (classes - one.size) * (classes - other.size));
    }
  }
}

/** A unit of a block and one of the remainder that is not pinned. */
async function betweenRest(blocks, rest, classes, pair, tick) {
  const open = rest.open.length || 1; // `left` is 0 where there is none
  for (const { counts, left } of rest.types) {
    await tick();
    for (const place of blocks.pinned) {
      if (rest.slot.has(place)) pair.offer(counts[rest.slot.get(place)], rest.bundlings);
      else pair.offer(left, rest.bundlings * open);
    }
    for (const { taken } of blocks.types) {
      if (pair.reaches(classes - taken.size)) break;
      let [sum, free] = [rest.bundlings - left, rest.open.length];
      for (const place of taken) {
        if (rest.slot.has(place)) sum -= counts[rest.slot.get(place)];
        else free--;
      }
      pair.offer(sum * open + left * free, rest.bundlings * open * (classes - taken.size));
    }
  }
}
