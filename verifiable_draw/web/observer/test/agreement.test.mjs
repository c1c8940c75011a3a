/** The page's device and the Python device sign the same, byte for byte, when they are shown the same. */
import assert from "node:assert/strict";
import test from "node:test";
import { Attendance } from "../src/attend.js";
import { FakeLink, look, TAPE, twin, withSecret } from "./tape.mjs";

const TYPES = ["commitment", "source", "attest.groups", "opening", "attest.reveals"];

function device(name, link) {
  const clock = { time: 0 };
  const stored = [];
  const memory = twin(name);
  const attendance = new Attendance({
    link, memory, changed() {}, pause: async () => {}, random: () => new Uint8Array(64).fill(7),
    save: () => stored.push(JSON.stringify(memory)), posix: () => Math.floor(clock.time / 1000),
    stamp: () => ({ page: "one", mono: clock.time, wall: clock.time }),
  });
  return { attendance, memory, clock, stored };
}

async function see(one, number, link) {
  one.clock.time = look(number).time;
  link.show(look(number));
  one.attendance.state = await link.state();
  await one.attendance.step();
}

for (const name of Object.keys(TAPE.devices)) {
  test(`a whole session as ${name}`, async () => {
    const link = new FakeLink(look(0));
    const one = device(name, link);
    await see(one, 0, link);
    assert.equal(one.memory.id, name);
    assert.equal(one.attendance.frozen.hash, TAPE.devices[name].header);
    assert.deepEqual(link.sent, []); // nothing before the person has committed
    withSecret(one.memory, name);
    for (let i = 0; i < TAPE.looks.length; i++) {
      if (i === 1) one.memory.digits = TAPE.devices[name].digits;
      await see(one, i, link);
    }
    const due = TAPE.looks.map(({ signed }) => signed[name]).filter(Boolean);
    const messages = due.filter((message) => message.type);
    for (const type of TYPES) {
      const wanted = messages.filter((message) => message.type === type);
      const got = link.of("messages", type);
      if (!wanted.length) continue; // p2 was not asked for the digits by the tape
      assert.deepEqual(got[0], wanted[0], type);
      assert.equal(new Set(got.map((message) => JSON.stringify(message))).size, 1, `${type}: one message`);
    }
    const lines = due.filter((message) => message.line);
    assert.equal(lines.length, 2);
    for (const wanted of lines) assert.ok(link.of("cosignatures").some(({ line }) => line === wanted.line), wanted.line);
    assert.deepEqual(one.memory.withheld, {});
    assert.equal(one.memory.stopped, null);
  });

  test(`a reload before every step changes nothing for ${name}`, async () => {
    const link = new FakeLink(look(0));
    let one = device(name, link);
    await see(one, 0, link);
    withSecret(one.memory, name);
    one.memory.digits = TAPE.devices[name].digits;
    for (let i = 0; i < TAPE.looks.length; i++) {
      for (let load = 0; load < 2; load++) { // twice at each step: what was sent is sent again, the same
        const before = one;
        one = device(name, link);
        Object.assign(one.memory, JSON.parse(JSON.stringify(before.memory)));
        one.attendance.stamp = () => ({ page: `${i}.${load}`, mono: 100, wall: one.clock.time });
        await see(one, i, link);
      }
    }
    for (const type of TYPES) {
      const got = link.of("messages", type).map((message) => JSON.stringify(message));
      assert.ok(new Set(got).size <= 1, type);
    }
    assert.equal(link.of("messages", "attest.reveals").length > 0, true);
  });
}

test("what is sent was stored before", async () => {
  const link = new FakeLink(look(0));
  const one = device("p1", link);
  link.json = async (path, body) => {
    const kept = JSON.parse(one.stored[one.stored.length - 1]);
    if (body.type) assert.deepEqual(kept.sent[body.type], body);
    if (body.type === "commitment") assert.equal(kept.contribution, one.memory.contribution);
    link.sent.push([path, body]);
    return {};
  };
  await see(one, 0, link);
  withSecret(one.memory, "p1");
  one.memory.digits = TAPE.devices.p1.digits;
  for (let i = 0; i < TAPE.looks.length; i++) await see(one, i, link);
  assert.ok(link.sent.length >= 7);
});

test("a storage that does not keep stops the device before it sends", async () => {
  const link = new FakeLink(look(0));
  const one = device("p1", link);
  await see(one, 0, link);
  withSecret(one.memory, "p1");
  one.attendance.save = () => { throw new Error("full"); };
  await assert.rejects(see(one, 0, link));
  assert.deepEqual(link.sent, []);
});
