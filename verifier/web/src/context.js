/** What a verification works on: the files of a record, read once, and the count of a check's items. */

import { hex } from "./bytes.js";
import { tagged, VERSION } from "./hash.js";
import { decode } from "./json.js";
import { COPIES, openRecord, requiredPaths, Unreadable } from "./record.js";
import { sha256 } from "./sha2.js";
import { FILES } from "./shapes.js";

const NOTE_PATH = /^ledger\/checkpoints\/[0-9]{10}\.note$/;
const ENTRIES_PATH = "ledger/entries.jsonl";
const DRAW_PATH = /^draws\/([a-z0-9][a-z0-9-]{0,31})\/((?:units|nullifiers|groups|result)\.json)$/;
const TOP_FILES = Object.keys(FILES).filter((name) => !DRAW_PATH.test("draws/d/" + name));

/** Thrown by a check whose input is missing, or broken in a way that is another check's to say. */
export class CannotCheck extends Error {}

/** Counts the items of one check, and keeps what was said of the first that failed. */
export class Tally {
  constructor() {
    this.items = 0;
    this.failed = 0;
    this.detail = "";
    this.missing = "";
  }

  /** Counts an item. @param {boolean} good @param {string} what said if it is not @returns {boolean} good */
  item(good, what) {
    this.items++;
    if (!good && !this.failed++) this.detail = what;
    return good;
  }

  /** Part of the check's input is not there: it cannot pass any more. */
  lacks(what) {
    this.missing = this.missing || what;
  }
}

/**
 * @param {string} path @returns {function(*): boolean|null} what a canonical JSON file must be; null for other files
 */
export function shapeOf(path) {
  const draw = DRAW_PATH.exec(path);
  if (draw) return FILES[draw[2]];
  return TOP_FILES.includes(path) ? FILES[path] : null;
}

/**
 * Opens a record and reads all of its files.
 * @param {{zip: Uint8Array}|{files: Map}} record
 * @param {function(): Promise} tick
 * @returns {Promise<object>} context: record (RECORD.json), exact, files: Map of path to {bytes, sha256, value, strict}
 * @throws {Unreadable} (V3)
 */
export async function openContext(record, tick) {
  const { files, exact } = openRecord(record);
  const bytes = files.get("RECORD.json");
  const list = bytes ? decode(bytes) : undefined;
  if (list === undefined) throw new Unreadable("RECORD.json is missing or not canonical");
  if (list && list.version !== undefined && list.version !== VERSION) throw new Unreadable("another version");
  if (!FILES["RECORD.json"](list)) throw new Unreadable("RECORD.json has not its fields");
  const context = { record: list, phase: list.phase, exact, files: new Map() };
  for (const [path, content] of files) {
    await tick();
    const shape = shapeOf(path);
    const value = shape && content ? decode(content) : undefined;
    context.files.set(path, {
      bytes: content, sha256: content ? hex(sha256(content)) : "", value, strict: value !== undefined && shape(value),
    });
  }
  context.listed = new Map(list.files.map((file) => [file.path, file]));
  return context;
}

/** @returns {boolean} Is the file there as RECORD.json lists it? */
function asListed(context, path) {
  const file = context.files.get(path);
  const listed = context.listed.get(path);
  return Boolean(file && file.bytes && listed && file.sha256 === listed.sha256 && file.bytes.length === listed.size);
}

/**
 * The bytes of a file.
 * @throws {CannotCheck} if it is not there
 */
export function bytesOf(context, path) {
  const file = context.files.get(path);
  if (!file || !file.bytes) throw new CannotCheck(`${path} is missing`);
  return file.bytes;
}

/**
 * The value of a canonical JSON file.
 * @throws {CannotCheck} if it is missing or not strict (V02)
 */
export function valueOf(context, path) {
  bytesOf(context, path);
  const file = context.files.get(path);
  if (!file.strict) throw new CannotCheck(`${path} is not of its form`);
  return file.value;
}

/** The value of a file if it can be read at all, else undefined: for display and for the list of draws. */
export function glance(context, path) {
  const file = context.files.get(path);
  return file && file.strict ? file.value : undefined;
}

/** @returns {object} the record's session in its ledger @throws {CannotCheck} if there is none with a header */
export function sessionOf(context) {
  if (!context.session || !context.session.header) throw new CannotCheck("the ledger has no header of the session");
  return context.session;
}

/**
 * @returns {object} the walk over the ledger @throws {CannotCheck} if it does not begin with `genesis`: no key is
 * known
 */
export function walkedOf(context) {
  if (context.ledger.entries[0].type !== "genesis") throw new CannotCheck("the ledger does not begin with genesis");
  return context.walked;
}

/** @returns {object[]} the draws of header.json, in order, as `valueOf` */
export function drawsOf(context) {
  return valueOf(context, "header.json").draws;
}

/**
 * V01 of a record: every file there and as listed, no other (R1-R3).
 * @param {object} context
 * @param {Tally} tally
 */
export function checkFiles(context, tally) {
  const { files, listed, phase } = context;
  tally.item(context.exact, "the zip is not written as R3 says");
  const paths = context.record.files.map(({ path }) => path);
  tally.item(paths.every((path, i) => !i || paths[i - 1] < path), "the list of files is not sorted");
  for (const path of listed.keys()) tally.item(path !== "RECORD.json" && asListed(context, path), `${path} is altered`);
  const header = glance(context, "header.json");
  if (!header) tally.lacks("the draws are not known without header.json");
  const required = requiredPaths(phase, header ? header.draws.map(({ id }) => id) : []).concat(ENTRIES_PATH);
  for (const path of required) tally.item(listed.has(path), `${path} is not listed`);
  const known = (path) => required.includes(path) || NOTE_PATH.test(path) || COPIES.includes(path)
    || !header && DRAW_PATH.test(path);
  for (const path of files.keys()) {
    if (path !== "RECORD.json") tally.item(listed.has(path) && known(path), `${path} is not part of a record`);
  }
}

/** @returns {string[]} paths of the notes */
export function notePaths(context) {
  return [...context.files.keys()].filter((path) => NOTE_PATH.test(path)).sort();
}

/** @returns {string} header hash (C6) or plan hash (C3) of a file, in hexadecimal */
export function fileHash(context, use, path) {
  return hex(tagged(use, bytesOf(context, path)));
}

/** @returns {Uint8Array} the entries file of a record */
export function entriesOf(context) {
  return bytesOf(context, ENTRIES_PATH);
}

/** @returns {boolean} do these bytes begin those? */
export function isBeginning(short, long) {
  if (short.length > long.length) return false;
  for (let i = 0; i < short.length; i++) if (short[i] !== long[i]) return false;
  return true;
}
