/** A device at work under a clock, a storage and a server of the test's own. */
import assert from "node:assert/strict";
import { Attendance } from "../src/attend.js";
import { Store } from "../src/store.js";
import { FakeLink, look, TAPE, twin, withSecret } from "./tape.mjs";

export const [FIRST, DIGITS, ATTEST, REVEAL, COUNT, COVERED] = [0, 1, 2, 3, 4, 5]; // looks of the tape

/** A browser's storage that can be full: `room` characters of values, all together. */
export class FakeStorage {
  constructor(room = Infinity) {
    this.map = new Map();
    this.room = room;
  }

  getItem(key) { return this.map.has(key) ? this.map.get(key) : null; }

  setItem(key, value) {
    const others = [...this.map].reduce((sum, [name, text]) => sum + (name === key ? 0 : text.length), 0);
    if (this.full || others + value.length > this.room) throw new Error("QuotaExceededError");
    this.map.set(key, value);
  }

  removeItem(key) { this.map.delete(key); }
}

/** One page: a device of this memory, stored in this storage as the page does it. */
export function page(memory, storage, link = new FakeLink(look(0)), load = "one", since = 0) {
  const store = new Store(storage);
  store.load("me");
  const clock = { time: 0, page: load };
  const one = new Attendance({
    link, memory, changed() {}, pause: async () => {}, random: (n) => Uint8Array.from({ length: n }, () => Math.random() * 255 + 1),
    save: () => store.save("me", { memory }), posix: () => Math.floor(clock.time / 1000),
    stamp: () => ({ page: clock.page, mono: clock.time - since, wall: clock.time }),
  });
  const see = async (shown, time) => {
    clock.time = time ?? shown.time ?? clock.time;
    link.show(shown);
    one.state = await link.state();
    await one.step();
  };
  return { one, memory, link, see, clock, store };
}

/** A device that has seen the looks up to `until`, with its secret and the digits confirmed. */
export async function seen(until, name = "p1", storage = new FakeStorage()) {
  const rig = page(twin(name), storage);
  await rig.see(look(0));
  withSecret(rig.memory, name);
  rig.memory.digits = TAPE.devices[name].digits;
  for (let i = 0; i <= until; i++) await rig.see(look(i));
  rig.link.sent.length = 0;
  return rig;
}

export const refused = (id) => (error) => {
  assert.equal(error.id, id, String(error));
  return true;
};

/** What is stored, as the next load of the page finds it. */
export const kept = (storage) => JSON.parse(storage.getItem("verifiable-draw-observer/me")).memory;
