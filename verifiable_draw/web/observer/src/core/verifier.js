/**
 * The one door to the verifier's modules: strict encoding, hashes, Ed25519 by E12, tree, notes, the walk over a ledger
 * and the checks of what anyone can check. The device builds on them; they know nothing of it.
 */

export {
  base64, concat, hex, same, text, u64, unbase64, unhex, utf8,
} from "../../../../../verifier/web/src/bytes.js";
export { shortCode, tagged, taggedList, VERSION } from "../../../../../verifier/web/src/hash.js";
export { canonical, decode, encode, splitLines } from "../../../../../verifier/web/src/json.js";
export { sha256 } from "../../../../../verifier/web/src/sha2.js";
export { leafHash, makeTree } from "../../../../../verifier/web/src/merkle.js";
export {
  checkpointText, keyId, readNote, signedByLedger, WITNESS_KEY,
} from "../../../../../verifier/web/src/note.js";
export { soundKey, verifySignature } from "../../../../../verifier/web/src/ed25519.js";
export { operatorAt, signedRight, viewFaults, walk } from "../../../../../verifier/web/src/ledger.js";
export { isEntry } from "../../../../../verifier/web/src/shapes.js";
export { CannotCheck, shapeOf, Tally } from "../../../../../verifier/web/src/context.js";
export { HEADER_CHECKS } from "../../../../../verifier/web/src/checks_header.js";
export { RESULT_CHECKS } from "../../../../../verifier/web/src/checks_result.js";
export { commitmentOf } from "../../../../../verifier/web/src/ceremony.js";
export { wellGrouped, widestSpread } from "../../../../../verifier/web/src/allocation.js";
export { chainFaults, readEntries } from "../../../../../verifier/web/src/ledger.js";
export { isTrust } from "../../../../../verifier/web/src/shapes.js";
export { verify } from "../../../../../verifier/web/src/verify.js";
export { CATALOGUE } from "../../../../../verifier/web/src/catalogue.js";
export { openRecord } from "../../../../../verifier/web/src/record.js";
