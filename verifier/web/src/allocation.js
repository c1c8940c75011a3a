/** What anyone checks of groups, and from seed to class lists (A0, A13-A19, A24-A26). */

import { concat, u64 } from "./bytes.js";
import { tagged } from "./hash.js";
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

/** Is a list of pairs strictly ascending, the first of each below `units` and the second in 1 ... `classes`? */
export function pairsInOrder(pairs, units, classes) {
  return pairs.every(([unit, place], i) => unit < units && place >= 1 && place <= classes
    && (!i || pairs[i - 1][0] < unit || pairs[i - 1][0] === unit && pairs[i - 1][1] < place));
}

/**
 * Have the groups the form R6, and do they keep A13, A15 and A26, or A24, but for the header's numbers?
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
  const whole = (block) => ascending(block) && (kind === "late" || block.length === classes);
  if (!blocks.every(whole) || !ascending(firsts(blocks))) return false;
  if (!ascending(remainder) || remainder.some((unit) => unit >= sizes.length || inBlock[unit])) return false;
  if (blocked.length + remainder.length !== sizes.length || groups.bundlings.length !== bundlings) return false;
  return groups.bundlings.every((bundles) => {
    const full = bundles.filter((bundle) => bundle.length);
    const units = bundles.flat().sort((a, b) => a - b);
    return bundles.length === classes && full.every((bundle, i) => bundle === bundles[i] && ascending(bundle))
      && ascending(firsts(full)) && units.length === remainder.length && units.every((unit,
        i) => unit === remainder[i]);
  }) && (divides ? pinsFit(groups, sizes.length, classes) : !groups.pins.length)
    && (kind === "teachers" ? barsFit(groups.barred, sizes.length, classes) : !groups.barred.length);
}

/** A26: pins of different units, in no block two to one class, in every bundling class by class in one bundle. */
function pinsFit({ pins, blocks, bundlings }, units, classes) {
  if (!pins.length) return true;
  const places = new Map(pins);
  if (places.size !== pins.length || !pairsInOrder(pins, units, classes)) return false;
  const given = (list) => list.filter((unit) => places.has(unit)).map((unit) => places.get(unit));
  return blocks.every((block) => new Set(given(block)).size === given(block).length)
    && bundlings.every((bundles) => {
      const found = bundles.map((bundle) => new Set(given(bundle)));
      const total = found.reduce((sum, { size }) => sum + size, 0);
      return found.every(({ size }) => size < 2) && new Set(found.flatMap((own) => [...own])).size === total;
    });
}

/**
 * The bounds of C25: at most two bars a team and K in all, and a permutation that keeps them. By Hall's theorem there
 * is one unless some teams have together fewer classes than they are; within the bounds that takes a class barred to
 * all teams, or a team barred from all classes (K = 2): two classes barred to K - 1 teams would be more than K bars.
 */
function barsFit(barred, units, classes) {
  if (barred.length > classes || !pairsInOrder(barred, units, classes)) return false;
  const most = (list) => {
    const counts = new Map();
    for (const one of list) counts.set(one, (counts.get(one) || 0) + 1);
    return [...counts.values()].reduce((a, b) => Math.max(a, b), 0);
  };
  const ofATeam = most(barred.map(([team]) => team));
  return ofATeam <= 2 && (!barred.length || ofATeam < classes && most(barred.map(([, place]) => place)) < classes);
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
 * The classes of all units (A17-A19, A24, A25).
 * @param {object} groups as `wellGrouped` has them: no bars that no permutation keeps
 * @param {number[]} sizes
 * @param {{classes: number, kind: string, before: number[]}} draw K; `before`: for kind `late` the students that the
 *   classes have already
 * @param {Uint8Array} drawSeed
 * @returns {{bundling: number, classes: number[], counts: number[], forced: number[]}}
 */
export function permute(groups, sizes, { classes, kind = "classes", before = [] }, drawSeed) {
  const random = stream(tagged("permuting", drawSeed));
  const result = new Array(sizes.length).fill(0);
  const pins = new Map(groups.pins);
  for (const [unit, place] of pins) result[unit] = place;
  const others = (taken) => Array.from({ length: classes }, (_, i) => i + 1).filter((place) => !taken.has(place));
  const deal = (units, taken) => {
    const places = random.shuffle(others(taken));
    units.forEach((unit, j) => { result[unit] = places[j]; });
  };
  const forced = kind === "late" ? placeLate(result, sizes, before, random) : [];
  for (const block of kind === "late" ? [] : groups.blocks) {
    const taken = new Set(block.filter((unit) => pins.has(unit)).map((unit) => pins.get(unit)));
    do deal(block.filter((unit) => !pins.has(unit)), taken);
    while (groups.barred.some(([unit, place]) => result[unit] === place)); // A24
  }
  const bundling = random.below(groups.bundlings.length);
  const pinned = (bundle) => bundle.find((unit) => pins.has(unit));
  const bundles = groups.bundlings[bundling].map((bundle) => ({ bundle, place: pins.get(pinned(bundle)) || 0 }));
  const places = random.shuffle(others(new Set(bundles.map(({ place }) => place))));
  let next = 0;
  for (const { bundle, place } of bundles) {
    const own = place || places[next++];
    for (const unit of bundle) result[unit] = own;
  }
  const counts = new Array(classes).fill(0);
  result.forEach((place, unit) => { counts[place - 1] += sizes[unit]; });
  return { bundling, classes: result, counts, forced };
}

/**
 * A25: units in random order, each to one of the classes that keep the sizes near each other.
 * @returns {number[]} the forced units, ascending
 */
function placeLate(result, sizes, before, random) {
  const counts = before.slice();
  const forced = [];
  for (const unit of random.shuffle(sizes.map((_, i) => i))) {
    const [least, second] = twoLeast(counts);
    const most = counts.reduce((a, b) => Math.max(a, b));
    const spreads = counts.map((count) => {
      const grown = count + sizes[unit];
      return Math.max(most, grown) - Math.min(grown, count === least ? second : least);
    });
    const limit = Math.max(2, spreads.reduce((a, b) => Math.min(a, b)));
    const open = spreads.map((value, i) => (value <= limit ? i : -1)).filter((i) => i >= 0);
    const place = open[random.below(open.length)];
    if (open.length === 1) forced.push(unit);
    counts[place] += sizes[unit];
    result[unit] = place + 1;
  }
  return forced.sort((a, b) => a - b);
}

/** The smallest number and the smallest of the others, which may be the same. */
function twoLeast(counts) {
  let [least, second] = [Infinity, Infinity];
  for (const count of counts) {
    if (count < least) [least, second] = [count, least];
    else if (count < second) second = count;
  }
  return [least, second];
}
