/** Checks of plan, header, rosters and attempts: V21-V26. */

import { hex, unhex } from "./bytes.js";
import { bytesOf, CannotCheck, drawsOf, fileHash, sessionOf, valueOf, walkedOf } from "./context.js";
import { soundKey } from "./ed25519.js";
import { canonical } from "./json.js";
import { outcomeOf } from "./ceremony.js";
import { isOfAKind, kindOf, planFaults, sharedFaults } from "./plan_rules.js";
import { widest } from "./checks_record.js";
import { leavesOf, rosterRoot } from "./units.js";

const FROM_PLAN = ["version", "origin", "bureau", "session", "title", "date", "year", "rehearsal", "bundlings",
  "quorum", "windows", "delay", "sources", "software", "year_key"];
const DRAW_FROM_PLAN = ["id", "kind", "school", "grade", "batch"];
const equal = (a, b) => canonical(a) === canonical(b);
const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));
const ascending = (list) => list.every((value, i) => !i || list[i - 1] < value);

/** @param {object} session @param {string} type @returns {object[]} its entries of this type, in order */
export function entriesOfType(session, type) {
  return session.of.get(type) || [];
}

function checkHeader(c, t) {
  const plan = valueOf(c, "plan.json");
  const header = valueOf(c, "header.json");
  const session = sessionOf(c);
  const { body } = session.header;
  t.item(isEntryOf(c, body, header), "the ledger has another hash, size, year, flag or other draws of the header");
  for (const name of FROM_PLAN) t.item(equal(header[name], plan[name]), `${name} is not that of the plan`);
  const faults = sharedFaults(header);
  t.item(!faults.length, `breaks the rules of the plan: ${faults.join(", ")}`);
  t.item(!session.unlawful, "an observer was given a key of the ledger"); // C5
  t.item(header.plan === fileHash(c, "plan", "plan.json"), "not the hash of the plan");
  const postponed = new Set(entriesOfType(session, "draw.postponed").map((entry) => entry.body.draw));
  const due = plan.draws.filter(({ id }) => !postponed.has(id));
  t.item(due.length > 0 && equal(due.map((draw) => pick(draw, DRAW_FROM_PLAN)),
    header.draws.map((draw) => pick(draw, DRAW_FROM_PLAN))), "the draws are not those of the plan");
  const frozen = new Map(entriesOfType(session, "roster.frozen").map((entry) => [entry.body.draw, entry.body]));
  for (const draw of header.draws) {
    t.item(frozen.has(draw.id) && equal(draw.frozen, frozen.get(draw.id)), `${draw.id} is not as frozen`);
    const own = due.find(({ id }) => id === draw.id);
    if (t.item(isOfAKind(draw), `${draw.id} is of no kind, grade or batch`) && own) checkDrawOf(draw, own, plan, t);
    t.item(draw.attempt >= 1, `${draw.id} has attempt 0`);
  }
  const enrolled = [...session.observers.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  t.item(equal(header.observers, enrolled), "the observers are not those enrolled");
  t.item(enrolled.some(({ role }) => role === "bureau"), "no observer of the bureau");
  const keys = plan.recipients.flatMap((recipient) => [recipient.sealing_key, recipient.signing_key]);
  t.item(!enrolled.some(({ key }) => keys.includes(key)), "an observer has a key of the plan"); // C5
  for (const { key } of header.observers) t.item(soundKey(unhex(key)), "an observer's key is not sound"); // E13
}

/** K of a draw, and what its kind lets it have (C6, C25, C28, C29). */
function checkDrawOf({ id, kind, classes, frozen }, own, plan, t) {
  const { units, students, blocks, remainder, constraints, unit_sizes: sizes } = frozen;
  const rules = kindOf(kind);
  const reasons = Object.entries(constraints.pins);
  t.item(rules.k(classes), `${id} has no lawful number of classes`);
  t.item(classes === (own.classes || (rules.permutes ? units : Math.max(2, Math.ceil(students / own.most)))),
    `${id} has other classes than planned`);
  t.item(kind === "late" || (rules.permutes ? classes === units : classes <= units), `${id} has too few units`);
  t.item(!own.most || !own.classes || students <= classes * own.most, `${id} has larger classes than planned`);
  t.item(reasons.every(([reason, pinned]) => pinned >= 1 && plan.pins.includes(reason)),
    `${id} has pins for no reason of the plan`);
  t.item(constraints.barred <= (kind === "teachers" ? classes : 0), `${id} has bars that its kind does not have`);
  if (kind === "classes") return;
  t.item(blocks === 1 && remainder === 0 && constraints.apart === 0 && constraints.caps === 0 && !reasons.length,
    `${id} is divided or has constraints`);
  t.item(own.take <= classes, `${id} takes more than there are`);
  t.item(!rules.persons || constraints.together === 0 && equal(sizes, [[1, units]]),
    `${id} has units of several persons`);
}

/** Does the body of a `header` entry say what this record's header.json says? Its hash alone is not enough (V82). */
export function isEntryOf(c, body, header) {
  const names = ["attempt", "batch", "grade", "id", "kind", "school"];
  return body.hash === fileHash(c, "header", "header.json") && body.size === bytesOf(c, "header.json").length
    && body.year === header.year && body.rehearsal === header.rehearsal
    && equal(body.draws, header.draws.map((draw) => pick(draw, names)));
}

function checkRosters(c, t) {
  const plan = valueOf(c, "plan.json");
  const session = sessionOf(c);
  const schools = new Map(plan.draws.map((draw) => [draw.id, draw.school]));
  const states = new Map(plan.draws.map(({ id }) => [id, {}]));
  let lastFreeze = "";
  for (const entry of session.events) {
    if (!entry.type.startsWith("roster.") && entry.type !== "draw.postponed") continue;
    const state = states.get(entry.body.draw);
    const { submission, students } = entry.body;
    const where = `entry ${entry.seq}`;
    if (!t.item(Boolean(state) && !state.postponed, `${where} is of no draw that is due`)) continue;
    if (entry.type === "draw.postponed") state.postponed = true;
    if (entry.type === "roster.submitted") {
      t.item(entry.actor.id === schools.get(entry.body.draw), `${where}: by another school`);
      states.set(entry.body.draw, { submitted: entry });
    }
    if (entry.type === "roster.approved") {
      const of = state.submitted;
      t.item(Boolean(of) && of.body.submission === submission && of.body.students === students,
        `${where}: not the last submission`);
      state.approved = entry;
    }
    if (entry.type === "roster.frozen") {
      const of = state.approved;
      t.item(Boolean(of) && of.body.submission === submission && of.body.students === students,
        `${where}: not as approved`);
      state.frozen = true;
      lastFreeze = entry.time;
    }
  }
  for (const [id, state] of states) {
    t.item(Boolean(state.frozen || state.postponed), `${id} is neither frozen nor postponed`);
  }
  const header = c.walked.ledger.entries[session.header.seq];
  t.item(new Date(header.time) - new Date(lastFreeze) >= 1000 * plan.windows.roster_to_header,
    "the header came too soon after the last freeze");
}

async function checkUnits(c, t, tick) {
  for (const draw of drawsOf(c)) {
    const { frozen, id } = draw;
    const file = valueOf(c, `draws/${id}/units.json`);
    t.item(file.draw === id, `${id}: units of another draw`);
    const found = await leavesOf(file, tick);
    const [units, hashes] = [found.units.map((unit) => unit.map(hex)), found.hashes];
    const leaves = units.flat();
    t.item(units.every(ascending) && ascending(hashes.map(hex)), `${id}: not in order`);
    t.item(new Set(leaves).size === leaves.length, `${id}: a leaf stands twice`);
    t.item(new Set(file.units.flat().map(([identity]) => identity)).size === leaves.length,
      `${id}: an identity stands twice`);
    t.item(hex(rosterRoot(hashes)) === frozen.roster_root,
      `${id}: another roster root`);
    const sizes = new Map();
    for (const unit of file.units) sizes.set(unit.length, (sizes.get(unit.length) || 0) + 1);
    t.item(file.units.length === frozen.units && leaves.length === frozen.students
      && equal([...sizes].sort((a, b) => a[0] - b[0]), frozen.unit_sizes)
      && file.units.length - (sizes.get(1) || 0) === frozen.constraints.together, `${id}: other numbers`);
    t.item(draw.kind === "late" || draw.classes * frozen.blocks + frozen.remainder === frozen.units,
      `${id}: blocks and rest are not all`);
  }
}

function checkNullifiers(c, t) {
  const seen = new Set();
  let count = 0;
  for (const { id, kind, frozen } of drawsOf(c)) {
    const path = `draws/${id}/nullifiers.json`;
    const file = valueOf(c, path);
    t.item(file.draw === id && fileHash(c, "nullifiers", path) === frozen.nullifiers_root, `${id}: other nullifiers`);
    t.item(ascending(file.nullifiers) && file.nullifiers.length === frozen.students,
      `${id}: not one for every student`);
    if (!["classes", "late"].includes(kind)) continue; // a person may stand in several others, but not twice in one
    for (const nullifier of file.nullifiers) seen.add(nullifier);
    count += file.nullifiers.length;
  }
  t.item(seen.size === count, "a child is entered twice");
}

/**
 * Every draw of every header entry, in ledger order.
 * @param {object} walked
 * @returns {{key: string, session: object, draw: object, year: number, rehearsal: boolean}[]} key: what attempts
 *   count by
 */
export function allDraws(walked) {
  return [...walked.sessions.values()].filter(({ header }) => header).sort((a, b) => a.header.seq - b.header.seq)
    .flatMap((session) => session.header.body.draws.map((draw) => {
      const { year, rehearsal } = session.header.body;
      return { key: drawKey(draw, year, rehearsal), session, draw, year, rehearsal };
    }));
}

/** @returns {string} what numbers the attempts of a draw (C6) */
export function drawKey({ school, grade, kind, batch }, year, rehearsal) {
  return canonical([rehearsal, year, school, grade, kind, batch]);
}

function checkAttempts(c, t) {
  const byKey = new Map();
  for (const one of allDraws(widest(c))) {
    const earlier = byKey.get(one.key);
    const count = earlier ? earlier.count + 1 : 1;
    const voided = !earlier || ["aborted", "annulled"].includes(outcomeOf(earlier.session, earlier.draw.id).outcome);
    t.item(one.draw.attempt === count && voided, `attempts of ${one.draw.school}, grade ${one.draw.grade}`);
    byKey.set(one.key, { ...one, count });
  }
}

/** By id: [ids of checks that must not have failed, the check]. */
export const HEADER_CHECKS = {
  V21: [["V03"], checkHeader],
  V22: [["V03"], (c, t) => {
    const plan = valueOf(c, "plan.json");
    t.item(plan.session === c.record.session && plan.origin === walkedOf(c).origin, "of another session or ledger");
    const [first] = c.session ? entriesOfType(c.session, "plan") : [];
    if (!first) throw new CannotCheck("the ledger has no plan of the session");
    const entry = first.body;
    t.item(entry.hash === fileHash(c, "plan", "plan.json"), "the ledger has another hash of the plan");
    t.item(entry.size === bytesOf(c, "plan.json").length, "the ledger has another size of the plan");
    const faults = planFaults(plan);
    t.item(!faults.length, `breaks the rules of the plan: ${faults.join(", ")}`);
    for (const { signing_key } of plan.recipients) {
      t.item(soundKey(unhex(signing_key)), "a recipient's key is not sound"); // E13
    }
  }],
  V23: [["V03"], checkRosters],
  V24: [[], checkUnits],
  V25: [[], checkNullifiers],
  V26: [["V03", "V80"], checkAttempts],
};
