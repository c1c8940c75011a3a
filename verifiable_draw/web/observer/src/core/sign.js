/** What a device signs: messages (L3), cosignatures (L10), requests to be enrolled (N10), the roll call (N12). */

import { ed25519 } from "@noble/curves/ed25519.js";
import { base64, checkpointText, concat, encode, hex, keyId, tagged, u64, unhex, utf8, WITNESS_KEY } from "./verifier.js";

/** @param {string} seed 32 bytes in hexadecimal @returns {string} the public key in hexadecimal */
export function publicKey(seed) {
  return hex(ed25519.getPublicKey(unhex(seed)));
}

const signed = (seed, bytes) => hex(ed25519.sign(bytes, unhex(seed)));

/**
 * A message of an observer, on top of the checkpoint last seen.
 * @param {string} seed
 * @param {string} id of the observer
 * @param {{origin: string, session: string, header: string, seen: {size: number, root: string}}} place
 * @param {string} type
 * @param {object} body
 * @returns {object} {actor, body, session, sig, type}
 */
export function signMessage(seed, id, { origin, session, header, seen }, type, body) {
  const role = "observer";
  const hash = tagged("entry", origin, session, unhex(header), type, id, role, encode(body), seen.size, unhex(seen.root));
  const sig = { id, key: publicKey(seed), role, root: seen.root, sig: signed(seed, hash), size: seen.size };
  return { actor: { id, role }, body, session, sig: [sig], type };
}

/**
 * A cosignature of a checkpoint.
 * @param {string} seed @param {string} name origin/session/id
 * @param {{origin: string, size: number, root: string}} checkpoint
 * @param {number} time POSIX seconds
 * @returns {{line: string, size: number}} without LF
 */
export function cosign(seed, name, { origin, size, root }, time) {
  const key = unhex(publicKey(seed));
  const text = checkpointText(origin, size, base64(unhex(root)));
  const signature = ed25519.sign(concat([utf8(`cosignature/v1\ntime ${time}\n`), text]), unhex(seed));
  const id = unhex(keyId(name, WITNESS_KEY, key));
  return { line: `\u2014 ${name} ${base64(concat([id, u64(time), signature]))}`, size };
}

/** @returns {string} proof that the key is there (N10) */
export function enrolmentProof(seed, origin, session, client, role) {
  return signed(seed, tagged("enrol", origin, session, unhex(publicKey(seed)), client, role));
}

/** @param {number} number of the roll call @returns {string} signature (N12) */
export function presentProof(seed, origin, session, number, id) {
  return signed(seed, tagged("present", origin, session, number, id));
}
