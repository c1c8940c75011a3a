/** Checkpoints: notes, ledger signatures, cosignatures, verifier keys (L8-L10, L17, L21). */

import { bigFromBytes, concat, hex, text, u64, unbase64, utf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { verifyMlDsa } from "./mldsa.js";
import { sha256 } from "./sha2.js";

const ORIGIN = /^[a-z0-9](?:[a-z0-9./-]{0,62}[a-z0-9])?$/; // E9

/** Types of keys in notes and their lengths in bytes. */
export const LEDGER_KEY = 1;
export const WITNESS_KEY = 4;
export const POST_QUANTUM_KEY = 6;
const KEY_LENGTHS = { 1: 32, 4: 32, 6: 1312 };

/**
 * @param {string} name
 * @param {number} type
 * @param {Uint8Array} key
 * @returns {string} the key id, 8 hexadecimal digits (L9, L10, L21)
 */
export function keyId(name, type, key) {
  return hex(sha256(concat([utf8(name), Uint8Array.of(10, type), key])).subarray(0, 4));
}

/**
 * @param {string} origin @param {number} size @param {Uint8Array} root @returns {Uint8Array} text of a checkpoint
 * (L8)
 */
export function checkpointText(origin, size, root64) {
  return utf8(origin + "\n" + size + "\n" + root64 + "\n");
}

/**
 * Reads a note (L8).
 * @param {Uint8Array} bytes
 * @returns {{origin: string, size: number, root: Uint8Array, text: Uint8Array,
 *   lines: {name: string, id: string, signature: Uint8Array}[]}|null} null if it is not of that form
 */
export function readNote(bytes) {
  const source = text(bytes);
  if (source === null || !source.endsWith("\n")) return null;
  return readNoteLines(source.slice(0, -1).split("\n"));
}

/** @param {string[]} rows lines of a note without LF @returns {object|null} as `readNote` */
export function readNoteLines(rows) {
  const [origin, digits, root64, blank, ...signed] = rows;
  if (rows.length < 5 || blank !== "" || !ORIGIN.test(origin) || !/^(0|[1-9][0-9]{0,15})$/.test(digits)) return null;
  const size = Number(digits);
  const root = unbase64(root64);
  if (!Number.isSafeInteger(size) || !root || root.length !== 32) return null;
  const lines = signed.map(readSignatureLine);
  if (lines.includes(null)) return null;
  return { origin, size, root, text: checkpointText(origin, size, root64), lines };
}

function readSignatureLine(row) {
  const match = /^\u2014 ([^\p{White_Space}\p{Cc}+]+) (\S+)$/u.exec(row);
  const bytes = match && unbase64(match[2]);
  if (!bytes || bytes.length < 5) return null;
  return { name: match[1], id: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

/**
 * Is the first line that of the ledger by this key (L9)?
 * @param {object} note of `readNote`
 * @param {Uint8Array} key
 * @returns {boolean}
 */
export function signedByLedger(note, key) {
  const [line] = note.lines;
  return line.name === note.origin && line.id === keyId(note.origin, LEDGER_KEY, key)
    && line.signature.length === 64 && verifySignature(key, note.text, line.signature);
}

/**
 * Is this a valid cosignature of a checkpoint (L10, L21)?
 * @param {object} note `origin`, `size`, `root` and `text` of a checkpoint
 * @param {{name: string, type: number, key: Uint8Array}} cosigner
 * @param {Uint8Array} signature time and signature
 * @returns {boolean}
 */
export function cosigned(note, cosigner, signature) {
  const time = signature.subarray(0, 8);
  const rest = signature.subarray(8);
  if (cosigner.type === WITNESS_KEY) {
    const seconds = rest.length === 64 && new DataView(time.slice().buffer).getBigUint64(0);
    return rest.length === 64
      && verifySignature(cosigner.key, concat([utf8(`cosignature/v1\ntime ${seconds}\n`), note.text]), rest);
  }
  const named = (name) => concat([Uint8Array.of(utf8(name).length), utf8(name)]);
  return rest.length === 2420 && verifyMlDsa(cosigner.key, concat([
    utf8("subtree/v1\n\0"), named(cosigner.name), time, named(note.origin), u64(0), u64(note.size), note.root,
  ]), rest);
}

/**
 * Reads a verifier key (L17).
 * @param {string} vkey `name+id+base64(type and key)`
 * @param {number[]} types those allowed
 * @returns {{name: string, type: number, key: Uint8Array, id: string}|null}
 */
export function readVerifierKey(vkey, types) {
  const match = /^([\x21-\x2a\x2c-\x7e]{1,255})\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  const bytes = match && unbase64(match[3]);
  if (!bytes || !types.includes(bytes[0]) || bytes.length !== 1 + KEY_LENGTHS[bytes[0]]) return null;
  const cosigner = { name: match[1], type: bytes[0], key: bytes.subarray(1), id: match[2] };
  return keyId(cosigner.name, cosigner.type, cosigner.key) === cosigner.id ? cosigner : null;
}

/** The time of a cosignature (L10, L21); 0 if there is none. */
function timeOf(signature) {
  return signature.length < 8 ? 0 : Number(bigFromBytes(signature.subarray(0, 8)));
}

/**
 * Which lines of a note are of these cosigners, and are they valid? Others are ignored (L10).
 * @param {object} note of `readNote`
 * @param {Map<string, object[]>} cosigners of `indexCosigners`
 * @returns {{cosigner: object, valid: boolean, time: number}[]} `time` as the line says it, POSIX seconds
 */
export function cosignatures(note, cosigners) {
  return note.lines.slice(1).flatMap(({ name, id, signature }) => {
    const found = (cosigners.get(name + " " + id) || []).map((cosigner) => (
      { cosigner, valid: cosigned(note, cosigner, signature), time: timeOf(signature) }));
    const good = found.filter(({ valid }) => valid); // two keys of one name may share so short an id: either may hold
    return good.length ? good : found.slice(0, 1);
  });
}

/**
 * @param {{name: string, type: number, key: Uint8Array, id: string}[]} cosigners
 * @returns {Map<string, object[]>} by name and key id; several roles of one key stand side by side
 */
export function indexCosigners(cosigners) {
  const index = new Map();
  for (const cosigner of cosigners) {
    const key = cosigner.name + " " + cosigner.id;
    if (!index.has(key)) index.set(key, []);
    index.get(key).push(cosigner);
  }
  return index;
}
