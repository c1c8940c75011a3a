/**
 * One person's device at work: follows the room, reads, checks, and sends what is due.
 * The order of every step: look, check, remember (store), send. So a page that dies anywhere goes on the same.
 */

import { between } from "./core/clock.js";
import {
  confirmDigits, contribute, heldBy, knownOf, nextCosignature, nextMessage, nextSource, remember,
} from "./core/device.js";
import { brokenLedger } from "./core/history.js";
import { contextOf, fits, neededFiles, readCheckpoint, readLedger, runStages } from "./core/reading.js";
import { Refusal, Withheld } from "./core/refusal.js";
import { presentProof } from "./core/sign.js";
import { decode, hex, shapeOf, tagged } from "./core/verifier.js";
import { LinkError } from "./link.js";

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
    this.state = null; // N5 as the server says it, for showing
    this.read = null; // what was checked
    this.frozen = null; // {header, hash}
    this.checks = [];
    this.offline = false;
    this.problem = null;
    this.ends = false;
    this.shown = null; // {note, lines} as they came, for evidence
    this.answered = {}; // what the server took of what has no entry of its own
  }

  /** Follows the room until told to stop. */
  async run() {
    let [tick, failures] = [null, 0];
    while (!this.ends && !this.memory.stopped) {
      try {
        this.state = await this.link.state(tick);
        tick = this.state.tick;
        await this.step();
        [this.offline, this.problem, failures] = [false, null, 0];
        await this.pause(REST);
      } catch (error) {
        tick = null;
        if (error instanceof Refusal) this.stop(error);
        else {
          // What no code of ours expected must not end the loop either: it is said, and tried again.
          const { status, words } = error instanceof LinkError ? error : { status: -1, words: [String(error), String(error)] };
          [this.offline, this.problem] = [status === 0, status ? words : null];
          await this.pause(BACKOFF[Math.min(failures++, BACKOFF.length - 1)]);
        }
      }
      this.changed();
    }
  }

  /** Stops for good: the ledger or the server did what must not be. The person decides what comes next. */
  stop(refusal) {
    this.evidence = refusal.evidence || (this.shown && brokenLedger(new TextDecoder().decode(this.shown.note), this.shown.lines));
    const text = this.evidence ? new TextDecoder().decode(this.evidence.bytes) : "";
    const kept = text && text.length <= EVIDENCE_KEPT ? { name: this.evidence.name, text } : null;
    this.memory.stopped = { id: refusal.id, values: refusal.values, evidence: kept };
    try {
      this.save();
    } catch (error) {
      this.problem = [String(error), String(error)]; // it is stopped all the same, as long as the page is open
    }
  }

  /** @returns {{name: string, text: string}|null} evidence to save */
  evidenceFile() {
    if (this.evidence) return { name: this.evidence.name, text: new TextDecoder().decode(this.evidence.bytes) };
    return this.memory.stopped ? this.memory.stopped.evidence : null;
  }

  async step() {
    const { memory } = this;
    await this.look();
    await this.check(this.read);
    await this.send(this.unless(() => nextMessage(memory, this.read, this.frozen, this.stamp())));
    await this.source();
    await this.cosign();
    await this.answerCall();
  }

  /** Fetches what is new of the ledger, checks it whole, remembers how far it went. */
  async look() {
    const { memory, link } = this;
    const bytes = await link.note();
    this.shown = { note: bytes, lines: link.lines };
    const known = knownOf(memory);
    const note = readCheckpoint(bytes, known);
    if (this.read && this.read.note.size === note.size) return; // the same size and, as it was not refused, the same root
    let lines = await link.entries(note.size);
    if (!fits(note, lines)) { // the beginning may be another than that which was fetched before
      link.forget();
      lines = await link.entries(note.size);
    }
    this.shown = { note: bytes, lines };
    const plan = await this.file("plan.json");
    const read = await readLedger({ note, lines, plan, session: memory.session }, known, this.verified, () => this.breathe());
    remember(memory, read);
    this.save();
    this.read = read;
  }

  /** What the device would not sign is remembered and shown, and it goes on with the rest. */
  unless(make) {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof Withheld)) throw error;
      const { withheld = {} } = this.memory;
      this.memory.withheld = { ...withheld, [error.id]: error.values };
      this.save();
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

  /** Fetches what the stage needs and runs its checks. */
  async check(read) {
    const files = new Map();
    for (const path of neededFiles(read.session, this.frozen && this.frozen.header)) {
      const bytes = await this.file(path);
      if (!bytes) throw new LinkError(404, "", [`缺少文件 ${path}`, `the file ${path} is missing`]); // asked for again
      files.set(path, bytes);
    }
    if (files.has("header.json") && !this.frozen) {
      const bytes = files.get("header.json");
      const header = decode(bytes);
      if (header === undefined || !shapeOf("header.json")(header)) throw new Refusal("refuseHeader");
      this.frozen = { header, hash: hex(tagged("header", bytes)) };
      await this.check(read);
      return;
    }
    if (!this.frozen) return;
    if (this.memory.compared === "different") throw new Refusal("refuseDifferent");
    this.checks = await runStages(contextOf(read, this.memory.session, files), this.passed, () => this.breathe());
  }

  async send(due) {
    if (!due) return;
    this.save(); // before it goes out
    try {
      await this.link.json("messages", due.message);
    } catch (error) {
      if (!(error instanceof LinkError) || !NOT_YET.includes(error.status)) throw error;
    }
  }

  async cosign() {
    const due = this.unless(() => nextCosignature(this.memory, this.read, this.frozen, this.stamp(), this.posix()));
    if (!due) return;
    this.save(); // the time at which it was seen
    await this.link.json("cosignatures", due.body);
    this.memory.cosigned[due.state] = due.body.size;
    this.save();
  }

  /** The person's word for the digits, until it stands in the ledger; once for every word that the room shows (C9). */
  async source() {
    const due = nextSource(this.memory, this.read, this.frozen);
    if (!due || this.answered.source === this.state.publicDraw) return;
    this.save(); // before it goes out
    await this.send(due);
    this.answered.source = this.state.publicDraw;
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

  /** The header is the same on the screen, or is not. */
  compared(answer) {
    this.memory.compared = answer;
    this.save();
    if (answer === "different") this.stop(new Refusal("refuseDifferent"));
    this.changed();
  }

  /** The person commits: the contribution is made now, from the header as this device computed it. */
  async commit(typed, scribble) {
    contribute(this.memory, this.frozen.hash, this.random(64), typed, scribble);
    this.save();
    await this.again();
  }

  /** The digits of the public draw are those that the person saw, or are not. */
  async digits(digits, right) {
    try {
      if (right) confirmDigits(this.memory, digits);
      else this.memory.notDigits = digits;
      this.save();
      if (this.frozen) await this.source();
    } catch (error) {
      if (error instanceof Refusal) this.stop(error); // the loop sends again what the network lost
    }
    await this.again();
  }

  /** The clerk's word for the person's role is right, or is not. */
  async role(right) {
    if (right) this.memory.wanted = this.memory.role;
    else this.stop(new Refusal("refuseRole", { role: this.memory.role }));
    this.save();
    await this.again();
  }

  async tap() {
    this.memory.called = this.state.call.number;
    this.save();
    await this.answerCall().catch(() => {});
    this.changed();
  }

  /** Sends what is due at once, instead of at the next news; what fails is tried again by the loop. */
  async again() {
    try {
      if (this.read && !this.memory.stopped) {
        await this.send(this.unless(() => nextMessage(this.memory, this.read, this.frozen, this.stamp())));
      }
    } catch (error) {
      if (error instanceof Refusal) this.stop(error);
    }
    this.changed();
  }

  /** @returns {string[]} what the ledger holds of this person */
  held() {
    return this.read && this.read.session && this.memory.id ? heldBy(this.memory, this.read.session) : [];
  }

  /** Seconds since an event that was remembered, for showing. */
  since(name) {
    return Math.round(between(this.memory.stamps[name], this.stamp()) / 1000);
  }

  /** Lets the page live while much is computed. */
  async breathe() {
    const now = Date.now();
    if (now - (this.breathed || 0) < 40) return;
    this.breathed = now;
    await this.pause(0);
  }
}
