// The page for families: what was typed or scanned, what came back, and what the family checks by itself.
import { hex } from "../src/bytes.js";
import { SLIP_LINES } from "../src/slip.js";
import { canOpen, identityHash, openAttributes } from "../src/student.js";
import { attributeList, childName, documentNumber, documentTypes } from "../page/child.js";
import { codeLines, linkIn } from "../page/code_lines.js";
import { announce, button, byId, el, fillTexts, icon, plain, t } from "../page/dom.js";
import { speak } from "../page/words.js";
import { contactParts, drawName, notice, proofParts, showAnswer, showProblem } from "./answer.js";
import { fetcher } from "./fetching.js";
import { lookUp, planOf } from "./lookup.js";
import { TEXTS } from "./texts.js";

const BREATH = 50; // milliseconds of work between two looks at the screen

speak(TEXTS);

let found = null; // what `lookUp` found, with the secret
let known = null; // the plan, once it was proven: whom to call
let asked = 0; // number of the last question; answers to earlier ones are dropped
let chosen = ""; // id of the draw that the slip is of, from the link or by its school
let code = null;
let second = null;

function breather() {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}

// Nothing stays on the screen that is not of the slip asked for.
function forget() {
  found = null;
  for (const id of ["result", "mine-answer", "second-answer", "proof", "actions", "paper", "ask-problem"]) {
    byId(id).replaceChildren();
  }
  byId("further").hidden = true;
  byId("mine-form").reset();
  for (const details of document.querySelectorAll("details")) details.open = false;
}

function busy(on) {
  byId("busy").hidden = !on;
  byId("ask").hidden = on;
}

async function ask(slip) {
  const mine = ++asked;
  forget();
  busy(true);
  announce("working");
  let answer = null;
  let problem = null;
  try {
    answer = await lookUp(slip, fetcher(), breather());
  } catch (error) {
    problem = error;
  }
  if (mine !== asked) return; // another slip was asked for meanwhile
  busy(false);
  if (problem) failed(problem, slip);
  else succeeded({ ...answer, secret: slip.secret });
}

function succeeded(answer) {
  found = answer;
  byId("ask").hidden = true;
  byId("result").replaceChildren(...showAnswer(answer));
  byId("proof").replaceChildren(...proofParts(answer));
  showSession(answer);
  byId("actions").replaceChildren(button("print", () => print(), { class: "main" }), button("another", another));
  byId("paper").replaceChildren(...notice(answer, ""));
  byId("further").hidden = false;
  present();
}

function failed(error, slip) {
  if (error.known) showSession(error.known);
  if (error.what === "whichDraw") {
    chooseSchool();
    return;
  }
  if (!error.what) console.error(error); // ours, not the site's: it says nothing of the slip
  const what = error.what || "failedInside";
  const again = ["offline", "missing", "broken", "unwitnessed"].includes(what) && button("retry", () => ask(slip), { class: "main" });
  const back = what === "nothing" && button("back", correct, { class: "main" });
  byId("ask").hidden = true;
  byId("result").replaceChildren(...showProblem(what, known, [again, back, button("another", another)].filter(Boolean)));
  present();
}

function present() {
  const head = byId("answer");
  byId("live").textContent = head.textContent;
  head.focus({ preventScroll: true });
  scrollTo(0, 0);
}

// Back to the lines as they were typed.
function correct() {
  forget();
  busy(false);
  code.focus();
}

function another() {
  asked++;
  forget();
  choose("");
  code.clear();
  second.clear();
  busy(false);
  code.focus();
}

// Fills the lines from a link, and asks at once; the second code waits until it is asked for.
function fromLink(text) {
  const link = linkIn(text);
  if (!link) return false;
  const { draw, lines } = link;
  choose(draw);
  code.fill(lines.slice(0, SLIP_LINES));
  second.clear();
  if (lines.length > SLIP_LINES) second.fill(lines.slice(SLIP_LINES));
  submit();
  return true;
}

// A scanned link leaves the address bar, and with it the history, before anything else is done.
function fromAddress() {
  const { hash } = location;
  if (!hash.startsWith("#slip=")) return;
  history.replaceState(null, "", location.pathname + location.search);
  another();
  if (!fromLink(hash)) sayProblem("scanOther");
}

function sayProblem(id) {
  byId("ask-problem").replaceChildren(el("p", { class: "problem" }, icon("care"), t(id)));
}

function submit() {
  byId("ask-problem").replaceChildren();
  const { bytes, wrong } = code.read();
  if (wrong) {
    sayProblem("linesMissing");
    wrong.focus();
  } else if (!byId("which").hidden && !chosen) {
    chooseSchool();
  } else {
    ask({ secret: bytes, draw: chosen });
  }
}

// ---- whose slip it is, where a code was typed: the school, if there are several

function choose(draw) {
  chosen = draw;
  byId("school").value = draw;
}

function chooseSchool() {
  sayProblem("schoolMissing");
  byId("school").focus();
}

// Primary schools before junior ones, and names by their sound.
function showSchools(draws) {
  const ordered = draws.map((draw) => [drawName(draw), draw.id, draw.grade]);
  ordered.sort(([one, , low], [other, , high]) => low - high || one.localeCompare(other, "zh-CN"));
  const none = [el("option", { value: "" }, plain("schoolChoose"))];
  byId("school").replaceChildren(...none, ...ordered.map(([name, value]) => el("option", { value }, name)));
  byId("school").value = chosen;
  byId("which").hidden = draws.length < 2;
}

// ---- what the family checks by itself, on this device

function said(id, good, ...more) {
  return el("div", { class: `said${good ? " good" : ""}` }, icon(good ? "PASS" : "care"), el("div", null, t(id), ...more));
}

function checkMine() {
  const name = childName(byId("child-name").value);
  const number = documentNumber(byId("document-number").value);
  if (!name || !number) {
    byId("mine-answer").replaceChildren(said("fieldMissing", false));
    byId(name ? "document-number" : "child-name").focus();
    return;
  }
  const slip = { document_number: number, document_type: byId("document-type").value, name, secret: hex(found.secret) };
  const { plan, draw: { school, grade }, nullifier } = found;
  const fits = identityHash(slip, { grade, nullifier, school, year: plan.year }) === found.pair[0];
  byId("mine-answer").replaceChildren(said(fits ? "mineYes" : "mineNo", fits));
  for (const asks of document.querySelectorAll(".unchecked")) asks.hidden = fits;
  byId("paper").replaceChildren(...notice(found, fits ? name : ""));
}

async function showSecond() {
  const { bytes, wrong } = second.read();
  const answer = byId("second-answer");
  if (wrong) {
    answer.replaceChildren(said("linesMissing", false));
    wrong.focus();
    return;
  }
  const mine = found;
  const attributes = mine.draw.kind === "classes" ? mine.plan.attributes : [];
  if (!canOpen(attributes)) {
    answer.replaceChildren(said("attributesMany", false));
    return;
  }
  const codes = { secret: hex(mine.secret), second: hex(bytes) };
  const opened = await openAttributes(codes, attributes, mine.pair[1], breather());
  if (mine !== found) return;
  if (!opened) answer.replaceChildren(said("attributesNot", false));
  else if (!attributes.length) answer.replaceChildren(said("attributesNone", true));
  else answer.replaceChildren(el("h3", null, t("attributes")), attributeList(opened));
}

function showSession({ plan, draws }) {
  known = plan;
  byId("contact").replaceChildren(...contactParts(plan));
  showSchools(draws);
}

// Whom to ask, and the schools to choose from, before anything is looked up. If it cannot be had, the look-up will say why.
async function fetchSession() {
  try {
    showSession(await planOf(fetcher()));
  } catch (error) {
    if (!error.what) throw error;
  }
}

// ---- setting up

function onSubmit(id, action) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    action();
  });
}

fillTexts();
code = codeLines("code", 0, "look", fromLink);
second = codeLines("second", SLIP_LINES, "second-show", () => false);
byId("code").append(...code.rows);
byId("second").append(...second.rows);
byId("document-type").append(...documentTypes());
showSession({ plan: null, draws: [] });
byId("school").addEventListener("change", () => choose(byId("school").value));
onSubmit("slip-form", submit);
onSubmit("mine-form", checkMine);
onSubmit("second-form", showSecond);
addEventListener("hashchange", fromAddress);
document.title = plain("title");
if (location.protocol === "file:") {
  history.replaceState(null, "", location.pathname);
  byId("ask").hidden = true;
  byId("result").replaceChildren(...showProblem("fromDisk", null, []));
} else {
  fromAddress();
  if (!byId("ask").hidden) fetchSession();
}
