/** Words, compare codes, clocks, proofs of the history, the store, backups. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { between, within } from "../src/core/clock.js";
import { compareCode, compareWith } from "../src/core/compare.js";
import { contribute, newMemory, pin, trustFile } from "../src/core/device.js";
import { consistencyProof } from "../src/core/history.js";
import { hex, leafHash, makeTree, unhex, utf8 } from "../src/core/verifier.js";
import { wordsOf } from "../src/core/words.js";
import { browserStorage, lockUp, openBackup, pinKey, sealBackup, Store, unlock } from "../src/store.js";
import { FakeStorage } from "./rig.mjs";
import { TEXTS } from "../src/page/texts.js";
import { consistent } from "../../../../verifier/web/src/merkle.js";

test("words: by hand, and as the vectors say", () => {
  assert.deepEqual(wordsOf(unhex("00ff10a7" + "0123456789abcdef")).slice(0, 5),
    [["红苹果", "red apple"], ["甜白鹤", "sweet crane"], ["黄苹果", "yellow apple"], ["高风筝", "tall kite"], ["红月亮", "red moon"]]);
  const vectors = JSON.parse(readFileSync(new URL("../../../../spec/vectors/room/words.json", import.meta.url)));
  const flat = JSON.stringify(vectors);
  for (const [hash] of flat.matchAll(/[0-9a-f]{64}/g)) {
    for (const [zh, en] of wordsOf(unhex(hash))) assert.ok(flat.includes(zh) && flat.includes(en), `${hash} ${zh}`);
  }
});

test("compare codes: the same, newer, another header, another ledger, another session, nonsense", () => {
  const roots = { 3: "33".repeat(32), 5: "55".repeat(32) };
  const held = { header: "aa".repeat(32), root: roots[5], size: 5 };
  const rootAt = (size) => roots[size] || "";
  const code = (origin, session, more) => compareCode(origin, session, { ...held, ...more });
  const read = (text) => compareWith(text, "o", "s", held.header, rootAt);
  assert.match(code("o", "s"), /^vdraw:1:[0-9a-f]{64}:5:[0-9a-f]{64}:[0-9a-f]{64}$/);
  assert.equal(read(` ${code("o", "s")}\n`), "same");
  assert.equal(read(code("o", "s", { size: 3, root: roots[3] })), "same");
  assert.equal(read(code("o", "s", { size: 9 })), "newer");
  assert.equal(read(code("o", "s", { root: "66".repeat(32) })), "other-ledger");
  assert.equal(read(code("o", "s", { header: "bb".repeat(32) })), "other-header");
  assert.equal(read(code("o", "t")), "other-session");
  for (const text of ["", "vdraw:2", "http://x/", code("o", "s").toUpperCase(), code("o", "s", { size: "05" })]) assert.equal(read(text), "unreadable");
});

test("the next session's memory begins with the ledger as it was seen last, and with no other", () => {
  const earlier = (origin, size) => ({ ...newMemory("11".repeat(32), "kiosk", "s1"), origin, operators: [{ from: 0, key: "aa" }],
    seen: { size, root: `${size}`, note: "", leaves: "" } });
  const next = newMemory("22".repeat(32), "kiosk", "s2", "parent");
  pin(next, "c", [earlier("a", 9)]);
  assert.deepEqual(next, newMemory("22".repeat(32), "kiosk", "s2", "parent"));
  const [first, last] = [earlier("a", 5), earlier("a", 7)];
  pin(next, "a", [earlier("b", 9), last, first]);
  assert.equal(next.origin, "a");
  assert.deepEqual(next.seen, last.seen);
  assert.notEqual(next.seen, last.seen); // not shared
  assert.equal(next.seed, "22".repeat(32));
  assert.equal(next.contribution, "");
});

test("times: the longer of the clocks, never less than nothing", () => {
  const at = (page, mono, wall) => ({ page, mono, wall });
  assert.equal(between(at("a", 0, 0), at("a", 5000, 5000)), 5000);
  assert.equal(between(at("a", 0, 9e9), at("a", 5000, 0)), 5000); // the wall clock was set back
  assert.equal(between(at("a", 0, 0), at("a", 1, 60_000)), 60_000); // the phone slept
  assert.equal(between(at("a", 5000, 0), at("a", 0, 1)), Infinity);
  assert.equal(between(at("a", 90_000, 1000), at("b", 200, 3000)), 2000);
  assert.equal(between(at("a", 0, 1000), at("b", 8000, 3000)), 8000); // at least since the load
  assert.equal(between(at("a", 0, 5000), at("b", 1, 4000)), Infinity);
  for (const odd of [undefined, null, {}, at("a", NaN, 0), at(1, 0, 0)]) assert.equal(between(odd, at("a", 0, 0)), Infinity);
  assert.ok(within(at("a", 0, 0), at("a", 1000, 1000), 1));
  assert.ok(!within(at("a", 0, 0), at("a", 1001, 1001), 1));
});

test("proofs that one history begins another hold for all sizes up to 17", () => {
  const leaves = Array.from({ length: 17 }, (_, i) => leafHash(utf8(String(i))));
  const tree = makeTree(leaves);
  for (let size = 1; size <= 17; size++) {
    for (let old = 1; old <= size; old++) {
      assert.ok(consistent(old, tree.root(old), size, tree.root(size), consistencyProof(leaves, old, size)), `${old} ${size}`);
    }
  }
});

test("two tabs of one browser: the second that writes is told, and overwrites nothing", () => {
  const storage = new FakeStorage();
  const [one, two] = [new Store(storage), new Store(storage)];
  one.save("x", { n: 1 });
  assert.deepEqual(two.load("x"), { n: 1 });
  two.save("x", { n: 2 });
  assert.throws(() => one.save("x", { n: 3 }), { id: "twoPages" });
  assert.deepEqual(two.peek("x"), { n: 2 });
  storage.full = true;
  assert.throws(() => two.save("x", { n: 4 }), { id: "notKept" });
  assert.throws(() => new Store(storage).save("y", {}), { id: "notKept" });
});

test("no room for the list of people, or for the person: it is said, and the next try is no other page's", () => {
  for (const room of [0, 5]) { // the list alone has eight characters or more
    const storage = new FakeStorage(room);
    const store = new Store(storage);
    assert.throws(() => store.save("somebody", { n: 1 }), { id: "notKept" });
    storage.room = 1000;
    store.save("somebody", { n: 1 });
    assert.deepEqual(new Store(storage).people(), ["somebody"]);
    assert.deepEqual(new Store(storage).load("somebody"), { n: 1 });
  }
  const storage = new FakeStorage();
  storage.full = true;
  new Store(storage).set("language", "en"); // a setting is not worth an error
});

test("what is stored and cannot be read ends nothing", () => {
  const storage = new FakeStorage();
  for (const text of ["{", "", "null", "7", "{}"]) {
    storage.setItem("verifiable-draw-observer/people", text);
    storage.setItem("verifiable-draw-observer/x", "{");
    assert.deepEqual(new Store(storage).people(), []);
    assert.equal(new Store(storage).load("x"), null);
    assert.equal(new Store(storage).peek("x"), null);
  }
});

test("a browser without storage: nobody is kept, and it is said", () => {
  for (const window of [{}, { get localStorage() { throw new Error("SecurityError"); } }, { localStorage: null }]) {
    globalThis.window = window;
    const store = new Store(browserStorage());
    assert.deepEqual(store.people(), []);
    assert.equal(store.setting("language"), "");
    store.set("language", "en");
    assert.throws(() => store.save("x", {}), { id: "notKept" });
  }
  delete globalThis.window;
});

test("a backup opens with its passphrase only", () => {
  const random = Uint8Array.from({ length: 44 }, (_, i) => i);
  const sealed = sealBackup({ memory: { seed: "5e".repeat(32) } }, "口令", random);
  assert.ok(!new TextDecoder().decode(sealed).includes("5e5e5e5e"));
  assert.equal(openBackup(sealed, "口令").memory.seed, "5e".repeat(32));
  assert.equal(openBackup(sealed, "口令 "), null);
  assert.equal(openBackup(sealed.slice(1), "口令"), null);
  assert.equal(openBackup(utf8("{}"), "x"), null);
});

test("a PIN locks the secrets of a person, and nothing else", () => {
  const value = { name: "王", pinSalt: "05".repeat(32), memory: { seed: "5e".repeat(32), contribution: "c0".repeat(32), salt: "", id: "parent-1" } };
  const key = pinKey("1234", value.pinSalt);
  const stored = lockUp(value, key, new Uint8Array(12));
  assert.ok(!JSON.stringify(stored).includes("5e5e") && !JSON.stringify(stored).includes("c0c0"));
  assert.equal(stored.memory.id, "parent-1");
  assert.equal(value.memory.seed, "5e".repeat(32)); // the one at work keeps them
  assert.deepEqual(unlock(stored, key), value);
  assert.equal(unlock(stored, pinKey("1235", value.pinSalt)), null);
});

test("a contribution hangs on the generator and on the hand, is made once, and never of nothing", () => {
  const random = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
  const made = (typed, scribble, bytes = random) => {
    const memory = newMemory("01".repeat(32), "own-page", "s");
    contribute(memory, "aa".repeat(32), bytes, typed, scribble);
    return memory;
  };
  const all = [made("", []), made("1", []), made("", [1]), made("", [], random.map((byte) => byte ^ 1))].map(({ contribution }) => contribution);
  assert.equal(new Set(all).size, 4);
  assert.throws(() => contribute(made("", []), "aa".repeat(32), random, "", []), { id: "refuseSecond" });
  assert.throws(() => made("", [], new Uint8Array(64)), { id: "refuseRandom" });
  assert.throws(() => made("", [], random.subarray(1)), { id: "refuseRandom" });
});

test("every reason has its sentence in both languages, and every text of the page is there", () => {
  const read = (name) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8");
  const sources = ["attend.js", "core/device.js", "core/reading.js", "store.js", "page/main.js", "page/views.js", "page/receipt.js"].map(read).join("\n");
  const ids = [...sources.matchAll(/"(refuse[A-Za-z]+)"/g), ...sources.matchAll(/\bt\("([a-zA-Z]+)"/g),
    ...sources.matchAll(/StoreError\("(\w+)"/g), ...read("page/index.html").matchAll(/data-t="(\w+)"/g)].map(([, id]) => id);
  assert.ok(ids.length > 80);
  for (const id of ids) assert.ok(TEXTS[id], id);
  for (const [id, pair] of Object.entries(TEXTS)) {
    assert.equal(pair.length, 2, id);
    const places = pair.map((text) => (text.match(/\{\w+\}/g) || []).sort().join());
    assert.equal(places[0], places[1], id);
  }
});

test("the trust file is canonical and names this device as witness", () => {
  const memory = { ...newMemory("01".repeat(32), "own-page", "s"), id: "parent-1", origin: "o.example/l", operators: [{ from: 1, key: "ab".repeat(32) }] };
  memory.seen = { size: 9, root: "cd".repeat(32), note: "", leaves: "" };
  const value = JSON.parse(new TextDecoder().decode(trustFile(memory)));
  assert.deepEqual(value.witnesses.map(({ name }) => name), ["o.example/l/s/parent-1"]);
  assert.equal(value.witnesses_required, 1);
  assert.equal(hex(unhex(value.checkpoint.root)), memory.seen.root);
});
