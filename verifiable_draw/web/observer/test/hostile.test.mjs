/** A server that lies in every way it can: the device stops, or waits, and never signs what it must not. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Attendance } from "../src/attend.js";
import { encode, hex, tagged, utf8 } from "../src/core/verifier.js";
import { LinkError } from "../src/link.js";
import { ATTEST, COUNT, COVERED, DIGITS, FIRST, refused, REVEAL, seen } from "./rig.mjs";
import { append, checkpoint, FakeLink, filesWith, forged, linesOf, look, ORIGIN, TAPE, twin, withSecret } from "./tape.mjs";
import { verifyFork } from "../../../../verifier/web/src/fork.js";

const OPERATOR = TAPE.lines.length && JSON.parse(TAPE.lines[0]).body.keys.find(({ role }) => role === "operator").key;

const parsed = (line) => JSON.parse(new TextDecoder().decode(line));
const body = (i, type) => linesOf(i).map(parsed).find((entry) => entry.type === type).body;
const HEADER = TAPE.devices.p1.header;

// ---- the ledger

test("two histories: evidence that anybody can check, from a larger, an equal and a smaller checkpoint", async () => {
  const lines = linesOf(ATTEST);
  const other = append(lines.slice(0, -1), "aborted", { reason: "另一段历史" }, { header: HEADER });
  const larger = append(append(other, "register", { schools: [], year: 2031 }, { session: "" }), "register",
    { schools: [], year: 2032 }, { session: "" });
  const smaller = append(lines.slice(0, -4), "aborted", { reason: "另一段历史" }, { header: HEADER });
  for (const shown of [larger, other, smaller]) {
    const { one, see, link } = await seen(ATTEST);
    await assert.rejects(see(forged(shown)), (error) => {
      assert.equal(error.id, "refuseFork", String(error));
      const verdict = verifyFork(error.evidence.bytes, [OPERATOR], null);
      assert.equal(verdict.exit, 0, verdict.reason);
      one.stop(error);
      if (process.env.FORKS) writeFileSync(join(process.env.FORKS, `${OPERATOR}-${shown.length}.json`), one.evidenceFile().text);
      return true;
    });
    assert.equal(verifyFork(utf8(one.evidenceFile().text), [OPERATOR], null).exit, 0);
    assert.deepEqual(link.sent, []);
  }
});

test("an older checkpoint is refused, a fork signed by another key is no fork", async () => {
  const { see } = await seen(ATTEST);
  await assert.rejects(see(look(FIRST)), refused("refuseOlder"));
  const lines = append(linesOf(ATTEST).slice(0, -1), "aborted", { reason: "x" }, { header: HEADER });
  await assert.rejects(see({ note: checkpoint(lines, TAPE.keys.approver), lines, size: lines.length }), refused("refuseOperator"));
});

test("another ledger, even one of the same name, is not taken for the pinned one", async () => {
  const { see } = await seen(FIRST);
  const lines = linesOf(ATTEST);
  await assert.rejects(see({ note: checkpoint(lines, TAPE.keys.operator, "other.example/ledger"), lines, size: lines.length }),
    refused("refuseOtherLedger"));
});

test("entries that do not fit the checkpoint, a broken chain, a forged signature, unknown types", async () => {
  const lines = linesOf(ATTEST);
  const changed = (change) => {
    const entry = parsed(lines[lines.length - 1]);
    change(entry);
    return [...lines.slice(0, -1), encode(entry)];
  };
  const cases = [
    [{ ...look(ATTEST), lines: changed((entry) => { entry.time = "2026-08-26T00:00:00Z"; }) }, "refuseRoot"],
    [forged(changed((entry) => { entry.prev = "0".repeat(64); })), "refuseChain"],
    [forged(changed((entry) => { entry.time = "2020-01-01T00:00:00Z"; })), "refuseChain"],
    [forged(changed((entry) => { entry.sig[0].sig = "0".repeat(128); })), "refuseSignature"],
    [forged(append(lines, "header.again", {}, { header: HEADER })), "refuseEntry"],
    [forged(append(lines, "seed", { seed: "0".repeat(64) }, { header: HEADER })), "refuseRule"],
    [forged(append(lines, "reveals.closed", { hash: "0".repeat(64), openings: [] }, { header: HEADER })), "refuseRule"],
    [forged([...lines.slice(0, -1), utf8("{\"a\": 1}")]), "refuseEntry"],
    [forged([...lines.slice(0, -1), utf8("x".repeat(70_000))]), "refuseEntry"],
    [{ note: "nonsense\n", lines, size: 1 }, "refuseNote"],
    [{ note: checkpoint(lines) + "x".repeat(200_000), lines, size: lines.length }, "refuseNote"],
  ];
  for (const [shown, id] of cases) {
    const { see, link } = await seen(FIRST);
    await assert.rejects(see(shown, look(ATTEST).time), refused(id));
    assert.deepEqual(link.sent, [], id);
  }
});

// ---- files

test("another header, another plan, other units and groups than their hashes", async () => {
  const swap = (path, change) => {
    const value = JSON.parse(TAPE.files[path]);
    change(value);
    return { files: filesWith({ [path]: encode(value) }) };
  };
  const cases = [
    [FIRST, swap("header.json", (header) => { header.title = "<img src=x onerror=alert(1)>"; }), "refuseCheck"],
    [FIRST, swap("plan.json", (plan) => { plan.bundlings = 17; }), "refuseCheck"],
    [FIRST, swap("draws/d1/units.json", (units) => { units.units.pop(); }), "refuseCheck"],
    [FIRST, { files: filesWith({ "header.json": utf8("[]") }) }, "refuseHeader"],
    [ATTEST, swap("draws/d1/groups.json", (groups) => { groups.remainder.pop(); }), "refuseCheck"],
    [ATTEST, { files: filesWith({ "draws/d2/groups.json": utf8("{}") }) }, "refuseCheck"],
  ];
  for (const [at, more, id] of cases) {
    const link = new FakeLink({ ...look(at), ...more });
    const memory = withSecret(twin("p1"), "p1");
    const one = new Attendance({ link, memory, save() {}, changed() {}, pause: async () => {}, posix: () => 1,
      stamp: () => ({ page: "one", mono: 1, wall: 1 }) });
    one.state = await link.state();
    memory.digits = TAPE.devices.p1.digits;
    await assert.rejects(one.step(), refused(id));
    assert.deepEqual(link.sent, []);
  }
});

test("a header that was exchanged after the contribution was made", async () => {
  const { see, memory } = await seen(FIRST);
  memory.header = "0".repeat(64);
  await assert.rejects(see(look(DIGITS)), refused("refuseOtherHeader"));
});

test("a wrong header is never shown, and after a restart the right one is", async () => {
  const header = JSON.parse(TAPE.files["header.json"]);
  header.title = "另一份";
  const link = new FakeLink({ ...look(0), files: filesWith({ "header.json": encode(header) }) });
  const memory = twin("p1");
  const one = new Attendance({ link, memory, save() {}, changed() {}, pause: async () => {}, posix: () => 1,
    stamp: () => ({ page: "one", mono: 1, wall: 1 }) });
  await one.run();
  assert.equal(memory.stopped.id, "refuseCheck");
  assert.equal(one.frozen, null);
  link.show(look(0));
  one.changed = () => { if (one.frozen || memory.stopped) one.ends = true; };
  one.restart();
  while (one.running) await new Promise((done) => setTimeout(done, 5));
  assert.equal(memory.stopped, null);
  assert.equal(one.frozen.hash, HEADER);
});

test("a file that is not there is asked for again; nothing is signed meanwhile", async () => {
  const { see, link } = await seen(DIGITS);
  const shown = { ...look(ATTEST), files: filesWith({ "draws/d1/groups.json": undefined }) };
  await assert.rejects(see(shown), (error) => error instanceof LinkError && error.status === 404);
  assert.deepEqual(link.sent, []);
  await see(look(ATTEST));
  assert.equal(link.of("messages", "attest.groups").length, 1);
});

// ---- what it would like to have signed

test("reveals are opened early, without the quorum, or on an attestation that is not the device's own", async () => {
  const before = linesOf(ATTEST); // nobody has attested yet
  const opened = (attested) => forged(append(before, "reveals.opened", { attested }, { header: HEADER }));
  for (const attested of [[], ["p1"], Object.keys(TAPE.devices)]) {
    const { see, link } = await seen(DIGITS);
    await assert.rejects(see(opened(attested), look(ATTEST).time), refused("refuseCheck"));
    assert.deepEqual(link.of("messages", "opening"), []);
  }
});

test("the close lists another commitment, or other digits, or comes too late", async () => {
  const closedWith = (change) => {
    const lines = linesOf(ATTEST);
    const at = lines.map(parsed).findIndex(({ type }) => type === "commits.closed");
    const closed = structuredClone(body(ATTEST, "commits.closed"));
    change(closed);
    return forged(append(lines.slice(0, at), "commits.closed", closed, { header: HEADER }));
  };
  for (const change of [
    (closed) => { closed.commitments[5] = ""; }, (closed) => { closed.digits = "000000"; },
    (closed) => { closed.hash = "0".repeat(64); },
  ]) {
    const { see, link } = await seen(DIGITS);
    await assert.rejects(see(closedWith(change), look(ATTEST).time), refused("refuseCheck"));
    assert.deepEqual(link.sent, []);
  }
  const { see, memory, link } = await seen(DIGITS);
  await see(look(ATTEST), look(ATTEST).time + 601_000);
  assert.deepEqual(Object.keys(memory.withheld), ["refuseLateClose"]);
  assert.deepEqual(link.of("messages", "attest.groups"), []);
  assert.equal(memory.stopped, null);
});

test("digits that the person did not see, said no to, or saw otherwise", async () => {
  const unsaid = await seen(DIGITS);
  unsaid.memory.digits = "";
  await unsaid.see(look(ATTEST));
  assert.deepEqual(unsaid.link.of("messages"), []); // it waits for the person
  await unsaid.one.digits(body(ATTEST, "commits.closed").digits, true);
  assert.equal(unsaid.link.of("messages", "attest.groups").length, 1);
  const no = await seen(DIGITS);
  no.memory.digits = "";
  await no.one.digits(body(ATTEST, "commits.closed").digits, false);
  await assert.rejects(no.see(look(ATTEST)), refused("refuseNotDigits"));
  const other = await seen(DIGITS);
  other.memory.digits = "111111";
  other.memory.sent = {};
  await assert.rejects(other.see(look(ATTEST)), refused("refuseDigits"));
});

test("a confirmation that the network lost is sent again, the same", async () => {
  const { one, see, link } = await seen(FIRST);
  link.refuse = new LinkError(0, "", ["", ""]);
  one.memory.digits = "";
  one.memory.sent = {};
  await one.digits("460913", true).catch(() => {});
  link.refuse = null;
  await see({ ...look(DIGITS), state: { publicDraw: "460913" } }).catch(() => {});
  await see({ ...look(DIGITS), state: { publicDraw: "460913" } }).catch(() => {});
  const sent = link.of("messages", "source").map((message) => JSON.stringify(message));
  assert.ok(sent.length >= 1);
  assert.equal(new Set(sent).size, 1);
});

test("asked to sign a second, different message of a type", async () => {
  const { memory, see } = await seen(DIGITS);
  memory.sent["attest.groups"] = { body: { commits_closed_hash: "0".repeat(64), groups_hash: "0".repeat(64) } };
  await assert.rejects(see(look(ATTEST)), refused("refuseSecond"));
});

test("openings are counted too late, are missing, or are another's", async () => {
  const late = await seen(REVEAL);
  await late.see(look(COUNT), look(REVEAL).time + 21_000);
  assert.deepEqual(Object.keys(late.memory.withheld), ["refuseLateReveals"]);
  assert.deepEqual(late.link.of("messages"), []);
  const reloaded = await seen(REVEAL);
  reloaded.clock.page = "two"; // and the wall clock was set back meanwhile
  await reloaded.see(look(COUNT), look(REVEAL).time - 60_000);
  assert.deepEqual(Object.keys(reloaded.memory.withheld), ["refuseLateReveals"]);
  const changed = await seen(REVEAL);
  changed.memory.salt = "0".repeat(64);
  changed.memory.stamps.opened = { page: "one", mono: 0, wall: 0 };
  await assert.rejects(changed.see(look(COUNT)), refused("refuseOpening"));
});

test("coverage that came too late is not cosigned; the result is, later", async () => {
  const { see, memory, link } = await seen(COUNT);
  await see(look(COVERED), look(COUNT).time + 25_000);
  assert.deepEqual(Object.keys(memory.withheld), ["refuseLateCoverage"]);
  assert.deepEqual(link.of("cosignatures"), []);
  await see(look(COVERED + 1));
  assert.equal(link.of("cosignatures").length, 1);
  // Who did not attest the reveals has twice the window, from its opening.
  const other = await seen(REVEAL);
  await other.see(look(COUNT), look(REVEAL).time + 21_000);
  await other.see(look(COVERED), look(REVEAL).time + 39_000);
  assert.equal(other.link.of("cosignatures").length, 1);
});

test("enrolled as somebody else", async () => {
  const memory = twin("p1");
  memory.client = "own-page";
  const one = (link) => new Attendance({ link, memory, save() {}, changed() {}, pause: async () => {}, posix: () => 1,
    stamp: () => ({ page: "one", mono: 1, wall: 1 }) });
  const link = new FakeLink(look(0));
  const first = one(link);
  first.state = await link.state();
  await assert.rejects(first.step(), refused("refuseClient"));
  memory.client = "command-line";
  memory.wanted = "notary";
  withSecret(memory, "p1");
  const second = one(link);
  second.state = await link.state();
  await second.step();
  assert.deepEqual(link.sent, []); // until the person says that the role is right
  await second.role(true);
  assert.equal(link.of("messages", "commitment").length, 1);
});

test("the loop outlives whatever the server says, and stops at a refusal with its evidence", async () => {
  const { one, memory, link } = await seen(FIRST);
  let answers = 0;
  const odd = [null, { call: null }, new LinkError(0, "", ["", ""]), new TypeError("odd"), new LinkError(429, "x", ["慢", "slow"])];
  link.state = async () => {
    const answer = odd[answers++];
    if (answer instanceof Error) throw answer;
    if (answers > odd.length) {
      const lines = append(linesOf(FIRST).slice(0, -1), "aborted", { reason: "x" });
      link.show(forged(lines));
      return { tick: answers, call: { number: 0 }, publicDraw: "" };
    }
    return answer;
  };
  await one.run();
  assert.equal(memory.stopped.id, "refuseFork");
  assert.ok(one.evidenceFile().text.includes(ORIGIN));
});

test("evidence too large for the storage is kept while the page is open", async () => {
  const { one, memory } = await seen(FIRST);
  one.shown = { note: utf8(look(0).note), lines: [utf8("x".repeat(300_000))] };
  one.save = () => { throw new Error("quota"); };
  one.stop({ id: "refuseRoot", values: {}, evidence: null });
  assert.equal(memory.stopped.evidence, null);
  assert.ok(one.evidenceFile().text.length > 300_000);
});

test("a roll call that was lost is answered again, once the person tapped for its number", async () => {
  const { one, memory, link } = await seen(FIRST);
  const calling = { ...look(0), state: { call: { number: 3, secondsLeft: 9 } } };
  link.show(calling);
  one.state = await link.state();
  await one.step();
  assert.deepEqual(link.of("present"), []);
  link.refuse = new LinkError(0, "", ["", ""]);
  await one.tap();
  link.refuse = null;
  link.sent.length = 0;
  await one.step();
  await one.step();
  assert.equal(link.of("present").length, 1);
  assert.equal(link.of("present")[0].number, 3);
  assert.equal(memory.called, 3);
});

test("secrets are in no message before the opening", async () => {
  const { memory, see, link } = await seen(DIGITS);
  await see(look(ATTEST));
  const sent = JSON.stringify(link.sent);
  assert.ok(!sent.includes(memory.seed) && !sent.includes(memory.contribution) && !sent.includes(memory.salt));
  assert.equal(hex(tagged("header", utf8(TAPE.files["header.json"]))), HEADER);
});

test("what the person stopped while an answer was awaited sends nothing more", async () => {
  const { one, memory, link } = await seen(DIGITS);
  link.show(look(ATTEST));
  link.state = async () => {
    await one.compared("different"); // pressed while the server lets the device wait
    return { tick: 1, call: { number: 0 }, publicDraw: "" };
  };
  memory.stopped = null;
  await one.run();
  assert.equal(memory.stopped.id, "refuseDifferent");
  assert.deepEqual(link.of("messages", "attest.groups"), []);
});
