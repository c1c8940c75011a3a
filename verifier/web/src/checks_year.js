/** V19: entries of the year answer earlier ones, each once, and keep the ranges and orders of L6 (Y2). */

import { hex } from "./bytes.js";
import { leafHash } from "./merkle.js";
import { registerKey, sortedBy } from "./shapes.js";

const within = (value, most) => value >= 1 && value <= most;
const ascend = (values, key = (value) => value) => sortedBy(key, () => true)(values);
const placeOf = ({ year, school, grade }) => `${year} ${school} ${grade}`;

// Y4: is the move of the kind?
const MOVES = {
  class: (from, to) => from && to, leave: (from, to) => !to, enter: (from) => !from, restructure: () => true,
};

/** The entry that this one answers: of that type, before it, and never answered yet; else undefined. */
function answered(book, leaf, type) {
  const asked = book.asked.get(leaf);
  if (asked?.type !== type || book.answered.has(leaf)) return undefined;
  book.answered.add(leaf);
  return asked;
}

/** Adds to a set; was it not there yet? */
const once = (set, value) => !set.has(value) && Boolean(set.add(value));

// By type: does the entry keep its rules, after those in the book?
const RULES = {
  "year": (book, { complaint_days: days, late_dates: late, term, watched }) => (
    within(days, 365) && ascend(late) && ascend(watched) && term[0] <= term[1]),
  "filing.submitted": (book, body, { leaf }) => {
    book.last.set(placeOf(body), leaf);
    return within(body.classes, 200) && within(body.teachers, 200);
  },
  "filing.approved": (book, { filing }) => {
    const asked = answered(book, filing, "filing.submitted");
    if (!asked) return false;
    const place = placeOf(asked.body);
    book.approved.set(place, asked.body);
    return book.last.get(place) === filing;
  },
  "teacher.replaced": (book, body) => (
    within(body.number, 200) && body.number <= (book.approved.get(placeOf(body))?.teachers ?? 0)),
  "amendment.requested": (book, { kind, moves }) => ascend(moves, ([nullifier]) => nullifier)
    && moves.every(([, from, to]) => from <= 200 && to <= 200 && from !== to && MOVES[kind](from, to)),
  "amendment.approved": (book, { request }) => answered(book, request, "amendment.requested"),
  "registration.checked": (book, { schools }) => ascend(schools, registerKey),
  "complaint.received": (book, { complaint }) => once(book.complaints, complaint),
  "complaint.decided": (book, { complaint }) => answered(book, complaint, "complaint.received"),
  "inspection": (book, { findings, through }, { seq }) => {
    for (const { id } of findings) book.found.add(id);
    return ascend(findings, ({ id }) => id) && through <= seq;
  },
  "finding.closed": (book, { finding }) => book.found.has(finding) && once(book.closed, finding),
};

/** @param {object} ledger of `readEntries`, none broken @param {Tally} tally an item for each entry of the year */
export function checkYear({ lines, entries }, tally) {
  const book = {
    asked: new Map(), answered: new Set(), last: new Map(), approved: new Map(), complaints: new Set(),
    found: new Set(), closed: new Set(),
  };
  entries.forEach(({ type, body, seq }, i) => {
    if (!Object.hasOwn(RULES, type)) return;
    const leaf = hex(leafHash(lines[i]));
    tally.item(Boolean(RULES[type](book, body, { leaf, seq })), `entry ${i}: ${type} breaks the rules of the year`);
    book.asked.set(leaf, { type, body });
  });
}
