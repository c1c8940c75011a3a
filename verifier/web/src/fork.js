/** Evidence of a fork (L19, V9). */

import { hex, unhex } from "./bytes.js";
import { soundKey } from "./ed25519.js";
import { decode } from "./json.js";
import { consistent } from "./merkle.js";
import { LEDGER_KEY, readNoteLines, readVerifierKey, signedByLedger } from "./note.js";
import { isEvidence, isTrust } from "./shapes.js";

/**
 * Does the evidence prove that the ledger was forked?
 * @param {Uint8Array} bytes of the evidence
 * @param {string[]} keys of the ledger, each 64 hexadecimal digits or a vkey of type 01
 * @param {Uint8Array|null} trust a trust file, whose operator's key is taken
 * @returns {{exit: number, origin: string, proven: boolean, reason: string, sizes: number[]}} as V9
 */
export function verifyFork(bytes, keys, trust) {
  const answer = (exit, reason, notes = []) => ({
    exit, origin: notes.length ? notes[0].origin : "", proven: exit === 0, reason, sizes: notes.map(({ size }) => size),
  });
  const held = trust ? decode(trust) : null;
  if (trust && !isTrust(held)) return answer(2, "the trust file is not of its form");
  const known = [...keys.map(readKey), ...(held ? [{ key: unhex(held.operator), origin: held.origin }] : [])];
  const usable = known.length && known.every((one) => one && soundKey(one.key));
  if (!usable) return answer(2, "a key is missing or unusable");
  const evidence = decode(bytes);
  if (!isEvidence(evidence)) return answer(2, "the file is not evidence of a fork");
  const notes = evidence.notes.map(readNoteLines);
  if (notes.includes(null)) return answer(2, "a note is not of its form");
  const [first, second] = notes;
  const signed = (note) => known.some(({ key, origin }) => (!origin || origin === note.origin) && signedByLedger(note,
    key));
  if (first.origin !== second.origin) return answer(1, "the notes are of two ledgers", notes);
  if (first.size < 1 || first.size > second.size) return answer(1, "the sizes do not ascend from 1", notes);
  if (!notes.every(signed)) return answer(1, "a note is not signed by the ledger's key", notes);
  if (hex(first.root) === evidence.root) return answer(1, "the second history has the first note's root", notes);
  const leads = consistent(first.size, unhex(evidence.root), second.size, second.root, evidence.proof.map(unhex));
  return leads ? answer(0, "", notes) : answer(1, "the proof does not lead to the second root", notes);
}

function readKey(text) {
  if (/^[0-9a-f]{64}$/.test(text)) return { key: unhex(text), origin: "" };
  const vkey = readVerifierKey(text, [LEDGER_KEY]);
  return vkey && { key: vkey.key, origin: vkey.name };
}
