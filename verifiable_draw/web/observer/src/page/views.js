/** Shows where the person's session stands: one sentence of what goes on, one of what to do, and what was checked. */

import { between } from "../core/clock.js";
import { compareCode } from "../core/compare.js";
import { roleDiffers } from "../core/device.js";
import { wordsOf } from "../core/words.js";
import { hex, shortCode, unhex } from "../core/verifier.js";
import { ring } from "./awake.js";
import { byId, el, say, show } from "./dom.js";
import { drawQr } from "./pictures.js";
import { languageNow, pick, t } from "./texts.js";

// What a state says, by what the ledger holds of the person: [status, lead].
const SENTENCES = {
  "": () => ["waiting", "waitingLead"],
  PLANNED: () => ["enrolled", "enrolledLead"],
  ROSTERED: () => ["enrolled", "enrolledLead"],
  FROZEN: (a) => committing(a),
  COMMITTING: (a) => committing(a),
  COMMITTED: (a) => [holds(a, "commitment") ? "grouping" : "notCommitted", ""],
  GROUPED: (a) => {
    if (!holds(a, "commitment")) return ["notCommitted", ""];
    return holds(a, "attest.groups") ? ["attested", "attestedLead"] : ["attesting", ""];
  },
  REVEALING: (a) => [holds(a, "opening") ? "opened" : "revealing", ""],
  REVEALED: (a) => [holds(a, "attest.reveals") ? "opened" : "revealed", ""],
  COVERED: (a) => [isCovered(a) ? "covered" : "notCovered", "delayLead"],
  DELAYED: (a) => ["seeded", ""],
  SEEDED: () => ["seeded", ""],
  ALLOCATED: () => ["drawn", ""],
  PUBLISHED: () => ["published", ""],
  ABORTED: () => ["aborted", ""],
  ANNULLED: () => ["annulled", ""],
};

const holds = (attendance, type) => attendance.held().includes(type);

function committing(attendance) {
  if (holds(attendance, "commitment")) return ["committed", "committedLead"];
  if (!attendance.memory.contribution) return ["contributeNow", "contributeNowLead"];
  return [attendance.state && attendance.state.state === "FROZEN" ? "bureauFirst" : "sending", ""];
}

/** @returns {boolean} is the person in coverage.closed? */
export function isCovered({ read, memory }) {
  const [closed] = (read && read.session && read.session.of.get("coverage.closed")) || [];
  return Boolean(closed && closed.body.covered.includes(memory.id));
}

/** State of the session as this device has checked it, "" before it was enrolled. */
export function stateOf(attendance) {
  const { read, memory } = attendance;
  if (!memory.id) return "";
  return read && read.session ? read.session.state : memory.over; // over, and not read again since the page was loaded
}

/** Brings the page in line with the attendance. */
export function render(attendance, name) {
  const { memory, read, frozen, state: server } = attendance;
  const state = stateOf(attendance);
  const stopped = memory.stopped;
  document.body.dataset.state = state;
  document.body.dataset.done = attendance.held().join(",");
  show("rehearsal", Boolean(frozen ? frozen.header.rehearsal : memory.rehearsal || server && server.rehearsal));
  show("identity", Boolean(memory.id));
  say("identity", memory.id ? `${name} · ${t("you", { role: t(`role.${memory.role}`), id: memory.id })}` : "");
  show("offline", attendance.offline && !stopped);
  const { problem, trouble } = attendance;
  show("problem", Boolean(problem || trouble) && !stopped);
  say("problem", trouble ? t(trouble) : problem ? t("serverSays", { words: pick(problem) }) : "");
  show("join", false);
  show("stopped", Boolean(stopped));
  if (stopped) say("stopped-why", t(stopped.id, stopped.values));
  show("evidence", Boolean(stopped && attendance.evidenceFile()));
  const withheld = Object.entries(memory.withheld || {});
  show("withheld", withheld.length > 0 && !stopped);
  say("withheld", withheld.map(([id, values]) => t(id, values)).join(" "));
  show("role-differs", roleDiffers(memory) && !stopped);
  say("role-said", t("roleSaid", { role: t(`role.${memory.role}`), wanted: t(`role.${memory.wanted}`) }));
  show("now", !stopped);
  show("keep", !stopped && !memory.over);
  show("tools", Boolean(memory.id));
  sentence(attendance, state);
  numbers(attendance, state);
  comparing(attendance, state);
  call(attendance, state);
  digits(attendance, state);
  checks(attendance, read);
}

/** @returns {boolean} has the session gone on without this person? */
function tooLate({ memory, read }) {
  return Boolean(!memory.id && read && read.session && read.session.header);
}

function sentence(attendance, state) {
  const refused = !state && attendance.refused;
  const [status, lead] = refused ? ["refused", "refusedLead"] : tooLate(attendance) ? ["tooLate", "tooLateLead"]
    : (SENTENCES[state] || (() => ["going", ""]))(attendance);
  say("status", t(status));
  show("apply-again", Boolean(refused));
  const code = !state && attendance.memory.operators.length
    ? `${t("ledgerCode")} ${shortCode(unhex(attendance.memory.operators[0].key))}` : "";
  say("lead", [lead ? t(lead) : "", code].filter(Boolean).join(" "));
}

/** Seconds left as the server said, less those since it said so. */
function left(attendance, seconds) {
  return Math.max(0, seconds - Math.floor(between(attendance.stateAt, attendance.stamp()) / 1000));
}

function numbers(attendance, state) {
  const { state: server, memory } = attendance;
  const counting = ["REVEALING", "REVEALED"].includes(state) && server && server.secondsLeft !== null && !memory.stopped;
  show("countdown", Boolean(counting));
  if (counting) say("countdown", String(left(attendance, server.secondsLeft)));
  const delaying = state === "COVERED" && server && server.delay.segments > 0;
  show("delay-bar", Boolean(delaying));
  if (delaying) {
    byId("delay-bar").max = server.delay.segments;
    byId("delay-bar").value = server.delay.done;
    byId("delay-bar").setAttribute("aria-label", t("delay", server.delay));
  }
}

function comparing(attendance, state) {
  const { memory, frozen, read, trouble } = attendance;
  const open = Boolean(frozen) && !memory.stopped && !memory.over;
  show("compare", open);
  show("compare-buttons", !memory.compared);
  show("compare-lead", !memory.compared);
  say("compare-title", t(memory.compared ? "comparedTitle" : "compare"));
  const may = ["FROZEN", "COMMITTING"].includes(state) && !memory.contribution && !holds(attendance, "commitment");
  show("contribute", open && may && !trouble);
  byId("commit").disabled = memory.compared !== "same";
  show("commit-wait", memory.compared !== "same");
  if (!open) return;
  const hash = unhex(frozen.hash);
  const code = shortCode(hash);
  const key = `${code} ${languageNow()}`;
  if (byId("header-code").dataset.key !== key) {
    byId("header-code").dataset.key = key;
    say("header-code", code);
    byId("header-words").replaceChildren(...wordsOf(hash).map(([zh, en]) => (
      el("li", null, languageNow() === "en" ? en : zh))));
  }
  const held = { header: frozen.hash, root: hex(read.note.root), size: read.note.size };
  const text = compareCode(memory.origin, memory.session, held);
  if (byId("qr-text").textContent !== text) {
    say("qr-text", text);
    drawQr(byId("qr"), text);
  }
}

function call(attendance, state) {
  const { memory, state: server } = attendance;
  const open = Boolean(server && server.call.number && state && !memory.stopped && memory.called !== server.call.number);
  if (open && byId("calling").hidden) ring();
  show("calling", open);
  if (open) say("call-left", t("callLeft", { seconds: left(attendance, server.call.secondsLeft) }));
}

// While the draw is open the digits are the console's word; once closed they are the ledger's.
function digits({ memory, state: server, frozen, read }, state) {
  const planned = frozen && frozen.header.sources.public_draw.length && !memory.stopped;
  const open = ["FROZEN", "COMMITTING"].includes(state) && memory.role !== "bureau";
  const [closed] = (["COMMITTED", "GROUPED"].includes(state) && read.session.of.get("commits.closed")) || [];
  const said = closed ? closed.body.digits : open && server ? server.publicDraw : "";
  const asked = planned && said && !memory.digits && memory.notDigits !== said;
  show("digits", Boolean(asked));
  if (asked) say("digits-shown", said);
  const refused = planned && said && memory.notDigits === said;
  show("digits-refused", Boolean(refused));
}

function checks({ checks: passed }, read) {
  show("checks", Boolean(read));
  const ids = read ? ["check_ledger", "check_extends", ...passed] : [];
  const list = byId("checks-list");
  const key = ids.join() + languageNow();
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...ids.map((id) => el("li", null, t(id))));
}
