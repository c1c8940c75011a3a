/** Blocks, remainder and bundlings from a sealed roster (A1-A12), and the certificate of balance (A23). */

import { spread, stream } from "./allocation.js";
import { tagged } from "./hash.js";

const [SWEEPS_LEAST, SWEEPS_MOST, DESCENTS, ATTEMPTS, SWEEP_LEAST] = [16, 128, 16, 8, 256];
const up = (n, k) => Math.ceil(n / k);
const bitLength = (n) => (n ? Math.floor(Math.log2(n)) + 1 : 0);

/**
 * The features of a draw (A1): feature 0 counts students, the others those of one value.
 * @param {{id: string, values: string[]}[]} attributes of the plan
 * @returns {{attribute: number, id: string, value: string}[]} in order, the first with attribute -1
 */
export function featuresOf(attributes) {
  const features = [{ attribute: -1, id: "", value: "" }];
  attributes.forEach(({ id, values }, attribute) => {
    for (const value of values) features.push({ attribute, id, value });
  });
  return features;
}

/**
 * The vector of a unit (A1).
 * @param {object[]} students attribute id to value
 * @param {object[]} features
 * @returns {number[]}
 */
export function vectorOf(students, features) {
  return features.map(({ id, value }) => students.filter((student) => !id || student[id] === value).length);
}

/** Cells in order, with the blocks that can be made after release (A1-A3), and the sums of the remainder. */
function divide(vectors, apart, classes) {
  const separated = new Set(apart.flat());
  const single = (unit) => vectors[unit][0] === 1 && !separated.has(unit);
  const cells = new Map();
  const totals = vectors[0].map(() => 0);
  const most = vectors[0].map(() => 0);
  vectors.forEach((vector, unit) => {
    if (single(unit)) {
      const key = vector.join("");
      if (!cells.has(key)) cells.set(key, { key, vector, units: [] });
      cells.get(key).units.push(unit);
    } else {
      vector.forEach((count, f) => { totals[f] += count; });
    }
    if (vector[0] > 1) vector.forEach((count, f) => { most[f] = Math.max(most[f], count); });
  });
  // A single student's vector has one 1 in every attribute: the larger text has the earlier values.
  const ordered = [...cells.values()].sort((a, b) => (a.key < b.key ? 1 : -1));
  for (const cell of ordered) {
    cell.blocks = Math.floor(cell.units.length / classes);
    cell.vector.forEach((count, f) => { totals[f] += count * (cell.units.length % classes); });
  }
  const tight = (f) => most[f] >= 1 && most[f] + 1 > up(totals[f], classes);
  for (let f = 1; f < totals.length;) {
    const holders = tight(f) ? ordered.filter((cell) => cell.vector[f] && cell.blocks) : [];
    if (!holders.length) {
      f++;
      continue;
    }
    const cell = holders.reduce((best, other) => (other.blocks > best.blocks ? other : best));
    cell.blocks--;
    cell.vector.forEach((count, g) => { totals[g] += count * classes; });
    f = 1;
  }
  return { cells: ordered, rest: vectors.map((_, unit) => unit).filter((unit) => !single(unit)), totals };
}

/**
 * Groups of a draw.
 * @param {object} draw {vectors, features, classes, apart, caps, bundlings}; `vectors` by unit
 * @param {Uint8Array} seed grouping seed
 * @param {function(): Promise} tick
 * @returns {Promise<{blocks: number[][], bundlings: number[][][], remainder: number[]}|null>} as R6; null if A11
 *   finds no division that keeps the rules
 */
export async function group(draw, seed, tick) {
  const { vectors, features, classes, apart, caps, bundlings } = draw;
  const { cells, rest, totals } = divide(vectors, apart, classes);
  const random = stream(tagged("blocks", seed));
  const blocks = [];
  const byNumber = (a, b) => a - b;
  for (const { units, blocks: number } of cells) { // A4
    random.shuffle(units);
    for (let i = 0; i < number; i++) blocks.push(units.slice(i * classes, (i + 1) * classes).sort(byNumber));
    rest.push(...units.slice(number * classes));
  }
  const remainder = rest.sort(byNumber);
  const walk = makeWalk({ vectors: remainder.map((unit) => vectors[unit]), features, classes, totals,
    apart: positions(apart, remainder), limits: capLimits(caps, features, cells) });
  const made = [];
  let best = Infinity;
  for (let m = 0; m < bundlings; m++) {
    const outcome = await bundle(walk, seed, m, m && best < Infinity ? Math.max(walk.bound, best) : walk.bound, tick);
    if (outcome.broken) return null;
    best = Math.min(best, outcome.energy);
    made.push(written(outcome.places, remainder, classes));
  }
  return { blocks: blocks.sort((a, b) => a[0] - b[0]), bundlings: made, remainder };
}

/** Groups of a draw that divides nothing: one block of all units (A24). */
export function wholeGroup(units, bundlings) {
  const empty = () => Array.from({ length: units }, () => []);
  return { blocks: [Array.from({ length: units }, (_, i) => i)], bundlings: Array.from({ length: bundlings }, empty),
    remainder: [] };
}

function positions(apart, remainder) {
  const position = new Map(remainder.map((unit, i) => [unit, i]));
  return apart.map((pair) => pair.map((unit) => position.get(unit)));
}

/** cap' of A7 by feature. */
function capLimits(caps, features, cells) {
  return features.map(({ id, value }, f) => {
    const own = caps.filter((cap) => id && cap.attribute === id && cap.value === value);
    const blocks = cells.reduce((sum, cell) => sum + (cell.vector[f] ? cell.blocks : 0), 0);
    return own.reduce((least, cap) => Math.min(least, cap.max), Infinity) - blocks;
  });
}

/** R6: blanks dropped, ascending, the empty bundles last (A12). */
function written(places, remainder, classes) {
  const bundles = Array.from({ length: classes }, () => []);
  remainder.forEach((unit, i) => bundles[places[i]].push(unit));
  return bundles.sort((a, b) => (a.length && b.length ? a[0] - b[0] : b.length - a.length));
}

/** Everything of A5-A8 that all bundlings of a draw share. */
function makeWalk({ vectors, features, classes, totals, apart, limits }) {
  const real = vectors.length;
  const depth = features[features.length - 1].attribute + 1;
  const weights = features.map(({ attribute }) => (attribute < 0 ? depth + 1 : depth - attribute));
  const ceilings = totals.map((total) => up(total, classes));
  const floors = totals.map((total) => Math.floor(total / classes));
  const grouped = vectors.filter((vector) => vector[0] > 1);
  const bound = grouped.reduce((sum, vector) => sum // LB of A8
    + vector.reduce((part, count, f) => part + weights[f] * Math.max(0, count - ceilings[f]), 0), 0);
  const blank = totals.map(() => 0);
  const all = grouped.length ? [...vectors, ...Array.from({ length: classes }, () => blank)] : vectors;
  const partners = all.map(() => []);
  for (const [i, j] of apart) {
    partners[i].push(j);
    partners[j].push(i);
  }
  return { real, vectors: all, classes, ceilings, floors, limits, partners, apart, bound,
    plain: { weights: features.map((_, f) => (f ? 1 : 2)), rule: 3 },
    descent: { weights, rule: depth + 2 },
    shift: Math.max(3, bitLength(classes * features.length - 1)) };
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
  const { vectors, real, classes } = walk;
  const order = random.shuffle(Array.from({ length: real }, (_, i) => i));
  const larger = (i, j) => {
    const f = vectors[i].findIndex((count, g) => count !== vectors[j][g]);
    return f < 0 ? 0 : vectors[j][f] - vectors[i][f];
  };
  order.sort(larger);
  for (let i = real; i < vectors.length; i++) order.push(i);
  const places = new Int32Array(vectors.length);
  order.forEach((position, i) => { places[position] = i % classes; });
  return { places, counts: countAll(walk, places) };
}

function countAll(walk, places) {
  const counts = Array.from({ length: walk.classes }, () => walk.ceilings.map(() => 0));
  walk.vectors.forEach((vector, i) => vector.forEach((count, f) => { counts[places[i]][f] += count; }));
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
  const { vectors, limits } = walk;
  const { places, counts } = state;
  const n = vectors.length;
  const cost = (f, count) => weights[f] * excess(walk, f, count) + rule * Math.max(0, count - limits[f]);
  for (let proposal = Math.max(n, SWEEP_LEAST); proposal; proposal--) {
    const i = random.below(n);
    const j = random.below(n);
    const [from, to] = [places[i], places[j]];
    if (from === to) continue;
    const [here, there] = [counts[from], counts[to]];
    let change = 0;
    for (let f = 0; f < weights.length; f++) {
      const more = vectors[j][f] - vectors[i][f];
      if (!more) continue;
      change += cost(f, here[f] + more) - cost(f, here[f]) + cost(f, there[f] - more) - cost(f, there[f]);
    }
    change += rule * (moved(walk, places, i, j) + moved(walk, places, j, i));
    if (change > 0 && (!shift || shift * change > 31 || random.word() >= 2 ** (32 - shift * change))) continue;
    for (let f = 0; f < weights.length; f++) {
      const more = vectors[j][f] - vectors[i][f];
      here[f] += more;
      there[f] -= more;
    }
    [places[i], places[j]] = [to, from];
  }
}

/** By how much the broken apart pairs of position i change if it moves to the place of j, which leaves it. */
function moved(walk, places, i, j) {
  let change = 0;
  for (const other of walk.partners[i]) {
    if (other !== j) change += (places[other] === places[j]) - (places[other] === places[i]);
  }
  return change;
}

/**
 * The certificate of a draw (A23).
 * @param {number[][]} vectors by unit
 * @param {object[]} features
 * @param {number} classes
 * @param {number[][][]} bundlings
 * @returns {{bound: number, feature: string, proven: boolean, reached: number}[]}
 */
export function certificate(vectors, features, classes, bundlings) {
  return features.map(({ id, value }, f) => {
    const total = vectors.reduce((sum, vector) => sum + vector[f], 0);
    const counts = (bundles) => bundles.map((bundle) => bundle.reduce((sum, unit) => sum + vectors[unit][f], 0));
    const reached = Math.max(...bundlings.map((bundles) => spread(counts(bundles))));
    const bound = total % classes ? 1 : 0;
    return { bound, feature: featureName(id, value), proven: reached === bound, reached };
  });
}

/** @param {string} id @param {string} value @returns {string} name of a feature in a certificate (A23) */
export function featureName(id, value) {
  return id ? id + "=" + value : "size";
}
