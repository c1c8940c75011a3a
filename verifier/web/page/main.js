// The page: what was given, what is running, what came out.
import { hex, utf8 } from "../src/bytes.js";
import { encode } from "../src/json.js";
import { sha256 } from "../src/sha2.js";
import { announce, button, byId, el, fillTexts, icon, pair, plain, t } from "./dom.js";
import { fromDrop, fromInput, sizeOf, sort } from "./intake.js";
import { ofRecord, sentence } from "./judging.js";
import { paper } from "./paper.js";
import { showChild, showFork, showReport } from "./report.js";
import { run } from "./running.js";
import { slipForm } from "./slip_form.js";
import { TEXTS } from "./texts.js";
import { known, speak } from "./words.js";

// Kind, file ending, whether several can be given. Their words are is… and why….
const EXTRAS = [
  ["trust", ".json"],
  ["since", ".zip"],
  ["ledger", ".jsonl"],
  ["records", ".zip", true],
  ["sealed", ".json", true],
  ["fork", ".json"],
];
const MANY = EXTRAS.filter(([, , many]) => many).map(([kind]) => kind);
const ANNOUNCED = 25; // percent between two announcements of progress

speak(TEXTS);

const idOf = (prefix, kind) => prefix + kind[0].toUpperCase() + kind.slice(1);
const wordOf = (kind) => known(idOf("is", kind));
const codeHash = hex(sha256(utf8(byId("core").textContent)));
let given = [];
let running = null;
let form = null;
let shown = () => {};

// ---- what is given

function problem(id, values) {
  byId("problems").append(el("p", { class: "problem" }, icon("undecided"), t(id, values)));
  byId("problems").scrollIntoView({ block: "nearest" });
}

function add(items) {
  interrupt();
  for (const item of items) {
    if (!MANY.includes(item.kind)) drop(item.kind);
    given.push(item);
  }
  showGiven();
}

function drop(kind) {
  interrupt();
  given = given.filter((item) => item.kind !== kind);
  showGiven();
}

function showGiven() {
  forget();
  byId("given").replaceChildren(...given.map((item) => {
    const away = () => {
      interrupt();
      given = given.filter((other) => other !== item);
      showGiven();
      byId("start").focus();
    };
    const names = el("span", null, pair(wordOf(item.kind)), el("span", { class: "file" }, item.name));
    return el("li", null, icon("PASS"), names,
      el("span", { class: "size" }, sizeOf(item.size)),
      button("remove", away, { class: "quiet", "aria-label": plain("removeWhat", { name: wordOf(item.kind) }) }));
  }));
  byId("given-title").hidden = !given.length;
  byId("fork-keys").hidden = !given.some(({ kind }) => kind === "fork");
  byId("slip-form").classList.toggle("by-file", given.some(({ kind }) => kind === "slip"));
}

// Takes what was dropped or chosen; `wanted` is the kind that the button used was for.
async function take(list, wanted) {
  byId("problems").replaceChildren();
  const items = await list;
  if (!items.length) return;
  const { found, problems } = await sort(items);
  problems.forEach(([id, values]) => problem(id, values));
  const accepted = [];
  for (const item of found) {
    const asRecord = item.kind === "record" && ["since", "records"].includes(wanted);
    if (!wanted || item.kind === wanted) accepted.push(item);
    else if (asRecord) accepted.push({ ...item, kind: wanted });
    else problem("wrongKind", { name: item.name, kind: wordOf(wanted), is: wordOf(item.kind) });
  }
  if (accepted.filter(({ kind }) => kind === "record").length > 1) {
    problem("twoRecords");
    accepted.splice(0, accepted.length, ...accepted.filter(({ kind }) => kind !== "record"));
  }
  add(accepted);
  if (accepted.some(({ kind }) => kind === "slip")) choose("child");
  if (accepted.some(({ kind }) => EXTRAS.some(([extra]) => extra === kind))) byId("more").open = true;
  if (given.some(({ kind }) => kind === "record")) byId("start").focus();
}

function picker(id, attributes, wanted, label) {
  const input = el("input", { type: "file", id, class: "unseen", ...attributes });
  input.addEventListener("change", () => {
    take(fromInput(input), wanted);
    input.value = ""; // so that the same file can be chosen again
  });
  return [input, el("label", { for: id, class: "button" }, label)];
}

function buildPickers() {
  byId("choose").append(...picker("give-record", { accept: ".zip" }, "record", t("chooseFile")));
  if ("webkitdirectory" in HTMLInputElement.prototype) {
    byId("choose").append(...picker("give-folder", { webkitdirectory: true }, "record", t("chooseFolder")));
  }
  const slipLabel = t("chooseWhat", { name: wordOf("slip") });
  byId("slip-file").append(...picker("give-slip", { accept: ".json" }, "slip", slipLabel));
  for (const [kind, accept, multiple = false] of EXTRAS) {
    const why = el("div", null, el("strong", null, pair(wordOf(kind))), el("p", null, t(idOf("why", kind))));
    const label = t("chooseWhat", { name: wordOf(kind) });
    const choose = el("div", null, ...picker(`give-${kind}`, { accept, multiple }, kind, label));
    byId("extras").append(el("div", { class: "extra" }, why, choose));
  }
}

function acceptDrops() {
  const veil = byId("veil");
  addEventListener("dragover", (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    veil.hidden = true;
    take(fromDrop(event.dataTransfer));
  });
}

// ---- the two jobs

function choose(job) {
  interrupt();
  forget();
  document.body.dataset.job = job;
  for (const name of ["check", "child"]) byId(`job-${name}`).setAttribute("aria-pressed", String(name === job));
  byId("slip").hidden = job !== "child";
  byId("start").replaceChildren(t(job === "child" ? "startChild" : "startCheck"));
}

async function start() {
  if (running) return;
  byId("problems").replaceChildren();
  const child = document.body.dataset.job === "child";
  const of = (kind) => given.filter((item) => item.kind === kind).map(({ source }) => source);
  const [record, trust, since, ledger, fork, slipFile] =
    ["record", "trust", "since", "ledger", "fork", "slip"].map((kind) => of(kind)[0] || null);
  let slip = null;
  if (child && !slipFile) {
    const filled = form.read();
    if (filled.problem) {
      problem(filled.problem);
      filled.field.focus();
      return;
    }
    slip = filled.slip;
  }
  if (!record && (child || !fork)) {
    problem("noRecord");
    byId("give-record").focus();
    return;
  }
  const keys = byId("keys").value.split(/\s+/).filter(Boolean);
  const job = { record, trust, since, ledger, records: of("records"), sealed: of("sealed"), keys, slip };
  await check({ ...job, fork: child ? null : fork, slipFile: child ? slipFile : null }, child);
}

// ---- checking

async function check(job, child) {
  setBusy(true);
  const show = progressShower();
  const mine = run(job, show);
  running = mine;
  const out = await mine.done;
  if (running !== mine) return; // stopped meanwhile: its answer is of something else than what is given now
  running = null;
  setBusy(false);
  if (out.problem) {
    problem(...out.problem);
    byId("start").focus();
    return;
  }
  shown = () => byId("result").replaceChildren(...result(out.result, Boolean(job.trust), child));
  shown();
  const verdict = byId("verdict");
  byId("live").textContent = verdict.textContent;
  verdict.focus({ preventScroll: true });
  byId("result").scrollIntoView();
}

function result({ report, more, fork }, hasTrust, child) {
  const parts = fork ? showFork(fork) : [];
  if (!report) return parts;
  const actions = child ? [] : [
    button("print", () => print(), { class: "main" }),
    button("save", () => save(report)),
  ];
  const shownReport = child ? ofRecord(report) : report;
  byId("paper").replaceChildren(...paper(shownReport, more, hasTrust, codeHash));
  const top = child && showChild(shownReport, more);
  return [...parts, ...showReport(shownReport, more, { hasTrust, actions, top })];
}

function save(report) {
  const url = URL.createObjectURL(new Blob([encode(report)], { type: "application/json" }));
  el("a", { href: url, download: `verify-${report.session || "record"}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// No verdict stays on the screen that is not of what is given now.
function forget() {
  shown = () => {};
  byId("result").replaceChildren();
  byId("paper").replaceChildren();
}

function setBusy(busy) {
  byId("progress").hidden = !busy;
  byId("start").hidden = busy;
  forget();
  if (!busy) return;
  byId("bar").removeAttribute("value");
  byId("step").replaceChildren(t("reading"));
  byId("left").replaceChildren();
  announce("working");
  byId("stop").focus({ preventScroll: true });
  byId("progress").scrollIntoView({ block: "center" });
}

// Ends what is running; true if something was.
function interrupt() {
  if (!running) return false;
  running.stop();
  running = null;
  setBusy(false);
  return true;
}

function stop() {
  if (!interrupt()) return;
  problem("cancelled");
  byId("start").focus();
}

function progressShower() {
  const began = performance.now();
  let announced = 0;
  return (done, total, id) => {
    const share = total ? Math.min(done / total, 1) : 0;
    byId("bar").value = share;
    byId("step").replaceChildren(el("span", { class: "id" }, id), pair(sentence(id)));
    const seconds = Math.ceil((performance.now() - began) / 1000 * (1 / share - 1));
    const left = share > 0.05 ? [t("timeLeft", { n: seconds })] : [];
    byId("left").replaceChildren(t("percent", { n: Math.floor(share * 100) }), ...left);
    if (share * 100 >= announced + ANNOUNCED) {
      announced = Math.floor(share * 100);
      announce("percent", { n: announced });
    }
  };
}

// ---- setting up

// The page's own language stays: what has none of its own is from the record, and Chinese.
function swapLanguage() {
  const root = document.documentElement;
  root.dataset.main = root.dataset.main === "zh" ? "en" : "zh";
  const open = byId("checks")?.open;
  shown(); // what has room for one language only is written anew
  if (open) byId("checks").open = true;
}

fillTexts();
buildPickers();
acceptDrops();
form = slipForm();
byId("core-hash").textContent = codeHash;
byId("language").addEventListener("click", swapLanguage);
byId("job-check").addEventListener("click", () => choose("check"));
byId("job-child").addEventListener("click", () => choose("child"));
byId("start").addEventListener("click", start);
byId("stop").append(t("cancel"));
byId("stop").addEventListener("click", stop);
byId("slip-form").addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
byId("slip-form").addEventListener("reset", () => drop("slip"));
for (const id of ["slip-form", "keys"]) {
  byId(id).addEventListener("input", () => {
    interrupt();
    forget();
  });
}
addEventListener("hashchange", () => form.fromLink() && choose("child"));
choose(form.fromLink() ? "child" : "check");
