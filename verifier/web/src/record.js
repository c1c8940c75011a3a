/** Reading a record: a folder, or a zip of stored files (R1-R3). */

import { concat, same, text, utf8 } from "./bytes.js";

const TOTAL_LIMIT = 2 ** 30; // R1
const FILES_LIMIT = 10000;
const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const [END_SIZE, CENTRAL_SIZE, LOCAL_SIZE] = [22, 46, 30];
const MADE_BY = 3 << 8 | 20; // Unix, version 20
const DATE = 0x21; // 1980-01-01
const MODE = 0o100644 * 65536;
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
  return n;
});

/** Files that may be absent and are not canonical JSON (R1). */
export const COPIES = ["SPEC.md", "verify.html", "verify.pyz"];

/** Why a record cannot be read at all (V3). */
export class Unreadable extends Error {}

/**
 * Opens a record.
 * @param {{zip: Uint8Array}|{files: Map<string, Uint8Array|null>}} record null stands for what is there but is no file
 * @returns {{files: Map<string, Uint8Array|null>, exact: boolean}} `exact`: the zip is as R3 says
 * @throws {Unreadable}
 */
export function openRecord(record) {
  const opened = record.files ? { files: record.files, exact: true } : readZip(record.zip);
  let total = 0;
  for (const [path, bytes] of opened.files) {
    if (!record.files && badPath(path)) throw new Unreadable("a path of the zip is not safe");
    total += bytes ? bytes.length : 0;
  }
  if (total > TOTAL_LIMIT) throw new Unreadable("the record is larger than 1 GiB");
  if (opened.files.size > FILES_LIMIT) throw new Unreadable("there are more than 10,000 files");
  return opened;
}

/** Names that R3 takes for unreadable: what some program might unpack to another place. */
function badPath(path) {
  return !/^[\x01-\x7f]+$/.test(path) || /[\\:]/.test(path) || path.split("/").some((part) => /^\.{0,2}$/.test(part));
}

function readZip(zip) {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  if (count > FILES_LIMIT) throw new Unreadable("there are more than 10,000 files");
  const files = new Map();
  const members = [];
  let total = 0;
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > end || view.getUint32(at, true) !== CENTRAL) throw new Unreadable("broken zip directory");
    const member = readMember(zip, view, at);
    if (files.has(member.path)) throw new Unreadable("a path stands twice in the zip");
    total += member.data ? member.data.length : 0;
    if (total > TOTAL_LIMIT) throw new Unreadable("the record is larger than 1 GiB");
    files.set(member.path, member.data);
    members.push(member);
    at += CENTRAL_SIZE + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return { files, exact: isExact(zip, members) };
}

/** The last end record, wherever it ends: what follows it is no reason not to read the zip (V01 sees it). */
function findEnd(view) {
  for (let at = view.byteLength - END_SIZE; at >= 0 && at >= view.byteLength - END_SIZE - 65535; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new Unreadable("not a zip");
}

function readMember(zip, view, at) {
  const size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  const nameEnd = at + CENTRAL_SIZE + view.getUint16(at + 28, true);
  const name = zip.subarray(at + CENTRAL_SIZE, nameEnd);
  const stored = view.getUint16(at + 10, true) === 0;
  const path = text(name) ?? "\0";
  if (local + LOCAL_SIZE > zip.length || view.getUint32(local, true) !== LOCAL) throw new Unreadable("broken zip file");
  const start = local + LOCAL_SIZE + name.length + view.getUint16(local + 28, true);
  if (!stored || start + size > zip.length) return { path, data: null };
  const data = zip.subarray(start, start + size);
  return { path, data, crc: crc32(data) };
}

/** Are these the very bytes of R3? Built again piece by piece and compared, so nothing can hide between the members. */
function isExact(zip, members) {
  const paths = members.map((member) => member.path);
  if (paths.some((path, i) => i && paths[i - 1] >= path) || members.some(({ data }) => !data)) return false;
  let at = 0;
  const next = (bytes) => {
    const fits = same(bytes, zip.subarray(at, at + bytes.length));
    at += bytes.length;
    return fits;
  };
  const directory = [];
  for (const { path, data, crc } of members) {
    const name = utf8(path);
    const common = [[2, 20], [2, 0], [2, 0], [2, 0], [2, DATE], [4, crc], [4, data.length], [4, data.length],
      [2, name.length], [2, 0]];
    directory.push(little([[4, CENTRAL], [2, MADE_BY], ...common, [2, 0], [2, 0], [2, 0], [4, MODE], [4, at]]), name);
    if (!next(little([[4, LOCAL], ...common])) || !next(name) || !next(data)) return false;
  }
  const start = at;
  const central = concat(directory);
  const rest = [[4, END], [2, 0], [2, 0], [2, members.length], [2, members.length], [4, central.length], [4, start],
    [2, 0]];
  return next(central) && next(little(rest)) && at === zip.length;
}

/** Little-endian numbers, given as [bytes, value]. */
function little(numbers) {
  return Uint8Array.from(numbers.flatMap(([length, value]) => (
    Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256))));
}

function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = crc >>> 8 ^ CRC_TABLE[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/**
 * The paths a record must have (R1), less those of the ledger.
 * @param {string} phase
 * @param {string[]} draws ids
 * @returns {string[]}
 */
export function requiredPaths(phase, draws) {
  const paths = ["header.json", "plan.json"];
  for (const draw of draws) paths.push(`draws/${draw}/nullifiers.json`, `draws/${draw}/units.json`);
  if (phase === "result") {
    paths.push("delay.json", "sources.json", "statement.json");
    for (const draw of draws) paths.push(`draws/${draw}/groups.json`, `draws/${draw}/result.json`);
  }
  return paths;
}
