// The vectors of spec/vectors, and the third-party ones where they are present.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { permute, stream, wellGrouped } from "../src/allocation.js";
import { hex, unhex, utf8 } from "../src/bytes.js";
import { commitmentOf, commitsClosedHash, groupsHash, revealsClosedHash } from "../src/ceremony.js";
import { CATALOGUE } from "../src/catalogue.js";
import { soundKey, verifySignature } from "../src/ed25519.js";
import { verifyFork } from "../src/fork.js";
import { certificate, featuresOf, vectorOf } from "../src/features.js";
import { decodeForm, discriminantFrom, GENERATOR, primeFrom, verifySegment } from "../src/forms.js";
import { group, wholeGroup } from "../src/grouping.js";
import { readCode, shortCode, tagged } from "../src/hash.js";
import { canonical, decode, encode } from "../src/json.js";
import { consistent, leafHash, makeTree } from "../src/merkle.js";
import { cosignatures, indexCosigners, keyId, readNote, readVerifierKey, signedByLedger } from "../src/note.js";
import { overlapLimit, pinEffects, remainderPairs, repetitionKept, repetitionSpeaks } from "../src/probabilities.js";
import { addressOf, findEnvelope, openEnvelope, pseudonymOf } from "../src/envelope.js";
import { isSlip } from "../src/shapes.js";
import { identityHash } from "../src/student.js";
import { lineNumber, makeSlip, readLine, splitLink, writeLine } from "../src/slip.js";
import { allowed, plainText } from "../src/unicode.js";

const SPEC = new URL("../../../spec/", import.meta.url);
const THIRD = fileURLToPath(new URL("../../../../shared/vectors/", import.meta.url)); // may be missing
const vector = (name) => JSON.parse(readFileSync(new URL(`vectors/${name}.json`, SPEC), "utf8"));
const third = (name) => (existsSync(THIRD + name) ? readFileSync(THIRD + name, "utf8") : null);
const noTick = async () => {};

test("canonical JSON", () => {
  const { input, output } = vector("encoding/canonical");
  assert.equal(hex(encode(input)), output);
  assert.equal(canonical(decode(unhex(output))), canonical(input));
  const refused = ["", "null", "1.0", "1e2", "-0", "01", "+1", "-", "9007199254740992", "[1 ]", " 1", "1\n", "[1,]", "[,]", "{\"a\":1,}",
    "{\"a\":1,\"a\":1}", "{\"b\":1,\"a\":1}", "{\"\":1}", "{\"a b\":1}", "{\"\u00e9\":1}", `{"${"k".repeat(65)}":1}`, "\"\\u0041\"", "\"\\/\"",
    "\"\\n\"", "\"\n\"", "\"\u007f\"", "\"a", "\"a\u0301\"", "\"\u0378\"", "\"\uffff\"", "\"\u{1f978}\"", "\ufeff1", "tru", "[".repeat(17) + "]".repeat(17),
    "[".repeat(100000)];
  for (const source of refused) assert.equal(decode(utf8(source)), undefined, source.slice(0, 40));
  assert.equal(decode(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), undefined);
  assert.equal(decode(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)), undefined);
  for (const source of ["{\"__proto__\":1}", "\"\ue000\"", "-9007199254740991", "\"\"", "{}", "[".repeat(16) + "]".repeat(16)]) {
    assert.equal(canonical(decode(utf8(source))), source);
  }
  assert.equal(decode(utf8("{\"__proto__\":{\"x\":1}}")).x, undefined);
});

test("characters", () => {
  const table = new Uint8Array(0x110000);
  for (const [first, last] of vector("encoding/characters")) table.fill(1, first, last + 1);
  for (let code = 0x80; code < 0x110000; code++) assert.equal(allowed(code), Boolean(table[code]), code.toString(16));
  assert.ok(plainText("阳光 é"));
  assert.ok(!plainText("e\u0301"));
});

test("hashes and short codes", () => {
  const { use, fields, output } = vector("encoding/tagged-hash");
  assert.equal(hex(tagged(use, ...fields.map(unhex))), output);
  const empty = vector("encoding/empty-fields");
  assert.equal(hex(tagged(empty.use, ...empty.fields)), empty.output);
  const code = vector("encoding/short-code");
  assert.equal(shortCode(unhex(code.input)), code.output);
  assert.equal(hex(readCode(code.output.toLowerCase())), code.input.slice(0, 20));
});

test("Ed25519", () => {
  const { key, message, signature } = vector("encoding/signature");
  assert.ok(verifySignature(unhex(key), unhex(message), unhex(signature)));
  assert.ok(soundKey(unhex(key)));
  assert.ok(!soundKey(new Uint8Array(32)));
  assert.ok(!soundKey(Uint8Array.from({ length: 32 }, (_, i) => (i ? 0 : 1))));
});

test("Ed25519: CCTV and Wycheproof", { skip: !third("README.md") }, () => {
  const accepted = new Map(JSON.parse(third("cctv_accept_matrix.json")).map((row) => [row.number, row.libsodium]));
  let count = 0;
  for (const { number, key, sig, msg } of JSON.parse(third("cctv_ed25519vectors.json"))) {
    const valid = verifySignature(unhex(key), utf8(msg), unhex(sig));
    assert.equal(valid, accepted.get(number), `case ${number}`);
    count += valid;
  }
  assert.equal(count, 43);
  for (const { publicKey, tests } of JSON.parse(third("wycheproof_ed25519.json")).testGroups) {
    for (const { msg, sig, result, tcId } of tests) {
      if (sig.length !== 128) continue;
      assert.equal(verifySignature(unhex(publicKey.pk), unhex(msg), unhex(sig)), result === "valid", `test ${tcId}`);
    }
  }
});

test("tree and consistency", () => {
  const { entries, roots } = vector("ledger/roots");
  const tree = makeTree(entries.map((entry) => leafHash(unhex(entry))));
  roots.forEach((root, size) => assert.equal(hex(tree.root(size)), root));
  for (const { name, kind, holds, index, size, first, root, proof } of vector("ledger/proofs").cases) {
    if (kind !== "consistency") continue;
    assert.equal(consistent(index, unhex(first), size, unhex(root), proof.map(unhex)), holds, name);
  }
});

test("checkpoints and cosignatures", () => {
  const { note, key_id, origin, cosigner } = vector("ledger/checkpoint");
  const { key } = vector("ledger/fork");
  const read = readNote(utf8(note));
  assert.equal(keyId(origin, 1, unhex(key)), key_id);
  assert.ok(signedByLedger(read, unhex(key)));
  assert.equal(read.lines[1].name, cosigner.name);
  for (const broken of [note.slice(0, -1), note + "\n", note.replace("41", "041"), note.replace("\u2014", "-"), note.replace("=\n\n", "\n\n")]) {
    assert.equal(readNote(utf8(broken)), null);
  }
  const quantum = vector("ledger/ml-dsa-44");
  const cosigned = readNote(utf8(quantum.checkpoint + "\n" + note.split("\n")[4] + "\n" + quantum.line.trim() + "\n"));
  const witness = readVerifierKey(quantum.vkey, [6]);
  assert.deepEqual(cosignatures(cosigned, indexCosigners([witness])).map(({ valid }) => valid), [true]);
  cosigned.lines[1].signature[1000] ^= 1;
  assert.deepEqual(cosignatures(cosigned, indexCosigners([witness])).map(({ valid }) => valid), [false]);
});

test("forks", () => {
  const { key, proven, no_fork } = vector("ledger/fork");
  assert.equal(verifyFork(utf8(proven), [key], null).exit, 0);
  assert.equal(verifyFork(utf8(no_fork), [key], null).exit, 1);
  assert.equal(verifyFork(utf8(proven), [], null).exit, 2);
  assert.equal(verifyFork(utf8("{}"), [key], null).exit, 2);
});

test("ceremony", () => {
  const commit = vector("ceremony/commitment");
  assert.equal(commitmentOf(commit.header_hash, commit, commit), commit.output);
  const seed = vector("ceremony/seed");
  assert.equal(commitsClosedHash(seed.commitments, seed.digits), seed.commits_closed_hash);
  assert.equal(groupsHash(seed.groups_files), seed.groups_hash);
  const openings = seed.openings.map(([contribution, salt]) => ({ contribution, salt }));
  assert.equal(revealsClosedHash(openings), seed.reveals_closed_hash);
  const hashes = [seed.header_hash, seed.commits_closed_hash, seed.groups_hash, seed.reveals_closed_hash].map(unhex);
  assert.equal(hex(tagged("delay", ...hashes)), seed.challenge);
  assert.equal(hex(tagged("seed", ...hashes, unhex(seed.y), "")), seed.seed);
  assert.equal(hex(tagged("draw", unhex(seed.seed), seed.draw)), seed.draw_seed);
});

test("delay", () => {
  const chain = vector("delay/chain");
  const discriminant = discriminantFrom(unhex(chain.challenge));
  assert.equal((-discriminant).toString(16), chain.minus_d);
  let x = GENERATOR;
  for (const { y, proof } of chain.segments) {
    const t = chain.iterations / chain.segments.length;
    assert.ok(verifySegment(discriminant, x, unhex(y), unhex(proof), t));
    assert.ok(!verifySegment(discriminant, x, unhex(y), unhex(proof), t + 1));
    x = unhex(y);
  }
  const refused = vector("delay/refused");
  for (const [name, bytes] of Object.entries(refused.encodings)) assert.equal(decodeForm(unhex(bytes), discriminant), null, name);
});

test("delay: a cofactor one step beyond", () => {
  const { rows } = vector("delay/cofactor");
  assert.ok(rows.length);
  for (const { minus_d, a, b, encoding, refused, segment } of rows) {
    const discriminant = -BigInt(`0x${minus_d}`);
    const form = decodeForm(unhex(encoding), discriminant);
    assert.deepEqual(form.slice(0, 2).map((n) => n.toString(16)), [a, b]);
    assert.equal(decodeForm(unhex(refused), discriminant), null);
    const [x, y, proof] = [segment.x, segment.y, segment.proof].map(unhex);
    assert.ok(verifySegment(discriminant, x, y, proof, segment.iterations));
  }
});

test("delay: chiavdf", { skip: !third("README.md") }, () => {
  const lines = third("chiavdf_wesolowski.txt").trim().split("\n").map((line) => line.trim());
  for (let i = 0; i + 5 < lines.length; i += 6) {
    const [challenge, bits, x, both, iterations] = lines.slice(i, i + 5);
    const discriminant = -primeFrom(unhex(challenge), Number(bits), [0, 1, 2, Number(bits) - 1]);
    assert.ok(verifySegment(discriminant, unhex(x), unhex(both.slice(0, 200)), unhex(both.slice(200)), Number(iterations)));
  }
});

test("allocation: streams and limits", () => {
  const { key, first_words, below, shuffle } = vector("allocation/stream");
  let random = stream(unhex(key));
  for (const word of first_words) assert.equal(random.word(), word);
  random = stream(unhex(key));
  for (const [n, value] of below) assert.equal(random.below(n), value);
  assert.deepEqual(stream(unhex(key)).shuffle(shuffle.map((_, i) => i)), shuffle);
  for (const [r, k, m, limit] of vector("allocation/overlap-limits").limits) assert.equal(overlapLimit(r, k, m), limit);
});

const REST = { draw: "d01", version: "verifiable-draw/v1" };
const draws = readdirSync(new URL("vectors/allocation/", SPEC)).filter((name) => /^draw.*\.json$/.test(name));

for (const name of draws) {
  test(`allocation: ${name}`, async () => {
    const draw = vector(`allocation/${name.replace(".json", "")}`);
    const { attributes, crossed, classes, units } = draw;
    const sizes = units.map(({ length }) => length);
    const caps = draw.caps.map(([attribute, value, max]) => ({ attribute, value, max }));
    const groups = await group({ ...draw, caps }, unhex(draw.grouping_seed), noTick);
    assert.equal(canonical({ ...groups, ...REST }), draw.groups);
    assert.deepEqual([groups.blocks.length, groups.remainder.length], [draw.blocks, draw.remainder]);
    assert.ok(wellGrouped(groups, sizes, classes, draw.bundlings));
    const result = permute(groups, sizes, { classes, kind: "classes" }, unhex(draw.draw_seed));
    assert.equal(canonical({ ...result, ...REST, draw_seed: draw.draw_seed }), draw.result);
    const { pairs, overlap, others } = await remainderPairs(groups, noTick);
    assert.deepEqual([pairs, overlap], [draw.pairs, draw.overlap]);
    assert.equal(overlapLimit(others.r, classes, draw.bundlings), draw.overlap_limit);
    assert.equal(!repetitionSpeaks(others.r, classes, draw.bundlings) || repetitionKept(classes, others), draw.honest);
    assert.deepEqual(await pinEffects(groups, classes, noTick), draw.pin_effects);
    const features = featuresOf(attributes, crossed);
    const rows = certificate(units.map((unit) => vectorOf(unit, features)), features, classes, groups.bundlings);
    assert.deepEqual(rows.map((row) => [row.feature, row.reached, row.bound]), draw.certificate);
  });
}

test("one permutation", () => {
  const { units, sizes, bundlings, groups, draw_seed, result } = vector("allocation/one-permutation");
  const whole = wholeGroup(units, units, bundlings, []);
  assert.equal(canonical({ ...whole, ...REST }), groups);
  assert.ok(wellGrouped(whole, sizes, units, bundlings, "teachers"));
  assert.ok(!wellGrouped(whole, sizes, units, bundlings)); // A15
  assert.ok(!wellGrouped({ ...whole, blocks: [] }, [], units, bundlings, "order"));
  const drawn = permute(whole, sizes, { classes: units, kind: "teachers" }, unhex(draw_seed));
  assert.equal(canonical({ ...drawn, ...REST, draw_seed }), result);
});

test("bars", () => {
  const { units, sizes, bundlings, groups, draw_seeds, results } = vector("allocation/barred");
  const { barred } = JSON.parse(groups);
  const whole = wholeGroup(units, units, bundlings, barred);
  assert.equal(canonical({ ...whole, ...REST }), groups);
  assert.ok(wellGrouped(whole, sizes, units, bundlings, "teachers"));
  assert.ok(!wellGrouped(whole, [1, 1, 1, 1, 1], units, bundlings, "select"));
  draw_seeds.forEach((draw_seed, i) => {
    const drawn = permute(whole, sizes, { classes: units, kind: "teachers" }, unhex(draw_seed));
    assert.equal(canonical({ ...drawn, ...REST, draw_seed }), results[i]);
  });
});

test("late students", () => {
  const { rows } = vector("allocation/late");
  assert.ok(rows.length);
  for (const { present, sizes, bundlings, groups, draw_seed, result } of rows) {
    const whole = wholeGroup(sizes.length, present.length, bundlings, []);
    assert.equal(canonical({ ...whole, ...REST }), groups);
    assert.ok(wellGrouped(whole, sizes, present.length, bundlings, "late"));
    const drawn = permute(whole, sizes, { classes: present.length, kind: "late", before: present }, unhex(draw_seed));
    assert.equal(canonical({ ...drawn, ...REST, draw_seed }), result);
  }
});

test("leaves and slips", () => {
  const { identity, identity_hash, attributes, attributes_salt, leaf, secret, second } = vector("record/leaf");
  assert.equal(identityHash({ ...identity, secret }, identity), identity_hash);
  assert.equal(hex(tagged("slip-attributes", unhex(secret), unhex(second))), attributes_salt);
  const part = tagged("attributes", unhex(attributes_salt), encode(attributes));
  assert.equal(hex(tagged("leaf", unhex(identity_hash), part)), leaf);
});

test("the lines of both papers, the link and the slip file", () => {
  const { code, second_code: apart, draw, link, pseudonym, slip } = vector("record/slip");
  const file = decode(utf8(slip));
  assert.ok(isSlip(file));
  const bytes = unhex(file.secret + file.second);
  const lines = [...code, ...apart];
  assert.equal(lines.length, 4);
  lines.forEach((line, i) => {
    const own = bytes.slice(8 * i, 8 * i + 8);
    assert.equal(writeLine(i, own), line);
    assert.equal(hex(readLine(i, line.toLowerCase())), hex(own));
    assert.equal(lineNumber(` ${line.replace(/0/g, "o").replace(/1/g, "l")} `), i);
    for (const other of [0, 1, 2, 3]) if (other !== i) assert.equal(readLine(other, line), null);
    const mistyped = line.replace(/^./, (digit) => (digit === "7" ? "8" : "7"));
    assert.deepEqual([readLine(i, mistyped), lineNumber(mistyped)], [null, -1]);
  });
  assert.equal(pseudonymOf(unhex(file.secret)), pseudonym);
  assert.equal(splitLink(link).lines.map((line, i) => hex(readLine(i, line))).join(""), file.secret);
  assert.equal(splitLink(link).draw, draw);
  const whole = link.replace("&", `${apart.join("").replace(/-/g, "")}&`);
  assert.equal(splitLink(whole).lines.length, 4);
  for (const bad of ["", "#slip=", link.split("&")[0], whole.replace("&", "0&"), link.replace("&", "0000000000000000&"),
    link.slice(6), `${link}_`, `${link}&draw=d02`, `${link.split("&")[0]}&draw=`, link.replace("draw", "x")]) assert.equal(splitLink(bad), null);
  const given = { secret: bytes.slice(0, 16), second: bytes.slice(16), documentNumber: file.document_number,
    documentType: file.document_type, name: file.name, session: file.session };
  assert.equal(hex(makeSlip(given)), hex(utf8(slip)));
  assert.equal(decode(makeSlip({ ...given, second: null })).second, "");
});

test("envelopes", () => {
  const { secret, phases } = vector("record/envelope");
  assert.equal(phases.length, 2);
  const own = unhex(secret);
  for (const { phase, address, plaintext, envelope } of phases) {
    assert.equal(hex(addressOf(own, phase)), address);
    const content = JSON.parse(plaintext);
    assert.deepEqual({ ...openEnvelope(unhex(envelope), own, phase) }, content);
    const file = encode({ envelopes: [[address, envelope]] });
    assert.equal(hex(findEnvelope(file, addressOf(own, phase))), envelope);
    assert.equal(findEnvelope(file, new Uint8Array(32)), null);
    for (const other of phases) if (other.phase !== phase) assert.equal(openEnvelope(unhex(other.envelope), own, phase), null);
    assert.equal(openEnvelope(unhex(envelope), new Uint8Array(16), phase), null);
    for (let at = 0; at < 440; at += 2) {
      const bit = (parseInt(envelope.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, "0");
      assert.equal(openEnvelope(unhex(envelope.slice(0, at) + bit + envelope.slice(at + 2)), own, phase), null);
    }
  }
});

test("catalogue", () => {
  assert.deepEqual(CATALOGUE, JSON.parse(readFileSync(new URL("checks.json", SPEC), "utf8")));
});
