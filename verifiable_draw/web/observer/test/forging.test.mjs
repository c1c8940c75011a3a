/** A bureau that forges consistently: it signs what it makes up, and all hashes are right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newMemory } from "../src/core/device.js";
import { cosign, publicKey } from "../src/core/sign.js";
import { encode, hex, sha256, tagged, unhex, utf8 } from "../src/core/verifier.js";
import { Link, LinkError } from "../src/link.js";
import { commitsClosedHash, groupsHash, revealsClosedHash } from "../../../../verifier/web/src/ceremony.js";
import { append, checkpoint, FakeLink, filesWith, forged, linesOf, look, ORIGIN, rebuilt, TAPE, twin, withSecret } from "./tape.mjs";
import { ATTEST, COUNT, COVERED, DIGITS, FakeStorage, FIRST, page, refused, REVEAL, seen } from "./rig.mjs";

const HEADER = TAPE.devices.p1.header;
const KEY = publicKey(TAPE.devices.p1.seed);
const parsed = (line) => JSON.parse(new TextDecoder().decode(line));
const headerFile = () => JSON.parse(TAPE.files["header.json"]);
const before = (i, type) => linesOf(i).slice(0, linesOf(i).findIndex((line) => parsed(line).type === type));
const body = (i, type) => linesOf(i).map(parsed).find((entry) => entry.type === type).body;

/** The ledger up to a header of the bureau's own making, and enrolments too if these are changed. */
function underHeader(change, enrol = null) {
  const header = headerFile();
  change(header);
  const bytes = encode(header);
  const begun = enrol ? rebuilt(before(FIRST, "header"), "observer.enrolled", enrol) : before(FIRST, "header");
  const real = linesOf(FIRST).map(parsed).find(({ type }) => type === "header");
  const entry = { ...real.body, hash: hex(tagged("header", bytes)), size: bytes.length };
  return forged(append(begun, "header", entry, { time: real.time }), { files: filesWith({ "header.json": bytes }), time: look(FIRST).time });
}

/** What a fresh device of p1 says and sends, once its person has agreed to everything. */
async function meets(shown) {
  const rig = page(twin("p1"), new FakeStorage());
  let said = null;
  await rig.see(shown).catch((error) => { said = error; });
  if (!said) {
    await rig.one.compared("same");
    await rig.one.commit("1", []);
    await rig.see(shown).catch((error) => { said = error; });
  }
  return { ...rig, said };
}

const mine = (header) => header.observers.find(({ id }) => id === "p1");

test("a header that leaves me out, or has another key, role or client of mine", async () => {
  for (const change of [
    (header) => { header.observers = header.observers.filter(({ id }) => id !== "p1"); },
    (header) => { mine(header).key = "0".repeat(63) + "1"; },
    (header) => { mine(header).key = publicKey("09".repeat(32)); },
    (header) => { mine(header).role = "notary"; },
    (header) => { mine(header).client = "own-page"; },
    (header) => { header.observers.push({ client: "own-page", id: "zz", key: publicKey("08".repeat(32)), role: "parent" }); },
  ]) {
    const { said, link } = await meets(underHeader(change));
    assert.equal(said.id, "refuseCheck", String(said));
    assert.equal(said.values.check, "V21");
    assert.deepEqual(link.sent, []);
  }
});

test("enrolled, and in the header, with another key, role or client", async () => {
  const both = (name, value) => underHeader((header) => { mine(header)[name] = value; },
    (enrolled) => ({ ...enrolled, ...(enrolled.id === "p1" ? { [name]: value } : {}) }));
  const key = await meets(both("key", publicKey("09".repeat(32))));
  assert.equal(key.memory.id, ""); // somebody else is p1; this device was not enrolled
  assert.deepEqual(key.link.sent, []);
  const client = await meets(both("client", "own-page"));
  assert.equal(client.said.id, "refuseClient");
  assert.deepEqual(client.link.sent, []);
  const role = await meets(both("role", "notary"));
  assert.equal(role.said, null);
  assert.equal(role.memory.wanted, "parent");
  assert.deepEqual(role.link.sent, []); // until the person says that it is right
  await role.one.role(false);
  assert.equal(role.memory.stopped.id, "refuseRole");
});

test("a header with other windows, quorum, draws, digits or plan than planned", async () => {
  for (const change of [
    (header) => { header.windows.reveal = 100_000; }, (header) => { header.quorum.covered = 1; header.quorum.roles = {}; },
    (header) => { header.draws.pop(); }, (header) => { header.sources.public_draw = {}; },
    (header) => { header.plan = "0".repeat(64); }, (header) => { header.delay.iterations = 1000; header.delay.segments = 1; },
    (header) => { header.rehearsal = !header.rehearsal; }, (header) => { header.draws[0].attempt = 7; },
  ]) {
    const { said, link } = await meets(underHeader(change));
    assert.equal(said && said.id, "refuseCheck", String(said));
    assert.deepEqual(link.sent, []);
  }
});

test("a second header, a second close, second groups: the ledger has one of each", async () => {
  const [fixed, closed, header] = ["groups.fixed", "commits.closed", "header"].map((type) => body(ATTEST, type));
  for (const [type, again] of [["header", header], ["commits.closed", closed], ["groups.fixed", fixed],
    ["commitment", { commitment: "0".repeat(64) }], ["plan", body(ATTEST, "plan")]]) {
    const { see, link } = await seen(DIGITS);
    await assert.rejects(see(forged(append(linesOf(ATTEST), type, again, { header: HEADER })), look(ATTEST).time), refused("refuseRule"));
    assert.deepEqual(link.of("messages", "attest.groups"), []);
  }
});

test("after another header was seen no message is signed for it, though the ledger begins anew", async () => {
  const { see, memory, link } = await seen(FIRST);
  await assert.rejects(see(underHeader((header) => { header.title = "另一份"; })), refused("refuseFork"));
  memory.seen = { size: 0, root: "", note: "", leaves: "" }; // even if what was seen were lost
  memory.origin = "";
  await assert.rejects(see(underHeader((header) => { header.title = "另一份"; })), refused("refuseCheck"));
  assert.deepEqual(link.sent, []);
});

/** Groups of the bureau's own making, with all hashes right. */
function underGroups(change) {
  const groups = JSON.parse(TAPE.files["draws/d1/groups.json"]);
  change(groups);
  const bytes = { d1: encode(groups), d2: utf8(TAPE.files["draws/d2/groups.json"]) };
  const listed = body(ATTEST, "groups.fixed").groups.map((group) => ({
    ...group, sha256: hex(sha256(bytes[group.draw])), size: bytes[group.draw].length,
  }));
  const fixed = { ...body(ATTEST, "groups.fixed"), groups: listed, hash: groupsHash(listed.map((group) => group.sha256)) };
  return forged(append(before(ATTEST, "groups.fixed"), "groups.fixed", fixed, { header: HEADER }),
    { files: filesWith({ "draws/d1/groups.json": bytes.d1 }), time: look(ATTEST).time });
}

test("groups with classes of unequal size, or not of the header's form, under right hashes", async () => {
  const uneven = (groups) => { // all of the remainder in the first bundle
    groups.bundlings[0] = groups.bundlings[0].map((_, i) => (i ? [] : groups.remainder.slice()));
  };
  const cases = [
    [uneven, "A16"],
    [(groups) => { groups.remainder = groups.remainder.slice(1); }, "V30"],
    [(groups) => { groups.blocks[0].reverse(); }, "V30"],
    [(groups) => { groups.blocks[0][0] = groups.blocks[1][0]; }, "V30"],
    [(groups) => { groups.bundlings.pop(); }, "V30"],
    [(groups) => { groups.draw = "d2"; }, "V30"],
  ];
  for (const [change, check] of cases) {
    const { see, link } = await seen(DIGITS);
    const shown = underGroups(change);
    await assert.rejects(see(shown), (error) => {
      assert.equal(error.id, "refuseCheck", String(error));
      assert.equal(error.values.check, check, String(error));
      return true;
    });
    assert.deepEqual(link.of("messages", "attest.groups"), []);
  }
  const { see, link } = await seen(DIGITS);
  await see(underGroups(() => {})); // the same road with nothing changed
  assert.equal(link.of("messages", "attest.groups").length, 1);
});

test("a close under right hashes that leaves my commitment out, changes it, or has other digits", async () => {
  const place = headerFile().observers.findIndex(({ id }) => id === "p1");
  for (const change of [
    (closed) => { closed.commitments[place] = ""; }, (closed) => { closed.commitments[place] = "ab".repeat(32); },
    (closed) => { closed.digits = "111111"; }, (closed) => { closed.digits = ""; },
  ]) {
    const closed = body(ATTEST, "commits.closed");
    change(closed);
    closed.hash = commitsClosedHash(closed.commitments, closed.digits);
    const { see, link } = await seen(DIGITS);
    await assert.rejects(see(forged(append(before(ATTEST, "commits.closed"), "commits.closed", closed, { header: HEADER })), look(ATTEST).time),
      refused("refuseCheck"));
    assert.deepEqual(link.of("messages", "attest.groups"), []);
  }
});

test("a close before my commitment came into the ledger: nothing is attested, and nothing later is opened", async () => {
  const begun = linesOf(DIGITS).slice(0, linesOf(DIGITS).findIndex((line) => (
    parsed(line).type === "commitment" && parsed(line).actor.id === "p1")));
  const { see, link, memory } = await seen(FIRST);
  await see(forged(begun), look(DIGITS).time);
  link.sent.length = 0;
  const made = begun.map(parsed).filter(({ type }) => type === "commitment");
  const by = ["d1", "p2"].map((id) => ({ id, role: "observer", seed: TAPE.devices[id].seed }));
  const source = { digits: "460913", kind: "public-draw" };
  const sourced = append(begun, "source", source, { header: HEADER, by });
  const closed = body(ATTEST, "commits.closed");
  closed.commitments = headerFile().observers.map(({ id }) => (made.find(({ actor }) => actor.id === id) || { body: { commitment: "" } }).body.commitment);
  closed.hash = commitsClosedHash(closed.commitments, closed.digits);
  let shut = append(sourced, "commits.closed", closed, { header: HEADER });
  await see(forged(shut), look(ATTEST).time);
  const fixed = body(ATTEST, "groups.fixed");
  shut = append(shut, "groups.fixed", fixed, { header: HEADER });
  await see(forged(shut), look(ATTEST).time);
  assert.deepEqual(link.of("messages").filter(({ type }) => type !== "source" && type !== "commitment"), []);
  assert.deepEqual(link.of("cosignatures"), []);
  assert.equal(memory.stopped, null);
});

test("reveals.opened names me, though I have attested nothing", async () => {
  const others = linesOf(REVEAL).filter((line) => {
    const { type, actor } = parsed(line);
    return !(type === "reveals.opened" || type === "attest.groups" && actor.id === "p1");
  });
  const { attested } = body(REVEAL, "reveals.opened");
  const { see, link } = await seen(DIGITS);
  const lines = append(rebuilt(others, "none", () => undefined), "reveals.opened", { attested }, { header: HEADER });
  await assert.rejects(see(forged(lines), look(REVEAL).time), refused("refuseCheck"));
  assert.deepEqual(link.of("messages", "opening"), []);
  // Without me, but with the quorum: the device opens nothing.
  const honest = append(rebuilt(others, "none", () => undefined), "reveals.opened", { attested: attested.filter((id) => id !== "p1") },
    { header: HEADER });
  const other = await seen(DIGITS);
  await other.see(forged(honest), look(REVEAL).time);
  assert.deepEqual(other.link.of("messages", "opening"), []);
});

test("openings listed wrongly under right hashes", async () => {
  const real = body(COUNT, "reveals.closed").openings;
  const place = headerFile().observers.findIndex(({ id }) => id === "p1");
  for (const [change, id] of [
    [(openings) => { openings[place] = { contribution: "", salt: "", status: "missing" }; }, "refuseCheck"],
    [(openings) => { openings[place] = { contribution: "", salt: "", status: "wrong" }; }, "refuseCheck"],
    [(openings) => { openings[place].salt = "ab".repeat(32); }, "refuseCheck"],
    [(openings) => { openings[0] = { contribution: "", salt: "", status: "missing" }; }, "refuseCheck"], // another's
    [(openings) => { openings.pop(); }, "refuseCheck"],
  ]) {
    const openings = structuredClone(real);
    change(openings);
    const closed = { hash: revealsClosedHash(openings), openings };
    const { see, link } = await seen(REVEAL);
    await assert.rejects(see(forged(append(before(COUNT, "reveals.closed"), "reveals.closed", closed, { header: HEADER })), look(COUNT).time),
      refused(id));
    assert.deepEqual(link.of("messages", "attest.reveals"), []);
  }
});

test("a coverage that leaves out, or takes in, whom it should not", async () => {
  const real = body(COVERED, "coverage.closed").covered;
  for (const covered of [[], real.slice(1), [...real, "zz"]]) {
    const { see, link } = await seen(COUNT);
    await assert.rejects(see(forged(append(before(COVERED, "coverage.closed"), "coverage.closed", { covered }, { header: HEADER })),
      look(COVERED).time), refused("refuseCheck"));
    assert.deepEqual(link.of("cosignatures"), []);
  }
});

test("two notes in one answer, a note without its text, and notes that take turns", async () => {
  const { see, link } = await seen(FIRST);
  const lines = linesOf(ATTEST);
  for (const note of [look(FIRST).note + look(ATTEST).note, look(ATTEST).note.replace(/^[^\n]+\n/, ""), "", "\n\n\u2014 x y\n"]) {
    await assert.rejects(see({ ...look(ATTEST), note }), refused("refuseNote"));
  }
  // The same size with two roots, in turn: the second is the fork, whichever it is.
  const other = append(lines.slice(0, -1), "aborted", { reason: "x" }, { header: HEADER });
  for (const [first, second] of [[lines, other], [other, lines]]) {
    const device = page(Object.assign(withSecret(twin("p1"), "p1"), { digits: TAPE.devices.p1.digits }), new FakeStorage());
    await device.see(forged(first), look(ATTEST).time);
    await assert.rejects(device.see(forged(second)), refused("refuseFork"));
  }
  // Cosignatures of strangers and of this very device under the note change nothing.
  const stranger = cosign("07".repeat(32), "elsewhere.example/witness", { origin: ORIGIN, size: lines.length, root: "0".repeat(64) }, 5).line;
  await see({ ...look(ATTEST), note: `${checkpoint(lines)}${stranger}\n` }).then(() => {}, (error) => assert.equal(error.id, "refuseNote"));
  assert.deepEqual(link.of("messages", "opening"), []);
});

test("a memory that came from nowhere, of another ledger, or of another session signs nothing here", async () => {
  for (const change of [
    (memory) => { memory.origin = "other.example/ledger"; memory.operators = [{ from: 1, key: KEY }]; memory.seen.size = 1; },
    (memory) => { memory.session = "s2"; },
  ]) {
    const memory = newMemory(TAPE.devices.p1.seed, "command-line", "s1", "parent");
    change(memory);
    const { see, link } = page(memory, new FakeStorage(), new FakeLink(look(ATTEST)));
    await see(look(ATTEST)).catch((error) => assert.match(error.id || String(error.status), /refuseOtherLedger|404/));
    assert.deepEqual(link.sent, []);
  }
});

test("the pinned operator's key, rotated without its own signature, is not taken", async () => {
  const { see, link } = await seen(FIRST);
  const seed = "0b".repeat(32);
  const lines = append(linesOf(FIRST), "key.rotated", { id: "operator", key: publicKey(seed), role: "operator" }, { seed, session: "" });
  await assert.rejects(see({ note: checkpoint(lines, seed), size: lines.length, lines }, look(FIRST).time), (error) => (
    ["refuseSignature", "refuseRule", "refuseOperator"].includes(error.id)));
  assert.deepEqual(link.sent, []);
  assert.equal(unhex(KEY).length, 32);
});

test("a server that answers never, or a byte now and then", async () => {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    response.writeHead(200);
    const timer = request.url.includes("drip") ? setInterval(() => response.write("x"), 5) : null;
    response.on("close", () => clearInterval(timer));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const link = new Link(`http://127.0.0.1:${server.address().port}`);
    for (const path of ["drip", "silent"]) {
      await assert.rejects(link.bytes(path, 1000, undefined, 0.1), (error) => error instanceof LinkError && error.status <= 0);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
