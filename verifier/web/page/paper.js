// The report as a sheet to sign: one page for a session of few draws, in the language chosen.
import { el, icon, pair, t } from "./dom.js";
import { byCategory, markOf, pairsOf, reasons, sentence, tone } from "./judging.js";
import { attemptRows, drawRows, facts, HUMAN } from "./report.js";
import { known } from "./words.js";

const box = () => el("span", { class: "box" });
const rows = (list) => el("table", null, el("tbody", null, ...list.map((cells) =>
  el("tr", null, ...cells.map((cell) => el("td", null, cell))))));
const part = (id, ...children) => el("section", null, el("h3", null, t(id)), ...children);

function checkLine(check, milliseconds) {
  const mark = markOf(check);
  return el("li", { class: mark }, icon(mark), `${check.id} `, t(mark), " ", pair(sentence(check.id)),
    el("small", null, ` ${check.items} · ${milliseconds}`));
}

export function paper(report, more, hasTrust, codeHash) {
  const why = reasons(report, hasTrust).map(([id, text, detail]) =>
    el("li", null, `${id} `, pair(text), detail ? ` (${detail})` : ""));
  const numbers = new Map(report.draws.map((draw) => [draw.draw, pairsOf(draw)]));
  const draws = drawRows(report, more).flatMap(([id, ...cells]) => {
    const [pairs, values, overlap, value] = numbers.get(id) || [];
    const line = pairs ? el("small", null, pair(pairs), ` ${values}; `, pair(overlap), ` ${value}`) : "";
    return [[...cells, line]];
  });
  const covered = report.covered.map(({ id, role, client, key }) => el("li", null,
    box(), `${id} `, pair(known(role)), " ",
    el("small", null, pair(known(client))), " ", el("code", null, key.slice(0, 16))));
  const idle = report.checks.filter(({ outcome }) => outcome === "NOT-APPLICABLE");
  const run = report.checks.filter((check) => !idle.includes(check));
  const checks = byCategory(run).flatMap(([category, list]) => [
    el("li", { class: "category" }, t(category)),
    ...list.map((check) => checkLine(check, more.milliseconds?.[check.id] || 0)),
  ]);
  return [
    el("h1", null, t("report")),
    el("div", { class: `verdict ${tone(report)}` }, icon(tone(report)), el("h2", null, t(report.verdict))),
    el("dl", null, ...facts(report, more).map(([id, value]) =>
      el("div", null, el("dt", null, t(id)), el("dd", null, value)))),
    ...(why.length ? [part("reasons", el("ul", null, ...why))] : []),
    ...(draws.length ? [part("schools", rows(draws))] : []),
    part("covered", covered.length ? el("ul", { class: "two" }, ...covered) : t("none")),
    ...(report.attempts?.length ? [part("attempts", rows(attemptRows(report, more)))] : []),
    part("human", el("ul", { class: "ticks" }, ...HUMAN.map((id) => el("li", null, box(), t(id))))),
    ...(checks.length ? [part("checks", el("small", null, t("perCheck")), el("ul", { class: "two checks" }, ...checks),
      el("small", null, t("NOT-APPLICABLE"), `: ${idle.map(({ id }) => id).join(" ")}`))] : []),
    el("p", { class: "hash" }, t("verifier"), " ", el("code", null, codeHash)),
    el("dl", { class: "sign" }, ...["signName", "signFor", "signDate", "signHere"].map((id) =>
      el("div", null, el("dt", null, t(id)), el("dd", null, "")))),
  ];
}
