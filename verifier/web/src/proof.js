/** Proofs of single entries (L16) by a policy for readers (L17). */

import { hex, text, unbase64 } from "./bytes.js";
import { soundKey } from "./ed25519.js";
import { decode } from "./json.js";
import { included, leafHash } from "./merkle.js";
import { cosignatures, indexCosigners, LEDGER_KEY, readNoteLines, readVerifierKey, signedByLedger } from "./note.js";
import { readPolicy, satisfied } from "./policy.js";
import { isEntry } from "./shapes.js";

const FIRST = "c2sp.org/tlog-proof@v1";
const HASHES_MOST = 63;
const ENTRY_LIMIT = 65535; // L1

/**
 * Reads a proof (L16).
 * @param {Uint8Array} bytes
 * @returns {{index: number, hashes: Uint8Array[], note: object}|null} null if it is not of that form
 */
export function readProof(bytes) {
  const source = text(bytes);
  if (source === null || !source.endsWith("\n")) return null;
  const [first, ...rows] = source.slice(0, -1).split("\n");
  if (first !== FIRST) return null;
  if (rows.length && rows[0].startsWith("extra ") && !unbase64(rows.shift().slice(6))) return null;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(rows.shift() || "");
  const blank = rows.indexOf("");
  if (!index || !Number.isSafeInteger(Number(index[1])) || blank < 0 || blank > HASHES_MOST) return null;
  const hashes = rows.slice(0, blank).map(unbase64);
  const note = readNoteLines(rows.slice(blank + 1));
  if (!note || hashes.some((hash) => !hash || hash.length !== 32)) return null;
  return { index: Number(index[1]), hashes, note };
}

/**
 * Reads a policy file for readers: the ledger's own log line first, a quorum that may be none (L17).
 * @param {Uint8Array} bytes
 * @returns {{origin: string, log: Uint8Array, policy: object}|null} null if it is not of that form
 */
export function readReadersPolicy(bytes) {
  const source = text(bytes);
  if (source === null || !source.endsWith("\n")) return null;
  const rows = source.slice(0, -1).split("\n");
  const items = (row) => row.split(/[ \t]+/).filter((item) => item);
  const at = rows.findIndex((row) => items(row).length > 0 && !items(row)[0].startsWith("#"));
  const [keyword, vkey, , ...rest] = at < 0 ? [] : items(rows[at]);
  const key = keyword === "log" && vkey !== undefined && !rest.length ? readVerifierKey(vkey, [LEDGER_KEY]) : null;
  const policy = readPolicy(rows.map((row, i) => (i === at ? "" : row)), true);
  return key && soundKey(key.key) && policy ? { origin: key.name, log: key.key, policy } : null;
}

/**
 * Is this entry in the ledger, as proof and policy say? L8-L10, quorum, L13.
 * @param {Uint8Array} line the entry's bytes
 * @param {Uint8Array} proof bytes of the proof
 * @param {object} reader of `readReadersPolicy`
 * @returns {{entry: object, note: object, witnesses: {name: string, time: number}[]}|null} `time`: POSIX seconds
 */
export function provenEntry(line, proof, reader) {
  const read = readProof(proof);
  const entry = line.length <= ENTRY_LIMIT ? decode(line) : undefined;
  if (!read || entry === undefined || !isEntry(entry) || entry.seq !== read.index) return null;
  const { index, hashes, note } = read;
  if (note.origin !== reader.origin || !signedByLedger(note, reader.log)) return null;
  if (!included(index, note.size, leafHash(line), note.root, hashes)) return null;
  const found = cosignatures(note, indexCosigners(reader.policy.witnesses));
  if (found.some(({ valid }) => !valid)) return null; // L10: a line of a known key makes the note invalid
  if (!satisfied(reader.policy, new Set(found.map(({ cosigner }) => hex(cosigner.key))))) return null;
  return { entry, note, witnesses: found.map(({ cosigner, time }) => ({ name: cosigner.name, time })) };
}
