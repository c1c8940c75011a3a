/** Numbers per class that a statement publishes (A28). */

import { canonical } from "./json.js";

const LEAST = 5; // students of a class that a row may tell of
const sums = (rows) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0));
const isSmall = (counts) => counts.some((count) => count < LEAST);

/**
 * What the statement of a draw must say (V75).
 * @param {{attributes: object[], balance: string[]}} plan
 * @param {object[][]} units of every unit the attributes of its students
 * @param {number[]} list class of every unit
 * @param {number} classes K
 * @returns {{attribute: string, rows: {counts: number[], values: string[]}[]}[]}
 */
export function balanceOf({ attributes, balance }, units, list, classes) {
  return attributes.filter(({ id }) => balance.includes(id)).flatMap(({ id, values }) => {
    const counts = new Map(values.map((value) => [value, new Array(classes).fill(0)]));
    units.forEach((unit, i) => unit.forEach((student) => { counts.get(student[id])[list[i] - 1]++; }));
    const small = values.filter((value) => isSmall(counts.get(value)));
    const rows = values.filter((value) => !small.includes(value)).map((value) => (
      { counts: counts.get(value), values: [value] }));
    if (small.length) rows.push({ counts: sums(small.map((value) => counts.get(value))), values: small });
    return rows.some((row) => isSmall(row.counts)) ? [] : [{ attribute: id, rows }];
  });
}

/**
 * What anyone can see is wrong with it (V45).
 * @param {{attribute: string, rows: object[]}[]} balance of a statement
 * @param {{attributes: object[], balance: string[]}} plan that keeps its rules
 * @param {number[]} sizes students of the classes
 * @param {number} classes K
 * @returns {string[]}
 */
export function balanceFaults(balance, plan, sizes, classes) {
  let at = 0;
  const inOrder = balance.every(({ attribute }) => {
    at = plan.balance.indexOf(attribute, at) + 1;
    return at > 0;
  });
  if (!inOrder) return ["numbers per class of other attributes, or in another order"];
  return balance.flatMap(({ attribute, rows }) => {
    const planned = plan.attributes.find(({ id }) => id === attribute);
    return (planned ? rowFaults(rows, planned.values, sizes, classes) : ["not in the plan"])
      .map((fault) => `${attribute}: ${fault}`);
  });
}

function rowFaults(rows, values, sizes, classes) {
  const faults = [];
  const single = rows.filter((row) => row.values.length === 1);
  const several = rows.filter((row) => row.values.length !== 1);
  // One value a row as they stand in the plan, and at most one row of several, the last, as they stand there too.
  const pool = several.flatMap((row) => row.values);
  const due = [values.filter((value) => !pool.includes(value)), values.filter((value) => pool.includes(value))];
  if (several.length > 1 || several.length && rows[rows.length - 1] !== several[0]
    || canonical([single.flatMap((row) => row.values), pool]) !== canonical(due)
    || several.some((row) => !row.values.length)) faults.push("not every value once and in order");
  if (rows.some(({ counts }) => counts.length !== classes || isSmall(counts))) {
    faults.push(`not ${LEAST} or more of every class`);
  } else if (!rows.length || canonical(sums(rows.map(({ counts }) => counts))) !== canonical(sizes)) {
    faults.push("the rows do not add up to the classes");
  }
  return faults;
}
