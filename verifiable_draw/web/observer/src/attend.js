/**
 * One person's device at work: follows the room, reads, checks, and sends what is due.
 * The order of every step: look, check, remember (store), send. So a page that dies anywhere goes on the same.
 */

import {
  confirmDigits, contribute, heldBy, knownOf, nextCosignature, nextMessage, nextSource, remember,
} from "./core/device.js";
import { brokenLedger } from "./core/history.js";
import { contextOf, fits, neededFiles, readCheckpoint, readLedger, runStages } from "./core/reading.js";
import { must, Refusal, Withheld } from "./core/refusal.js";
import { presentProof } from "./core/sign.js";
import { decode, hex, shapeOf, tagged } from "./core/verifier.js";
import { LinkError } from "./link.js";
import { StoreError } from "./store.js";

const BACKOFF = [300, 600, 1200, 2500, 5000]; // milliseconds
const NOT_YET = [409, 503, 429]; // the next look at the ledger tells what to do
const REST = 150; // milliseconds between two looks, however often the server calls
const EVIDENCE_KEPT = 200_000; // characters; what is longer can be saved as long as the page stays open

export class Attendance {
  /**
   * @param {object} parts {link, memory, save(), stamp(), posix(), random(n), changed(), pause()}
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.verified = new Set();
    this.passed = new Set();
    this.room = null; // N5 as the server says it, of whatever session the room is at
    this.state = null; // the same of this person's session; what belongs to another one is left out
    this.looked = null; // the ledger that was read last; its stage's checks may still be running
    // Set together, once all checks of a ledger hold: a tap that comes meanwhile must find nothing unchecked.
    this.read = null;
    this.frozen = null; // {header, hash}
    this.checks = [];
    this.offline = false;
    this.problem = null;
    this.trouble = ""; // why nothing can be stored, and so nothing sent
    this.ends = false;
    this.shown = null; // {note, lines} as they came, for evidence
    this.answered = {}; // what the server took of what has no entry of its own
  }

  /** Follows the room until told to stop. */
  async run() {
    if (this.running) return; // it waits for an answer, and goes on by itself
    this.running = true;
    await this.follow();
    this.running = false;
  }

  async follow() {
    let [tick, failures] = [null, 0];
    while (!this.ends && !this.memory.stopped) {
      try {
        this.room = await this.link.state(tick);
        this.state = partOf(this.room, this.memory.session);
        this.stateAt = this.stamp();
        tick = this.room.tick;
        if (this.memory.stopped || this.ends) break; // the person stopped it meanwhile
        if (!this.elsewhere()) await this.step();
        [this.offline, this.problem, this.trouble, failures] = [false, null, "", 0];
        await this.pause(REST);
      } catch (error) {
        tick = null;
        if (error instanceof Refusal) this.stop(error);
        else if (error instanceof StoreError) this.unstored(error);
        else {
          // What no code of ours expected must not end the loop either: it is said, and tried again.
          const { status, words } = error instanceof LinkError ? error : { status: -1, words: odd(error) };
          [this.offline, this.problem] = [status === 0, status ? words : null];
        }
        if (!this.memory.stopped) await this.pause(BACKOFF[Math.min(failures++, BACKOFF.length - 1)]);
      }
      this.changed();
    }
  }

  /** @returns {boolean} is the session over, and this the room of another ledger? Then nothing of it is to be asked here. */
  elsewhere() {
    return Boolean(this.memory.over && this.room.origin !== this.memory.origin);
  }

  /** Stops for good: the ledger or the server did what must not be. The person decides what comes next. */
  stop(refusal) {
    if (this.memory.stopped && !refusal.evidence) return; // the first reason stays, unless there is proof of another
    this.evidence = refusal.evidence || (this.shown && brokenLedger(new TextDecoder().decode(this.shown.note), this.shown.lines));
    const text = this.evidence ? new TextDecoder().decode(this.evidence.bytes) : "";
    const kept = text && text.length <= EVIDENCE_KEPT ? { name: this.evidence.name, text } : null;
    const stopped = { id: refusal.id, values: refusal.values, evidence: null };
    for (const evidence of kept ? [kept, null] : [null]) { // a stop is kept though its evidence finds no room
      this.memory.stopped = { ...stopped, evidence };
      try {
        this.keep();
        return;
      } catch (error) {
        if (!evidence) this.unstored(error); // it is stopped all the same, as long as the page is open
      }
    }
  }

  /** Stores the memory; where there is no room, without the leaves, which only prove that an older ledger is another. */
  keep() {
    const { seen } = this.memory;
    const { leaves } = seen;
    try {
      this.save();
    } catch (error) {
      if (error.id !== "notKept" || !leaves) throw error;
      seen.leaves = "";
      try {
        this.save();
      } catch (again) {
        seen.leaves = leaves;
        throw again;
      }
    }
  }

  /** The person says that the cause was found: everything is fetched and checked anew, and what is still wrong stops it. */
  restart() {
    const { memory } = this;
    memory.stopped = null;
    if (!memory.contribution) memory.compared = "";
    Object.assign(this, { looked: null, read: null, frozen: null, checks: [], evidence: null });
    this.forget();
    try {
      this.keep();
    } catch (error) {
      this.unstored(error);
    }
    this.run();
    this.changed();
  }

  /** Nothing is sent that was not stored. Another tab that goes on with this person ends this one. */
  unstored(error) {
    this.trouble = error.id || "notKept";
    if (this.trouble === "twoPages") this.ends = true;
  }

  /** @returns {{name: string, text: string}|null} evidence to save */
  evidenceFile() {
    if (this.evidence) return { name: this.evidence.name, text: new TextDecoder().decode(this.evidence.bytes) };
    return this.memory.stopped ? this.memory.stopped.evidence : null;
  }

  async step() {
    await this.check(await this.look());
    await this.due("message", "source", "cosign", "answerCall");
  }

  /** Does one after the other, unless it was stopped meanwhile. What the server does not take keeps none of the rest back. */
  async due(...names) {
    let refused = null;
    for (const name of names) {
      if (this.memory.stopped || this.ends || !this.read) break;
      try {
        await this[name]();
      } catch (error) {
        if (!(error instanceof LinkError) || error.status === 0) throw error;
        refused = refused || error;
      }
    }
    if (refused) throw refused;
  }

  /** Fetches what is new of the ledger, checks it whole, remembers how far it went. @returns {Promise<object>} */
  async look() {
    const { memory, link } = this;
    const bytes = await link.note();
    this.shown = { note: bytes, lines: link.lines };
    const known = knownOf(memory);
    const note = readCheckpoint(bytes, known);
    const { looked } = this;
    if (looked && looked.note.size === note.size) return looked; // the same size and, as it was not refused, the same root
    let lines = await link.entries(note.size);
    if (!fits(note, lines)) { // the beginning may be another than that which was fetched before
      this.forget();
      lines = await link.entries(note.size);
    }
    this.shown = { note: bytes, lines };
    const plan = await this.file("plan.json");
    const read = await readLedger({ note, lines, plan, session: memory.session }, known, this.verified, () => this.breathe());
    remember(memory, read);
    this.keep();
    this.looked = read;
    return read;
  }

  /** What was fetched is fetched anew, so what was checked of it is checked anew. */
  forget() {
    this.link.forget();
    this.passed = new Set();
  }

  /** What the device would not sign is remembered and shown, and it goes on with the rest. */
  unless(make) {
    const before = JSON.stringify(this.memory.stamps);
    try {
      const due = make();
      if (JSON.stringify(this.memory.stamps) !== before) this.keep(); // when it was seen, whatever comes of it
      return due;
    } catch (error) {
      if (!(error instanceof Withheld)) throw error;
      const { withheld = {} } = this.memory;
      this.memory.withheld = { ...withheld, [error.id]: error.values };
      this.keep();
      return null;
    }
  }

  async file(path) {
    try {
      return await this.link.file(this.memory.session, path);
    } catch (error) {
      if (error instanceof LinkError && error.status === 404) return null;
      throw error;
    }
  }

  /** Fetches what the stage needs and runs its checks. A header is shown only once they hold. */
  async check(read) {
    const files = new Map();
    let frozen = null;
    for (const path of neededFiles(read.session)) files.set(path, await this.needed(path));
    if (files.has("header.json")) {
      frozen = headerOf(files.get("header.json"), read.session.header.body);
      for (const path of neededFiles(read.session, frozen.header)) {
        if (!files.has(path)) files.set(path, await this.needed(path));
      }
    }
    const checks = await runStages(contextOf(read, this.memory.session, files), this.passed, () => this.breathe());
    if (frozen) Object.assign(this.memory, { title: frozen.header.title, rehearsal: frozen.header.rehearsal });
    Object.assign(this, { read, frozen, checks });
  }

  async needed(path) {
    const bytes = await this.file(path);
    if (bytes) return bytes;
    throw new LinkError(404, "", [`缺少文件 ${path}`, `the file ${path} is missing`]); // asked for again
  }

  /** Every message but the digits', as the stage asks for it. */
  async message() {
    await this.send(this.unless(() => nextMessage(this.memory, this.read, this.frozen, this.stamp())));
  }

  async send(due) {
    if (!due) return;
    this.keep(); // before it goes out
    try {
      await this.link.json("messages", due.message);
    } catch (error) {
      if (!(error instanceof LinkError) || !NOT_YET.includes(error.status)) throw error;
    }
  }

  async cosign() {
    const due = this.unless(() => nextCosignature(this.memory, this.read, this.frozen, this.stamp(), this.posix()));
    if (!due) return;
    await this.link.json("cosignatures", due.body);
    this.memory.cosigned[due.state] = due.body.size;
    this.keep();
  }

  /** The person's word for the digits, until it stands in the ledger; once for every word that the room shows (C9). */
  async source() {
    const due = nextSource(this.memory, this.read, this.frozen);
    const { publicDraw } = this.state;
    if (!due || this.answered.source === publicDraw) return;
    await this.send(due);
    this.answered.source = publicDraw;
  }

  /** A roll call is answered once the person has tapped for its number. */
  async answerCall() {
    const { memory, state } = this;
    const { number } = state.call;
    if (!number || memory.called !== number || this.answered.call === number || !memory.id) return;
    const sig = presentProof(memory.seed, memory.origin, memory.session, number, memory.id);
    await this.link.json("present", { id: memory.id, number, session: memory.session, sig });
    this.answered.call = number;
  }

  // What the person does

  /** Does what the person said, stores it, and sends at once what is due; the loop sends again what the network lost. */
  async act(change) {
    try {
      change();
      this.keep();
      this.changed(); // at once: the server may take its time
      await this.due("message", "source", "answerCall");
    } catch (error) {
      if (error instanceof Refusal) this.stop(error);
      else if (error instanceof StoreError) this.unstored(error);
      else if (!(error instanceof LinkError)) this.problem = odd(error);
    }
    this.changed();
  }

  /** The header is the same on the screen, or is not. */
  compared(answer) {
    return this.act(() => {
      this.memory.compared = answer;
      if (answer === "different") throw new Refusal("refuseDifferent");
    });
  }

  /**
   * The person commits: the contribution is made now, from the header as this device computed it. A second tap makes no
   * other, nor does a copy of this key that was restored from before the commitment.
   */
  async commit(typed, scribble) {
    const { contribution, compared, stopped } = this.memory;
    if (!this.frozen || contribution || stopped || compared !== "same" || this.held().includes("commitment")) return;
    await this.act(() => contribute(this.memory, this.frozen.hash, this.random(64), typed, scribble));
  }

  /** The digits of the public draw are those that the person saw, or are not. */
  digits(digits, right) {
    return this.act(() => {
      if (right) confirmDigits(this.memory, digits);
      else this.memory.notDigits = digits;
    });
  }

  /** The clerk's word for the person's role is right, or is not. */
  role(right) {
    return this.act(() => {
      if (!right) throw new Refusal("refuseRole", { role: this.memory.role });
      this.memory.wanted = this.memory.role;
    });
  }

  /** "I am here". */
  tap() {
    return this.act(() => { if (this.state) this.memory.called = this.state.call.number; });
  }

  /** @returns {string[]} what the ledger holds of this person */
  held() {
    return this.read && this.read.session && this.memory.id ? heldBy(this.memory, this.read.session) : [];
  }

  /** Lets the page live while much is computed. */
  async breathe() {
    const now = Date.now();
    if (now - (this.breathed || 0) < 40) return;
    this.breathed = now;
    await this.pause(0);
  }
}

/** @param {Uint8Array} bytes @param {{hash: string}} entry that of the ledger: no other file is ever shown or signed on */
function headerOf(bytes, entry) {
  const header = decode(bytes);
  if (header === undefined || !shapeOf("header.json")(header)) throw new Refusal("refuseHeader");
  const hash = hex(tagged("header", bytes));
  must(hash === entry.hash, "refuseCheck", { check: "V21", what: "header.json" });
  return { header, hash };
}

/** What the server says of the person's session: nothing, once the room is at another; its record is asked for all the same. */
function partOf(room, session) {
  if (room.session === session) return room;
  return {
    ...room, call: { number: 0, secondsLeft: 0 }, delay: { done: 0, segments: 0, secondsLeft: 0 }, enrolling: false,
    publicDraw: "", record: true, rehearsal: false, secondsLeft: null, state: "",
  };
}

/** What nobody expected, in both languages. */
const odd = (error) => [String(error), String(error)];
