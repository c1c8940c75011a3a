// What came back, for the screen and for the printed notice.
import { shortCode } from "../src/hash.js";
import { el, icon, pair, plain, t } from "../page/dom.js";
import { words } from "../page/words.js";

const BEIJING = 8 * 3600; // seconds east of UTC
const LONG = 5; // characters of a class's name that do not fit in the largest letters
const POSITIONS = ["select", "order", "audit"]; // kinds whose number is a position (C25)

// Without what could turn the direction of writing (V6).
const clean = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
// What there is to choose from: school, grade, and what is drawn where it is not the usual; Chinese, as the schools' names.
export function drawName(draw) {
  const kind = draw.kind === "classes" ? [] : words(`kind_${draw.kind}`, { n: draw.batch });
  return [schoolOf(draw), words(`grade${draw.grade}`)[0], ...kind.slice(0, 1)].join(" · ");
}

const schoolOf = ({ school, school_name: name }) => clean(name) || school;

// The number drawn in words, as [Chinese, English].
function drawnWords({ draw: { kind, take, class_names: names }, number }) {
  if (kind === "order") return words("placeNumber", { n: number });
  if (POSITIONS.includes(kind)) return words(number <= take ? "placeChosen" : "placeNotChosen", { n: number });
  const name = names[number - 1];
  return name ? [clean(name), clean(name)] : words("classNumber", { n: number });
}

const resultWords = (answer) => (answer.phase === "result" ? drawnWords(answer) : words("inRoster"));
const isLong = (answer) => resultWords(answer)[0].length > LONG;

export function showAnswer(answer) {
  const { plan, draw, phase, pseudonym } = answer;
  const drawn = phase === "result";
  const label = drawn ? [el("p", { class: "what" }, t(POSITIONS.includes(draw.kind) ? "yourPlace" : "yourClass"))] : [];
  const rehearsal = plan.rehearsal ? [el("p", { class: "rehearsal" }, icon("care"), t("rehearsal"))] : [];
  const card = el("section", { class: `child ${phase}${isLong(answer) ? " long" : ""}`, "aria-labelledby": "answer" },
    el("p", { class: "school" }, schoolOf(draw)),
    el("p", { class: "grade" }, t(`grade${draw.grade}`)),
    ...label,
    el("h2", { id: "answer", tabindex: -1 }, pair(resultWords(answer))),
    ...(drawn ? [] : [el("p", null, t("inRosterWhy"))]),
    el("p", { class: "pseudonym" }, t("pseudonym"), el("code", null, pseudonym)));
  const over = ["annulled", "aborted"].filter((what) => answer[what])
    .map((what) => el("p", { class: "rehearsal" }, icon("care"), t(what)));
  return [el("div", { class: "answer" }, ...rehearsal, ...over, card,
    ...(drawn ? [el("p", { class: "unchecked" }, t("unchecked"))] : []))];
}

// Why there is no answer, and what to do. Of a slip it never says more than that nothing was found.
export function showProblem(what, plan, actions) {
  const phone = plan && plan.contact.phone;
  const ask = phone ? [t("askBureau"), " ", call(phone)] : [t("askBureauBy")];
  const calm = ["nothing", "notYet", "unwitnessed", "fromDisk"].includes(what);
  return [el("section", { class: `verdict${calm ? "" : " care"}`, "aria-labelledby": "answer" },
    el("div", { class: "head" }, icon(calm ? "ask" : "care"), el("h2", { id: "answer", tabindex: -1 }, t(what))),
    el("p", null, t(`${what}Why`)),
    ...(what === "fromDisk" ? [] : [el("p", { class: "call" }, ...ask)])),
  el("div", { class: "row" }, ...actions)];
}

const call = (phone) => el("a", { href: `tel:${phone.replace(/[^0-9+*#,;]/g, "")}` }, clean(phone));

export function contactParts(plan) {
  const { phone, email } = plan ? plan.contact : { phone: "", email: "" };
  const rows = [
    ...(phone ? [["phone", call(phone)]] : []),
    ...(email ? [["email", el("a", { href: `mailto:${encodeURIComponent(email).replace(/%40/g, "@")}` }, clean(email))]] : []),
  ];
  const bureau = plan ? [el("p", null, clean(plan.bureau))] : [];
  if (!rows.length) return [...bureau, el("p", null, t("noContact"))];
  return [...bureau, el("dl", null, ...rows.map(([id, node]) =>
    el("div", null, el("dt", null, t(id)), el("dd", null, node))))];
}

// ---- what it rests on

// Seconds since 1970 as a time of day in China, where no clock is ever changed.
function timeOf(seconds) {
  const date = new Date((seconds + BEIJING) * 1000);
  return Number.isNaN(date.getTime()) ? "—" : date.toISOString().slice(0, 16).replace("T", " ");
}

function witnessRows({ witnesses }) {
  if (!witnesses.length) return [t("witnessesNone")];
  // One with an Ed25519 and a post-quantum key has two lines in the note, and is one witness.
  const once = witnesses.filter(({ name }, i) => witnesses.findIndex((other) => other.name === name) === i);
  return once.map(({ name, time }) => el("span", { class: "time" }, el("strong", null, name), " ",
    el("span", { class: "when" }, timeOf(time))));
}

const row = (id, kind, ...parts) => el("div", { class: kind }, el("dt", null, t(id)), el("dd", null, ...parts));

function checkpointRows({ note, ...answer }) {
  return [
    row("checkpoint", "", el("span", { class: "place" }, note.origin), t("checkpointSize", { n: note.size })),
    row("checkpointCode", "", el("code", null, shortCode(note.root))),
    row("witnesses", "", ...witnessRows(answer)),
  ];
}

export function proofParts(answer) {
  return [
    el("p", null, t(answer.phase === "result" ? "proofResult" : "proofFrozen")),
    el("dl", { class: "facts" }, ...checkpointRows(answer)),
    el("p", null, t("proofMore")),
  ];
}

// The sheet that is printed. `name` is that of the child if the family has checked it, else a line to write on.
export function notice(answer, name) {
  const { plan, draw, phase, pseudonym } = answer;
  const drawn = phase === "result";
  return [
    ...(plan.rehearsal ? [el("p", { class: "test" }, t("rehearsal"))] : []),
    ...["annulled", "aborted"].filter((what) => answer[what]).map((what) => el("p", { class: "test" }, t(what))),
    el("h1", null, t(drawn ? "notice" : "noticeFrozen")),
    el("dl", null,
      row("noticeSession", "", clean(`${plan.bureau} · ${plan.title} · ${plan.date}`)),
      row("noticeSchool", "", el("span", { class: "place" }, schoolOf(draw)), t(`grade${draw.grade}`)),
      row("noticeName", "blank", name),
      row("noticeWhat", `big${isLong(answer) ? " long" : ""}`, pair(resultWords(answer))),
      row("pseudonym", "", el("code", null, pseudonym)),
      ...checkpointRows(answer)),
    el("div", { class: "foot" }, t("noticeBy"), ...(plan.contact.phone ? [el("p", null, plain("phone"), " ", clean(plan.contact.phone))] : [])),
  ];
}
