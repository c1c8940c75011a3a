// Pins, bars, crossed and free values, late students, audits: worked by hand, by counting everything, and hostile ones.
import assert from "node:assert/strict";
import test from "node:test";
import { permute, stream, wellGrouped } from "../src/allocation.js";
import { encode, decode } from "../src/json.js";
import { EVIDENCE_CHECKS } from "../src/checks_evidence.js";
import { GIVEN_CHECKS } from "../src/checks_given.js";
import { HEADER_CHECKS } from "../src/checks_header.js";
import { commitmentOf } from "../src/ceremony.js";
import { drawPairs, hashesOf, RESULT_CHECKS } from "../src/checks_result.js";
import { CannotCheck, shapeOf, Tally } from "../src/context.js";
import { certificate, featuresOf, vectorOf } from "../src/features.js";
import { group, wholeGroup } from "../src/grouping.js";
import { tagged, VERSION } from "../src/hash.js";
import { hex } from "../src/bytes.js";
import { planFaults } from "../src/plan_rules.js";
import { pinEffects, remainderPairs } from "../src/probabilities.js";
import { sha256 } from "../src/sha2.js";
import { FILES, isEntry, isSealed } from "../src/shapes.js";

const noTick = async () => {};
const KEY = "00".repeat(32);
const SEED = new Uint8Array(32);
const range = (n) => Array.from({ length: n }, (_, i) => i);
const copy = (value) => JSON.parse(JSON.stringify(value));
const edited = (value, edit) => {
  const made = copy(value);
  edit(made);
  return made;
};

const ATTRIBUTES = [
  { free: [], id: "sex", merged: [["x", "2"]], values: ["1", "2"] },
  { free: ["06"], id: "ethnicity", merged: [], values: ["01", "06", "其他"] },
];
const DRAW = { batch: 1, caps: [], class_names: [], classes: 2, grade: 1, id: "d01", kind: "classes", most: 0, school: "1234567890",
  school_name: "测", sizes: [], take: 0 };
const PLAN = {
  attributes: ATTRIBUTES, balance: ["sex"], bundlings: 16, bureau: "局", contact: { email: "", phone: "1", site: "" }, crossed: [["sex", "ethnicity"]],
  date: "2026-08-20",
  delay: { bits: 1024, iterations: 16000, kind: "chiavdf-wesolowski", segments: 16 },
  draws: [DRAW], origin: "a.example", pins: ["accessibility", "court"], quorum: { covered: 1, roles: {} },
  recipients: [1, 2].map((n) => ({ id: `r${n}`, name: "", sealing_key: `0${n}`.repeat(32), signing_key: `1${n}`.repeat(32) })),
  rehearsal: false, retention_years: 3, same_names: "apart", screen: { names: "none" }, session: "s1",
  software: { page: "", source: "", verifier: "", version: "" }, sources: { drand: {}, public_draw: {} }, title: "",
  version: VERSION, windows: { attest: 1, commit: 1, reveal: 1, roster_to_header: 1 }, year: 2026, year_key: KEY,
};
const FROZEN = {
  blocks: 2, constraints: { apart: 0, barred: 0, caps: 0, pins: {}, together: 0 }, constraints_root: KEY, draw: "d01",
  nullifiers_root: KEY, remainder: 0, roster_root: KEY, sealed_hash: KEY, students: 4, submission: KEY, unit_sizes: [[1, 4]], units: 4,
};
const OBSERVER = { client: "kiosk", id: "o1", key: "5866666666666666666666666666666666666666666666666666666666666666", role: "bureau" };

test("the form of a plan", () => {
  const form = FILES["plan.json"];
  assert.ok(form(PLAN));
  const refused = [
    (p) => { delete p.crossed; }, (p) => { p.crossed = [["sex"]]; }, (p) => { p.crossed = [["sex", 1]]; }, (p) => { p.pins = [true]; },
    (p) => { p.draws[0].most = true; }, (p) => { p.draws[0].sizes = [true]; }, (p) => { p.draws[0].class_names = [1]; },
    (p) => { p.attributes[0].free = {}; }, (p) => { p.attributes[0].merged = {}; }, (p) => { p.attributes[0].merged = [["x", 1]]; },
    (p) => { delete p.attributes[0].merged; }, (p) => { p.same_names = false; },
  ];
  for (const edit of refused) assert.ok(!form(edited(PLAN, edit)), String(edit));
});

test("the rules of a plan", () => {
  assert.deepEqual(planFaults(PLAN), []);
  const draw = (change) => (p) => Object.assign(p.draws[0], change);
  const allowed = [
    draw({ classes: 0, most: 45 }), draw({ most: 2 }), draw({ class_names: ["一", "二"] }), draw({ class_names: ["甲".repeat(20), "二"] }),
    draw({ kind: "late", batch: 99, sizes: [0, 1000] }), draw({ kind: "teachers", class_names: ["a", "b"] }),
    draw({ kind: "select", classes: 0, take: 200 }), draw({ kind: "audit", classes: 0, take: 20000 }), draw({ kind: "order", classes: 0 }),
    draw({ caps: Array.from({ length: 20 }, () => ({ attribute: "sex", max: 0, value: "1" })) }),
    (p) => { p.crossed = []; }, (p) => { p.pins = []; }, (p) => { p.pins = ["accessibility", "resource_room", "protection", "court"]; },
    (p) => { p.attributes[1].free = ["06", "其他"]; }, (p) => { p.attributes[1].merged = [["02", "06"]]; },
    (p) => { p.draws.push({ ...p.draws[0], id: "d02", kind: "late", batch: 2, sizes: [1, 1] }, { ...p.draws[0], id: "d03", kind: "late", batch: 3, sizes: [1, 1] }); },
    (p) => { for (const same of ["ignore", "sound"]) p.same_names = same; },
  ];
  for (const edit of allowed) assert.deepEqual(planFaults(edited(PLAN, edit)), [], String(edit));
  const refused = [
    ["draws", draw({ classes: 0 })], ["draws", draw({ classes: 201 })], ["draws", draw({ classes: 1 })], ["draws", draw({ most: 1 })],
    ["draws", draw({ most: 201 })], ["draws", draw({ class_names: ["一"] })], ["draws", draw({ class_names: ["一", "一"] })],
    ["draws", draw({ class_names: ["一", ""] })], ["draws", draw({ class_names: ["一", "甲".repeat(21)] })], ["draws", draw({ batch: 2 })],
    ["draws", draw({ classes: 0, most: 40, class_names: ["一", "二"] })], ["draws", draw({ sizes: [1, 1] })], ["draws", draw({ take: 1 })],
    ["draws", draw({ kind: "late" })], ["draws", draw({ kind: "late", sizes: [1, 1001] })], ["draws", draw({ kind: "late", sizes: [1] })],
    ["draws", draw({ kind: "late", sizes: [1, 1], batch: 0 })], ["draws", draw({ kind: "late", sizes: [1, 1], batch: 100 })],
    ["draws", draw({ kind: "late", sizes: [1, 1], most: 30 })], ["draws", draw({ kind: "late", sizes: [], classes: 0, most: 30 })],
    ["draws", draw({ kind: "teachers", most: 2 })], ["draws", draw({ kind: "select", classes: 0, take: 201 })],
    ["draws", draw({ kind: "select", classes: 0, take: 0 })], ["draws", draw({ kind: "select", classes: 2, take: 1 })],
    ["draws", draw({ kind: "audit", classes: 0, take: 20001 })], ["draws", draw({ kind: "audit", classes: 0 })],
    ["draws", draw({ kind: "order", classes: 0, take: 1 })], ["draws", draw({ kind: "order", classes: 0, class_names: [""] })],
    ["draws", draw({ kind: "constructor" })], ["draws", draw({ kind: "late", sizes: [1, 1], caps: [{ attribute: "sex", max: 1, value: "1" }] })],
    ["draws", draw({ caps: [{ attribute: "ethnicity", max: 1, value: "06" }] })], ["draws", draw({ caps: [{ attribute: "migrant", max: 1, value: "1" }] })],
    ["draws", draw({ caps: Array.from({ length: 21 }, () => ({ attribute: "sex", max: 0, value: "1" })) })],
    ["crossed", (p) => { p.crossed = [["ethnicity", "sex"]]; }], ["crossed", (p) => { p.crossed = [["sex", "sex"]]; }],
    ["crossed", (p) => { p.crossed = [["sex", "ethnicity"], ["sex", "ethnicity"]]; }], ["crossed", (p) => { p.crossed = [["sex", "migrant"]]; }],
    ["pins", (p) => { p.pins = ["court", "accessibility"]; }], ["pins", (p) => { p.pins = ["court", "court"]; }],
    ["pins", (p) => { p.pins = ["other"]; }], ["same_names", (p) => { p.same_names = "together"; }],
    ["attributes", (p) => { p.attributes[1].free = ["01", "06", "其他"]; }], ["attributes", (p) => { p.attributes[1].free = ["其他", "06"]; }],
    ["attributes", (p) => { p.attributes[1].free = ["06", "06"]; }], ["attributes", (p) => { p.attributes[1].free = ["03"]; }],
    ["attributes", (p) => { p.attributes[1].merged = [["06", "01"]]; }], ["attributes", (p) => { p.attributes[1].merged = [["02", "03"]]; }],
    ["attributes", (p) => { p.attributes[1].merged = range(201).map((n) => [`m${n}`, "01"]); }],
    ["attributes", (p) => { p.attributes[1].values = ["06", ...range(100).map(String)]; }],
  ];
  for (const [field, edit] of refused) assert.ok(planFaults(edited(PLAN, edit)).includes(field), `${field} ${edit}`);
});

/** The least of a context in which a check can run. */
function contextOf(values, more = {}) {
  const files = new Map(Object.entries(values).map(([path, value]) => {
    const bytes = encode(value);
    const read = decode(bytes);
    return [path, { bytes, sha256: hex(sha256(bytes)), value: read, strict: read !== undefined && shapeOf(path)(read) }];
  }));
  return { files, record: { session: "s1" }, phase: "result", ...more };
}

async function outcome([, check], c) {
  const tally = new Tally();
  try {
    await check(c, tally, noTick);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    tally.lacks(error.message);
  }
  return tally.failed ? tally.detail : tally.missing ? `CANNOT ${tally.missing}` : "";
}

/** V21 of a plan with one draw and a header that fits it, both after changes. */
function headerOutcome(change, frozenChange, planChange = {}, classes = undefined) {
  const draw = { ...DRAW, ...change };
  const plan = { ...PLAN, draws: [draw], ...planChange };
  const frozen = { ...FROZEN, ...frozenChange, constraints: { ...FROZEN.constraints, ...frozenChange.constraints } };
  const { id, kind, school, grade, batch } = draw;
  const names = ["version", "origin", "bureau", "session", "title", "date", "year", "rehearsal", "bundlings", "quorum", "windows", "delay",
    "sources", "software", "year_key"];
  const header = {
    ...Object.fromEntries(names.map((name) => [name, plan[name]])), plan: hex(tagged("plan", encode(plan))),
    draws: [{ attempt: 1, batch, classes: classes ?? draw.classes, frozen, grade, id, kind, school }], observers: [OBSERVER],
  };
  const body = { draws: [{ attempt: 1, batch, grade, id, kind, school }], hash: hex(tagged("header", encode(header))), rehearsal: false,
    size: encode(header).length, year: 2026 };
  const session = { header: { body }, observers: new Map([["o1", OBSERVER]]), of: new Map([["roster.frozen", [{ body: frozen }]]]) };
  const c = contextOf({ "plan.json": plan, "header.json": header }, { session });
  assert.ok(c.files.get("header.json").strict && c.files.get("plan.json").strict);
  return outcome(HEADER_CHECKS.V21, c);
}

test("the header of every kind (V21)", async () => {
  const single = (n) => ({ blocks: 1, remainder: 0, students: n, unit_sizes: [[1, n]], units: n });
  const late = { kind: "late", sizes: [3, 3] };
  const good = [
    [{}, {}], [{ classes: 0, most: 2 }, {}, {}, 2], [{ classes: 0, most: 200 }, {}, {}, 2], [{ classes: 0, most: 3 }, { students: 7 }, {}, 3],
    [{ most: 2 }, {}], [{}, { constraints: { pins: { court: 2 } } }], [late, single(1)], [late, { ...single(3), unit_sizes: [[2, 1]], constraints: { together: 1 } }],
    [{ kind: "teachers" }, { ...single(2), constraints: { barred: 2 } }], [{ kind: "order", classes: 0 }, single(200), {}, 200],
    [{ kind: "select", classes: 0, take: 5 }, single(5), {}, 5], [{ kind: "audit", classes: 0, take: 9 }, single(20000), {}, 20000],
    [{ kind: "audit", classes: 0, take: 1 }, { ...single(2), students: 3, unit_sizes: [[1, 1], [2, 1]], constraints: { together: 1 } }, {}, 2],
  ];
  for (const [i, row] of good.entries()) assert.equal(await headerOutcome(...row), "", `good ${i}`);
  const bad = [
    [{ classes: 0, most: 2 }, {}, {}, 3], [{ classes: 0, most: 0 }, {}, {}, 2], [{ most: 2 }, { students: 5 }], [{ classes: 5 }, {}],
    [{}, { constraints: { pins: { protection: 1 } } }], [{}, { constraints: { pins: { court: 0 } } }], [{}, { constraints: { barred: 1 } }],
    [late, { ...single(1), constraints: { barred: 1 } }], [late, { ...single(1), constraints: { pins: { court: 1 } } }],
    [late, { ...single(1), constraints: { caps: 1 } }], [late, { ...single(1), constraints: { apart: 1 } }], [late, { ...single(1), blocks: 0 }],
    [late, { ...single(1), remainder: 1 }], [{ kind: "teachers" }, { ...single(2), constraints: { barred: 3 } }], [{ kind: "teachers" }, single(3)],
    [{ kind: "order", classes: 0 }, single(201), {}, 201], [{ kind: "order", classes: 0 }, single(5), {}, 4],
    [{ kind: "select", classes: 0, take: 6 }, single(5), {}, 5], [{ kind: "audit", classes: 0, take: 9 }, single(20001), {}, 20001],
    [{ kind: "audit", classes: 0, take: 9 }, single(8), {}, 8], [{ kind: "audit", classes: 0, take: 1 }, { ...single(2), constraints: { barred: 1 } }, {}, 2],
    [{ kind: "order", classes: 0 }, { ...single(2), students: 3, unit_sizes: [[1, 1], [2, 1]], constraints: { together: 1 } }, {}, 2],
    [{ kind: "order", classes: 0 }, single(1), {}, 1],
  ];
  for (const [i, row] of bad.entries()) assert.match(await headerOutcome(...row), /^d01/, `bad ${i}`);
});

test("entries and sealed rosters have the new fields", () => {
  const entry = (body) => ({ actor: { id: "operator", role: "operator" }, body, prev: KEY, seq: 1, session: "s1", time: "2026-08-20T00:00:00Z",
    sig: [{ id: "operator", key: KEY, role: "operator", root: KEY, sig: KEY + KEY, size: 0 }], type: "roster.frozen" });
  assert.ok(isEntry(entry(FROZEN)));
  for (const pins of [1, [], { court: true }, { court: -1 }, { court: "1" }]) {
    assert.ok(!isEntry(entry({ ...FROZEN, constraints: { ...FROZEN.constraints, pins } })));
  }
  const sealed = { attributes: ATTRIBUTES, caps: [], classes: 2, constraints: { apart: [], barred: [[0, 1]], caps: [], pins: [[0, 1, "court"]], together: [] },
    constraints_salt: KEY, crossed: [], draw: "d01", salt: KEY, session: "s1", units: [], version: VERSION, year_key: KEY, year_key_salt: KEY };
  assert.ok(isSealed(sealed));
  for (const pins of [[[0, 1]], [[0, 1, 2]], [[true, 1, "court"]], [[0, 1, "court", ""]], [{}]]) {
    assert.ok(!isSealed({ ...sealed, constraints: { ...sealed.constraints, pins } }));
  }
});

const GROUPS = { barred: [], blocks: [[0, 1, 2], [3, 4, 5]], bundlings: [[[6, 7], [8], [9]], [[6, 8], [7], [9]]], draw: "d01",
  pins: [[0, 3], [4, 3], [9, 2]], remainder: [6, 7, 8, 9], version: VERSION };
const SINGLES = new Array(10).fill(1);

test("pins of groups (A26)", () => {
  const fits = (change) => wellGrouped({ ...GROUPS, ...change }, SINGLES, 3, 2);
  assert.ok(fits({}));
  assert.ok(fits({ pins: [[0, 3], [1, 1], [2, 2], [6, 2], [9, 3]] }));
  assert.ok(!fits({ pins: [[0, 3], [0, 2]] })); // one unit twice
  assert.ok(!fits({ pins: [[4, 3], [0, 3]] })); // not ascending
  assert.ok(!fits({ pins: [[0, 4]] }) && !fits({ pins: [[0, 0]] }) && !fits({ pins: [[10, 1]] }));
  assert.ok(!fits({ pins: [[0, 3], [1, 3]] })); // two to one class in a block
  assert.ok(!fits({ pins: [[6, 1], [7, 2]] })); // two classes in a bundle
  assert.ok(!fits({ pins: [[6, 1], [7, 1]] })); // one class in two bundles of the second bundling
  assert.ok(!fits({ barred: [[0, 1]] }));
  const whole = { ...wholeGroup(3, 3, 2, []), draw: "d01", version: VERSION };
  for (const kind of ["late", "teachers", "select", "order", "audit"]) {
    assert.ok(wellGrouped(whole, [1, 1, 1], 3, 2, kind));
    assert.ok(!wellGrouped({ ...whole, pins: [[0, 1]] }, [1, 1, 1], 3, 2, kind));
    assert.equal(wellGrouped({ ...whole, barred: [[0, 1]] }, [1, 1, 1], 3, 2, kind), kind === "teachers");
  }
  const late = wholeGroup(2, 3, 2, []);
  assert.ok(wellGrouped(late, [1, 2], 3, 2, "late") && !wellGrouped(late, [1, 2], 3, 2, "teachers") && !wellGrouped(late, [1, 2], 2, 2, "late"));
});

test("which bars are within the bounds of C25, by trying every permutation", () => {
  const permutations = (list) => (list.length ? list.flatMap((one, i) => permutations(list.filter((_, j) => j !== i)).map((rest) => [one, ...rest])) : [[]]);
  let [kept, refused] = [0, 0];
  for (const k of [2, 3, 4]) {
    const cells = range(k * k).map((n) => [Math.floor(n / k), n % k + 1]);
    const whole = wholeGroup(k, k, 1, []);
    for (let mask = 0; mask < 2 ** (k * k); mask++) {
      const barred = cells.filter((_, i) => mask >> i & 1);
      const ofATeam = (team) => barred.filter(([one]) => one === team).length;
      const lawful = barred.length <= k && range(k).every((team) => ofATeam(team) <= 2);
      const possible = lawful && permutations(range(k)).some((p) => barred.every(([team, place]) => p[team] !== place - 1));
      assert.equal(wellGrouped({ ...whole, barred }, new Array(k).fill(1), k, 1, "teachers"), possible, JSON.stringify(barred));
      if (possible) kept++;
      else if (lawful) refused++;
    }
  }
  assert.ok(kept > 100 && refused >= 10, `${kept} ${refused}`);
  const whole = wholeGroup(3, 3, 1, []);
  for (const barred of [[[1, 1], [0, 1]], [[0, 1], [0, 1]], [[3, 1]], [[0, 4]], [[0, 0]]]) {
    assert.ok(!wellGrouped({ ...whole, barred }, [1, 1, 1], 3, 1, "teachers"), JSON.stringify(barred));
  }
});

test("bars are kept, and all permutations that keep them come", () => {
  const barred = [[0, 1], [1, 2], [2, 3]];
  const whole = wholeGroup(3, 3, 16, barred);
  const found = new Set();
  for (let n = 0; n < 40; n++) {
    const { classes } = permute(whole, [1, 1, 1], { classes: 3, kind: "teachers" }, new Uint8Array(32).fill(n));
    assert.ok(barred.every(([team, place]) => classes[team] !== place));
    found.add(classes.join(""));
  }
  assert.deepEqual([...found].sort(), ["231", "312"]);
});

test("pinned units get their classes and the others the rest (A17, A18), word by word", () => {
  for (let n = 0; n < 20; n++) {
    const seed = new Uint8Array(32).fill(n);
    const random = stream(tagged("permuting", seed));
    const [a, b] = [random.shuffle([1, 2]), random.shuffle([1, 2])];
    const bundling = random.below(2);
    const [c, d] = random.shuffle([1, 3]);
    const rest = bundling ? { 6: c, 8: c, 7: d, 9: 2 } : { 6: c, 7: c, 8: d, 9: 2 };
    const due = [3, a[0], a[1], b[0], 3, b[1], rest[6], rest[7], rest[8], rest[9]];
    const found = permute(GROUPS, SINGLES, { classes: 3, kind: "classes" }, seed);
    assert.deepEqual([found.bundling, found.classes, found.forced], [bundling, due, []]);
    assert.deepEqual(found.counts, [1, 2, 3].map((place) => due.filter((one) => one === place).length));
  }
});

test("late students, by hand (A25)", () => {
  const random = stream(tagged("permuting", SEED));
  const one = (before, sizes) => permute(wholeGroup(sizes.length, before.length, 16, []), sizes, { classes: before.length, kind: "late", before }, SEED);
  random.below(1);
  const bundling = random.below(16);
  // Sizes 1, 3: in class 1 they would be 2, 3; in class 2 they would be 1, 4, which is more than 2.
  assert.deepEqual(one([1, 3], [1]), { bundling, classes: [1], counts: [1, 0], forced: [0] });
  // Sizes 0, 9, 9: nowhere at most 2; the least difference is 8, in class 1 only.
  assert.deepEqual(one([0, 9, 9], [1]).forced, [0]);
  // Three students at once and sizes 4, 4: 7 or 3 apart whichever class, so both may be, and nobody is forced.
  const three = one([4, 4], [3]);
  assert.deepEqual([three.forced, three.counts.reduce((a, b) => a + b)], [[], 3]);
  // Nobody at all: only A18 takes words.
  assert.deepEqual(one([1, 1], []), { bundling: stream(tagged("permuting", SEED)).below(16), classes: [], counts: [0, 0], forced: [] });
  for (let n = 0; n < 30; n++) { // sizes that differ by at most 2 keep doing so
    const before = [30, 31, 32, 30];
    const { counts } = permute(wholeGroup(17, 4, 16, []), new Array(17).fill(1), { classes: 4, kind: "late", before }, new Uint8Array(32).fill(n));
    const after = counts.map((count, i) => count + before[i]);
    assert.ok(Math.max(...after) - Math.min(...after) <= 2);
  }
});

// A27 once more, straight from its words: every unit's probabilities, every pair.
const gcd = (a, b) => (b ? gcd(b, a % b) : a);
const plus = ([a, b], [c, d]) => [a * d + b * c, b * d];
const times = ([a, b], [c, d]) => [a * c, b * d];
const lowest = ([a, b]) => (a ? [Number(a / gcd(a, b)), Number(b / gcd(a, b))] : [0, 1]);
function slowEffects({ blocks, bundlings, pins, remainder }, classes) {
  const [k, m] = [BigInt(classes), BigInt(bundlings.length)];
  if (!pins.length) return { affected: 0, class: [1, classes], pair: [1, classes], pinned: 0 };
  const pinned = new Map(pins);
  const places = range(classes).map((i) => i + 1);
  const here = new Set(remainder.filter((unit) => pinned.has(unit)).map((unit) => pinned.get(unit)));
  const units = [];
  const point = (unit) => places.map((place) => [place === pinned.get(unit) ? 1n : 0n, 1n]);
  const even = (taken) => places.map((place) => (taken.has(place) ? [0n, 1n] : [1n, k - BigInt(taken.size)]));
  blocks.forEach((block, b) => {
    const taken = new Set(block.filter((unit) => pinned.has(unit)).map((unit) => pinned.get(unit)));
    for (const unit of block) units.push({ where: b, pin: pinned.has(unit), chances: pinned.has(unit) ? point(unit) : even(taken) });
  });
  for (const unit of remainder) {
    let chances = pinned.has(unit) ? point(unit) : places.map(() => [0n, 1n]);
    for (const bundles of pinned.has(unit) ? [] : bundlings) {
      const found = bundles.find((bundle) => bundle.includes(unit)).find((other) => pinned.has(other));
      const own = found === undefined ? even(here) : point(found);
      chances = chances.map((chance, i) => plus(chance, times(own[i], [1n, m])));
    }
    units.push({ where: -1, pin: pinned.has(unit), chances });
  }
  const largest = (list) => list.reduce((best, one) => (one[0] * best[1] > best[0] * one[1] ? one : best), [0n, 1n]);
  const free = units.filter(({ pin }) => !pin);
  const pairs = units.flatMap((a, i) => units.slice(i + 1).filter((b) => a.where !== b.where && !(a.pin && b.pin))
    .map((b) => a.chances.reduce((sum, chance, c) => plus(sum, times(chance, b.chances[c])), [0n, 1n])));
  return {
    affected: free.filter(({ chances }) => chances.some(([a, b]) => a * k !== b)).length,
    class: lowest(largest(free.flatMap(({ chances }) => chances))), pair: lowest(largest(pairs)), pinned: pins.length,
  };
}

test("what pins do, by hand (A27)", async () => {
  // Block 1: units 1 and 2 have 1/2 for classes 1 and 2. Remainder: 9 is class 2, 6, 7 and 8 are never with it: 1/2 for 1 and 3.
  assert.deepEqual(await pinEffects(GROUPS, 3, noTick), { affected: 7, class: [1, 2], pair: [1, 2], pinned: 3 });
  const all = { ...GROUPS, blocks: [[0, 1], [2, 3]], bundlings: [[[], []]], remainder: [], pins: [[0, 1], [1, 2], [2, 1], [3, 2]] };
  assert.deepEqual(await pinEffects(all, 2, noTick), { affected: 0, class: [0, 1], pair: [0, 1], pinned: 4 });
  assert.deepEqual(await pinEffects({ ...all, pins: [] }, 2, noTick), { affected: 0, class: [1, 2], pair: [1, 2], pinned: 0 });
  const sure = { ...all, pins: [[0, 1], [2, 1]] }; // 1 and 3 can only be in class 2
  assert.deepEqual(await pinEffects(sure, 2, noTick), { affected: 2, class: [1, 1], pair: [1, 1], pinned: 2 });
  const alone = { ...GROUPS, blocks: [[0, 1, 2]], bundlings: [[[], [], []]], remainder: [], pins: [[1, 2]] };
  assert.deepEqual(await pinEffects(alone, 3, noTick), { affected: 2, class: [1, 2], pair: [0, 1], pinned: 1 });
});

test("what pins do, against every pair", async () => {
  const random = stream(SEED);
  const seen = new Set();
  for (let n = 0; n < 400; n++) {
    const classes = 2 + random.below(4);
    const number = random.below(5);
    const blocks = range(number).map((b) => range(classes).map((i) => b * classes + i));
    const remainder = range(random.below(9)).map((i) => number * classes + i);
    const some = (list) => random.shuffle(list.slice()).slice(0, random.below(3) ? random.below(list.length + 1) : 0);
    const places = range(classes).map((i) => i + 1);
    const pins = blocks.flatMap((block) => {
      const given = some(places);
      return some(block).slice(0, given.length).map((unit, i) => [unit, given[i]]);
    });
    const rest = some(remainder).map((unit) => [unit, places[random.below(1 + random.below(classes))]]);
    const pinned = new Map(rest);
    const held = [...new Set(rest.map(([, place]) => place))];
    const bundlings = range(1 + random.below(5)).map(() => {
      const bundles = places.map(() => []);
      for (const unit of remainder) bundles[pinned.has(unit) ? held.indexOf(pinned.get(unit)) : random.below(classes)].push(unit);
      return bundles.sort((a, b) => (a.length && b.length ? a[0] - b[0] : b.length - a.length));
    });
    const groups = { barred: [], blocks, bundlings, remainder, pins: [...pins, ...rest].sort((a, b) => a[0] - b[0]) };
    assert.ok(wellGrouped(groups, new Array(number * classes + remainder.length).fill(1), classes, bundlings.length));
    const found = await pinEffects(groups, classes, noTick);
    assert.deepEqual(found, slowEffects(groups, classes), JSON.stringify(groups));
    seen.add([...found.class, ...found.pair].join("/"));
    const { pairs, overlap, others } = await remainderPairs(groups, noTick);
    const without = { ...groups, pins: [], remainder: remainder.filter((unit) => !pinned.has(unit)),
      bundlings: bundlings.map((bundles) => bundles.map((bundle) => bundle.filter((unit) => !pinned.has(unit)))) };
    const plain = await remainderPairs(without, noTick);
    assert.deepEqual([overlap, others], [plain.overlap, plain.others]);
    assert.equal(pairs.reduce((a, b) => a + b), range(remainder.length).reduce((sum, i) => sum + i, 0));
  }
  assert.ok(seen.size > 20);
});

test("features, free values and crossed pairs (A1, A23)", () => {
  const features = featuresOf(ATTRIBUTES, [["sex", "ethnicity"]]);
  assert.deepEqual(features.names, ["size", "sex=1", "sex=2", "ethnicity=01", "ethnicity=其他", "sex*ethnicity=1*01", "sex*ethnicity=1*其他",
    "sex*ethnicity=2*01", "sex*ethnicity=2*其他"]);
  assert.equal(features.depth, 3);
  assert.deepEqual(features.places, [-1, 0, 0, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual(vectorOf([{ sex: "2", ethnicity: "06" }], features), [[0, 1], [2, 1]]);
  assert.deepEqual(vectorOf([{ sex: "2", ethnicity: "其他" }, { sex: "1", ethnicity: "其他" }], features), [[0, 2], [1, 1], [2, 1], [4, 2], [6, 1], [8, 1]]);
  const vectors = [["1", "01"], ["1", "01"], ["2", "其他"]].map(([sex, ethnicity]) => vectorOf([{ sex, ethnicity }], features));
  const rows = certificate(vectors, features, 2, [[[0, 1], [2]], [[0, 2], [1]]]);
  assert.deepEqual(rows.map(({ reached, bound }) => [reached, bound]), [[1, 1], [2, 0], [1, 1], [2, 0], [1, 1], [2, 0], [0, 0], [0, 0], [1, 1]]);
});

const PUPILS = (list) => list.map((sex) => [{ sex, ethnicity: "01" }]);
const grouped = (units, change) => group({ units, attributes: ATTRIBUTES, crossed: [], classes: 3, apart: [], pins: [], caps: [], bundlings: 1, ...change },
  SEED, noTick);

test("blocks with pinned units (A2-A4)", async () => {
  // Six alike, three pinned to class 1: b = 1, since 2 * 3 > 3 + min(3, 2) = 5. Units 2 and 4 stay in the remainder, which
  // is large enough for such a lump because of 16 pairs that are kept apart.
  const pins = [[0, 1], [2, 1], [4, 1]];
  const apart = range(16).map((i) => [6 + 2 * i, 7 + 2 * i]);
  const six = await grouped(PUPILS("1".repeat(38).split("")), { pins, apart });
  assert.equal(six.blocks.length, 1);
  assert.ok(six.blocks[0].includes(0) && !six.blocks[0].includes(2) && !six.blocks[0].includes(4));
  assert.deepEqual(six.pins, pins);
  assert.ok(wellGrouped(six, new Array(38).fill(1), 3, 1));
  // By themselves the six have no block, and classes of 3, 2 and 1 or worse: no groups (A11).
  assert.equal(await grouped(PUPILS("111111".split("")), { pins }), null);
  // Two pinned of six: both stand in blocks, the first in the one that is made first.
  const both = await grouped(PUPILS("111111".split("")), { pins: [[1, 3], [5, 3]] });
  assert.deepEqual([both.blocks.length, both.remainder], [2, []]);
  assert.ok(both.blocks.every((block) => block.includes(1) !== block.includes(5)));
  // All pinned, two to each class: two blocks, whatever the seed.
  const all = await grouped(PUPILS("111111".split("")), { pins: [[0, 1], [1, 1], [2, 2], [3, 2], [4, 3], [5, 3]] });
  assert.deepEqual([all.blocks, all.remainder], [[[0, 2, 4], [1, 3, 5]], []]);
});

test("the number of students can be tight, and pinned units are a lump (A3)", async () => {
  // Beside nine alike in 3 classes. A2 gives one of their blocks back; then the remainder has four siblings and three more,
  // and 4 > ceil(7 / 3), so another block is released.
  const nine = PUPILS("1".repeat(9).split(""));
  const others = (n) => range(n).map(() => ({ sex: "2", ethnicity: "其他" }));
  assert.equal((await grouped([others(4), ...nine])).blocks.length, 1);
  assert.equal((await grouped([others(2), ...nine])).blocks.length, 2); // 2 > ceil(5 / 3) is not so
  // Four pinned to one class are as such siblings.
  const four = [...nine, ...others(4).map((student) => [student])];
  assert.equal((await grouped(four, { pins: [9, 10, 11, 12].map((unit) => [unit, 2]) })).blocks.length, 1);
  assert.equal((await grouped(four, { pins: [[9, 2], [10, 2], [11, 1], [12, 3]] })).blocks.length, 2);
});

test("a remainder of 1 to 31 units gets one block of every cell (A2)", async () => {
  const blocks = async (alike, apart) => {
    const pairs = range(apart / 2).map((i) => [alike + 2 * i, alike + 2 * i + 1]);
    return (await grouped(PUPILS("1".repeat(alike + apart).split("")), { apart: pairs })).blocks.length;
  };
  assert.deepEqual([await blocks(9, 0), await blocks(10, 0), await blocks(9, 30), await blocks(9, 32)], [3, 2, 2, 3]);
});

test("what A16 does not allow cannot be grouped (A11)", async () => {
  const many = range(5).map(() => ({ sex: "1", ethnicity: "01" }));
  assert.equal(await grouped([many, ...PUPILS(["1", "1"])]), null); // 5, 1, 1
  assert.ok(await grouped([many.slice(0, 3), ...PUPILS(["1", "1"])])); // 3, 1, 1
});

test("free values have no feature, but cells of their own (A1)", async () => {
  const list = ["01", "06", "06", "06", "01", "01"].map((ethnicity) => [{ sex: "1", ethnicity }]);
  assert.deepEqual((await grouped(list)).blocks, [[0, 4, 5], [1, 2, 3]]);
});

/** A context with one draw of this kind, its files made from `groups`. */
function drawContext(kind, classes, groups, { units = [], constraints = {}, more = {}, plan = {} }) {
  const frozen = { ...FROZEN, blocks: groups.blocks.length, remainder: groups.remainder.length, units: units.length,
    constraints: { ...FROZEN.constraints, ...constraints } };
  const names = ["version", "origin", "bureau", "session", "title", "date", "year", "rehearsal", "quorum", "windows", "delay", "sources",
    "software", "year_key"];
  const header = {
    ...Object.fromEntries(names.map((name) => [name, PLAN[name]])), bundlings: groups.bundlings.length, plan: KEY, observers: [OBSERVER],
    draws: [{ attempt: 1, batch: 1, classes, frozen, grade: 1, id: "d01", kind, school: "1234567890" }],
  };
  const file = { barred: [], pins: [], ...groups, draw: "d01", version: VERSION };
  const digest = encode(file);
  const fixed = { groups: [{ draw: "d01", sha256: hex(sha256(digest)), size: digest.length }], hash: hex(tagged("groups", sha256(digest))) };
  const leaves = units.map((size, i) => range(size).map((j) => [(i * 4 + j).toString(16).padStart(64, "0"), KEY]));
  const session = { header: {}, of: new Map([["groups.fixed", [{ body: fixed }]]]) };
  return contextOf({
    "header.json": header, "draws/d01/groups.json": file, "draws/d01/units.json": { draw: "d01", units: leaves },
    "plan.json": { ...PLAN, draws: [{ ...DRAW, kind, classes, ...plan }] }, ...more,
  }, { session });
}

test("V30 counts pins and bars, and refuses what no permutation keeps", async () => {
  const v30 = (...given) => outcome(RESULT_CHECKS.V30, drawContext(...given));
  const ten = { units: SINGLES };
  assert.equal(await v30("classes", 3, GROUPS, { ...ten, constraints: { pins: { court: 1, accessibility: 2 } } }), "");
  assert.match(await v30("classes", 3, GROUPS, { ...ten, constraints: { pins: { court: 2 } } }), /numbers/);
  const three = { units: [1, 1, 1] };
  const bars = (barred) => ({ ...wholeGroup(3, 3, 2, barred) });
  assert.equal(await v30("teachers", 3, bars([[0, 1]]), { ...three, constraints: { barred: 1 } }), "");
  assert.match(await v30("teachers", 3, bars([[0, 1]]), { ...three, constraints: { barred: 2 } }), /numbers/);
  const none = [[0, 1], [1, 1], [2, 1]];
  const hopeless = drawContext("teachers", 3, bars(none), { ...three, constraints: { barred: 3 } });
  assert.match(await outcome(RESULT_CHECKS.V30, hopeless), /not well formed/);
  await assert.rejects(drawPairs(hopeless, noTick), CannotCheck); // so nothing is drawn again and again (A17)
  assert.equal(await v30("late", 3, wholeGroup(5, 3, 2, []), { units: [1, 2, 1, 1, 1] }), "");
  assert.match(await v30("late", 3, { ...wholeGroup(5, 3, 2, []), blocks: [[0, 1, 2], [3, 4]] }, { units: [1, 2, 1, 1, 1] }), /not well formed/);
});

test("an audit of 20,000 in 256 bundlings", async () => {
  const n = 20000;
  const c = drawContext("audit", n, wholeGroup(n, n, 256, []), { units: new Array(n).fill(1) });
  assert.equal(await outcome(RESULT_CHECKS.V30, c), "");
  await drawPairs(c, noTick);
  const { pairs, overlap, pins } = c.pairs.get("d01");
  assert.deepEqual([pairs.length, overlap, pins], [257, 0, { affected: 0, class: [0, 1], pair: [0, 1], pinned: 0 }]);
  assert.deepEqual(permute(wholeGroup(n, n, 256, []), new Array(n).fill(1), { classes: n, kind: "audit" }, SEED).classes.sort((a, b) => a - b),
    range(n).map((i) => i + 1));
});

test("hostile numbers neither hang nor crash", async () => {
  for (const [kind, classes, units] of [["classes", 2 ** 53 - 1, 4], ["late", 0, 1], ["late", 1, 2], ["audit", 2 ** 40, 3], ["unknown", 3, 3]]) {
    const c = drawContext(kind, classes, { ...wholeGroup(units, 0, 2, []) }, { units: new Array(units).fill(1) });
    await outcome(RESULT_CHECKS.V30, c);
    await assert.rejects(drawPairs(c, noTick), CannotCheck);
  }
  const none = drawContext("late", 2, wholeGroup(1, 2, 0, []), { units: [1] });
  await assert.rejects(drawPairs(none, noTick), CannotCheck); // no bundling to pick
});

test("at most one unit in twenty may be pinned (V51)", async () => {
  const run = (units, pins) => {
    const sixteen = { ...GROUPS, bundlings: range(16).map(() => GROUPS.bundlings[0]) };
    const c = drawContext("classes", 3, sixteen, { units: new Array(units).fill(1), constraints: { pins } });
    c.session.of.set("reveals.opened", [{ body: {} }]);
    const observers = ["parent", "congress", "notary"].map((role, i) => ({ ...OBSERVER, id: `o${i}`, role }));
    const { value } = c.files.get("header.json");
    Object.assign(value, { observers, delay: { ...value.delay, iterations: 4000000 } });
    const by = (body) => observers.map(({ id }) => ({ actor: { id }, body }));
    c.session.of.set("attest.groups", by({})).set("attest.reveals", by({}));
    return outcome(EVIDENCE_CHECKS.V51, coveredBy(c, observers));
  };
  assert.equal(await run(20, { court: 1 }), "");
  assert.equal(await run(21, { court: 1, accessibility: 1 }), "");
  assert.match(await run(20, { court: 1, accessibility: 1 }), /d01: 2 units are pinned/);
});

/** Makes the openings of these observers fit their commitments, so that all are covered (C7, C15, C18). */
function coveredBy(c, observers) {
  const { header, groups } = hashesOf(c);
  const own = observers.map((observer) => ({ contribution: KEY, salt: KEY, groups_hash: groups, commitment: commitmentOf(header, observer, { contribution: KEY, salt: KEY }) }));
  c.session.of.set("commitment", observers.map(({ id }, i) => ({ actor: { id }, body: { commitment: own[i].commitment } })));
  const { closed } = hashesOf(c);
  c.session.of.set("opening", observers.map(({ id }, i) => ({ actor: { id }, body: { ...own[i], commits_closed_hash: closed } })));
  c.session.of.set("reveals.closed", [{ body: { openings: own.map(({ contribution, salt }) => ({ contribution, salt, status: "received" })) } }]);
  return c;
}

test("what V72 asks of pins and bars", async () => {
  const units = [[["0"]], [["1"]], [["2"]], [["3"]]].map((unit) => unit.map(() => ({ attributes: {}, attributes_salt: KEY, identity: KEY, nullifier: KEY })));
  const make = ({ pins = [], barred = [], counts = {}, groups = {}, kind = "classes" }) => {
    const constraints = { apart: [], barred, caps: [], pins, together: [] };
    const file = { barred, blocks: [], bundlings: [], pins: pins.map(([unit, place]) => [unit, place]), remainder: [], ...groups };
    const c = drawContext(kind, 2, file, { units: [1, 1, 1, 1], constraints: counts });
    const root = hex(tagged("constraints", SEED, encode(constraints)));
    c.files.get("header.json").value.draws[0].frozen.constraints_root = root;
    c.sealed = new Map([["d01", { constraints, constraints_salt: KEY, units }]]);
    return outcome(GIVEN_CHECKS.V72, c);
  };
  const two = [[0, 1, "court"], [2, 2, "accessibility"]];
  const counts = { pins: { accessibility: 1, court: 1 } };
  assert.equal(await make({ pins: two, counts }), "");
  assert.equal(await make({ barred: [[0, 1], [0, 2]], counts: { barred: 2 }, kind: "teachers" }), "");
  assert.match(await make({ pins: two, counts: { pins: { court: 2 } } }), /numbers/);
  assert.match(await make({ pins: two, counts, groups: { pins: [[0, 1], [2, 1]] } }), /than in the groups/);
  assert.match(await make({ barred: [[0, 1]], counts: { barred: 1 }, groups: { barred: [] } }), /than in the groups/);
  assert.match(await make({ pins: [[0, 1, "protection"]], counts: { pins: { protection: 1 } } }), /no reason/);
  assert.match(await make({ pins: [[0, 1, "__proto__"]], counts: {} }), /numbers/);
  for (const pins of [[[0, 3, "court"]], [[4, 1, "court"]], [[0, 0, "court"]]]) assert.match(await make({ pins, counts: { pins: { court: 1 } } }), /cannot be/);
  assert.match(await make({ pins: [[0, 1, "court"], [0, 2, "court"]], counts: { pins: { court: 2 } } }), /cannot be/);
  assert.match(await make({ pins: [[2, 1, "court"], [0, 2, "court"]], counts: { pins: { court: 2 } } }), /cannot be/);
  assert.match(await make({ barred: [[0, 3]], counts: { barred: 1 } }), /cannot be/);
});

test("no child stands in a draw of classes and in one of late students (V25)", async () => {
  const c = drawContext("classes", 3, GROUPS, { units: SINGLES });
  const { value } = c.files.get("header.json");
  const nullifiers = { draw: "d01", nullifiers: [KEY] };
  for (const [kind, due] of [["late", /twice/], ["audit", /^$/]]) {
    const second = { ...nullifiers, draw: "d02" };
    const both = contextOf({ "draws/d01/nullifiers.json": nullifiers, "draws/d02/nullifiers.json": second });
    const draw = (id, file, of) => ({ ...value.draws[0], id, kind: of, frozen: { ...value.draws[0].frozen, students: 1,
      nullifiers_root: hex(tagged("nullifiers", encode(file))) } });
    const header = { ...value, draws: [draw("d01", nullifiers, "classes"), draw("d02", second, kind)] };
    both.files.set("header.json", { ...c.files.get("header.json"), value: header });
    assert.match(await outcome(HEADER_CHECKS.V25, both), due);
  }
});
