/** Checks of the record's files and of its ledger: V01-V20 (V19 in checks_year.js), V80. */

import { base64, hex, same, unhex } from "./bytes.js";
import {
  bytesOf, CannotCheck, checkFiles, entriesOf, isBeginning, notePaths, shapeOf, Tally, valueOf, walkedOf,
} from "./context.js";
import { published } from "./ceremony.js";
import { checkYear } from "./checks_year.js";
import { stampedHash } from "./der.js";
import { chainFaults, operatorAt, readEntries, signedRight, viewFaults, walk } from "./ledger.js";
import { checkpointText, cosignatures, indexCosigners, keyId, readNote, signedByLedger, WITNESS_KEY } from "./note.js";
import { COPIES } from "./record.js";
import { splitLines } from "./json.js";
import { sha256 } from "./sha2.js";

const PATH_OF_SIZE = (size) => `ledger/checkpoints/${String(size).padStart(10, "0")}.note`;

function noFaults(tally, count, faults, what) {
  for (const seq of faults) tally.item(false, `entry ${seq}: ${what}`);
  tally.items = Math.max(tally.items, count);
}

/** The operator's signature and root of every note; `notes` keeps those of the right form (V11). */
function checkNotes(c, tally) {
  const { ledger } = c;
  const walked = walkedOf(c);
  let largest = -1;
  for (const path of notePaths(c)) {
    const note = c.notes.get(path);
    const good = note && note.origin === walked.origin && path === PATH_OF_SIZE(note.size)
      && note.size <= ledger.tree.size && same(note.root, ledger.tree.root(note.size))
      && signedByLedger(note, unhex(operatorAt(walked, note.size)));
    if (tally.item(Boolean(good), `${path} is not a signed checkpoint of this ledger`)) note.good = true;
    if (note) largest = Math.max(largest, note.size);
  }
  tally.item(largest === ledger.tree.size, "no checkpoint covers all entries");
}

async function checkSignatures(walked, tally, tick) {
  for (let seq = 0; seq < walked.ledger.entries.length; seq++) {
    await tick(seq / walked.ledger.entries.length);
    tally.item(signedRight(walked, seq), `entry ${seq} is not signed by those who must sign it`);
  }
  for (const [seq, what] of walked.faults.V12) tally.item(false, `entry ${seq}: ${what}`);
}

function checkTimestamps(walked, tally) {
  walked.ledger.entries.forEach((entry, seq) => {
    if (entry.type !== "timestamp") return;
    const { size, response } = entry.body;
    const inside = size >= 1 && size <= seq;
    const root = inside && walked.ledger.tree.root(size);
    const stamped = inside && stampedHash(unhex(response));
    tally.item(Boolean(stamped) && same(stamped, sha256(checkpointText(walked.origin, size, base64(root)))),
      `entry ${seq}: not a timestamp of a checkpoint of this ledger`);
  });
}

/** L24: what is said of slips and evidence is of sessions and draws that stand before it. */
function checkSlipsAndEvidence({ ledger, walked }, tally) {
  const labels = new Set();
  ledger.entries.forEach(({ type, body }, seq) => {
    if (type !== "slips" && type !== "evidence") return;
    const session = walked.sessions.get(body.session);
    const before = (kind) => ((session && session.of.get(kind)) || []).filter((entry) => entry.seq < seq);
    tally.item(before("plan").length > 0, `entry ${seq}: of a session that has no plan yet`);
    if (type === "slips") {
      tally.item(before("roster.frozen").some((entry) => entry.body.draw === body.draw),
        `entry ${seq}: of a draw whose roster is not frozen yet`);
      tally.item(body.number >= 1, `entry ${seq}: of no slips`);
      return;
    }
    const label = `${body.session} ${body.label}`;
    tally.item(!labels.has(label), `entry ${seq}: a label that stands twice`);
    labels.add(label);
  });
}

function checkSessions(c, tally) {
  const { walked, session, phase } = c;
  for (const [seq, what] of walked.faults.V20) tally.item(false, `entry ${seq}: ${what}`);
  tally.items += walked.sessions.size;
  if (!tally.item(Boolean(session && session.header), "the ledger has no header of the session")) return;
  if (phase !== "result") return;
  const last = walked.ledger.entries[walked.ledger.entries.length - 1];
  tally.item(published(session), `the session is in state ${session.state}`);
  tally.item(last.session === session.id && ["published", "annulled"].includes(last.type),
    "the ledger does not end with the session"); // R1
}

/** Everything that V80 asks of a longer ledger. */
async function checkLonger(c, tally, tick) {
  const mine = entriesOf(c);
  tally.item(isBeginning(mine, c.given.ledger), "the ledger given does not go on from that of the record");
  const ledger = readEntries(c.given.ledger);
  if (!tally.item(Boolean(ledger) && !ledger.broken, "an entry is not of its form")) return;
  const walked = walk(ledger, c.own);
  noFaults(tally, ledger.entries.length, chainFaults(ledger), "breaks the chain");
  noFaults(tally, ledger.entries.length, viewFaults(ledger), "its signer saw another ledger");
  await checkSignatures(walked, tally, tick);
  for (const check of ["V15", "V20"]) {
    for (const [seq, what] of walked.faults[check]) tally.item(false, `entry ${seq}: ${what}`);
  }
  if (!tally.failed) c.longer = walked;
}

/** The known keys of V14, and the lines of every note that are by them. */
function readCosignatures(c) {
  const witnesses = c.given.trust ? c.given.trust.witnesses : [];
  const trusted = witnesses.map(({ name, key }) => (
    { name, type: WITNESS_KEY, key: unhex(key), id: keyId(name, WITNESS_KEY, unhex(key)), trusted: true }));
  const known = indexCosigners([...walkedOf(c).cosigners, ...trusted]);
  for (const note of c.notes.values()) if (note) note.cosigned = cosignatures(note, known);
}

/** By id: [ids of checks that must not have failed, the check]. */
export const RECORD_CHECKS = {
  V01: [[], (c, t) => checkFiles(c, t)],
  V02: [[], (c, t) => {
    for (const [path, file] of c.files) {
      if (shapeOf(path) && file.bytes) t.item(file.strict, `${path} is not of its form`);
    }
  }],
  V03: [[], (c, t) => {
    const ledger = readEntries(entriesOf(c));
    if (!t.item(Boolean(ledger), "entries.jsonl is not lines that end in LF")) return;
    t.items += ledger.lines.length;
    for (let i = 0; i < ledger.broken; i++) t.item(false, `${ledger.broken} entries not of their form`);
    if (ledger.broken) return;
    c.ledger = ledger;
    c.walked = walk(ledger, c.own);
    c.session = c.walked.sessions.get(c.record.session) || null;
    c.notes = new Map(notePaths(c).map((path) => [path, readNote(c.files.get(path).bytes || new Uint8Array(0))]));
  }],
  V04: [[], (c, t) => {
    const { counts } = c.record;
    const lines = splitLines(entriesOf(c));
    if (!lines) throw new CannotCheck("entries.jsonl is not lines that end in LF");
    const header = valueOf(c, "header.json");
    const units = header.draws.map(({ id }) => valueOf(c, `draws/${id}/units.json`).units);
    const real = {
      draws: header.draws.length, entries: lines.length, observers: header.observers.length,
      students: units.reduce((sum, list) => sum + list.reduce((part, unit) => part + unit.length, 0), 0),
      units: units.reduce((sum, list) => sum + list.length, 0),
    };
    for (const name of Object.keys(real)) t.item(counts[name] === real[name], `${name} is ${real[name]}`);
  }],
  V10: [["V03"], (c, t) => noFaults(t, c.ledger.entries.length, chainFaults(c.ledger), "breaks the chain")],
  V11: [["V03"], (c, t) => checkNotes(c, t)],
  V12: [["V03"], async (c, t, tick) => {
    if (!c.own.plan && c.session && c.session.of.has("groups.checked")) t.lacks("the recipients' keys are not known");
    await checkSignatures(walkedOf(c), t, tick);
  }],
  V13: [["V03"], (c, t) => noFaults(t, c.ledger.entries.length, viewFaults(c.ledger), "its signer saw another ledger")],
  V14: [["V03", "V11?"], (c, t) => {
    readCosignatures(c);
    for (const [path, note] of c.notes) {
      if (!note) t.lacks(`${path} is not a note`);
      for (const { valid } of note ? note.cosigned : []) { // L10
        note.good = t.item(valid, `${path}: a line of a known key`) && note.good;
      }
    }
    if (!c.notes.size) t.lacks("there is no checkpoint");
    return t.items ? "" : "NOT-APPLICABLE";
  }],
  V15: [["V03"], (c, t) => {
    t.items += walkedOf(c).keyEntries;
    for (const [seq, what] of c.walked.faults.V15) t.item(false, `entry ${seq}: ${what}`);
    return t.items ? "" : "NOT-APPLICABLE";
  }],
  V16: [["V03"], (c, t) => {
    checkTimestamps(walkedOf(c), t);
    return t.items ? "" : "NOT-APPLICABLE";
  }],
  V17: [["V03"], (c, t) => {
    const { since } = c;
    const own = new Tally();
    checkFiles(since, own);
    if (!t.item(!own.failed, `the earlier record: ${own.detail}`)) return;
    const early = entriesOf(since);
    const whole = early[early.length - 1] === 10; // at least one line, the last one ended
    t.item(whole && isBeginning(early, entriesOf(c)), "its entries are not the beginning of these");
    if (since.record.session === c.record.session) {
      for (const path of since.files.keys()) {
        if (path === "RECORD.json" || path.startsWith("ledger/") || COPIES.includes(path)) continue;
        const here = c.files.get(path);
        t.item(Boolean(here && here.bytes) && same(here.bytes, bytesOf(since, path)), `${path} was changed`);
      }
    }
    for (const path of notePaths(since)) {
      const note = readNote(bytesOf(since, path));
      if (!note || note.origin !== c.walked.origin) continue;
      if (!signedByLedger(note, unhex(operatorAt(c.walked, note.size)))) continue;
      t.item(note.size <= c.ledger.tree.size && same(note.root, c.ledger.tree.root(note.size)),
        `${path} has another root`);
    }
  }],
  V18: [["V03"], (c, t) => {
    checkSlipsAndEvidence(c, t);
    return t.items ? "" : "NOT-APPLICABLE";
  }],
  V19: [["V03"], (c, t) => {
    checkYear(c.ledger, t);
    return t.items ? "" : "NOT-APPLICABLE";
  }],
  V20: [["V03"], (c, t) => checkSessions(c, t)],
  V80: [["V03"], (c, t, tick) => checkLonger(c, t, tick)],
};

/** The ledger that checks look at which ask for all there is: `--ledger` if given and sound, else the record's. */
export function widest(c) {
  return c.longer || c.walked;
}

/** Notes of these sizes that V11 and V14 found good, each with its lines of known keys. */
export function notesFrom(c, least, most = Infinity) {
  walkedOf(c);
  return [...c.notes.values()].filter((note) => note && note.good && note.size >= least && note.size <= most);
}

/** @returns {string} hexadecimal, of a cosigner's key */
export function keyOf({ cosigner }) {
  return hex(cosigner.key);
}
