/**
 * Reads what the server showed as a whole ledger, believes nothing of it, and runs the checks that every stage asks for.
 * Pure: bytes and what was remembered in, a picture or a Refusal out.
 */

import { forkAhead, forkBehind } from "./history.js";
import { must, Refusal } from "./refusal.js";
import {
  CannotCheck, decode, HEADER_CHECKS, hex, isEntry, leafHash, makeTree, operatorAt, readNote, RESULT_CHECKS, same, shapeOf,
  sha256, signedByLedger, signedRight, tagged, Tally, unhex, viewFaults, walk, widestSpread,
} from "./verifier.js";

const CHECKS = { ...HEADER_CHECKS, ...RESULT_CHECKS };
const NOTE_LIMIT = 100_000; // bytes
const ENTRY_LIMIT = 65_535; // L1
export const FILE_LIMIT = 64 * 1024 * 1024; // E4

/** What is checked once an entry of this type is there (spec/verification.md; C5-C18). */
export const STAGES = [
  ["header", ["V22", "V23", "V21", "V24", "V25", "V26"]],
  ["commits.closed", ["V27", "C9"]],
  ["groups.fixed", ["V30", "A16"]],
  ["reveals.opened", ["V32"]],
  ["reveals.closed", ["V33"]],
  ["coverage.closed", ["V34"]],
];
/** Checks of this module's own: of a live ledger, which has not yet all files of a record. */
const OWN = { A16: checkSpread, C9: checkDigits };

// An entry that was read once is the same bytes at the next look: on a phone reading all anew would take seconds.
const LEAVES = new WeakMap();
const ENTRIES = new WeakMap();
const FILES = new WeakMap();

function once(known, line, make) {
  if (!known.has(line)) known.set(line, make(line));
  return known.get(line);
}

const leafOf = (line) => once(LEAVES, line, leafHash);
const entryOf = (line) => once(ENTRIES, line, (bytes) => {
  const entry = bytes.length <= ENTRY_LIMIT ? decode(bytes) : undefined;
  return entry !== undefined && isEntry(entry) ? entry : null;
});

/**
 * Reads a checkpoint before any entry is fetched for it.
 * @param {Uint8Array} bytes
 * @param {object} known what this device remembers, as for `readLedger`
 * @returns {object} the note; `source`: its text
 * @throws {Refusal} if it cannot be read, is of another ledger, or is behind what was seen
 */
export function readCheckpoint(bytes, known) {
  must(bytes.length <= NOTE_LIMIT, "refuseNote");
  const note = readNote(bytes);
  must(note && note.size >= 1, "refuseNote");
  note.source = new TextDecoder().decode(bytes);
  if (!known.origin) return note;
  must(note.origin === known.origin, "refuseOtherLedger");
  if (note.size > known.seen.size) return note;
  must(signedByKnown(note, known), "refuseOperator");
  const leaves = known.leaves();
  const fork = note.size < known.seen.size && leaves.length < known.seen.size ? null
    : forkBehind(note, { ...known.seen, leaves });
  if (fork) throw new Refusal("refuseFork", { size: note.size }, fork);
  must(note.size === known.seen.size, "refuseOlder", { size: note.size, seen: known.seen.size });
  return note;
}

const signedByKnown = (note, { operators }) => operators.some(({ key }) => signedByLedger(note, unhex(key)));

/** @returns {boolean} are these the lines that the checkpoint speaks of? */
export function fits(note, lines) {
  return lines.length === note.size && same(makeTree(lines.map(leafOf)).root(note.size), note.root);
}

/**
 * Reads a ledger up to a checkpoint.
 * @param {{lines: Uint8Array[], note: object, plan: Uint8Array|null, session: string}} shown `note` of `readCheckpoint`
 * @param {{origin: string, operators: Array, seen: {size: number, root: string, note: string},
 *   leaves: function(): Uint8Array[]}} known what this device remembers; origin "" before the first look
 * @param {Set<string>} verified leaf hashes of entries whose signatures were checked; grows
 * @param {function(): Promise} pause awaited now and then
 * @returns {Promise<object>} {ledger, walked, note, leaves, session}
 * @throws {Refusal}
 */
export async function readLedger({ lines, note, plan, session }, known, verified, pause) {
  must(fits(note, lines), "refuseRoot");
  const leaves = lines.map(leafOf);
  // First of all: two histories are proof against the operator, whatever else is wrong with the second.
  const fork = known.origin && signedByKnown(note, known) && forkAhead(note, leaves, known.seen);
  if (fork) throw new Refusal("refuseFork", { size: known.seen.size }, fork);
  const ledger = { lines, entries: lines.map(entryOf), broken: 0, tree: makeTree(leaves) };
  const malformed = ledger.entries.indexOf(null);
  must(malformed < 0, "refuseEntry", { entry: malformed });
  must(chained(ledger.entries, leaves) && !viewFaults(ledger).length, "refuseChain");
  const walked = walk(ledger, { id: session, plan: planOf(ledger.entries, session, plan) });
  for (const [[entry, what]] of Object.values(walked.faults).filter((faults) => faults.length)) {
    throw new Refusal("refuseRule", { entry, what });
  }
  await checkSignatures(walked, leaves, verified, pause);
  must(note.origin === walked.origin && signedByLedger(note, unhex(operatorAt(walked, note.size))), "refuseOperator");
  if (known.origin) checkPinned(walked, leaves, known);
  return { ledger, walked, note, leaves, session: walked.sessions.get(session) || null };
}

/** L1, L2: numbered, each naming the one before, times never going back; the first is genesis, and no other. */
function chained(entries, leaves) {
  return entries.every((entry, i) => entry.seq === i && (entry.type === "genesis") === (i === 0)
    && entry.prev === (i ? hex(leaves[i - 1]) : "0".repeat(64)) && (i === 0 || entries[i - 1].time <= entry.time));
}

/** The session's plan, which names the recipients' keys: the very one of its entry. */
function planOf(entries, session, bytes) {
  const entry = entries.find((one) => one.type === "plan" && one.session === session);
  if (!entry) return null;
  must(bytes && hex(tagged("plan", bytes)) === entry.body.hash, "refuseCheck", { check: "V22", what: "plan.json" });
  const value = decode(bytes);
  must(value !== undefined && shapeOf("plan.json")(value), "refuseCheck", { check: "V22", what: "plan.json" });
  return value;
}

async function checkSignatures(walked, leaves, verified, pause) {
  for (let seq = 0; seq < leaves.length; seq++) {
    const leaf = hex(leaves[seq]);
    if (verified.has(leaf)) continue;
    must(signedRight(walked, seq), "refuseSignature", { entry: seq });
    verified.add(leaf);
    await pause();
  }
}

/** It is the ledger that was pinned, and it extends what was seen. */
function checkPinned(walked, leaves, known) {
  must(known.origin === walked.origin, "refuseOtherLedger");
  const same = known.operators.every(({ from, key }, i) => (
    walked.operators[i] && walked.operators[i].from === from && walked.operators[i].key === key));
  must(same, "refuseOtherLedger");
  must(hex(makeTree(leaves).root(known.seen.size)) === known.seen.root, "refuseOtherLedger");
}

/**
 * What the verifier's checks work on, made of a live ledger instead of a record.
 * @param {object} read of `readLedger`
 * @param {string} session
 * @param {Map<string, Uint8Array>} files by path
 */
export function contextOf(read, session, files) {
  const context = {
    record: { session, files: [], phase: "result" }, phase: "result", exact: true, listed: new Map(), files: new Map(),
    ledger: read.ledger, walked: read.walked, session: read.session, notes: new Map(), pairs: new Map(),
    given: { trust: null, ledger: null, slip: null, sealed: null, records: [] }, longer: null, others: [], since: null,
  };
  for (const [path, bytes] of files) context.files.set(path, once(FILES, bytes, () => fileOf(path, bytes)));
  const plan = context.files.get("plan.json");
  context.own = { id: session, plan: plan && plan.strict ? plan.value : null };
  return context;
}

function fileOf(path, bytes) {
  const shape = shapeOf(path);
  const value = shape ? decode(bytes) : undefined;
  return { bytes, sha256: hex(sha256(bytes)), value, strict: value !== undefined && shape(value) };
}

/**
 * Runs the checks of every stage that the session has reached.
 * @param {object} c of `contextOf`
 * @param {Set<string>} done ids that passed before, over the same files; grows
 * @param {function(): Promise} pause
 * @returns {Promise<string[]>} ids of all that hold
 * @throws {Refusal} at the first that does not
 */
export async function runStages(c, done, pause) {
  const passed = [];
  for (const [type, ids] of STAGES) {
    if (!c.session || !c.session.of.has(type)) break;
    for (const id of ids) {
      if (!done.has(id)) await runCheck(c, id, pause);
      done.add(id);
      passed.push(id);
    }
  }
  return passed;
}

async function runCheck(c, id, pause) {
  const tally = new Tally();
  try {
    await (OWN[id] || CHECKS[id][1])(c, tally, pause);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    tally.lacks(error.message);
  }
  must(!tally.failed && !tally.missing, "refuseCheck", { check: id, what: tally.detail || tally.missing });
}

const valueOf = (c, path) => {
  const file = c.files.get(path);
  if (!file || !file.strict) throw new CannotCheck(path);
  return file.value;
};
const bodyOf = (c, type) => c.session.of.get(type)[0].body;
const sizesOf = (c, id) => valueOf(c, `draws/${id}/units.json`).units.map((unit) => unit.length);

/** C9: the public draw, or that there is none. */
function checkDigits(c, tally) {
  const { observers, sources: { public_draw: planned } } = valueOf(c, "header.json");
  const outside = new Set(observers.filter(({ role }) => role !== "bureau").map(({ id }) => id));
  const { digits } = bodyOf(c, "commits.closed");
  const sources = c.session.of.get("source") || [];
  if (planned.alphabet === undefined) {
    tally.item(!sources.length && digits === "", "a public draw that was not planned");
    return;
  }
  const [source] = sources;
  tally.item(sources.length === 1 && source.body.digits === digits, "not one public draw");
  tally.item(digits.length === planned.length && [...digits].every((one) => planned.alphabet.includes(one)),
    "the digits are not as planned");
  const signers = source ? source.sig.map(({ id }) => id) : [];
  tally.item(signers.length >= planned.confirmations && signers.every((id) => outside.has(id)),
    "not confirmed by enough observers");
}

/** A16: no bundling makes classes of very different size; only draws of classes promise it. */
function checkSpread(c, tally) {
  for (const { id, kind } of valueOf(c, "header.json").draws) {
    const sizes = sizesOf(c, id);
    const most = sizes.some((size) => size > 1) ? 2 : 1;
    const { bundlings } = valueOf(c, `draws/${id}/groups.json`);
    tally.item(kind !== "classes" || widestSpread(bundlings, sizes) <= most, `${id}: classes of too different size`);
  }
}

/** Paths of the files that a device needs at this point of the session. */
export function neededFiles(session, header) {
  const paths = ["plan.json"];
  if (!session || !session.header) return paths;
  paths.push("header.json");
  if (!header) return paths;
  const kinds = ["units", "nullifiers", ...(session.of.has("groups.fixed") ? ["groups"] : [])];
  return paths.concat(header.draws.flatMap(({ id }) => kinds.map((kind) => `draws/${id}/${kind}.json`)));
}
