/** The page: joins a room, lets one person (or several in turn) attend, and shows what their device does. */

import { Attendance } from "../attend.js";
import { compareCode, compareWith } from "../core/compare.js";
import { newMemory, pin as pinLedger } from "../core/device.js";
import { contradiction } from "../core/history.js";
import { Refusal } from "../core/refusal.js";
import { enrolmentProof, publicKey } from "../core/sign.js";
import { hex, makeTree } from "../core/verifier.js";
import { Link, LinkError } from "../link.js";
import { browserStorage, lockUp, openBackup, personOf, pinKey, sealBackup, Store, StoreError, unlock } from "../store.js";
import { keepAwake } from "./awake.js";
import { byId, el, fillTexts, offer, say, show } from "./dom.js";
import { clearScribble, readPhoto, scribble } from "./pictures.js";
import { judge, saveReceipt, saveTrust, showVerdict } from "./receipt.js";
import { languageNow, pick, setLanguage, t } from "./texts.js";
import { render, stateOf } from "./views.js";

const store = new Store(browserStorage());
const load = hex(crypto.getRandomValues(new Uint8Array(8))); // this load of the page (N15)
const served = /^https?:$/.test(location.protocol) && location.pathname === "/observer";
const people = new Map(); // person -> {attendance, name, kept}
const locked = new Map(); // person -> what is stored of one who has a PIN, until it is typed
const earlier = new Map(); // person -> what is stored of one whose session is over, until it is looked at
let shown = ""; // the person whose view is on the page
let state = null; // N5, before anybody joined
let strokes = [];
let scanned = false; // the room's code came with the address: the person wants to take part
let asked = null; // a request to be enrolled that was not answered: asked again, it is with the same key

const JUDGE_AGAIN = [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000]; // milliseconds between looks at the record

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const stamp = () => ({ page: load, mono: Math.round(performance.now()), wall: Date.now() });
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const isKiosk = () => byId("kiosk").checked;
const current = () => people.get(shown);

/** Address of the room's server without a path, "" if it is none. */
function baseOf(text) {
  try {
    const url = new URL(text.includes("://") ? text : `http://${text}`);
    return /^https?:$/.test(url.protocol) ? url.origin : "";
  } catch {
    return "";
  }
}

function begin() {
  setLanguage(store.setting("language") || (navigator.language.startsWith("zh") || !navigator.language ? "zh" : "zh"));
  fillTexts();
  byId("kiosk").checked = store.setting("kiosk") === "yes";
  readFragment();
  window.addEventListener("hashchange", readFragment); // the QR code was scanned again
  byId("address").value = served ? location.origin : store.setting("address");
  for (const id of ["address"]) document.querySelector(`[for=${id}]`).hidden = byId(id).hidden = served;
  listen();
  strokes = scribble();
  for (const person of store.people()) resume(person);
  shown = store.setting("person");
  if (!known(shown)) shown = "";
  if (earlier.has(shown)) wake(shown);
  draw();
  setInterval(draw, 1000); // seconds that are left
  watchRoom();
}

/** Takes the room's code, and whether it is a shared device, from the address; the code is for nobody else's eyes. */
function readFragment() {
  if (!location.hash) return;
  const fragment = new URLSearchParams(location.hash.slice(1).replace(/^kiosk$/, "kiosk=yes"));
  if (fragment.get("kiosk") === "yes") byId("kiosk").checked = true;
  byId("code").value = (fragment.get("code") || "").replace(/[^0-9]/g, "").slice(0, 8);
  scanned = byId("code").value !== "";
  history.replaceState(null, "", location.pathname + location.search);
}

/** Before anybody joined: which roles the room takes. */
async function watchRoom() {
  for (;;) {
    const base = baseOf(byId("address").value);
    if (current()) await watchOn(current());
    if (!shown && base) {
      try {
        state = await new Link(base).state(null);
        roles();
        draw();
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
      }
    }
    await pause(2000);
  }
}

function roles() {
  const select = byId("role");
  const key = state.roles.join() + languageNow();
  if (select.dataset.key === key) return;
  const before = select.value;
  select.dataset.key = key;
  select.replaceChildren(...state.roles.filter((role) => t(`role.${role}`) !== `role.${role}`)
    .map((role) => el("option", { value: role }, t(`role.${role}`))));
  select.value = state.roles.includes(before) ? before : state.roles.includes("parent") ? "parent" : select.value;
}

// Joining

let joiningNow = false;
async function join(event) {
  event.preventDefault();
  keepAwake();
  const base = baseOf(byId("address").value);
  const [name, role, code] = [byId("name").value.trim(), byId("role").value, byId("code").value.trim()];
  const missing = [["address", base], ["name", name], ["role", role], ["code", code]].filter(([, value]) => !value);
  if (missing.length) {
    problem(t("fillIn", { what: missing.map(([id]) => t(id)).join("、") }));
    return;
  }
  byId("join-button").disabled = joiningNow = true;
  try {
    const link = new Link(base);
    const now = await link.state(null);
    if (!now.enrolling || !now.session) throw new LinkError(409, "", [t("notEnrolling"), t("notEnrolling")]);
    const client = isKiosk() ? "kiosk" : served ? "bureau-page" : "own-page";
    const pin = isKiosk() ? byId("pin").value : "";
    const what = JSON.stringify([base, now.session, client, name, role, pin]);
    if (!asked || asked.what !== what) asked = { what, ...newcomer({ base, client, name, pin, role, room: now }) };
    const { kept, keeping } = asked;
    const proof = enrolmentProof(kept.memory.seed, now.origin, now.session, client, role);
    const key = publicKey(kept.memory.seed);
    keeping();
    try {
      await link.json("enrol", { client, code, key, name, proof, role });
    } catch (error) {
      if (error instanceof LinkError && error.status >= 400 && error.status < 500) {
        store.remove(personOf(key));
        asked = null;
      }
      throw error;
    }
    asked = null;
    scanned = false;
    store.set("address", base);
    byId("code").value = isKiosk() ? byId("code").value : "";
    byId("pin").value = "";
    attend(personOf(key), kept, keeping);
    choose(personOf(key));
  } catch (error) {
    if (error instanceof StoreError) problem(t(error.id));
    else if (error instanceof LinkError) problem(pick(error.words));
    else throw error;
  } finally {
    byId("join-button").disabled = joiningNow = false;
  }
}

/** A person with a fresh key for the room's session (N10), and how that person is stored. */
function newcomer({ base, client, name, pin, role, room }) {
  const memory = newMemory(hex(random(32)), client, room.session, role);
  Object.assign(memory, { title: room.title, rehearsal: room.rehearsal });
  pinLedger(memory, room.origin, [...[...people.values()].map(({ kept }) => kept), ...locked.values(), ...earlier.values()]
    .map((kept) => kept.memory));
  const kept = { name, role, base, memory, ...(pin ? { pinSalt: hex(random(32)) } : {}) };
  return { kept, keeping: saver(personOf(publicKey(memory.seed)), kept, pin) };
}

function problem(text) {
  show("join-problem", Boolean(text));
  say("join-problem", text);
}

/** How a person is stored: with the secrets under the PIN's key, if there is a PIN. */
function saver(person, kept, pin) {
  const key = kept.pinSalt ? pinKey(pin, kept.pinSalt) : null;
  return () => store.save(person, key ? lockUp(kept, key, random(12)) : kept);
}

/** Goes on with a person that is stored; one with a PIN waits for it. */
function resume(person) {
  const kept = store.load(person);
  if (!kept) return;
  const { over, verdict } = kept.memory;
  if (over && (verdict || over !== "PUBLISHED")) earlier.set(person, kept);
  else if (kept.locked) locked.set(person, kept);
  else attend(person, kept, saver(person, kept, ""));
}

const known = (person) => people.has(person) || locked.has(person) || earlier.has(person);

/** Looks again at one whose session is over. */
function wake(person) {
  const kept = earlier.get(person);
  earlier.delete(person);
  if (kept.locked) locked.set(person, kept);
  else attend(person, kept, saver(person, kept, ""));
}

/** One whose session is over is not followed while another is looked at; what is stored of it stays. */
function rest(person) {
  const one = people.get(person);
  if (!one || !one.attendance.memory.over || one.kept.pinSalt) return;
  one.attendance.ends = true;
  people.delete(person);
  earlier.set(person, one.kept);
}

/** Begins, or goes on with, a person's attendance. */
function attend(person, kept, save) {
  if (people.has(person)) return;
  const attendance = new Attendance({
    link: new Link(kept.base), memory: kept.memory, stamp, random, pause, posix: () => Math.floor(Date.now() / 1000),
    save, changed: () => draw(),
  });
  people.set(person, { attendance, name: kept.name, kept });
  attendance.run();
  followRequest(attendance);
}

/** The PIN was typed. */
function open(event) {
  event.preventDefault();
  const pin = byId("pin-again").value;
  byId("pin-again").value = "";
  const kept = locked.get(shown);
  const value = unlock(kept, pinKey(pin, kept.pinSalt));
  show("pin-wrong", !value);
  if (!value) return;
  locked.delete(shown);
  attend(shown, value, saver(shown, value, pin));
  choose(shown);
}

/** Until the ledger holds the enrolment: has the clerk refused it? */
async function followRequest(attendance) {
  while (!attendance.memory.id && !attendance.ends) {
    try {
      const key = publicKey(attendance.memory.seed);
      const answer = await attendance.link.json(`enrol/${key}`);
      attendance.refused = Boolean(answer) && answer.status === "refused";
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
    }
    await pause(2000);
  }
}

function choose(person) {
  if (person !== shown) rest(shown);
  if (earlier.has(person)) wake(person);
  shown = person;
  store.set("person", person);
  problem("");
  draw();
  byId("main").focus();
}

// Drawing

let drawing = false;
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const one = current();
    show("unlock", locked.has(shown));
    if (one) attending(one);
    else joining();
    kiosk();
  });
}

function joining() {
  for (const id of ["now", "next", "calling", "digits", "role-differs", "withheld", "compare", "contribute", "done", "checks", "tools", "identity", "stopped",
    "offline", "problem", "keep"]) show(id, false);
  document.body.dataset.state = "";
  document.body.dataset.done = "";
  show("rehearsal", Boolean(state && state.rehearsal));
  const closed = !state ? "" : !state.session ? "notYet" : state.enrolling ? "" : "notEnrolling";
  show("join-closed", Boolean(closed));
  say("join-closed", closed ? t(closed) : "");
  byId("role").disabled = byId("join-button").disabled = Boolean(closed) || joiningNow;
  show("join", !locked.has(shown));
  show("pin-row", isKiosk());
  say("copy-kind", t(served ? "bureauPage" : "ownCopy"));
  show("copy-how", !served);
}

/** The form for the session that the room is at now, with what this person said before. */
function joinNext() {
  const { name, role } = current().kept;
  const { room } = current().attendance;
  state = room;
  byId("address").value = current().kept.base;
  roles();
  byId("name").value = isKiosk() ? "" : name;
  if (state.roles.includes(role)) byId("role").value = role;
  scanned = false;
  choose("");
}

/** A request that was refused is forgotten, with its key; the next one is another (N10). */
function applyAgain() {
  const person = shown;
  const { attendance } = current();
  attendance.ends = true;
  joinNext();
  people.delete(person);
  store.remove(person);
  byId("code").focus();
}

/** The room is at another session than this person's: offers to take part in it. */
function offerNext({ memory, room }, name) {
  const inRoom = ({ kept, ...stored }) => (kept || stored).memory.session === room.session && (kept || stored).name === name;
  const other = room && room.session && room.session !== memory.session && ![...people.values(), ...locked.values(), ...earlier.values()].some(inRoom);
  show("next", Boolean(other));
  if (!other) return;
  const strange = memory.origin && room.origin !== memory.origin ? t("nextOther", { origin: room.origin }) : "";
  say("next-title", t("nextTitle", { title: `${room.title || room.session}${room.rehearsal ? `（${t("rehearsalShort")}）` : ""}` }));
  say("next-lead", [strange, t(room.enrolling ? "nextOpen" : "nextLater")].filter(Boolean).join(" "));
  show("next-join", room.enrolling);
  if (scanned && room.enrolling && (memory.over || memory.stopped)) joinNext();
}

/** A device that stopped, or ended, asks no more of its own session; whether the room has another it still wants to know. */
async function watchOn({ attendance, kept }) {
  if (attendance.running || attendance.ends) return;
  try {
    attendance.room = await new Link(kept.base).state(null);
    draw();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
  }
}

function attending({ attendance, name }) {
  render(attendance, name);
  showVerdict(attendance);
  offerNext(attendance, name);
  if (stateOf(attendance) === "PUBLISHED" && attendance.state && attendance.state.record) followRecord(attendance);
  if (attendance.memory.verdict && stateOf(attendance) === "PUBLISHED") show("now", false);
}

/** Verifies the record, and again when it was made anew: only then does it hold this device's own cosignature. */
async function followRecord(attendance) {
  if (attendance.judging) return;
  attendance.judging = true;
  for (const wait of JUDGE_AGAIN) {
    if (await judged(attendance)) break;
    await pause(wait);
  }
  attendance.judging = !attendance.memory.verdict || attendance.memory.verdict.own;
}

/** Verifies the record once. What goes wrong is said, and the verdict, if there is one, is shown all the same. */
async function judged(attendance) {
  try {
    return await judge(attendance);
  } catch (error) {
    if (error instanceof StoreError) attendance.unstored(error);
    else if (!(error instanceof LinkError)) attendance.problem = [String(error), String(error)];
    return false;
  } finally {
    draw();
  }
}

function kiosk() {
  const all = [...people, ...locked, ...earlier].filter(([person]) => person);
  const others = all.some(([person]) => person !== shown);
  show("people", (isKiosk() || locked.size > 0 || others) && all.length > 0);
  show("next-person", isKiosk() || locked.size > 0);
  say("people-title", t(isKiosk() ? "people" : "mine"));
  const list = byId("people-list");
  const key = `${all.map(([person]) => person + locked.has(person) + earlier.has(person)).join()} ${shown} ${languageNow()}`;
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...all.map(([person, { name, kept, memory }]) => {
    const of = kept ? kept.memory : memory;
    const button = el("button", { type: "button", "aria-pressed": String(person === shown) }, name,
      ` · ${of.title || of.session}${of.rehearsal ? `（${t("rehearsalShort")}）` : ""}`,
      locked.has(person) ? ` · ${t("lockedUp")}` : "");
    button.addEventListener("click", () => choose(person));
    return el("li", null, button);
  }));
}

// Neighbours

function compareText(attendance, text) {
  const { memory, frozen, read } = attendance;
  if (!frozen || memory.stopped) return; // it was stopped while the photo was looked at
  const rootAt = (size) => (size <= read.note.size && size > 0 ? hex(makeTree(read.leaves).root(size)) : "");
  const found = compareWith(text, memory.origin, memory.session, frozen.hash, rootAt);
  const words = { same: "cmpSame", newer: "cmpNewer", unreadable: "cmpUnreadable" }[found];
  if (words) say("qr-result", t(words));
  else {
    const own = compareCode(memory.origin, memory.session, { header: frozen.hash, root: hex(read.note.root), size: read.note.size });
    attendance.stop(new Refusal("refuseNeighbour", {}, contradiction(own, text, read.note.source)));
  }
  draw();
}

async function comparePhoto({ target }) {
  const { attendance } = current();
  const [photo] = target.files;
  if (!photo) return; // none was taken
  const text = await readPhoto(photo);
  target.value = ""; // so that the same file can be chosen again
  compareText(attendance, text);
}

function listen() {
  const on = (id, type, act) => byId(id).addEventListener(type, act);
  on("language", "click", () => {
    setLanguage(languageNow() === "en" ? "zh" : "en");
    store.set("language", languageNow());
    fillTexts();
    if (state) roles();
    draw();
  });
  on("join-form", "submit", join);
  on("unlock-form", "submit", open);
  on("kiosk", "change", () => { store.set("kiosk", isKiosk() ? "yes" : ""); draw(); });
  on("next-person", "click", () => { byId("name").value = ""; choose(""); });
  on("next-join", "click", joinNext);
  on("apply-again", "click", applyAgain);
  on("same", "click", () => { keepAwake(); current().attendance.compared("same"); });
  on("different", "click", () => { if (confirm(t("sureDifferent"))) current().attendance.compared("different"); });
  on("commit", "click", () => {
    keepAwake();
    current().attendance.commit(byId("dice").value, strokes.slice());
    byId("dice").value = "";
    clearScribble(strokes); // the next person of a shared device begins anew
  });
  on("present", "click", () => { keepAwake(); current().attendance.tap(); });
  on("digits-yes", "click", () => current().attendance.digits(byId("digits-shown").textContent, true));
  on("digits-no", "click", () => current().attendance.digits(byId("digits-shown").textContent, false));
  on("role-yes", "click", () => current().attendance.role(true));
  on("role-no", "click", () => current().attendance.role(false));
  on("qr-photo", "change", comparePhoto);
  on("qr-paste", "change", (event) => { compareText(current().attendance, event.target.value); event.target.value = ""; });
  on("evidence", "click", () => {
    const { name, text } = current().attendance.evidenceFile();
    offer(name, text);
  });
  on("again", "click", () => current().attendance.restart());
  on("judge-again", "click", () => judged(current().attendance));
  on("receipt-save", "click", () => saveReceipt(current().attendance));
  on("trust-save", "click", () => saveTrust(current().attendance));
  on("receipt-print", "click", () => window.print());
  on("backup", "click", () => {
    const sealed = sealBackup({ ...current().kept, pinSalt: "" }, byId("seal-pass").value, random(44));
    offer(`observer-backup-${shown}.json`, sealed);
  });
  on("restore", "click", () => restore());
}

async function restore() {
  const file = byId("backup-file").files[0];
  const value = file && openBackup(new Uint8Array(await file.arrayBuffer()), byId("backup-pass").value);
  if (!value) {
    problem(t("badBackup"));
    return;
  }
  const person = personOf(publicKey(value.memory.seed));
  try {
    if (!store.peek(person)) saver(person, value, "")(); // what is here already may have gone on since
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    problem(t(error.id));
    return;
  }
  if (!known(person)) resume(person);
  choose(person);
}

begin();
