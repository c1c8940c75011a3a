/**
 * What anyone checks of groups, permuting, pair probabilities and the limits of overlap and repetition (A0, A13-A22).
 */

import { concat, u64 } from "./bytes.js";
import { tagged } from "./hash.js";
import { memo } from "./memo.js";
import { sha256 } from "./sha2.js";

/**
 * The deterministic random stream of A0.
 * @param {Uint8Array} key 32 bytes
 * @returns {{word: function(): number, below: function(number): number, shuffle: function(Array): Array}}
 */
export function stream(key) {
  let block = 0;
  let view = null;
  let at = 32;
  const word = () => {
    if (at === 32) {
      view = new DataView(sha256(concat([key, u64(block++)])).buffer);
      at = 0;
    }
    at += 4;
    return view.getUint32(at - 4);
  };
  const below = (n) => {
    const limit = 2 ** 32 - 2 ** 32 % n;
    let value = word();
    while (value >= limit) value = word();
    return value % n;
  };
  const shuffle = (list) => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  };
  return { word, below, shuffle };
}

const ascending = (list) => list.every((value, i) => !i || list[i - 1] < value);

/**
 * Have the groups the form R6 and the numbers of A13-A15, or of A24?
 * @param {object} groups of groups.json
 * @param {number[]} sizes students of each unit
 * @param {number} classes K
 * @param {number} bundlings M
 * @param {string} kind of the draw (C25)
 * @returns {boolean}
 */
export function wellGrouped(groups, sizes, classes, bundlings, kind = "classes") {
  const { blocks, remainder } = groups;
  const divides = kind === "classes";
  if (!divides && (blocks.length !== 1 || remainder.length)) return false; // A24
  const blocked = blocks.flat();
  const firsts = (lists) => lists.map((list) => list[0]);
  const inBlock = new Uint8Array(sizes.length);
  for (const unit of blocked) {
    if (!(divides ? sizes[unit] === 1 : unit < sizes.length) || inBlock[unit]) return false; // A15
    inBlock[unit] = 1;
  }
  if (blocks.some((block) => block.length !== classes || !ascending(block)) || !ascending(firsts(blocks))) return false;
  if (!ascending(remainder) || remainder.some((unit) => unit >= sizes.length || inBlock[unit])) return false;
  if (blocked.length + remainder.length !== sizes.length || groups.bundlings.length !== bundlings) return false;
  return groups.bundlings.every((bundles) => {
    const full = bundles.filter((bundle) => bundle.length);
    const units = bundles.flat().sort((a, b) => a - b);
    return bundles.length === classes && full.every((bundle, i) => bundle === bundles[i] && ascending(bundle))
      && ascending(firsts(full)) && units.length === remainder.length && units.every((unit,
        i) => unit === remainder[i]);
  });
}

/**
 * Largest difference in students between two bundles of one bundling (A16).
 * @param {number[][][]} bundlings
 * @param {number[]} sizes students of each unit, or any other count of each unit
 * @returns {number} over all bundlings
 */
export function widestSpread(bundlings, sizes) {
  let widest = 0;
  for (const bundles of bundlings) {
    const counts = bundles.map((bundle) => bundle.reduce((sum, unit) => sum + sizes[unit], 0));
    widest = Math.max(widest, spread(counts));
  }
  return widest;
}

/** @param {number[]} counts not negative @returns {number} the largest less the smallest */
export function spread(counts) {
  return counts.reduce((a, b) => Math.max(a, b), 0) - counts.reduce((a, b) => Math.min(a, b), Infinity);
}

/**
 * The classes of all units (A17-A19).
 * @param {object} groups
 * @param {number[]} sizes
 * @param {number} classes K
 * @param {Uint8Array} drawSeed
 * @returns {{bundling: number, classes: number[], counts: number[]}}
 */
export function permute(groups, sizes, classes, drawSeed) {
  const random = stream(tagged("permuting", drawSeed));
  const result = new Array(sizes.length).fill(0);
  const places = () => random.shuffle(Array.from({ length: classes }, (_, i) => i + 1));
  for (const block of groups.blocks) places().forEach((place, j) => { result[block[j]] = place; });
  const bundling = random.below(groups.bundlings.length);
  places().forEach((place, j) => {
    for (const unit of groups.bundlings[bundling][j]) result[unit] = place;
  });
  const counts = new Array(classes).fill(0);
  result.forEach((place, unit) => { counts[place - 1] += sizes[unit]; });
  return { bundling, classes: result, counts };
}

/**
 * Pairs of remainder units by the number c of bundlings in which they share a bundle (A20), and the overlap (A21).
 * @param {object} groups well formed, its largest bundling of K bundles
 * @param {function(): Promise} tick awaited now and then
 * @returns {Promise<{pairs: number[], overlap: number, most: number}>} `most`: most pairs together in one bundling
 */
export async function remainderPairs(groups, tick) {
  const { remainder, bundlings } = groups;
  const position = new Map(remainder.map((unit, i) => [unit, i]));
  const members = bundlings.map((bundles) => bundles.map((bundle) => bundle.map((unit) => position.get(unit))));
  const places = members.map((bundles) => {
    const place = new Int32Array(remainder.length);
    bundles.forEach((bundle, b) => bundle.forEach((i) => { place[i] = b; }));
    return place;
  });
  const pairs = new Array(bundlings.length + 1).fill(0);
  const together = new Int32Array(remainder.length);
  for (let i = 0; i < remainder.length; i++) {
    await tick();
    together.fill(0);
    members.forEach((bundles, m) => { for (const j of bundles[places[m][i]]) together[j]++; });
    for (let j = i + 1; j < remainder.length; j++) pairs[together[j]]++;
  }
  const pairsIn = (bundles) => bundles.reduce((sum, { length }) => sum + length * (length - 1) / 2, 0);
  const most = bundlings.reduce((largest, bundles) => Math.max(largest, pairsIn(bundles)), 0);
  return { pairs, overlap: await largestOverlap(places, bundlings[0].length, tick), most };
}

async function largestOverlap(places, classes, tick) {
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
 * @param {number} r units in the remainder
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
 * @param {number} r
 * @param {number} classes K
 * @param {number[]} pairs number of pairs by c, of length M + 1
 * @param {number} most P
 * @returns {boolean}
 */
export function repetitionKept(r, classes, pairs, most) {
  const bundlings = pairs.length - 1;
  const [R, K, M, P] = [r, classes, bundlings, most].map(BigInt);
  const repeats = pairs.reduce((sum, count, c) => sum + BigInt(count) * BigInt(c * (c - 1)), 0n);
  const frequent = pairs.reduce((sum, count, c) => sum + (4 * c > 3 * bundlings ? count : 0), 0);
  return 20n * K * (R - 1n) * repeats <= (30n * (R - K) + 3n * K * (R - 1n)) * M * (M - 1n) * P && frequent <= 3;
}
