#!/usr/bin/env node
// The command line of the verifier in JavaScript (spec/verification.md), for Node 18 and later.

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CATALOGUE } from "./src/catalogue.js";
import { verifyFork } from "./src/fork.js";
import { canonical } from "./src/json.js";
import { verify } from "./src/verify.js";

const FILE_LIMIT = 64 * 1024 * 1024; // E4
const TOTAL_LIMIT = 2 ** 30; // R1
const USAGE = `verify RECORD [--trust FILE] [--since RECORD] [--ledger ENTRIES.jsonl] [--record RECORD ...] [--slip FILE]
       [--sealed FILE ...] [--json] [--lang zh|en]
verify --fork FILE (--key KEY ... | --trust FILE) [--json] [--lang zh|en]
verify --batch`;
const ONE = ["trust", "since", "ledger", "slip", "fork", "lang"];
const MANY = ["record", "key", "sealed"];
const FLAGS = ["json", "batch"];

class Unusable extends Error {}

/** Reads a regular file of at most this size. */
function readBounded(path, limit = FILE_LIMIT) {
  const found = statSync(path);
  if (!found.isFile()) throw new Unusable(`${path} is not a file`);
  if (found.size > limit) throw new Unusable(`${path} is larger than ${limit} bytes`);
  return new Uint8Array(readFileSync(path));
}

/** A record: a zip, or all that is in a folder. Links and other things that are no files stand as null. */
function readRecord(path) {
  if (!statSync(path).isDirectory()) return { zip: readBounded(path, TOTAL_LIMIT + FILE_LIMIT) };
  const files = new Map();
  let total = 0;
  const walk = (folder, prefix) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const [place, name] = [join(folder, entry.name), prefix + entry.name];
      if (entry.isDirectory()) {
        walk(place, name + "/");
        continue;
      }
      const { size } = lstatSync(place);
      total += entry.isFile() ? size : 0;
      if (total > TOTAL_LIMIT) throw new Unusable("the record is larger than 1 GiB");
      files.set(name, entry.isFile() && size <= FILE_LIMIT ? new Uint8Array(readFileSync(place)) : null);
    }
  };
  walk(path, "");
  return { files };
}

function parse(words) {
  const options = { records: [], key: [], sealed: null };
  while (words.length) {
    const word = words.shift();
    const name = word.replace(/^--/, "");
    if (!word.startsWith("--")) {
      if (options.path !== undefined) throw new Unusable("two records");
      options.path = word;
    } else if (FLAGS.includes(name)) {
      options[name] = true;
    } else if (MANY.includes(name)) {
      const list = options[name === "record" ? "records" : name] ||= [];
      const before = list.length;
      while (words.length && !words[0].startsWith("--")) list.push(words.shift());
      if (list.length === before) throw new Unusable(`${word} needs a value`);
    } else if (ONE.includes(name)) {
      if (!words.length) throw new Unusable(`${word} needs a value`);
      if (options[name] !== undefined) throw new Unusable(`${word} twice`);
      options[name] = words.shift();
    } else {
      throw new Unusable(`unknown argument ${JSON.stringify(word)}`);
    }
  }
  return options;
}

function readGiven({ trust, since, ledger, records, slip, sealed }) {
  const optional = (path, read) => (path === undefined || path === null ? null : read(path));
  return {
    trust: optional(trust, readBounded), since: optional(since, readRecord), ledger: optional(ledger, readBounded),
    records: (records || []).map(readRecord), slip: optional(slip, readBounded),
    sealed: sealed ? sealed.map((path) => readBounded(path)) : null,
  };
}

const unusable = (problem) => ({
  report: { attempts: [], checks: [], covered: [], draws: [], exit: 2, reasons: [], register: [], rehearsal: false,
    session: "", slip: {}, verdict: "undecided" },
  more: { problem, statement: {}, headerCode: "", recordCode: "", milliseconds: {} },
});

/** Reads and verifies what the options name; what cannot be read is exit code 2 (V3). */
async function judge(options) {
  let record;
  let given;
  try {
    record = readRecord(options.path);
    given = readGiven(options);
  } catch (error) {
    return unusable(error.message);
  }
  return verify(record, given, async () => {});
}

const HEADLINES = {
  "proven": ["公正性已得到证明：全部检查通过，并与读者掌握的外部信息一致", "PROVEN: every check passed, and the record is anchored in what you hold from outside"],
  "inconsistent": ["不一致：记录中有确定的矛盾", "INCONSISTENT: the record contradicts itself"],
  "undecided": ["无法判断：记录或参数不能读取", "UNDECIDED: the record or an argument cannot be read"],
  "not-proven": ["尚未证明：没有发现矛盾，但证据不足", "NOT PROVEN: nothing contradicts, but evidence is missing"],
};

const KINDS = {
  classes: ["学生分班", "students to classes"], late: ["后到学生插班", "late students to classes"],
  teachers: ["教师分配到班", "teachers to classes"], select: ["抽选人员", "choosing persons"],
  order: ["抽取顺序", "drawing an order"], audit: ["抽查学生名册", "choosing entries to audit"],
};

const REASONS = {
  accessibility: ["无障碍教室", "accessible rooms"], resource_room: ["资源教室", "resource room"],
  protection: ["人身保护", "protection of a child"], court: ["法院命令", "order of a court"],
};

/** What the numbers of a draw mean, and what was fixed before it (V4). */
function meaningOf(row, effects, choose) {
  const { kind, classes, class_names: names, counts, take, forced, reasons } = row;
  const parts = [];
  if (["select", "audit"].includes(kind)) parts.push(`${choose("抽到的是顺序，抽中", "numbers are positions, chosen are")} 1–${take}`);
  else if (kind === "order") parts.push(choose("抽到的是顺序", "numbers are positions"));
  else parts.push(`${choose("抽到的是班级", "numbers are classes")} 1–${classes}`);
  if (names.length) parts.push(names.map((name, i) => `${i + 1} ${name}`).join(", "));
  if (counts.length && ["classes", "late"].includes(kind)) parts.push(`${choose("各班人数", "students")} ${counts.join(" ")}`);
  if (kind === "late") parts.push(`${choose("只有一个班可去的", "forced")}: ${forced}`);
  if (reasons.length) {
    const why = reasons.map(([reason, number]) => (
      `${Object.hasOwn(REASONS, reason) ? choose(...REASONS[reason]) : reason} ${number}`));
    const total = reasons.reduce((sum, [, number]) => sum + number, 0);
    parts.push(`${choose("预先指定班级", "given a class beforehand")}: ${total} (${why.join(", ")})`);
    if (effects) {
      parts.push(`${choose("受影响", "affected")}: ${effects.affected}`);
      parts.push(`${choose("进某个班的最大概率", "largest probability of a class")}: ${effects.class.join("/")}`);
      parts.push(`${choose("两组同班的最大概率", "of two units sharing a class")}: ${effects.pair.join("/")}`);
    }
  }
  return parts.join("; ");
}

/** Length of the source files and their hash, in the order of their names (V4). */
function ownHash() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "src");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

function printReport({ report, more }, lang) {
  const choose = (zh, en) => (lang ? { zh, en }[lang] : `${zh} / ${en}`);
  const print = (text) => process.stdout.write(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd") + "\n");
  print(choose(...HEADLINES[report.verdict]));
  if (more.problem) print(more.problem);
  const { title, bureau, date } = more.statement;
  if (title !== undefined) print(`${bureau} ${title} ${date} ${report.session} ${more.headerCode}`);
  if (more.recordCode) print(`公开记录的核对值 / code of the public record ${more.recordCode}`);
  const kindOf = (kind) => (Object.hasOwn(KINDS, kind) ? choose(...KINDS[kind]) : kind);
  for (const [id, row] of Object.entries(more.statement.schools || {})) {
    const effects = report.draws.find(({ draw }) => draw === id)?.pins;
    print(`${id}: ${row.school_name} ${row.grade} ${kindOf(row.kind)} K=${row.classes}; ${meaningOf(row, effects, choose)}`);
  }
  const byId = new Map(CATALOGUE.map((check) => [check.id, check]));
  for (const { id, outcome, detail } of report.checks.filter((check) => report.reasons.includes(check.id))) {
    const { zh, en, failure_zh, failure_en } = byId.get(id);
    const failed = outcome === "FAIL" && failure_zh;
    print(`  ${id} ${outcome}: ${failed ? choose(failure_zh, failure_en) : choose(zh, en)} (${detail})`);
  }
  print(choose("被覆盖的观察员", "covered observers") + `: ${report.covered.length}`);
  for (const { id, role, client } of report.covered) print(`  ${id} ${role} ${client}`);
  for (const { draw, overlap, overlap_limit, always, pairs } of report.draws) {
    print(`${draw}: ${choose("余数同班次数", "remainder pairs")} ${pairs.join(" ")}; ${choose("始终同班", "always")} ${always}; `
      + `${choose("重叠", "overlap")} ${overlap}/${overlap_limit}`);
  }
  for (const one of report.attempts) {
    print(`${one.school} ${one.grade} ${kindOf(one.kind)} ${one.year} #${one.attempt} ${one.session}: ${one.outcome} ${one.reason}`);
  }
  for (const row of report.register) print(`${row.school} ${row.grade} ${row.name}: ${row.state} ${row.session} ${row.reason}`);
  if (report.slip.draw) print(`${choose("凭条", "slip")}: ${canonical(report.slip)}`);
  for (const { id, outcome, items, failed } of report.checks) {
    print(`  ${id} ${outcome} ${items} ${failed} ${more.milliseconds[id] || 0} ms: ${choose(byId.get(id).zh, byId.get(id).en)}`);
  }
  print(choose("任何程序都不能核对：按录取名单清点人数、在场看到的观察员密钥指纹、观察员是谁",
    "No program can check: heads against the admission list, key fingerprints seen in the room, who the observers were"));
  print(`SHA-256 src/*.js: ${ownHash()}`);
}

async function batch() {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!line.trim()) continue;
    const { record, ...options } = JSON.parse(line);
    const { report } = await judge({ ...options, path: record });
    process.stdout.write(canonical(report) + "\n");
  }
  return 0;
}

function fork({ fork: path, key, trust, json }) {
  let answer;
  try {
    answer = verifyFork(readBounded(path), key, trust === undefined ? null : readBounded(trust));
  } catch (error) {
    answer = { exit: 2, origin: "", proven: false, reason: error.message, sizes: [] };
  }
  const words = ["已证明分叉 / a fork is proven", "没有证明分叉 / no fork is proven", "无法判断 / undecided"][answer.exit];
  process.stdout.write((json ? canonical(answer) : `${words} ${answer.origin} ${answer.sizes.join(" ")} ${answer.reason}`) + "\n");
  return answer.exit;
}

async function main(words) {
  let options;
  try {
    options = parse(words);
    if (options.lang && !["zh", "en"].includes(options.lang)) throw new Unusable("--lang is zh or en");
    if (!options.batch && (options.fork === undefined) === (options.path === undefined)) throw new Unusable("no record, or two");
    if (options.fork === undefined && options.key.length) throw new Unusable("--key goes with --fork");
  } catch (error) {
    if (words.json || process.argv.includes("--json")) process.stdout.write(canonical(unusable("").report) + "\n");
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    return 2;
  }
  if (options.batch) return batch();
  if (options.fork !== undefined) return fork(options);
  const answer = await judge(options);
  if (options.json) process.stdout.write(canonical(answer.report) + "\n");
  else printReport(answer, options.lang);
  return answer.report.exit;
}

process.exitCode = await main(process.argv.slice(2));
