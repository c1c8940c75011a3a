/** Groups of a draw from a sealed roster: the bundlings of the remainder (A5-A12), and other kinds (A24). */

import { stream, widestSpread } from "./allocation.js";
import { divide, makeBlocks } from "./blocks.js";
import { featureName, featuresOf, vectorOf } from "./features.js";
import { tagged } from "./hash.js";

const [SWEEPS_LEAST, SWEEPS_MOST, DESCENTS, ATTEMPTS, SWEEP_LEAST] = [16, 128, 16, 8, 256];
const up = (n, k) => Math.ceil(n / k);
const byNumber = (a, b) => a - b;
const bitLength = (n) => (n ? Math.floor(Math.log2(n)) + 1 : 0);

/**
 * Groups of a draw.
 * @param {object} draw {units, attributes, crossed, classes, apart, pins, caps, bundlings}; `units`: arrays of
 *   students, attribute id to value; `pins`: [unit, class], ascending
 * @param {Uint8Array} seed grouping seed
 * @param {function(): Promise} tick
 * @returns {Promise<object|null>} {barred, blocks, bundlings, pins, remainder} as R6; null if A11 finds no division
 *   that keeps the rules and A16
 */
export async function group(draw, seed, tick) {
  const { units, attributes, classes, apart, pins, caps, bundlings } = draw;
  const features = featuresOf(attributes, draw.crossed);
  const vectors = units.map((unit) => vectorOf(unit, features));
  const places = new Map(pins);
  const { cells, rest, totals, lumps } = divide({ units, attributes, features, vectors, apart, places, classes });
  const { blocks, left } = makeBlocks(cells, classes, seed);
  const remainder = [...rest, ...left].sort(byNumber);
  const walk = makeWalk({ units, vectors, features, classes, totals, lumps, remainder, apart, places,
    limits: capLimits(caps, features, cells) });
  const made = [];
  let best = Infinity;
  for (let m = 0; m < bundlings; m++) {
    const outcome = await bundle(walk, seed, m, m && best < Infinity ? Math.max(walk.bound, best) : walk.bound, tick);
    if (outcome.broken) return null;
    best = Math.min(best, outcome.energy);
    made.push(written(outcome.places, remainder, classes));
  }
  const sizes = units.map(({ length }) => length);
  if (widestSpread(made, sizes) > (sizes.some((size) => size > 1) ? 2 : 1)) return null; // A16
  return { barred: [], blocks, bundlings: made, pins, remainder };
}

/**
 * Groups of a draw of another kind: one block of all units (A24).
 * @param {number} units
 * @param {number} classes K
 * @param {number} bundlings M
 * @param {number[][]} barred
 * @returns {object} as R6
 */
export function wholeGroup(units, classes, bundlings, barred) {
  const empty = Array.from({ length: classes }, () => []);
  return { barred, blocks: [Array.from({ length: units }, (_, i) => i)], bundlings: new Array(bundlings).fill(empty),
    pins: [], remainder: [] };
}

/** cap' of A7 by feature, where there is a cap. */
function capLimits(caps, features, cells) {
  const limits = new Map();
  for (const { attribute, value, max } of caps) {
    const f = features.names.indexOf(featureName(attribute, value));
    if (f > 0) limits.set(f, Math.min(limits.has(f) ? limits.get(f) : Infinity, max));
  }
  for (const { blocks, vector } of cells) {
    for (const [f] of vector) if (limits.has(f)) limits.set(f, limits.get(f) - blocks);
  }
  return limits;
}

/** R6: blanks dropped, ascending, the empty bundles last (A12). */
function written(places, remainder, classes) {
  const bundles = Array.from({ length: classes }, () => []);
  remainder.forEach((unit, i) => bundles[places[i]].push(unit));
  return bundles.sort((a, b) => (a.length && b.length ? a[0] - b[0] : b.length - a.length));
}

/**
 * Everything of A5-A8 that all bundlings of a draw share. Only features count that a unit of the remainder has or that
 * have a cap: the others are 0 in every bundle.
 */
function makeWalk({ units, vectors, features, classes, totals, lumps, remainder, apart, places, limits }) {
  const used = totals.map((_, f) => f).filter((f) => totals[f] || limits.has(f));
  const slot = new Map(used.map((f, i) => [f, i]));
  const position = new Map(remainder.map((unit, i) => [unit, i]));
  const all = remainder.map((unit) => vectors[unit].map(([f, count]) => [slot.get(f), count]));
  const blanks = remainder.some((unit) => units[unit].length > 1 || places.has(unit)) ? classes : 0; // A5
  for (let i = 0; i < blanks; i++) all.push([]);
  const partners = all.map(() => []);
  const pairs = apart.map((pair) => pair.map((unit) => position.get(unit)));
  for (const [i, j] of pairs) {
    partners[i].push(j);
    partners[j].push(i);
  }
  const weight = weightsOf(features, remainder.reduce((most, unit) => Math.max(most, units[unit].length), 1));
  const weigh = (lump) => lump.reduce((sum, [f, count]) => (
    sum + weight(f) * Math.max(0, count - up(totals[f], classes))), 0);
  return {
    real: remainder.length, vectors: all, classes, partners, apart: pairs, pinned: pinnedBundles(remainder, places),
    bound: lumps.reduce((sum, lump) => sum + weigh(lump), 0), // LB of A8
    ceilings: used.map((f) => up(totals[f], classes)), floors: used.map((f) => Math.floor(totals[f] / classes)),
    limits: used.map((f) => (limits.has(f) ? limits.get(f) : Infinity)),
    plain: { weights: used.map((f) => (f ? 1 : 2)), rule: 3 },
    descent: { weights: used.map(weight), rule: weight(0) + 1 },
    shift: Math.max(3, bitLength(classes * features.names.length - 1)),
  };
}

/** Weights of A8; `most`: the largest number of students of a unit. */
function weightsOf({ places, depth }, most) {
  const weight = (f) => depth - places[f];
  const all = places.reduce((sum, _, f) => sum + (f ? weight(f) : 0), 0);
  return (f) => (f ? weight(f) : 1 + 2 * most * all);
}

/** Bundles where the pinned units of a remainder stand (A5); -1 of the others, by position. */
function pinnedBundles(remainder, places) {
  const pinned = remainder.filter((unit) => places.has(unit)).map((unit) => places.get(unit));
  const classes = [...new Set(pinned)].sort(byNumber);
  return remainder.map((unit) => (places.has(unit) ? classes.indexOf(places.get(unit)) : -1));
}

/** One bundling (A9-A11). */
async function bundle(walk, seed, number, target, tick) {
  let best = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const random = stream(tagged("bundling", seed, number, attempt));
    const outcome = await attemptBundling(walk, random, (score) => !score.broken && score.energy <= target, tick);
    if (!best || better(outcome, best)) best = outcome;
    if (!best.broken && best.energy <= target) break;
  }
  return best;
}

const better = (a, b) => a.broken < b.broken || a.broken === b.broken && a.energy < b.energy;

async function attemptBundling(walk, random, enough, tick) {
  const state = startDivision(walk, random);
  const score = () => ({ ...measure(walk, state), places: state.places.slice() });
  let best = score();
  if (walk.vectors.length < 2) return best;
  for (let sweep = 1; sweep <= SWEEPS_MOST; sweep++) {
    await tick();
    runSweep(walk, state, random, walk.plain, walk.shift);
    const now = score();
    if (sweep >= SWEEPS_LEAST && enough(now)) return now;
    if (better(now, best)) best = now;
  }
  state.places = best.places.slice();
  state.counts = countAll(walk, state.places);
  for (let sweep = 0; sweep < DESCENTS && !enough(best); sweep++) {
    runSweep(walk, state, random, walk.descent, 0);
    best = score();
  }
  return best;
}

function startDivision(walk, random) {
  const { vectors, real, classes, pinned } = walk;
  const places = new Int32Array(vectors.length);
  const sizes = new Array(classes).fill(0);
  const put = (position, bundle) => {
    places[position] = bundle;
    sizes[bundle]++;
  };
  pinned.forEach((bundle, position) => { if (bundle >= 0) put(position, bundle); });
  const order = random.shuffle(Array.from({ length: real }, (_, i) => i).filter((i) => pinned[i] < 0));
  order.sort((i, j) => larger(vectors[i], vectors[j]));
  for (let i = real; i < vectors.length; i++) order.push(i);
  for (const position of order) {
    let fewest = 0;
    for (let b = 1; b < classes; b++) if (sizes[b] < sizes[fewest]) fewest = b;
    put(position, fewest);
  }
  return { places, counts: countAll(walk, places) };
}

/** Negative if vector `a` comes first: it has more of the first feature in which the two differ (A5). */
function larger(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i][0] !== b[i][0]) return a[i][0] - b[i][0];
    if (a[i][1] !== b[i][1]) return b[i][1] - a[i][1];
  }
  return b.length - a.length;
}

function countAll(walk, places) {
  const counts = Array.from({ length: walk.classes }, () => walk.ceilings.map(() => 0));
  walk.vectors.forEach((vector, i) => { for (const [f, count] of vector) counts[places[i]][f] += count; });
  return counts;
}

/** Broken rules and weighted energy of a division (A7, A8). */
function measure(walk, { places, counts }) {
  let broken = walk.apart.filter(([i, j]) => places[i] === places[j]).length;
  let energy = 0;
  for (const row of counts) {
    row.forEach((count, f) => {
      energy += walk.descent.weights[f] * excess(walk, f, count);
      broken += Math.max(0, count - walk.limits[f]);
    });
  }
  return { broken, energy };
}

const excess = (walk, f, count) => Math.max(0, count - walk.ceilings[f], walk.floors[f] - count);

/** A sweep (A6); `shift` is beta, 0 for never uphill. */
function runSweep(walk, state, random, { weights, rule }, shift) {
  const { vectors, limits, pinned } = walk;
  const { places, counts } = state;
  const n = vectors.length;
  const cost = (f, count) => weights[f] * excess(walk, f, count) + rule * Math.max(0, count - limits[f]);
  for (let proposal = Math.max(n, SWEEP_LEAST); proposal; proposal--) {
    const i = random.below(n);
    const j = random.below(n);
    const [from, to] = [places[i], places[j]];
    if (from === to || pinned[i] >= 0 || pinned[j] >= 0) continue;
    const [here, there] = [counts[from], counts[to]];
    const moves = difference(vectors[j], vectors[i]);
    let change = rule * (moved(walk, places, i, j) + moved(walk, places, j, i));
    for (const [f, more] of moves) {
      change += cost(f, here[f] + more) - cost(f, here[f]) + cost(f, there[f] - more) - cost(f, there[f]);
    }
    if (change > 0 && (!shift || shift * change > 31 || random.word() >= 2 ** (32 - shift * change))) continue;
    for (const [f, more] of moves) {
      here[f] += more;
      there[f] -= more;
    }
    [places[i], places[j]] = [to, from];
  }
}

/** Vector `a` less vector `b`, without its zeros. */
function difference(a, b) {
  const out = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const f = Math.min(i < a.length ? a[i][0] : Infinity, j < b.length ? b[j][0] : Infinity);
    const more = (i < a.length && a[i][0] === f ? a[i++][1] : 0) - (j < b.length && b[j][0] === f ? b[j++][1] : 0);
    if (more) out.push([f, more]);
  }
  return out;
}

/** By how much the broken apart pairs of position i change if it moves to the place of j, which leaves it. */
function moved(walk, places, i, j) {
  let change = 0;
  for (const other of walk.partners[i]) {
    if (other !== j) change += (places[other] === places[j]) - (places[other] === places[i]);
  }
  return change;
}
