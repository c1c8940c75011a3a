/**
 * Checks of what the reader holds beside the record: sealed rosters V70-V75, the year V81 and V82, a slip V90 and
 * V92.
 */

import { hex, same, unhex } from "./bytes.js";
import { pairsInOrder } from "./allocation.js";
import { balanceOf } from "./balance.js";
import { outcomeOf } from "./ceremony.js";
import { allDraws, entriesOfType, isEntryOf } from "./checks_header.js";
import { widest } from "./checks_record.js";
import { groupsFor, groupsPath, hashesOf, planFeatures, withinBounds } from "./checks_result.js";
import { CannotCheck, bytesOf, checkFiles, drawsOf, fileHash, glance, sessionOf, Tally, valueOf } from "./context.js";
import { certificate, vectorOf } from "./features.js";
import { group, wholeGroup } from "./grouping.js";
import { tagged, VERSION } from "./hash.js";
import { canonical, decode, encode } from "./json.js";
import { isSealed } from "./shapes.js";
import { canOpen, identityHash, openAttributes } from "./student.js";

const DRAWN_ONCE = ["classes", "late"]; // kinds in which a child stands once a year (R5, V82)
const equal = (a, b) => canonical(a) === canonical(b);

/** @returns {object} the draw in the plan @throws {CannotCheck} if V21 finds none */
function planDraw(c, id) {
  const draw = valueOf(c, "plan.json").draws.find((one) => one.id === id);
  if (!draw) throw new CannotCheck(`${id}: not in the plan`);
  return draw;
}

/** The sealed roster of every draw, by its hash. */
function checkSealed(c, t) {
  const draws = drawsOf(c);
  const { attributes, crossed } = valueOf(c, "plan.json");
  c.sealed = new Map();
  t.item(c.given.sealed.length === draws.length, "not one sealed roster for each draw");
  const byHash = new Map(c.given.sealed.map((bytes) => [hex(tagged("sealed-roster", bytes)), bytes]));
  for (const { id, kind, classes, frozen } of draws) {
    const bytes = byHash.get(frozen.sealed_hash);
    if (!t.item(Boolean(bytes), `${id}: no sealed roster has its hash`)) continue;
    const roster = decode(bytes);
    const fits = isSealed(roster) && roster.draw === id && roster.session === c.record.session
      && roster.classes === classes
      && equal(roster.attributes, kind === "classes" ? attributes : [])
      && equal(roster.crossed, kind === "classes" ? crossed : []) && equal(roster.caps, planDraw(c, id).caps);
    if (t.item(fits, `${id}: the sealed roster is not of its form, or of another plan`)) c.sealed.set(id, roster);
  }
}

async function checkSealedLeaves(c, t, tick) {
  const lawful = (attributes, given) => Object.keys(given).length === attributes.length
    && attributes.every(({ id, values }) => Object.hasOwn(given, id) && values.has(given[id]));
  for (const [id, { units, attributes: planned }] of c.sealed) {
    await tick();
    const attributes = planned.map(({ id: name, values }) => ({ id: name, values: new Set(values) }));
    const pairs = units.map((unit) => unit.map((student) => {
      t.item(lawful(attributes, student.attributes), `${id}: attributes that are not the plan's`);
      return [student.identity, hex(tagged("attributes", unhex(student.attributes_salt), encode(student.attributes)))];
    }));
    t.item(equal(pairs, valueOf(c, `draws/${id}/units.json`).units), `${id}: other students`);
  }
}

function checkConstraints(c, t) {
  for (const { id, classes, frozen } of drawsOf(c)) {
    const { constraints, constraints_salt, units } = c.sealed.get(id);
    const root = hex(tagged("constraints", unhex(constraints_salt), encode(constraints)));
    t.item(root === frozen.constraints_root, `${id}: another commitment`);
    const counts = ["apart", "barred", "caps", "together"].map((name) => [name, constraints[name].length]);
    const reasons = new Map();
    for (const [, , reason] of constraints.pins) reasons.set(reason, (reasons.get(reason) || 0) + 1);
    t.item(equal({ ...Object.fromEntries(counts), pins: Object.fromEntries(reasons) }, frozen.constraints),
      `${id}: other numbers than in the header`);
    checkPinsAndBars(c, id, classes, t);
    const several = units.map((unit, i) => (unit.length > 1 ? i : -1)).filter((i) => i >= 0);
    const { apart } = constraints;
    const before = (a, b) => a[0] < b[0] || a[0] === b[0] && a[1] < b[1];
    t.item(equal(constraints.together, several) && equal(constraints.caps, planDraw(c, id).caps)
      && apart.every(([i, j], n) => i < j && j < units.length && (!n || before(apart[n - 1], apart[n]))),
    `${id}: constraints that cannot be`);
  }
}

/** What V72 asks of pins and bars. */
function checkPinsAndBars(c, id, classes, t) {
  const { constraints: { pins, barred }, units } = c.sealed.get(id);
  const reasons = valueOf(c, "plan.json").pins;
  t.item(pins.every(([, , reason]) => reasons.includes(reason)), `${id}: pins for no reason of the plan`);
  const given = pins.map(([unit, place]) => [unit, place]);
  t.item(pairsInOrder(given, units.length, classes) && new Map(given).size === given.length
    && pairsInOrder(barred, units.length, classes), `${id}: pins or bars that cannot be`);
  if (!c.files.has(groupsPath(id))) return;
  const groups = valueOf(c, groupsPath(id));
  t.item(equal([given, barred], [groups.pins, groups.barred]), `${id}: other pins or bars than in the groups`);
}

function checkSealedNullifiers(c, t) {
  for (const [id, { units, year_key, year_key_salt }] of c.sealed) {
    const nullifiers = units.flat().map(({ nullifier }) => nullifier).sort();
    t.item(equal(nullifiers, valueOf(c, `draws/${id}/nullifiers.json`).nullifiers), `${id}: other nullifiers`);
    const commitment = hex(tagged("year-key", unhex(year_key_salt), unhex(year_key)));
    t.item(commitment === valueOf(c, "header.json").year_key, `${id}: another year key`);
  }
}

/** The units of a sealed roster: of every student the attributes. */
const studentsOf = (c, id) => c.sealed.get(id).units.map((unit) => unit.map(({ attributes }) => attributes));

async function checkGrouping(c, t, tick) {
  const header = valueOf(c, "header.json");
  const hashes = hashesOf(c);
  for (const [i, draw] of header.draws.entries()) {
    await tick(i / header.draws.length);
    const { id, frozen } = draw;
    if (!withinBounds(draw, header.bundlings)) throw new CannotCheck(`${id}: numbers beyond their bounds`);
    const seed = tagged("grouping", unhex(hashes.header), unhex(hashes.closed), id); // C11
    const groups = await groupsDue(c, draw, seed, tick);
    t.item(Boolean(groups) && groups.blocks.length === frozen.blocks && groups.remainder.length === frozen.remainder
      && same(encode({ ...groups, draw: id, version: VERSION }), bytesOf(c, groupsPath(id))), `${id}: other groups`);
  }
}

/** The groups of a draw by A1-A12 or A24; null if there are none. */
async function groupsDue(c, { id, kind, classes }, seed, tick) {
  const { bundlings } = valueOf(c, "header.json");
  const { units, constraints: { apart, barred, caps, pins } } = c.sealed.get(id);
  if (kind !== "classes") return wholeGroup(units.length, classes, bundlings, barred);
  planFeatures(c); // else work has no bound
  const { attributes, crossed } = valueOf(c, "plan.json");
  const draw = { units: studentsOf(c, id), attributes, crossed, classes, apart, caps, bundlings,
    pins: pins.map(([unit, place]) => [unit, place]) };
  return group(draw, seed, tick);
}

function checkCertificates(c, t) {
  for (const { draw, balance, certificate: given } of valueOf(c, "statement.json").draws) {
    const own = drawsOf(c).find(({ id }) => id === draw);
    if (!t.item(Boolean(own), `${draw}: no draw of the header`)) continue;
    if (own.kind !== "classes") {
      t.item(!given.length && !balance.length, `${draw}: a certificate of a draw that divides nothing`);
      continue;
    }
    const features = planFeatures(c);
    const vectors = studentsOf(c, draw).map((unit) => vectorOf(unit, features));
    const due = certificate(vectors, features, own.classes, groupsFor(c, draw).bundlings);
    t.item(equal(given, due), `${draw}: another certificate`);
    t.item(equal(balance, numbersPerClass(c, draw, own.classes)), `${draw}: other numbers per class`);
  }
}

/** A28, of the class list as published. */
function numbersPerClass(c, draw, classes) {
  const plan = valueOf(c, "plan.json");
  if (!plan.balance.length) return [];
  const units = studentsOf(c, draw);
  const list = valueOf(c, `draws/${draw}/result.json`).classes;
  if (list.length !== units.length || !list.every((place) => place >= 1 && place <= classes)) {
    throw new CannotCheck(`${draw}: not a class for every unit`);
  }
  return balanceOf(plan, units, list, classes);
}

/** Every `draw.postponed` of these records' sessions with the school and grade of its plan, in ledger order. */
function postponements(c, walked) {
  const found = [];
  for (const one of [c, ...c.others]) {
    const session = walked.sessions.get(one.record.session);
    const [entry] = session ? entriesOfType(session, "plan") : [];
    const plan = glance(one, "plan.json");
    if (!entry || !plan || entry.body.hash !== fileHash(one, "plan", "plan.json")
      || plan.year !== sessionOf(c).header.body.year) {
      continue;
    }
    for (const { seq, body } of entriesOfType(session, "draw.postponed")) {
      const draw = plan.draws.find(({ id }) => id === body.draw);
      if (draw && draw.kind === "classes" && !plan.rehearsal) found.push({ seq, ...draw, session: session.id, reason: body.reason });
    }
  }
  return found.sort((a, b) => b.seq - a.seq);
}

function checkRegister(c, t) {
  const walked = widest(c);
  const { year } = sessionOf(c).header.body;
  const registers = walked.ledger.entries.filter(({ type, body }) => type === "register" && body.year === year);
  c.register = [];
  if (!t.item(registers.length > 0, "no register of the year")) return;
  const rows = registers[registers.length - 1].body.schools;
  const draws = allDraws(walked).filter((one) => one.year === year && !one.rehearsal).reverse();
  const postponed = postponements(c, walked);
  const of = (row) => (draw) => draw.school === row.school && draw.grade === row.grade;
  for (const row of rows) {
    const base = { grade: row.grade, name: row.name, reason: "", school: row.school, session: "" };
    const drawn = draws.find(({ draw, session }) => of(row)(draw) && draw.kind === "classes"
      && outcomeOf(session, draw.id).outcome === "published");
    const later = postponed.find(of(row));
    if (drawn) c.register.push({ ...base, state: "drawn", session: drawn.session.id });
    else if (row.classes === 1) c.register.push({ ...base, state: "exempt" });
    else if (later) c.register.push({ ...base, state: "postponed", session: later.session, reason: later.reason });
    else c.register.push({ ...base, state: "open" });
    t.item(drawn ? row.classes !== 1 : row.classes === 1 || Boolean(later), `${row.school}, grade ${row.grade}`);
  }
  for (const { draw, session } of draws) {
    const valid = draw.kind === "classes" && outcomeOf(session, draw.id).outcome === "published";
    t.item(!valid || rows.some((row) => of(row)(draw)), `${draw.school}, grade ${draw.grade}: not registered`);
  }
}

function checkYear(c, t) {
  const { year, rehearsal } = valueOf(c, "header.json");
  if (c.phase === "frozen" || rehearsal) return "NOT-APPLICABLE";
  const walked = widest(c);
  const records = new Map([[sessionOf(c).id, c]]);
  for (const other of c.others) {
    const id = other.record.session;
    const own = new Tally();
    checkFiles(other, own);
    const session = walked.sessions.get(id);
    if (!t.item(!own.failed && other.phase === "result" && Boolean(session && session.header) && !records.has(id)
      && Boolean(glance(other, "header.json"))
      && isEntryOf(other, session.header.body, glance(other, "header.json")),
    `${id}: not another record of this ledger`)) continue;
    const roots = glance(other, "header.json").draws.every(({ id: draw, frozen }) => (
      glance(other, `draws/${draw}/nullifiers.json`)
      && fileHash(other, "nullifiers", `draws/${draw}/nullifiers.json`) === frozen.nullifiers_root));
    if (t.item(roots, `${id}: other nullifiers than in its header`)) records.set(id, other);
  }
  const seen = new Set();
  for (const { session, draw, year: when, rehearsal: practice } of allDraws(walked)) {
    if (when !== year || practice || !DRAWN_ONCE.includes(draw.kind)) continue;
    if (outcomeOf(session, draw.id).outcome !== "published") continue;
    const record = records.get(session.id);
    if (!record) {
      t.lacks(`no record of session ${session.id}`);
      continue;
    }
    const { nullifiers } = valueOf(record, `draws/${draw.id}/nullifiers.json`);
    t.item(!nullifiers.some((nullifier) => seen.has(nullifier)), `${session.id} ${draw.id}: a child was drawn before`);
    for (const nullifier of nullifiers) seen.add(nullifier);
  }
  return "";
}

async function checkSlip(c, t, tick) {
  const { slip } = c.given;
  const { year, draws } = valueOf(c, "header.json");
  const found = [];
  for (const { id, kind, school, grade } of draws) {
    const places = new Map();
    valueOf(c, `draws/${id}/units.json`).units.forEach((pairs, unit) => pairs.forEach(([identity, own]) => (
      places.set(identity, { draw: id, kind, grade, school, unit, attributesHash: own }))));
    for (const nullifier of valueOf(c, `draws/${id}/nullifiers.json`).nullifiers) {
      await tick();
      const identity = identityHash(slip, { grade, nullifier, school, year });
      if (places.has(identity)) found.push(places.get(identity));
    }
  }
  if (t.item(slip.session === c.record.session && found.length === 1,
    "it opens no child of this session")) [c.child] = found;
}

async function checkSecondCode(c, t, tick) {
  const { slip } = c.given;
  if (!slip.second) return "NOT-APPLICABLE";
  if (!c.child) throw new CannotCheck("V90");
  const attributes = c.child.kind === "classes" ? valueOf(c, "plan.json").attributes : [];
  if (!canOpen(attributes)) throw new CannotCheck("too many combinations");
  c.child.attributes = await openAttributes(slip, attributes, c.child.attributesHash, tick);
  t.item(Boolean(c.child.attributes), "no attributes of the plan have this hash");
  return "";
}

/** By id: [ids of checks that must not have failed, the check]. */
export const GIVEN_CHECKS = {
  V70: [[], checkSealed],
  V71: [["V70"], checkSealedLeaves],
  V72: [["V70"], checkConstraints],
  V73: [["V70"], checkSealedNullifiers],
  V74: [["V03", "V71", "V72"], checkGrouping],
  V75: [["V71"], checkCertificates],
  V81: [["V03", "V80"], checkRegister],
  V82: [["V03", "V80"], checkYear],
  V90: [[], checkSlip],
  V92: [["V90?"], checkSecondCode],
};
