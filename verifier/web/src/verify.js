/** Runs every check of the catalogue over a record, and makes the report (V1-V7). */

import { unhex } from "./bytes.js";
import { CATALOGUE } from "./catalogue.js";
import { outcomeOf } from "./ceremony.js";
import { EVIDENCE_CHECKS } from "./checks_evidence.js";
import { GIVEN_CHECKS } from "./checks_given.js";
import { allDraws, drawKey, entriesOfType, HEADER_CHECKS } from "./checks_header.js";
import { RECORD_CHECKS, widest } from "./checks_record.js";
import { coveredOf, drawPairs, RESULT_CHECKS } from "./checks_result.js";
import { CannotCheck, glance, openContext, sessionOf, Tally } from "./context.js";
import { shortCode, tagged } from "./hash.js";
import { decode } from "./json.js";
import { overlapLimit } from "./probabilities.js";
import { Unreadable } from "./record.js";
import { isSlip, isTrust } from "./shapes.js";

const CHECKS = { ...RECORD_CHECKS, ...HEADER_CHECKS, ...RESULT_CHECKS, ...EVIDENCE_CHECKS, ...GIVEN_CHECKS };
const WEIGHTS = { V12: 20, V40: 20, V74: 20 }; // shares of the work, for the progress bar
const TOTAL = CATALOGUE.reduce((sum, { id }) => sum + (WEIGHTS[id] || 1), 0);
const PAUSE = 100; // milliseconds between reports of progress
const GOOD = ["PASS", "NOT-APPLICABLE"];
const NOTHING = { trust: null, since: null, ledger: null, records: [], slip: null, sealed: null };
const VERDICTS = ["proven", "inconsistent", "undecided", "not-proven"];

/**
 * Verifies a record.
 * @param {{zip: Uint8Array}|{files: Map<string, Uint8Array>}} record
 * @param {{trust: Uint8Array|null, since: object|null, ledger: Uint8Array|null, records: object[],
 *   slip: Uint8Array|null, sealed: Uint8Array[]|null}} given what the reader holds beside it; records as `record`
 * @param {function(number, number, string): Promise} progress awaited with (done, total, id of the check at work)
 * @returns {Promise<{report: object, more: object}>} `report` of V5; `more`: headerCode, milliseconds by check, problem
 *   (why exit 2), statement (names for display)
 */
export async function verify(record, given, progress) {
  const clock = { last: Date.now(), done: 0, id: "V01", progress };
  try {
    const c = await prepare(record, { ...NOTHING, ...given }, (part) => tick(clock, part));
    const run = { c, clock, results: new Map(), milliseconds: {}, inner: 0 };
    for (const { id } of CATALOGUE) await result(run, id);
    const pairs = await pairsOf(c, (part) => tick(clock, part));
    await progress(TOTAL, TOTAL, "");
    return { report: reportOf(run, pairs), more: { milliseconds: run.milliseconds, problem: "", ...display(c) } };
  } catch (error) {
    const problem = error instanceof Unreadable ? error.message : `internal error: ${error && error.message}`;
    const more = { headerCode: "", milliseconds: {}, problem: shown(problem), statement: {} };
    return { report: emptyReport(), more };
  }
}

/** Without what could command a terminal or turn the direction of writing (V6). */
function shown(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

async function tick(clock, part = 0) {
  const now = Date.now();
  if (now - clock.last < PAUSE) return;
  clock.last = now;
  await clock.progress(clock.done + part * (WEIGHTS[clock.id] || 1), TOTAL, clock.id);
}

/** Reads the arguments. @throws {Unreadable} if one cannot be used (V3) */
async function prepare(record, given, pause) {
  const c = await openContext(record, pause);
  const [trust, slip] = [readGiven(given.trust, isTrust, "trust file"), readGiven(given.slip, isSlip, "slip")];
  c.given = { ...given, trust, slip };
  c.since = given.since ? await openContext(given.since, pause) : null;
  c.others = [];
  for (const other of given.records) c.others.push(await openContext(other, pause));
  c.own = { id: c.record.session, plan: glance(c, "plan.json") };
  return c;
}

function readGiven(bytes, shape, name) {
  if (!bytes) return null;
  const value = decode(bytes);
  if (value === undefined || !shape(value)) throw new Unreadable(`the ${name} is not of its form`);
  return value;
}

const WAS_GIVEN = {
  "": () => true,
  since: ({ given }) => Boolean(given.since),
  ledger: ({ given }) => Boolean(given.ledger),
  record: ({ given }) => given.records.length > 0,
  slip: ({ given }) => Boolean(given.slip),
  sealed: ({ given }) => Boolean(given.sealed),
};

/** The result of a check, after those it builds on. */
async function result(run, id) {
  if (run.results.has(id)) return run.results.get(id);
  const { c, clock } = run;
  const { phase, option } = CATALOGUE.find((check) => check.id === id);
  let made = { outcome: "NOT-APPLICABLE", items: 0, failed: 0, detail: "" };
  if (WAS_GIVEN[option](c) && (phase === "frozen" || c.phase === "result")) {
    const [needs, check] = CHECKS[id];
    let broken = "";
    for (const need of needs) { // "V14?": it must have run, whatever it found
      const { outcome } = await result(run, need.slice(0, 3));
      if (!GOOD.includes(outcome) && !need.endsWith("?")) broken = broken || need;
    }
    if (broken) made = { ...made, outcome: "CANNOT-CHECK", detail: broken };
    else made = await runCheck(run, id, check);
  }
  run.results.set(id, made);
  clock.done += WEIGHTS[id] || 1;
  return made;
}

async function runCheck({ c, clock, milliseconds }, id, check) {
  const start = Date.now();
  const tally = new Tally();
  clock.id = id;
  let said = "";
  try {
    said = await check(c, tally, (part) => tick(clock, part)) || "";
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    tally.lacks(error.message);
  }
  milliseconds[id] = Date.now() - start;
  const { items, failed, detail, missing } = tally;
  const outcome = failed ? "FAIL" : missing ? "CANNOT-CHECK" : said || (items ? "PASS" : "CANNOT-CHECK");
  return { outcome, items, failed, detail: shown(detail || missing) };
}

function exitOf(checks) {
  const kinds = new Map(CATALOGUE.map(({ id, category }) => [id, category]));
  const failed = checks.filter(({ outcome }) => outcome === "FAIL");
  if (failed.some(({ id }) => !["evidence", "slip"].includes(kinds.get(id)))) return 1;
  return checks.every(({ outcome }) => GOOD.includes(outcome)) ? 0 : 3;
}

function reportOf({ c, results }, pairs) {
  const checks = CATALOGUE.map(({ id }) => {
    const { outcome, items, failed, detail } = results.get(id);
    return { id, outcome, items, failed, detail };
  });
  const exit = exitOf(checks);
  const header = glance(c, "header.json");
  return {
    attempts: c.walked ? attemptsOf(c, header) : [],
    checks,
    covered: covered(c),
    draws: pairs,
    exit,
    reasons: checks.filter(({ outcome }) => !GOOD.includes(outcome)).map(({ id }) => id),
    register: c.longer && c.register ? c.register.map(shownRow) : [],
    rehearsal: header ? header.rehearsal : false,
    session: c.record.session,
    slip: slipOf(c, results),
    verdict: VERDICTS[exit],
  };
}

const shownRow = (row) => ({ ...row, name: shown(row.name), reason: shown(row.reason) });

/** The covered observers, [] if they cannot be computed (V5). */
function covered(c) {
  if (c.phase !== "result" || !c.walked) return [];
  try {
    return coveredOf(c).map(({ id, role, client, key }) => ({ client, id, key, role }));
  } catch (error) {
    if (error instanceof CannotCheck) return [];
    throw error;
  }
}

function emptyReport() {
  return {
    attempts: [], checks: [], covered: [], draws: [], exit: 2, reasons: [], register: [], rehearsal: false, session: "",
    slip: {}, verdict: VERDICTS[2],
  };
}

/** Attempts of the draws of this record, or with a sound `--ledger` of all (V5). */
function attemptsOf(c, header) {
  const mine = header ? header.draws.map((draw) => drawKey(draw, header.year, header.rehearsal)) : [];
  const found = allDraws(widest(c)).filter(({ key }) => c.longer || mine.includes(key)).map((one) => {
    const { attempt, batch, grade, kind, school, id } = one.draw;
    const { outcome, reason } = outcomeOf(one.session, id);
    return { attempt, batch, grade, kind: shown(kind), outcome, reason: shown(reason), rehearsal: one.rehearsal, school,
      session: one.session.id, year: one.year };
  });
  const order = ["rehearsal", "year", "school", "grade", "kind", "batch"];
  return found.sort((a, b) => {
    const name = order.find((key) => a[key] !== b[key]);
    return name === undefined ? 0 : a[name] < b[name] ? -1 : 1;
  });
}

function slipOf(c, results) {
  if (!c.given.slip || results.get("V90").outcome !== "PASS") return {};
  const { draw, grade, school, unit, attributes } = c.child;
  const list = results.get("V43").outcome === "PASS" ? glance(c, `draws/${draw}/result.json`).classes : null;
  return { attributes: attributes || {}, class: list ? list[unit] : 0, draw, grade, school };
}

/** Pair probabilities, overlap and pins of every draw, up to the first whose groups are broken (V5). */
async function pairsOf(c, pause) {
  if (c.phase !== "result") return [];
  try {
    await drawPairs(c, pause);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
  }
  const header = glance(c, "header.json");
  if (!header) return [];
  return header.draws.filter(({ id }) => c.pairs.has(id)).map(({ id, classes }) => {
    const { pairs, overlap, others, pins } = c.pairs.get(id);
    const limit = overlapLimit(others.r, classes, header.bundlings);
    return { always: pairs[pairs.length - 1], draw: id, overlap, overlap_limit: limit, pairs, pins };
  });
}

/** Short code of what was published (C24), "" before that; whether the files are these is V46's. */
function recordCode(c) {
  try {
    const [entry] = entriesOfType(sessionOf(c), "published");
    return entry && /^[0-9a-f]{64}$/.test(entry.body.files_hash) ? shortCode(unhex(entry.body.files_hash)) : "";
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    return "";
  }
}

/** What is shown beside the report. */
function display(c) {
  const header = glance(c, "header.json");
  const plan = glance(c, "plan.json");
  if (!header) return { headerCode: "", recordCode: "", statement: {} };
  const schools = {};
  for (const { id, kind, school, grade, classes, frozen } of header.draws) {
    const draw = plan && plan.draws.find((one) => one.id === id);
    const { counts, forced } = glance(c, `draws/${id}/result.json`) || { counts: [], forced: [] };
    const reasons = Object.entries(frozen.constraints.pins).map(([reason, number]) => [shown(reason), number]);
    const { school_name: name, class_names: names, take } = draw || { school_name: "", class_names: [], take: 0 };
    schools[id] = { school, school_name: shown(name), grade, kind, classes, class_names: names.map(shown), take,
      students: frozen.students, counts, forced: forced.length, reasons };
  }
  const headerHash = tagged("header", c.files.get("header.json").bytes);
  const { title, bureau, date } = header;
  const statement = { title: shown(title), bureau: shown(bureau), date, schools };
  return { headerCode: shortCode(headerHash), recordCode: recordCode(c), statement };
}
