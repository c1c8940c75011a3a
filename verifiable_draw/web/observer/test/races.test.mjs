/** Taps that come while the device is at work, and pages that end anywhere: nothing unchecked is signed, nothing is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Attendance } from "../src/attend.js";
import { decode, encode, utf8 } from "../src/core/verifier.js";
import { newMemory, pin } from "../src/core/device.js";
import { LinkError } from "../src/link.js";
import { append, FakeLink, filesWith, forged, linesOf, look, TAPE, twin, withSecret } from "./tape.mjs";
import { ATTEST, COUNT, COVERED, DIGITS, FakeStorage, FIRST, kept, page, refused, REVEAL, seen } from "./rig.mjs";

const HEADER = TAPE.devices.p1.header;
const CALL = { call: { number: 1, secondsLeft: 9 } };

/** The server lets the device wait for a file, and the person taps meanwhile. */
function tapWhile({ one, link }, path) {
  const { file } = link;
  let taps = 0;
  link.file = async (session, wanted) => {
    if (wanted === path && taps++ < 1) await one.tap();
    return file.call(link, session, wanted);
  };
  return () => taps;
}

test("a tap while groups are fetched signs nothing that was not checked", async () => {
  const rig = await seen(DIGITS);
  const groups = JSON.parse(TAPE.files["draws/d1/groups.json"]);
  groups.remainder.pop();
  const taps = tapWhile(rig, "draws/d1/groups.json");
  await assert.rejects(rig.see({ ...look(ATTEST), files: filesWith({ "draws/d1/groups.json": encode(groups) }), state: CALL }),
    refused("refuseCheck"));
  assert.ok(taps() > 0);
  assert.deepEqual(rig.link.of("messages", "attest.groups"), []);
});

test("a tap while the quorum is counted opens nothing", async () => {
  const rig = await seen(ATTEST); // it has attested; the others have not
  const lines = append(linesOf(ATTEST), "reveals.opened", { attested: ["p1"] }, { header: HEADER });
  const taps = tapWhile(rig, "header.json");
  await assert.rejects(rig.see(forged(lines, { state: CALL }), look(ATTEST).time), refused("refuseCheck"));
  assert.ok(taps() > 0);
  assert.deepEqual(rig.link.of("messages", "opening"), []);
});

test("a tap while the right groups are checked changes nothing", async () => {
  const rig = await seen(DIGITS);
  tapWhile(rig, "draws/d1/groups.json");
  await rig.see({ ...look(ATTEST), state: CALL });
  assert.deepEqual(rig.link.of("messages", "attest.groups"), [look(ATTEST).signed.p1]);
  assert.ok(rig.link.of("present").length >= 1);
});

test("two quick taps on commit make one contribution and stop nothing", async () => {
  const storage = new FakeStorage();
  const { one, memory, link, see } = page(twin("p1"), storage);
  await see(look(FIRST));
  await one.compared("same");
  link.json = async (path, body) => { await new Promise((done) => setTimeout(done, 5)); link.sent.push([path, body]); return {}; };
  await Promise.all([one.commit("1", []), one.commit("", [])]);
  assert.equal(memory.stopped, null);
  const bodies = link.of("messages", "commitment").map(({ body }) => body.commitment);
  assert.ok(bodies.length >= 1);
  assert.equal(new Set(bodies).size, 1);
  assert.equal(kept(storage).contribution, memory.contribution);
});

test("the page is drawn at once after a tap, not only when the server has answered", async () => {
  const { one, link, see } = page(twin("p1"), new FakeStorage());
  await see(look(FIRST));
  await one.compared("same");
  let drawn = 0;
  one.changed = () => { drawn++; };
  let answer;
  link.json = () => new Promise((done) => { answer = done; });
  const done = one.commit("", []);
  assert.equal(drawn, 1);
  answer({});
  await done;
});

test("a commit before there is a header, or without a comparison, makes nothing and does not fail", async () => {
  const { one, memory } = page(twin("p1"), new FakeStorage());
  await one.commit("1", []);
  await one.tap();
  assert.equal(memory.contribution, "");
  assert.equal(memory.stopped, null);
});

test("a person whose commitment was made with another copy of the key makes no second one", async () => {
  const storage = new FakeStorage();
  const { one, memory, see, link } = page(twin("p1"), storage); // a backup from before the commitment
  await see(look(DIGITS)); // the ledger holds it already
  await one.compared("same");
  await one.commit("1", []);
  assert.equal(memory.contribution, "");
  assert.deepEqual(link.of("messages"), []);
  // And with a contribution that is not the one committed to, nothing is opened.
  for (const contribution of ["", "ab".repeat(32)]) {
    const other = page(Object.assign(twin("p1"), { contribution, salt: contribution, header: HEADER }), new FakeStorage());
    await other.see(look(REVEAL)).catch(() => {});
    assert.deepEqual(other.link.of("messages", "opening"), []);
  }
});

test("a header that was exchanged together with the entries that were fetched anew", async () => {
  const { one, memory, link, see } = page(twin("p1"), new FakeStorage());
  await see(look(FIRST));
  const header = JSON.parse(TAPE.files["header.json"]);
  header.windows.commit = 1_000_000;
  const files = filesWith({ "header.json": encode(header) });
  const real = link.entries.bind(link);
  let times = 0;
  link.entries = async (size) => (times++ ? real(size) : Array(size).fill(utf8("{}"))); // wrong at first: all is fetched again
  await assert.rejects(see({ ...look(DIGITS), files }), refused("refuseCheck"));
  assert.equal(one.frozen.hash, HEADER);
  await one.compared("same");
  await one.commit("", []);
  assert.ok(!memory.header || memory.header === HEADER);
});

test("a header served otherwise after it was checked is refused, though nothing was fetched anew", async () => {
  const { one, see } = page(twin("p1"), new FakeStorage());
  await see(look(FIRST));
  const header = JSON.parse(TAPE.files["header.json"]);
  header.title = "另一份";
  await assert.rejects(see({ ...look(FIRST), files: filesWith({ "header.json": encode(header) }) }), refused("refuseCheck"));
  assert.equal(one.frozen.hash, HEADER);
});

test("stopped while a message was on its way: nothing else is signed", async () => {
  const { one, memory, link, see } = await seen(DIGITS);
  const { json } = link;
  link.json = async (path, body) => {
    await json.call(link, path, body);
    if (body.type === "attest.groups") one.stop({ id: "refuseNeighbour", values: {}, evidence: null });
    return {};
  };
  memory.called = 1;
  await see({ ...look(ATTEST), state: CALL });
  assert.deepEqual(link.of("messages").map(({ type }) => type), ["attest.groups"]);
  link.sent.length = 0;
  await see(look(REVEAL)).catch(() => {});
  await one.tap();
  await one.digits("460913", true);
  assert.deepEqual(link.sent, []);
});

test("a restart while the loop is at work leaves nothing half done", async () => {
  const { one, memory, link } = await seen(DIGITS);
  link.show({ ...look(ATTEST) });
  const { file } = link;
  let once = true;
  link.file = async (session, path) => {
    if (once && path === "draws/d2/groups.json") {
      once = false;
      one.stop({ id: "refuseNeighbour", values: {}, evidence: null });
      one.restart();
    }
    return file.call(link, session, path);
  };
  const problems = [];
  one.changed = () => {
    if (one.problem) problems.push(one.problem);
    if (link.of("messages", "attest.groups").length) one.ends = true;
  };
  await one.run();
  assert.deepEqual(problems, []);
  assert.equal(memory.stopped, null);
});

test("what no code expected is said after a tap too, and no promise is left rejected", async () => {
  const { one, see } = await seen(FIRST);
  one.stamp = () => { throw new TypeError("odd"); };
  await one.compared("same");
  assert.match(one.problem[1], /odd/);
  await assert.rejects(see(look(DIGITS)));
});

test("a device that waits for its person remembers when it saw the close", async () => {
  const storage = new FakeStorage();
  const first = await seen(DIGITS, "p1", storage);
  first.memory.digits = "";
  first.memory.sent.source = undefined;
  await first.see(look(ATTEST));
  assert.equal(kept(storage).stamps.closed.wall, look(ATTEST).time);
  const again = page(kept(storage), storage, new FakeLink(look(ATTEST)), "two", look(ATTEST).time + 3_600_000); // an hour later
  await again.see(look(ATTEST), look(ATTEST).time + 3_600_000);
  await again.one.digits("460913", true);
  assert.deepEqual(again.memory.withheld, {});
  assert.equal(again.link.of("messages", "attest.groups").length, 1);
});

test("two pages with one key: one commitment, whoever is quicker", async () => {
  for (const slow of [0, 1]) {
    const storage = new FakeStorage();
    const start = page(twin("p1"), storage);
    await start.see(look(FIRST));
    const pages = [page(kept(storage), storage), page(kept(storage), storage)];
    for (const { one, memory, link } of pages) {
      // Both have read the same: neither has stored anything since.
      Object.assign(one, { read: start.one.read, frozen: start.one.frozen, state: start.one.state });
      memory.compared = "same";
      link.show(look(FIRST));
    }
    const [first, second] = slow ? [pages[1], pages[0]] : pages;
    await Promise.all([first.one.commit("1", []), second.one.commit("2", [])]);
    await first.see(look(FIRST));
    await second.see(look(FIRST)).catch(() => {});
    const sent = pages.flatMap(({ link }) => link.of("messages", "commitment").map(({ body }) => body.commitment));
    assert.equal(new Set(sent).size, 1);
    assert.equal(second.one.trouble, "twoPages");
    assert.equal(second.one.ends, true);
    assert.equal(kept(storage).contribution, first.memory.contribution);
  }
});

test("the page ends at any save: what was sent is stored, and the next load says the same", async () => {
  for (let dies = 1; dies < 40; dies++) {
    const storage = new FakeStorage();
    let rig = page(withSecret(twin("p1"), "p1"), storage);
    rig.memory.digits = TAPE.devices.p1.digits;
    const sent = [];
    let saves = 0;
    const dying = (one) => {
      const save = one.one.save;
      one.one.save = () => { if (++saves === dies) throw new Error("the page was closed"); save(); };
      return one;
    };
    dying(rig);
    for (let i = 0; i < TAPE.looks.length; i++) {
      try {
        await rig.see(look(i));
      } catch (error) {
        assert.match(String(error), /closed/);
        sent.push(...rig.link.sent);
        rig = page(storage.getItem("verifiable-draw-observer/me") ? kept(storage) : withSecret(twin("p1"), "p1"), storage,
          new FakeLink(look(i)), `load ${dies}`, look(i).time);
        rig.memory.digits = TAPE.devices.p1.digits;
        i--;
      }
    }
    sent.push(...rig.link.sent);
    for (const type of ["commitment", "source", "attest.groups", "opening", "attest.reveals"]) {
      const texts = new Set(sent.filter(([, body]) => body.type === type).map(([, { body }]) => JSON.stringify(body)));
      assert.equal(texts.size, 1, `${type} when it dies at save ${dies}`);
    }
    assert.equal(rig.memory.stopped, null);
  }
});

test("a full storage gives up the old leaves before it gives up the person", async () => {
  const storage = new FakeStorage();
  const { one, memory, see } = await seen(DIGITS, "p1", storage);
  storage.room = [...storage.map.values()].join("").length;
  await see(look(ATTEST));
  assert.equal(memory.seen.leaves, "");
  assert.equal(kept(storage).sent["attest.groups"].type, "attest.groups");
  await assert.rejects(see(look(FIRST)), refused("refuseOlder"));
  one.stop({ id: "refuseOlder", values: {}, evidence: null });
  assert.equal(kept(storage).stopped.id, "refuseOlder");
});

test("a stop is stored even when its evidence has no room", async () => {
  const storage = new FakeStorage();
  const { one } = await seen(DIGITS, "p1", storage);
  storage.room = [...storage.map.values()].join("").length + 2000;
  const evidence = { name: "fork-1.json", bytes: utf8("x".repeat(100_000)) };
  one.stop({ id: "refuseFork", values: { size: 3 }, evidence });
  assert.equal(kept(storage).stopped.id, "refuseFork");
  assert.equal(one.evidenceFile().text.length, 100_000); // as long as the page is open
});

test("a storage that is full when a tap comes: nothing is sent, and all of it once there is room", async () => {
  const storage = new FakeStorage();
  const { one, memory, link, see } = page(twin("p1"), storage);
  await see(look(FIRST));
  await one.compared("same");
  storage.full = true;
  await one.commit("1", []);
  assert.equal(one.trouble, "notKept");
  assert.deepEqual(link.of("messages"), []);
  const made = memory.contribution;
  await assert.rejects(see(look(FIRST)), { id: "notKept" });
  assert.deepEqual(link.of("messages"), []);
  storage.full = false;
  await see(look(FIRST));
  assert.equal(kept(storage).contribution, made);
  assert.equal(link.of("messages", "commitment").length, 1);
});

test("an opening that the bureau dropped: the coverage has 2 Δ all the same", async () => {
  const lines = linesOf(REVEAL);
  const { see, memory, link } = await seen(REVEAL); // its opening was sent, and never came into the ledger
  const closed = JSON.parse(new TextDecoder().decode(linesOf(COVERED).map((line) => line)
    .find((line) => decode(line).type === "reveals.closed"))).body;
  const ids = JSON.parse(TAPE.files["header.json"]).observers.map(({ id }) => id);
  closed.openings = closed.openings.map((opening, i) => (ids[i] === "" ? opening : { contribution: "", salt: "", status: "missing" }));
  const { revealsClosedHash } = await import("../../../../verifier/web/src/ceremony.js");
  closed.hash = revealsClosedHash(closed.openings);
  const shut = append(lines, "reveals.closed", closed, { header: HEADER });
  await see(forged(shut), look(REVEAL).time + 15_000);
  assert.deepEqual(Object.keys(memory.withheld), ["refuseOpening"]);
  const covered = append(shut, "coverage.closed", { covered: [] }, { header: HEADER });
  await see(forged(covered), look(REVEAL).time + 41_000);
  assert.ok(memory.withheld.refuseLateCoverage);
  assert.deepEqual(link.of("cosignatures"), []);
});

test("answers of 409, 503, 429, 500, 400 and garbage to everything that is sent lose nothing", async () => {
  for (const status of [409, 503, 429, 500, 400, -1]) {
    const { one, link, memory, see } = await seen(DIGITS);
    link.refuse = new LinkError(status, "x", ["<b>不</b>", "<b>no</b>"]);
    memory.called = 1;
    for (const i of [ATTEST, REVEAL, COUNT, COVERED]) await see({ ...look(i), state: CALL }).catch((error) => assert.ok(error instanceof LinkError));
    const types = new Set(link.of("messages").map(({ type }) => type));
    for (const type of ["attest.groups", "opening", "attest.reveals"]) assert.ok(types.has(type), `${status} ${type}`);
    assert.ok(link.of("cosignatures").length > 0, `${status}: cosignature`);
    assert.ok(link.of("present").length > 0, `${status}: roll call`);
    assert.equal(memory.stopped, null);
    assert.equal(one.answered.call, undefined);
    link.refuse = null;
    await see({ ...look(COVERED), state: CALL });
    assert.equal(one.answered.call, 1);
  }
});

test("the loop itself lives through a server that is of no use", async () => {
  const { one, link, memory } = await seen(DIGITS);
  let turns = 0;
  const faults = [() => { throw new RangeError("odd"); }, async () => null, async () => ({}), async () => ({ call: null, tick: 1 }),
    async () => { throw new LinkError(500, "", ["", ""]); }];
  link.state = async () => faults[turns++ % faults.length]();
  link.show({ ...look(ATTEST) });
  one.changed = () => { if (turns > 12) one.ends = true; };
  await one.run();
  assert.equal(one.running, false);
  assert.equal(memory.stopped, null);
  assert.deepEqual(link.of("messages", "attest.groups")[0], look(ATTEST).signed.p1);
});

test("a device that was never enrolled signs nothing but its request", async () => {
  const memory = twin("p1");
  memory.seed = "07".repeat(32);
  const { see, link, one } = page(memory, new FakeStorage());
  for (let i = 0; i < TAPE.looks.length; i++) await see({ ...look(i), state: CALL });
  await one.tap();
  await one.commit("", []);
  assert.deepEqual(link.sent, []);
  assert.ok(one instanceof Attendance);
});

test("the first reason to stop stays, with its proof", async () => {
  const { one, memory } = await seen(DIGITS);
  const evidence = { name: "fork-1.json", bytes: utf8("{}") };
  one.stop({ id: "refuseFork", values: {}, evidence });
  await one.compared("different");
  assert.equal(memory.stopped.id, "refuseFork");
  assert.deepEqual(one.evidenceFile(), { name: "fork-1.json", text: "{}" });
  one.stop({ id: "refuseNeighbour", values: {}, evidence: { name: "neighbour-1.txt", bytes: utf8("x") } });
  assert.equal(memory.stopped.id, "refuseNeighbour");
});

test("checked again after a stop: contribution, digits and what was signed stay as they were", async () => {
  const storage = new FakeStorage();
  const { one, memory, link } = await seen(REVEAL, "p1", storage);
  const { contribution, salt, digits, sent, stamps, seen: before } = structuredClone(memory);
  one.stop({ id: "refuseCheck", values: {}, evidence: null });
  link.show(look(COUNT));
  const { stamp } = one;
  one.stamp = () => ({ ...stamp(), mono: look(COUNT).time, wall: look(COUNT).time });
  one.changed = () => { if (one.read && link.of("messages", "attest.reveals").length) one.ends = true; };
  one.restart();
  while (one.running) await new Promise((done) => setTimeout(done, 2));
  assert.deepEqual(link.of("messages").map(({ type }) => type), ["attest.reveals"]);
  assert.deepEqual(link.of("messages")[0], look(COUNT).signed.p1);
  const { "attest.reveals": last, ...rest } = memory.sent;
  assert.deepEqual({ contribution: memory.contribution, salt: memory.salt, digits: memory.digits, sent: rest }, { contribution, salt, digits, sent });
  assert.equal(memory.stamps.opened.wall, stamps.opened.wall);
  assert.ok(memory.seen.size > before.size);
  assert.deepEqual(kept(storage).sent["attest.reveals"], last);
});

test("a device of the next session refuses a ledger that is behind what the earlier one saw, and another one", async () => {
  const earlier = (await seen(COUNT)).memory;
  const next = () => {
    const memory = newMemory("77".repeat(32), "own-page", "s2", "parent");
    pin(memory, earlier.origin, [earlier]);
    return page(memory, new FakeStorage());
  };
  await assert.rejects(next().see(look(ATTEST)), refused("refuseOlder"));
  const rig = next();
  await rig.see(look(COUNT)); // the same ledger, where the session does not stand yet
  assert.deepEqual(rig.memory.over, "");
  rig.memory.seen.root = "00".repeat(32);
  await assert.rejects(rig.see(look(COVERED)), refused("refuseFork"));
});

test("what the room is at beside this person's session is nothing to answer or to show", async () => {
  const rig = await seen(DIGITS);
  const { one, link, memory } = rig;
  let looks = 0;
  one.pause = async () => { if (++looks > 1) one.ends = true; };
  link.show({ ...look(DIGITS), state: { session: "another", publicDraw: "999999", call: { number: 4, secondsLeft: 9 }, rehearsal: true } });
  await one.run();
  assert.equal(one.room.session, "another");
  assert.deepEqual([one.state.call.number, one.state.publicDraw, one.state.rehearsal], [0, "", false]);
  await one.tap();
  assert.deepEqual(link.of("present"), []);
  assert.equal(memory.called, 0);
});

test("a session that is over is not looked for in another ledger's room", async () => {
  const rig = await seen(COVERED);
  const { one, link, memory } = rig;
  memory.over = "PUBLISHED";
  let looks = 0;
  one.pause = async () => { if (++looks > 1) one.ends = true; };
  const asked = link.note;
  let notes = 0;
  link.note = () => { notes++; return asked.call(link); };
  link.show({ ...look(COVERED), state: { session: "s1", origin: "elsewhere.example/ledger" } });
  await one.run();
  assert.equal(notes, 0);
  assert.equal(memory.stopped, null);
});
