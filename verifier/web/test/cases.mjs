// The conformance kit of spec/cases (K1-K7), run in this process, and hostile changes to one of its records.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { CATALOGUE } from "../src/catalogue.js";
import { verifyFork } from "../src/fork.js";
import { openRecord } from "../src/record.js";
import { verify } from "../src/verify.js";

const CASES = fileURLToPath(new URL("../../../spec/cases/", import.meta.url));
const bytes = (...path) => new Uint8Array(readFileSync(join(CASES, ...path)));
const noProgress = async () => {};
const failing = (report) => report.checks.filter(({ outcome }) => outcome === "FAIL").map(({ id }) => id);
const names = readdirSync(CASES).filter((name) => existsSync(join(CASES, name, "case.json"))).sort();

function addFiles(files, folder, prefix = "") {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) addFiles(files, path, `${prefix}${name}/`);
    else files.set(prefix + name, new Uint8Array(readFileSync(path)));
  }
}

/** The record of a case (K3). */
function recordOf(name) {
  const { base, remove } = JSON.parse(readFileSync(join(CASES, name, "case.json"), "utf8"));
  if (!base) return { zip: bytes(name, "record.zip") };
  const files = new Map(openRecord({ zip: bytes("bases", `${base}.zip`) }).files);
  for (const path of remove) files.delete(path);
  addFiles(files, join(CASES, name, "files"));
  return { files };
}

/** What is expected where a verifier without BLS12-381 says CANNOT-CHECK of V41 (K7). */
function withoutPairings({ exit, failing: due, passing = [] }, report) {
  const said = report.checks.some(({ id, outcome }) => id === "V41" && outcome === "CANNOT-CHECK");
  if (!said || ![...due, ...passing].includes("V41")) return { exit, failing: due, passing };
  const others = due.filter((id) => id !== "V41");
  const proven = (id) => !["evidence", "slip"].includes(CATALOGUE.find((check) => check.id === id).category);
  return { exit: others.some(proven) ? 1 : 3, failing: others, passing: passing.filter((id) => id !== "V41") };
}

/** A record among the arguments (K4). */
function recordAt(path) {
  return path.endsWith("/") ? recordOf(path.slice(0, -1)) : { zip: bytes(path) };
}

for (const name of names) {
  test(`case ${name}`, async () => {
    const kept = JSON.parse(readFileSync(join(CASES, name, "case.json"), "utf8"));
    const options = kept.arguments;
    const list = (key) => [options[key] ?? []].flat();
    const [trust, slip, ledger] = ["trust", "slip", "ledger"].map((key) => (options[key] ? bytes(options[key]) : null));
    if (options.fork) {
      assert.equal(verifyFork(bytes(options.fork), list("key"), trust).exit, kept.exit);
      return;
    }
    const given = {
      trust, slip, ledger, since: options.since ? recordAt(options.since) : null, records: list("record").map(recordAt),
      sealed: options.sealed ? list("sealed").map((path) => bytes(path)) : null,
    };
    const steps = [];
    const { report, more } = await verify(recordOf(name), given, async (done) => { steps.push(done); });
    assert.ok(!more.problem.startsWith("internal"), more.problem);
    assert.ok(steps.every((done, i) => !i || steps[i - 1] <= done), "progress is monotone");
    const { exit, failing: due, passing } = withoutPairings(kept, report);
    const shown = JSON.stringify(report.checks.filter(({ outcome }) => !["PASS", "NOT-APPLICABLE"].includes(outcome)));
    assert.equal(report.exit, exit, shown + more.problem);
    if (exit === 2) return;
    assert.deepEqual(failing(report), due, shown);
    for (const id of passing) assert.equal(report.checks.find((check) => check.id === id).outcome, "PASS", shown);
    assert.deepEqual(report.checks.map(({ id }) => id), CATALOGUE.map(({ id }) => id));
  });
}

test("no change to a byte of a zip is accepted or crashes", { skip: !names.includes("proven") }, async () => {
  const zip = bytes("bases", readdirSync(join(CASES, "bases")).find((name) => name.endsWith(".zip")));
  for (let i = 0; i < 150; i++) {
    const changed = zip.slice();
    changed[(i * 48271 + 11) % zip.length] ^= 1 << i % 8;
    const { report, more } = await verify({ zip: changed }, {}, noProgress);
    assert.ok([1, 2].includes(report.exit));
    assert.ok(!more.problem.startsWith("internal"), more.problem);
  }
});
