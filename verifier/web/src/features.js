/** Features, vectors and cells of units (A1), and the certificate of balance (A23). */

import { spread } from "./allocation.js";

/**
 * The features of a draw (A1): feature 0 counts students, the others those of a value or of two crossed values.
 * @param {{id: string, values: string[], free: string[]}[]} attributes of a plan that keeps its rules
 * @param {string[][]} crossed pairs of ids
 * @returns {{names: string[], places: number[], depth: number, of: function(object): number[]}} names as A23 writes
 *   them; places by feature, -1 of the first; `depth`: A; `of` gives the features of one student, ascending
 */
export function featuresOf(attributes, crossed) {
  const balanced = new Map(attributes.map(({ id, values, free }) => (
    [id, values.filter((value) => !free.includes(value))])));
  const [names, places, finders] = [["size"], [-1], []];
  const add = (place, name) => {
    names.push(name);
    places.push(place);
  };
  attributes.forEach(({ id }, place) => {
    const [start, own] = [names.length, new Map(balanced.get(id).map((value, i) => [value, i]))];
    balanced.get(id).forEach((value) => add(place, featureName(id, value)));
    finders.push((student) => (own.has(student[id]) ? start + own.get(student[id]) : -1));
  });
  const first = (id) => attributes.findIndex((one) => one.id === id);
  const startOf = (place) => places.indexOf(place);
  crossed.forEach(([one, other], i) => {
    const [start, width] = [names.length, balanced.get(other).length];
    for (const value of balanced.get(one)) {
      for (const second of balanced.get(other)) add(attributes.length + i, `${one}*${other}=${value}*${second}`);
    }
    const [a, b] = [first(one), first(other)];
    const [startA, startB] = [startOf(a), startOf(b)];
    finders.push((student) => {
      const [f, g] = [finders[a](student), finders[b](student)];
      return f < 0 || g < 0 ? -1 : start + (f - startA) * width + g - startB;
    });
  });
  const of = (student) => [0, ...finders.map((find) => find(student)).filter((f) => f >= 0)];
  return { names, places, depth: attributes.length + crossed.length, of };
}

/** @param {string} id @param {string} value @returns {string} name of the feature of a value (A23) */
export function featureName(id, value) {
  return `${id}=${value}`;
}

/**
 * The vector of a unit (A1), without its zeros.
 * @param {object[]} students attribute id to value
 * @param {object} features
 * @returns {number[][]} [feature, count], ascending
 */
export function vectorOf(students, features) {
  const counts = new Map();
  for (const student of students) for (const f of features.of(student)) counts.set(f, (counts.get(f) || 0) + 1);
  return [...counts].sort((a, b) => a[0] - b[0]);
}

/** What names the cell of a student, and orders cells as texts: the positions of its values (A1). */
export function cellOf(student, attributes) {
  return attributes.map(({ id, values }) => String(values.indexOf(student[id])).padStart(3, "0")).join("");
}

/**
 * The certificate of a draw (A23).
 * @param {number[][][]} vectors by unit
 * @param {object} features
 * @param {number} classes K
 * @param {number[][][]} bundlings
 * @returns {{bound: number, feature: string, proven: boolean, reached: number}[]}
 */
export function certificate(vectors, features, classes, bundlings) {
  const totals = features.names.map(() => 0);
  for (const vector of vectors) for (const [f, count] of vector) totals[f] += count;
  const left = [...new Set(bundlings[0].flat().flatMap((unit) => vectors[unit].map(([f]) => f)))];
  const widest = new Map(left.map((f) => [f, 0])); // of features that no unit of the remainder has: 0
  for (const bundles of bundlings) {
    const counts = new Map(left.map((f) => [f, new Array(classes).fill(0)]));
    bundles.forEach((bundle, b) => {
      for (const unit of bundle) for (const [f, count] of vectors[unit]) counts.get(f)[b] += count;
    });
    for (const [f, own] of counts) widest.set(f, Math.max(widest.get(f), spread(own)));
  }
  return features.names.map((feature, f) => {
    const reached = widest.get(f) || 0;
    const bound = totals[f] % classes ? 1 : 0;
    return { bound, feature, proven: reached === bound, reached };
  });
}
