/**
 * Reads what the server showed as a whole ledger, believes nothing of it, and runs the checks that every stage asks for.
 * Pure: bytes and what was remembered in, a picture or a Refusal out.
 */

import { forkAhead, forkBehind } from "./history.js";
import { must, Refusal } from "./refusal.js";
import {
  CannotCheck, chainFaults, concat, decode, HEADER_CHECKS, hex, leafHash, operatorAt, readEntries, readNote,
  RESULT_CHECKS, shapeOf, sha256, signedByLedger, signedRight, Tally, viewFaults, walk, widestSpread,
} from "./verifier.js";

const CHECKS = { ...HEADER_CHECKS, ...RESULT_CHECKS };
const NEWLINE = Uint8Array.of(10);
const NOTE_LIMIT = 100_000; // bytes
export const FILE_LIMIT = 64 * 1024 * 1024; // E4

/** What is checked once an entry of this type is there (spec/verification.md; C5-C18). */
export const STAGES = [
  ["header", ["V22", "V23", "V21", "V24", "V25", "V26"]],
  ["commits.closed", ["V27"]],
  ["groups.fixed", ["V30", "A16"]],
  ["reveals.opened", ["V32"]],
  ["reveals.closed", ["V33"]],
  ["coverage.closed", ["V34"]],
];

/**
 * Reads a ledger up to a checkpoint.
 * @param {{lines: Uint8Array[], note: Uint8Array, plan: Uint8Array|null, session: string}} shown
 * @param {{origin: string, operators: Array, seen: {size: number, root: string, note: string, leaves: Uint8Array[]}}} known
 *   what this device remembers; origin "" before the first look
 * @param {Set<string>} verified leaf hashes of entries whose signatures were checked; grows
 * @param {function(): Promise} pause awaited now and then
 * @returns {Promise<object>} {ledger, walked, note, leaves, session}
 * @throws {Refusal}
 */
export async function readLedger(shown, known, verified, pause) {
  must(shown.note.length <= NOTE_LIMIT, "refuseNote");
  const note = readNote(shown.note);
  must(note, "refuseNote");
  const ledger = readEntries(concat(shown.lines.flatMap((line) => [line, NEWLINE])));
  must(ledger && !ledger.broken && ledger.entries[0].type === "genesis", "refuseEntries");
  must(note.size === ledger.lines.length, "refuseSize");
  must(!chainFaults(ledger).length && !viewFaults(ledger).length, "refuseChain");
  const value = shown.plan ? decode(shown.plan) : undefined;
  const plan = value !== undefined && shapeOf("plan.json")(value) ? value : null;
  const walked = walk(ledger, { id: shown.session, plan });
  for (const faults of Object.values(walked.faults)) {
    must(!faults.length, "refuseRule", { entry: faults.length ? faults[0][0] : 0, what: faults.length ? faults[0][1] : "" });
  }
  await checkSignatures(walked, verified, pause);
  note.source = new TextDecoder().decode(shown.note);
  checkNote(note, walked, known);
  return { ledger, walked, note, leaves: ledger.lines.map(leafHash), session: walked.sessions.get(shown.session) || null };
}

async function checkSignatures(walked, verified, pause) {
  for (let seq = 0; seq < walked.ledger.lines.length; seq++) {
    const leaf = hex(leafHash(walked.ledger.lines[seq]));
    if (verified.has(leaf)) continue;
    must(signedRight(walked, seq), "refuseSignature", { entry: seq });
    verified.add(leaf);
    await pause();
  }
}

/** The operator signed this very history, it is the ledger that was pinned, and it extends what was seen. */
function checkNote(note, walked, known) {
  const leaves = walked.ledger.lines.map(leafHash);
  must(note.origin === walked.origin && hex(note.root) === hex(walked.ledger.tree.root(note.size)), "refuseRoot");
  must(signedByLedger(note, bytesOfKey(operatorAt(walked, note.size))), "refuseOperator");
  if (!known.origin) return;
  must(known.origin === walked.origin, "refuseOtherLedger");
  const same = known.operators.every(({ from, key }, i) => (
    walked.operators[i] && walked.operators[i].from === from && walked.operators[i].key === key));
  const behind = note.size < known.seen.size;
  const fork = behind ? forkBehind(note, known.seen) : forkAhead(note, leaves, known.seen);
  if (fork) throw new Refusal("refuseFork", { size: known.seen.size }, fork);
  must(!behind, "refuseOlder", { size: note.size, seen: known.seen.size });
  must(same, "refuseOtherLedger");
}

const bytesOfKey = (key) => Uint8Array.from(key.match(/../g).map((pair) => parseInt(pair, 16)));

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
  for (const [path, bytes] of files) {
    const shape = shapeOf(path);
    const value = shape ? decode(bytes) : undefined;
    context.files.set(path, { bytes, sha256: hex(sha256(bytes)), value, strict: value !== undefined && shape(value) });
  }
  const plan = context.files.get("plan.json");
  context.own = { id: session, plan: plan && plan.strict ? plan.value : null };
  return context;
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
    if (id === "A16") checkSpread(c, tally);
    else await CHECKS[id][1](c, tally, pause);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    tally.lacks(error.message);
  }
  must(!tally.failed && !tally.missing, "refuseCheck", { check: id, what: tally.detail || tally.missing });
}

/** A16: no bundling makes classes of very different size; only draws of classes promise it. */
function checkSpread(c, tally) {
  for (const { id, kind } of c.files.get("header.json").value.draws) {
    if (kind !== "classes") {
      tally.item(true, "");
      continue;
    }
    const units = c.files.get(`draws/${id}/units.json`).value.units;
    const sizes = units.map((unit) => unit.length);
    const { bundlings } = c.files.get(`draws/${id}/groups.json`).value;
    const most = sizes.some((size) => size > 1) ? 2 : 1;
    tally.item(widestSpread(bundlings, sizes) <= most, `${id}: classes of too different size`);
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
