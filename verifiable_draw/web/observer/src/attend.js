/**
 * One person's device at work: follows the room, reads, checks, and sends what is due.
 * The order of every step: look, check, remember (store), send. So a page that dies anywhere goes on the same.
 */

import { between } from "./core/clock.js";
import { confirmDigits, contribute, heldBy, knownOf, nextCosignature, nextMessage, remember } from "./core/device.js";
import { brokenLedger } from "./core/history.js";
import { contextOf, neededFiles, readLedger, runStages } from "./core/reading.js";
import { Refusal } from "./core/refusal.js";
import { presentProof } from "./core/sign.js";
import { decode, hex, shapeOf, tagged } from "./core/verifier.js";
import { LinkError } from "./link.js";

const BACKOFF = [300, 600, 1200, 2500, 5000]; // milliseconds
const NOT_YET = [409, 503, 429]; // the next look at the ledger tells what to do

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
      } catch (error) {
        if (error instanceof Refusal) this.stop(error);
        else if (error instanceof LinkError) {
          [this.offline, this.problem] = [error.status === 0, error.status ? error.words : null];
          tick = null;
          await this.pause(BACKOFF[Math.min(failures++, BACKOFF.length - 1)]);
        } else throw error;
      }
      this.changed();
    }
  }

  /** Stops for good: the ledger or the server did what must not be. The person decides what comes next. */
  stop(refusal) {
    const evidence = refusal.evidence || this.evidence;
    this.memory.stopped = { id: refusal.id, values: refusal.values, evidence: evidence
      ? { name: evidence.name, text: new TextDecoder().decode(evidence.bytes) } : null };
    this.save();
  }

  async step() {
    const { memory, link } = this;
    const shown = await link.ledger();
    this.evidence = brokenLedger(new TextDecoder().decode(shown.note), shown.lines);
    const plan = await this.file("plan.json");
    const read = await readLedger({ ...shown, plan, session: memory.session }, knownOf(memory), this.verified,
      () => this.breathe());
    remember(memory, read);
    this.save();
    this.read = read;
    await this.check(read);
    await this.send(nextMessage(memory, read, this.frozen, this.stamp()));
    await this.cosign();
    await this.answerCall();
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
      if (!bytes) throw new Refusal("refuseFile", { path });
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
    const due = nextCosignature(this.memory, this.read, this.frozen, this.stamp(), this.posix());
    if (!due) return;
    await this.link.json("cosignatures", due.body);
    this.memory.cosigned[due.state] = due.body.size;
    this.save();
  }

  /** A roll call is answered once the person has tapped for its number. */
  async answerCall() {
    const { memory, state } = this;
    const { number } = state.call;
    if (!number || memory.called !== number || this.answered === number || !memory.id) return;
    this.answered = number;
    const sig = presentProof(memory.seed, memory.origin, memory.session, number, memory.id);
    await this.link.json("present", { id: memory.id, number, session: memory.session, sig });
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

  /** The digits of the public draw are right. */
  async digits(digits) {
    const due = confirmDigits(this.memory, this.frozen, digits);
    this.save();
    this.memory.called = this.memory.called || 0;
    await this.send(due);
    this.changed();
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
      await this.send(nextMessage(this.memory, this.read, this.frozen, this.stamp()));
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
