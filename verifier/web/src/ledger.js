/**
 * The entries of a ledger, and one walk over them that knows keys, policies and sessions at every entry (L1-L6, L12).
 */

import { base64, hex, unhex } from "./bytes.js";
import { nextState } from "./ceremony.js";
import { soundKey, verifySignature } from "./ed25519.js";
import { tagged } from "./hash.js";
import { decode, encode, splitLines } from "./json.js";
import { leafHash, makeTree } from "./merkle.js";
import { checkpointText, cosigned, keyId, WITNESS_KEY } from "./note.js";
import { readPolicy } from "./policy.js";
import { isEntry, signersOf } from "./shapes.js";

const BROKEN_LIMIT = 1000;
const ENTRY_LIMIT = 65535; // L1
const NO_HASH = new Uint8Array(32);
const OFFICES = ["operator", "approver", "recovery"];
const FILE_LIMIT = 64 * 1024 * 1024; // E4
const OF_ONE_SCHOOL = ["lots", "filing.submitted", "teacher.replaced", "amendment.requested"]; // L23, Y2
const KEY_TYPES = ["key.rotated", "key.retired", "key.replaced", "key.confirmed", "policy"];

/**
 * Reads the entries of a ledger (V03).
 * @param {Uint8Array} bytes of entries.jsonl
 * @returns {{lines: Uint8Array[], entries: object[], broken: number, tree: object}|null} entries as decoded, of all
 *   lines if `broken` is 0; null if the file has no lines as E6 says
 */
export function readEntries(bytes) {
  const lines = bytes.length <= FILE_LIMIT ? splitLines(bytes) : null;
  if (!lines || !lines.length) return null;
  const entries = [];
  let broken = 0;
  for (const line of lines) {
    const entry = line.length <= ENTRY_LIMIT ? decode(line) : undefined;
    if (entry !== undefined && isEntry(entry)) entries.push(entry);
    else if (++broken === BROKEN_LIMIT) break; // a file of a million empty lines says no more than its beginning
  }
  return { lines, entries, broken, tree: makeTree(lines.map(leafHash)) };
}

/**
 * Does the chain hold (V10)? L1, L2.
 * @param {object} ledger of `readEntries`, none broken
 * @returns {number[]} numbers of the entries that break it
 */
export function chainFaults({ lines, entries }) {
  return entries.map((entry, i) => {
    const prev = i ? leafHash(lines[i - 1]) : NO_HASH;
    const good = entry.seq === i && entry.prev === hex(prev) && (entry.type === "genesis") === (i === 0)
      && (i === 0 || entries[i - 1].time <= entry.time);
    return good ? -1 : i;
  }).filter((i) => i >= 0);
}

/**
 * Entries with a signer who had not seen a beginning of this ledger (V13, L4).
 * @param {object} ledger of `readEntries`, none broken
 * @returns {number[]}
 */
export function viewFaults({ entries, tree }) {
  const roots = new Map([[0, hex(NO_HASH)]]);
  const rootAt = (size) => {
    if (!roots.has(size)) roots.set(size, hex(tree.root(size)));
    return roots.get(size);
  };
  const saw = (i) => ({ size, root }) => size <= i && root === rootAt(size);
  return entries.map((entry, i) => (entry.sig.every(saw(i)) ? -1 : i)).filter((i) => i >= 0);
}

/**
 * What all entries say, in order. Nothing is refused here: what breaks a rule is noted and taken as it stands.
 * @param {object} ledger of `readEntries`, none broken
 * @param {{id: string, plan: object|null}} own the record's session, whose plan names keys of recipients
 * @returns {object} origin, operators: [{from, key}], policies: [{from, policy}], cosigners, sessions: Map of
 *   {id, state, plan, header, observers, events}, signers: the expected ones of each entry, and faults of the checks
 *   V12, V15 and V20 as [entry, what]; `keyEntries`: number of entries that V15 speaks of
 */
export function walk(ledger, own) {
  const state = {
    ledger, own, origin: ledger.entries[0].body.origin || "", force: new Map(), operators: [], policies: [],
    cosigners: [], enrolled: new Map(), sessions: new Map(), signers: [], given: new Set(), named: new Set(),
    observed: new Set(), plans: new Set(), waiting: null, keyEntries: 0, faults: { V12: [], V15: [], V20: [] },
  };
  ledger.entries.forEach((entry, seq) => {
    const session = enterSession(state, entry, seq);
    if (entry.type === "observer.enrolled") enrol(state, entry); // signatures are judged by it, refused or not
    state.signers.push({ list: expectedSigners(state, entry, session), header: headerHashBefore(session, seq) });
    if (KEY_TYPES.includes(entry.type)) state.keyEntries++;
    if (state.waiting && entry.type !== "key.confirmed") fault(state, "V15", seq, "a replaced key is not confirmed");
    const change = !session?.refused && Object.hasOwn(CHANGES, entry.type) && CHANGES[entry.type];
    const waited = state.waiting;
    state.waiting = null;
    if (change) change(state, entry, seq, session, waited);
  });
  return state;
}

function fault(state, check, seq, what) {
  state.faults[check].push([seq, what]);
}

function enterSession(state, entry, seq) {
  if (!entry.session) return null;
  const { sessions } = state;
  if (!sessions.has(entry.session)) {
    sessions.set(entry.session, {
      id: entry.session, state: "START", header: null, observers: new Map(), events: [], of: new Map(),
      annulled: new Map(), opened: false, acted: new Set(), submitters: new Map(),
    });
  }
  const session = sessions.get(entry.session);
  const event = { ...entry, seq };
  const { what, refused } = nextState(session, event);
  if (what) fault(state, "V20", seq, what);
  session.refused = refused;
  if (refused) return session;
  session.events.push(event);
  if (!session.of.has(entry.type)) session.of.set(entry.type, []);
  session.of.get(entry.type).push(event);
  return session;
}

function enrol(state, { session, body: { id, key } }) {
  const name = `${session} ${id}`;
  if (!state.enrolled.has(name)) state.enrolled.set(name, new Set());
  state.enrolled.get(name).add(key);
  const cosigner = { name: `${state.origin}/${session}/${id}`, type: WITNESS_KEY, key: unhex(key) };
  state.cosigners.push({ ...cosigner, id: keyId(cosigner.name, WITNESS_KEY, cosigner.key), observer: id, session });
}

function headerHashBefore(session, seq) {
  return session && session.header && session.header.seq < seq ? unhex(session.header.body.hash) : NO_HASH;
}

/**
 * Whose signatures an entry must have, in order: {id, role, key}; key null: not known here, undefined: none in force.
 */
function expectedSigners(state, entry, session) {
  const { type, body, actor, sig } = entry;
  const keyOf = (role) => (type === "genesis" ? genesisKey(body, role) : state.force.get(role));
  const office = (role) => ({ id: role, role, key: keyOf(role) });
  const ofAnother = OF_ONE_SCHOOL.includes(type) && actor.id !== body.school;
  const school = () => (
    { id: actor.id, role: "school", key: ofAnother ? undefined : state.force.get("school " + actor.id) });
  const observer = ({ id, key }) => (
    { id, role: "observer", key: state.enrolled.get(`${entry.session} ${id}`)?.has(key) ? key : undefined });
  if (type === "key.rotated") {
    const slot = body.role === "school" ? "school " + body.id : body.role;
    const { id, role, key } = body;
    return [{ id, role, key: state.force.get(slot) }, { id, role, key }];
  }
  if (type === "key.replaced") {
    return [...OFFICES.filter((role) => role !== body.role).map(office), { ...office(body.role), key: body.key }];
  }
  if (type === "source") {
    const least = entry.session === state.own.id && state.own.plan && state.own.plan.sources.public_draw.confirmations;
    return sig.length >= (least || 1) ? sig.map(observer) : [];
  }
  return signersOf(type).map((role) => {
    if (role === "school") return school();
    if (role === "observer") return observer({ id: actor.id, key: sig[0].key });
    if (role === "recipient") return recipient(state, entry);
    return office(role);
  });
}

const genesisKey = (body, role) => body.keys.find((key) => key.role === role)?.key;

function recipient({ own }, { session, actor }) {
  const known = session === own.id && own.plan;
  const named = known && own.plan.recipients.find(({ id }) => id === actor.id);
  return { id: actor.id, role: "recipient", key: known ? named?.signing_key : null };
}

// What entries change, and the rules of L5, L12 and L17 that they must keep.
const CHANGES = {
  "genesis"(state, { body }, seq) {
    if (seq) return; // V10 refuses it
    const roles = body.keys.map(({ id, role }) => (id === role ? role : ""));
    if (String(roles.sort()) !== String([...OFFICES].sort())) fault(state, "V12", seq, "not one key for every office");
    for (const { role, key } of body.keys) giveKey(state, seq, role, key);
  },
  "key.added"(state, { body }, seq) {
    const slot = "school " + body.id;
    if (state.force.has(slot)) fault(state, "V12", seq, "the school has a key in force");
    giveKey(state, seq, slot, body.key);
  },
  "key.rotated"(state, { body }, seq) {
    const slot = body.role === "school" ? "school " + body.id : body.role;
    if (!state.force.has(slot)) fault(state, "V15", seq, "no key is in force");
    if (body.role !== "school" && body.id !== body.role) fault(state, "V15", seq, "its id is not its role");
    giveKey(state, seq, slot, body.key);
  },
  "key.retired"(state, { body }, seq) {
    const slot = "school " + body.id;
    if (state.force.get(slot) !== body.key) fault(state, "V15", seq, "not the key in force");
    state.force.delete(slot);
  },
  "key.replaced"(state, { body }, seq) {
    if (body.id !== body.role) fault(state, "V15", seq, "its id is not its role");
    giveKey(state, seq, body.role, body.key);
    state.waiting = { size: seq + 1 };
  },
  "key.confirmed"(state, { body }, seq, session, waited) {
    const good = waited && confirms(state, body, waited.size);
    if (!good) fault(state, "V15", seq, "not the confirmation of a replaced key");
  },
  "policy"(state, { body }, seq) {
    const policy = readPolicy(body.lines);
    const isGiven = ({ key }) => state.given.has(hex(key)) || state.observed.has(hex(key));
    const taken = policy && policy.witnesses.some(isGiven);
    if (!policy || taken) fault(state, "V15", seq, "not a policy, or with a key that was given before");
    state.policies.push({ from: seq, policy });
    for (const witness of policy ? policy.witnesses : []) {
      state.named.add(hex(witness.key));
      state.cosigners.push(witness);
    }
  },
  "plan"(state, { session }) {
    if (session !== state.own.id || !state.own.plan) return;
    for (const { sealing_key, signing_key } of state.own.plan.recipients) state.plans.add(sealing_key).add(signing_key);
  },
  "roster.submitted"(state, { body, sig }, seq, session) {
    session.submitters.set(body.draw, sig[0].key);
  },
  "roster.approved"(state, { body, sig }, seq, session) {
    const same = session.submitters.get(body.draw) === sig[0].key;
    if (same) fault(state, "V12", seq, "approved by the key that submitted"); // L5
  },
  "observer.enrolled"(state, { body }, seq, session) {
    const before = [...session.observers.values()];
    if (state.given.has(body.key) || state.named.has(body.key)) { // C5, L5
      if (session.id === state.own.id) session.unlawful = true; // V21
      else fault(state, "V12", seq, "the key was given to another");
    }
    if (!soundKey(unhex(body.key))) fault(state, "V12", seq, "not a sound key");
    const taken = before.some(({ id, key }) => key === body.key && id !== body.id);
    if (taken) fault(state, "V12", seq, "the key of another");
    if (session.observers.has(body.id) || before.length === 200) {
      fault(state, "V20", seq, "an observer is enrolled twice, or too many are"); // C5
    } else {
      session.observers.set(body.id, body);
    }
    state.observed.add(body.key);
  },
};

/** A key comes into force (L5, E13). */
function giveKey(state, seq, slot, key) {
  const taken = [state.given, state.named, state.observed, state.plans].some((keys) => keys.has(key));
  if (taken) fault(state, "V12", seq, "the key was given before");
  if (!soundKey(unhex(key))) fault(state, "V12", seq, "not a sound key");
  state.given.add(key);
  state.force.set(slot, key);
  if (slot === "operator") state.operators.push({ from: seq + 1, key });
}

/** Is it the cosignature of a witness in force to the checkpoint that ends with the replaced key (L12)? */
function confirms(state, { cosignature, name }, size) {
  const policy = policyAt(state, size);
  const root = state.ledger.tree.root(size);
  const checkpoint = { text: checkpointText(state.origin, size, base64(root)) };
  return Boolean(policy) && policy.witnesses.some((witness) => witness.type === WITNESS_KEY && witness.name === name
    && cosigned(checkpoint, witness, unhex(cosignature)));
}

/** @param {object} walked @param {number} size @returns {object|null} the policy in force at this size (L17) */
export function policyAt({ policies }, size) {
  const below = policies.filter(({ from }) => from < size);
  return below.length ? below[below.length - 1].policy : null;
}

/** @param {object} walked @param {number} size @returns {string} the operator's key in force at this size (L9) */
export function operatorAt({ operators }, size) {
  const below = operators.filter(({ from }) => from <= Math.max(size, 1));
  return below.length ? below[below.length - 1].key : "";
}

/**
 * What a signer signed (L3).
 * @param {string} origin
 * @param {object} entry
 * @param {object} sig one of its signatures
 * @param {Uint8Array} header header hash or zeros
 * @param {Uint8Array} body canonical bytes of the body
 * @returns {Uint8Array} 32 bytes
 */
function signedHash(origin, entry, sig, header, body) {
  return tagged("entry", origin, entry.session, header, entry.type, sig.id, sig.role, body, sig.size, unhex(sig.root));
}

/**
 * Is the entry signed by exactly those who must sign it (V12, L3, L5, L6)?
 * @param {object} walked of `walk`
 * @param {number} seq
 * @returns {boolean}
 */
export function signedRight(walked, seq) {
  const entry = walked.ledger.entries[seq];
  const { list, header } = walked.signers[seq];
  const { sig, actor } = entry;
  if (sig.length !== list.length || sig[0].id !== actor.id || sig[0].role !== actor.role) return false;
  if (new Set(sig.map(({ key }) => key)).size !== sig.length) return false; // L5
  const body = encode(entry.body);
  return sig.every((one, i) => {
    const { id, role, key } = list[i];
    return one.id === id && one.role === role && (key === null || one.key === key)
      && verifySignature(unhex(one.key), signedHash(walked.origin, entry, one, header, body), unhex(one.sig));
  });
}
