/** The state table of every session, and what follows from one session's entries (C1-C18). */

import { hex, unhex } from "./bytes.js";
import { tagged, taggedList } from "./hash.js";

const ROSTERS = ["roster.submitted", "roster.approved", "draw.postponed"];
// state: [[types of entries, state after them], ...]
const STATES = {
  START: [[["plan"], "PLANNED"]],
  PLANNED: [[ROSTERS, "PLANNED"], [["roster.frozen"], "ROSTERED"], [["aborted"], "ABORTED"]],
  ROSTERED: [[[...ROSTERS, "roster.frozen", "observer.enrolled"], "ROSTERED"], [["header"], "FROZEN"],
    [["aborted"], "ABORTED"]],
  FROZEN: [[["commitment"], "COMMITTING"], [["aborted"], "ABORTED"]],
  COMMITTING: [[["commitment", "source"], "COMMITTING"], [["commits.closed"], "COMMITTED"], [["aborted"], "ABORTED"]],
  COMMITTED: [[["groups.fixed"], "GROUPED"], [["aborted"], "ABORTED"]],
  GROUPED: [[["groups.checked", "attest.groups"], "GROUPED"], [["reveals.opened"], "REVEALING"],
    [["aborted"], "ABORTED"]],
  REVEALING: [[["opening"], "REVEALING"], [["reveals.closed"], "REVEALED"]],
  REVEALED: [[["attest.reveals"], "REVEALED"], [["coverage.closed"], "COVERED"]],
  COVERED: [[["delay.done"], "DELAYED"]],
  DELAYED: [[["beacon"], "DELAYED"], [["seed"], "SEEDED"]],
  SEEDED: [[["result"], "ALLOCATED"]],
  ALLOCATED: [[["published"], "PUBLISHED"]],
  PUBLISHED: [[["annulled"], "ANNULLED"]],
  ANNULLED: [[["annulled"], "ANNULLED"]],
  ABORTED: [],
};
const ONCE = ["commitment", "attest.groups", "opening", "attest.reveals"]; // C8, C13, C15, C17

/**
 * Takes the next entry of a session: changes its state, and says what rule the entry breaks (V20).
 * @param {object} session {state, header, observers, of, annulled, opened}
 * @param {object} entry
 * @returns {{what: string, refused: boolean}} `what` is "" if none; `refused`: it changes nothing
 */
export function nextState(session, entry) {
  const row = STATES[session.state].find(([types]) => types.includes(entry.type));
  if (!row) return { what: `${entry.type} in state ${session.state}`, refused: true };
  let what = "";
  const acted = (type) => session.acted.has(type + " " + entry.actor.id);
  if (ONCE.includes(entry.type) && acted(entry.type)) what = "twice by one observer";
  if (["attest.groups", "opening"].includes(entry.type) && !acted("commitment")) {
    what = "by an observer who has not committed";
  }
  if (entry.type === "attest.reveals" && !receivedIds(session).includes(entry.actor.id)) {
    what = "by an observer whose opening was not received"; // C17
  }
  if (session.state === "FROZEN" && entry.type === "commitment"
    && session.observers.get(entry.actor.id)?.role !== "bureau") what = "the bureau has not committed first"; // C7
  if (entry.type === "beacon" && session.of.has("beacon")) what = "a second beacon"; // C26
  if (entry.type === "annulled") what = annulment(session, entry.body);
  if (what) return { what, refused: true };
  if (entry.type === "header") session.header = { seq: entry.seq, body: entry.body };
  if (entry.type === "reveals.opened") session.opened = true;
  if (entry.type === "annulled") for (const id of entry.body.draws) session.annulled.set(id, entry.body.reason);
  session.state = row[1];
  session.acted.add(entry.type + " " + entry.actor.id);
  return { what: "", refused: false };
}

/**
 * Ids of the observers whose opening the session's `reveals.closed` lists as received, observers being sorted by id.
 */
function receivedIds({ observers, of }) {
  const { openings } = of.get("reveals.closed")[0].body;
  return [...observers.keys()].sort().filter((_, i) => openings[i]?.status === "received");
}

function annulment(session, { draws }) {
  const own = session.header.body.draws.map(({ id }) => id);
  const right = draws.every((id) => own.includes(id) && !session.annulled.has(id));
  return right ? "" : "annuls a draw that is not there or annulled already";
}

/**
 * Outcome of a draw of a session (V5).
 * @param {object} session
 * @param {string} id of the draw
 * @returns {{outcome: string, reason: string}}
 */
export function outcomeOf(session, id) {
  if (session.annulled.has(id)) return { outcome: "annulled", reason: session.annulled.get(id) };
  if (session.state === "ABORTED") return { outcome: "aborted", reason: session.of.get("aborted")[0].body.reason };
  if (published(session)) return { outcome: "published", reason: "" };
  return { outcome: session.opened ? "opened" : "unfinished", reason: "" };
}

/** @param {object} session @returns {boolean} */
export function published(session) {
  return ["PUBLISHED", "ANNULLED"].includes(session.state);
}

/** H over columns of hexadecimal, an empty field for "" (C10, C16). */
function hashColumns(use, values) {
  return hex(taggedList(use, values));
}

/**
 * @param {string[]} commitments in header order, hexadecimal or ""
 * @param {string} digits
 * @returns {string} commits_closed_hash (C10)
 */
export function commitsClosedHash(commitments, digits) {
  return hashColumns("commits.closed", [...commitments.map(unhex), digits]);
}

/** @param {string[]} files SHA-256 of each groups file in header order @returns {string} groups_hash (C11) */
export function groupsHash(files) {
  return hashColumns("groups", files.map(unhex));
}

/** @param {{contribution: string, salt: string}[]} openings @returns {string} reveals_closed_hash (C16) */
export function revealsClosedHash(openings) {
  return hashColumns("reveals.closed", openings.flatMap(({ contribution, salt }) => [unhex(contribution),
    unhex(salt)]));
}

/** @returns {string} commitment of an observer to a contribution (C7) */
export function commitmentOf(headerHash, { id, key }, { contribution, salt }) {
  return hex(tagged("commit", unhex(headerHash), id, unhex(key), unhex(contribution), unhex(salt)));
}

/**
 * What `reveals.closed` must list (C15, C16).
 * @param {object[]} observers in header order
 * @param {Map<string, string>} commitments by observer
 * @param {Map<string, object>} openings first opening of each observer
 * @param {{header: string, closed: string, groups: string, attested: string[]}} hashes of the session
 * @returns {{contribution: string, salt: string, status: string}[]}
 */
export function openingsOf(observers, commitments, openings, { header, closed, groups, attested }) {
  return observers.map((observer) => {
    const none = (status) => ({ contribution: "", salt: "", status });
    if (!commitments.has(observer.id)) return none("none");
    const opening = openings.get(observer.id);
    if (!opening) return none("missing");
    const valid = attested.includes(observer.id) && opening.commits_closed_hash === closed
      && opening.groups_hash === groups && commitmentOf(header, observer, opening) === commitments.get(observer.id);
    return valid ? { contribution: opening.contribution, salt: opening.salt, status: "received" } : none("wrong");
  });
}
