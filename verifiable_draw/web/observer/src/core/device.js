/**
 * What an observer's device remembers, and what it signs at every point of a session (C7-C18, room N15-N17).
 * Pure: nothing here reads a clock, a network or a storage; whoever calls stores the memory before sending anything.
 */

import { within } from "./clock.js";
import { must, willing, Withheld } from "./refusal.js";
import { cosign, publicKey, signMessage } from "./sign.js";
import { commitmentOf, concat, encode, hex, same, tagged, unhex, utf8 } from "./verifier.js";

export const VERSION = 1;
/** States in which the newest checkpoint is cosigned, once each. */
const COSIGN_IN = ["GROUPED", "COVERED", "PUBLISHED"];

/**
 * @param {string} seed 32 bytes in hexadecimal
 * @param {string} client kind of client (C5)
 * @param {string} session
 * @param {string} wanted role that the person said, "" if any will do
 * @returns {object} memory of a new device; all plain values, so that it can be stored
 */
export function newMemory(seed, client, session, wanted = "") {
  return {
    version: VERSION, seed, client, session, wanted, id: "", role: "", origin: "", operators: [],
    seen: { size: 0, root: "", note: "", leaves: "" }, contribution: "", salt: "", header: "", compared: "", digits: "",
    notDigits: "", withheld: {}, stamps: {}, sent: {}, cosigned: {}, called: 0, verdict: null, stopped: null,
    over: "", title: "", rehearsal: false,
  };
}

/** States in which nothing more is asked of a device, but for cosignatures of what was published. */
const OVER = ["PUBLISHED", "ABORTED", "ANNULLED"];

/**
 * The next session's memory knows the ledger as the earlier ones saw it: it must be the same ledger, and extend that.
 * @param {object} memory of the new session; changed
 * @param {string} origin of the ledger that the room says it has
 * @param {object[]} earlier memories of this device
 */
export function pin(memory, origin, earlier) {
  const known = earlier.filter((one) => one.origin === origin).sort((a, b) => b.seen.size - a.seen.size)[0];
  if (known) Object.assign(memory, { origin, operators: known.operators, seen: { ...known.seen } });
}

/** What `readLedger` compares with. */
export function knownOf({ origin, operators, seen }) {
  return { origin, operators, seen, leaves: () => (seen.leaves.match(/.{64}/g) || []).map(unhex) };
}

/** Takes in a ledger that was read: pins it at the first look, remembers how far it went. */
export function remember(memory, read) {
  memory.origin = read.walked.origin;
  memory.operators = read.walked.operators.map(({ from, key }) => ({ from, key }));
  memory.seen = {
    size: read.note.size, root: hex(read.note.root), note: read.note.source, leaves: read.leaves.map(hex).join(""),
  };
  memory.over = read.session && OVER.includes(read.session.state) ? read.session.state : "";
  const key = publicKey(memory.seed);
  const enrolled = read.session && [...read.session.observers.values()].find((one) => one.key === key);
  if (!enrolled) return;
  must(!memory.id || memory.id === enrolled.id, "refuseEnrolled");
  must(enrolled.client === memory.client, "refuseClient", { client: enrolled.client });
  memory.id = enrolled.id;
  memory.role = enrolled.role;
}

/** @returns {boolean} does the clerk's word for the person differ from the person's own, and was that not yet accepted? */
export function roleDiffers({ id, role, wanted }) {
  return Boolean(id && wanted && wanted !== role);
}

/** @returns {object|undefined} this device as the header has it */
function inHeader(memory, header) {
  return header.observers.find(({ id, key, client }) => (
    id === memory.id && key === publicKey(memory.seed) && client === memory.client));
}

/**
 * Makes the contribution: the system's generator mixed with what the person did. Once made it stays (C8).
 * @param {object} memory changed; to be stored before anything is sent
 * @param {string} headerHash computed from the header's bytes
 * @param {Uint8Array} random 64 bytes of the system's generator
 * @param {string} typed dice, or anything
 * @param {number[]} scribble coordinates and times
 */
export function contribute(memory, headerHash, random, typed, scribble) {
  must(!memory.contribution, "refuseSecond");
  must(random.length === 64 && random.some((byte) => byte !== 0), "refuseRandom");
  const hand = concat([utf8(typed), Uint8Array.of(0), encode(scribble.map(Math.round))]);
  memory.contribution = hex(tagged("contribution", random.subarray(0, 32), hand));
  memory.salt = hex(random.subarray(32));
  memory.header = headerHash;
}

/**
 * What the device does next. Everything was checked before: `read` by `readLedger`, `c` by `runStages`.
 * @param {object} memory changed: stamps of what was seen first, messages that are to be sent
 * @param {object} read
 * @param {{header: object, hash: string}|null} frozen header.json and its hash
 * @param {object} now stamp of clock.js
 * @returns {{type: string, message: object}|null} a message to send until the ledger holds it
 */
export function nextMessage(memory, read, frozen, now) {
  const { session } = read;
  if (!session || !frozen || !memory.id) return null;
  must(inHeader(memory, frozen.header), "refuseEnrolled");
  must(!memory.header || memory.header === frozen.hash, "refuseOtherHeader");
  if (roleDiffers(memory)) return null; // the person decides
  const held = heldBy(memory, session);
  const step = STEPS[session.state];
  const type = step && step.type;
  if (!type || held.includes(type)) return null;
  const body = step.body(memory, read, frozen, now);
  return body ? prepared(memory, frozen, type, body) : null;
}

/** Types of this observer's entries that the ledger holds. */
export function heldBy(memory, session) {
  return ["commitment", "attest.groups", "opening", "attest.reveals"].filter((type) => (
    session.acted.has(`${type} ${memory.id}`)));
}

/** The message, signed once and kept: sent again it is the same, and never another of its type (N16). */
function prepared(memory, frozen, type, body) {
  const known = memory.sent[type];
  if (known) {
    must(same(encode(known.body), encode(body)), "refuseSecond");
    return { type, message: known };
  }
  const place = { origin: memory.origin, session: memory.session, header: frozen.hash, seen: memory.seen };
  const message = signMessage(memory.seed, memory.id, place, type, body);
  memory.sent[type] = message;
  return { type, message };
}

const STEPS = {
  FROZEN: { type: "commitment", body: commitmentBody },
  COMMITTING: { type: "commitment", body: commitmentBody },
  GROUPED: { type: "attest.groups", body: groupsBody },
  REVEALING: { type: "opening", body: openingBody },
  REVEALED: { type: "attest.reveals", body: revealsBody },
};

function ownCommitment(memory, frozen) {
  const me = { id: memory.id, key: publicKey(memory.seed) };
  return commitmentOf(frozen.hash, me, memory);
}

/** @returns {boolean} does `commits.closed` list the own commitment? */
function listed(memory, closed, frozen) {
  const place = frozen.header.observers.findIndex(({ id }) => id === memory.id);
  return closed.commitments[place] === ownCommitment(memory, frozen);
}

/** C7: the bureau commits first; others wait for it. */
function commitmentBody(memory, { session }, frozen, now) {
  if (!memory.contribution || session.state === "FROZEN" && memory.role !== "bureau") return null;
  stampOnce(memory, "committed", now);
  return { commitment: ownCommitment(memory, frozen) };
}

/** C13: the own commitment is listed, digits are as confirmed, the close came in time. */
function groupsBody(memory, { session }, frozen, now) {
  if (!session.acted.has(`commitment ${memory.id}`)) return null;
  const [{ body: closed }] = session.of.get("commits.closed");
  must(memory.contribution && listed(memory, closed, frozen), "refuseCommitment");
  stampOnce(memory, "closed", now);
  if (frozen.header.sources.public_draw.length) {
    must(!memory.digits || memory.digits === closed.digits, "refuseDigits", { digits: closed.digits });
    must(memory.digits || memory.notDigits !== closed.digits, "refuseNotDigits", { digits: closed.digits });
    if (!memory.digits) return null; // the person has not yet said whether these were the digits
  }
  willing(within(memory.stamps.committed, memory.stamps.closed, frozen.header.windows.commit), "refuseLateClose");
  const [{ body: fixed }] = session.of.get("groups.fixed");
  return { commits_closed_hash: closed.hash, groups_hash: fixed.hash };
}

/** C14, N16: only what `reveals.opened`, checked by V32, names. */
function openingBody(memory, { session }, frozen, now) {
  const [{ body: opened }] = session.of.get("reveals.opened");
  if (!opened.attested.includes(memory.id) || !memory.contribution) return null;
  must(memory.sent["attest.groups"] || session.acted.has(`attest.groups ${memory.id}`), "refuseOpened");
  const [{ body: closed }] = session.of.get("commits.closed");
  must(listed(memory, closed, frozen), "refuseCommitment"); // else it would say what it never committed to
  stampOnce(memory, "opened", now);
  const [{ body: fixed }] = session.of.get("groups.fixed");
  return {
    commits_closed_hash: closed.hash, contribution: memory.contribution, groups_hash: fixed.hash, salt: memory.salt,
  };
}

/** C17: the own opening is listed, and no more than Δ has passed since it was sent. */
function revealsBody(memory, { session }, frozen, now) {
  if (!memory.sent.opening) return null;
  const [{ body: closed }] = session.of.get("reveals.closed");
  const place = frozen.header.observers.findIndex(({ id }) => id === memory.id);
  const { contribution, salt, status } = closed.openings[place];
  willing(status !== "missing", "refuseOpening", { status }); // it was on its way when the bureau closed
  must(status === "received" && contribution === memory.contribution && salt === memory.salt, "refuseOpening", { status });
  stampOnce(memory, "revealed", now);
  willing(within(memory.stamps.opened, memory.stamps.revealed, frozen.header.windows.reveal), "refuseLateReveals");
  return { reveals_closed_hash: closed.hash };
}

function stampOnce(memory, name, now) {
  if (!memory.stamps[name]) memory.stamps[name] = now;
}

/**
 * The public draw's digits are those that the person saw (C9). An observer of the bureau only remembers it.
 * @param {object} memory changed; to be stored
 */
export function confirmDigits(memory, digits) {
  must(!memory.digits || memory.digits === digits, "refuseDigits", { digits });
  memory.digits = digits;
  memory.notDigits = "";
}

/** The confirmation of the digits, until a `source` entry stands in the ledger; null if none is due. */
export function nextSource(memory, { session }, frozen) {
  const open = session && frozen && session.state === "COMMITTING" && !session.of.has("source");
  if (!open || !memory.digits || !memory.id || memory.role === "bureau" || roleDiffers(memory)) return null;
  return prepared(memory, frozen, "source", { digits: memory.digits, kind: "public-draw" });
}

/**
 * A cosignature that is due, or null. That of the coverage only within Δ (C18).
 * @returns {{state: string, body: {line: string, size: number}}|null}
 * @throws {Withheld} if the coverage came too late
 */
export function nextCosignature(memory, read, frozen, now, posix) {
  const { session, note } = read;
  if (!session || !frozen || !memory.id || !COSIGN_IN.includes(session.state) || memory.cosigned[session.state]) return null;
  const held = heldBy(memory, session);
  if (!held.includes("attest.groups")) return null;
  if (session.state === "COVERED" && (memory.sent.opening || held.includes("opening"))) {
    stampOnce(memory, "covered", now);
    const window = frozen.header.windows.reveal;
    const [from, most] = memory.sent["attest.reveals"] ? ["revealed", window] : ["opened", 2 * window];
    if (!within(memory.stamps[from], memory.stamps.covered, most)) throw new Withheld("refuseLateCoverage");
  }
  const checkpoint = { origin: memory.origin, size: note.size, root: hex(note.root) };
  return { state: session.state, body: cosign(memory.seed, nameOf(memory), checkpoint, posix) };
}

/**
 * A trust file of what this device holds itself (verification V8): the ledger it pinned, the checkpoint it saw, its own
 * key. The witness is this device, whose cosignature must stand in the record.
 */
export function trustFile(memory) {
  const { size, root } = memory.seen;
  const key = publicKey(memory.seed);
  return encode({
    checkpoint: { root, size }, observers: [key], operator: memory.operators[0].key, origin: memory.origin,
    version: "verifiable-draw/v1", witnesses: [{ key, name: nameOf(memory) }], witnesses_required: 1,
  });
}

/** Name of this observer in cosignatures (L10). */
export function nameOf({ origin, session, id }) {
  return `${origin}/${session}/${id}`;
}
