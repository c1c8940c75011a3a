// The verdict on the screen.
import { attributeList } from "./child.js";
import { byId, button, el, icon, pair, short, t, table } from "./dom.js";
import {
  advice, byCategory, gradeWords, kindWords, outcomeOf, markOf, pairsOf, reasons, schoolName, sectionOf, sentence, tone,
} from "./judging.js";
import { known } from "./words.js";

const MARKS = ["FAIL", "UNPROVEN", "CANNOT-CHECK", "PASS", "NOT-APPLICABLE"];

export const HUMAN = ["human1", "human2", "human3", "human4"];

const list = (items, kind = false) => el("ul", { class: kind }, ...items);

export function headline(id, why, mood, sign = mood) {
  return el("div", { class: `verdict ${mood}` }, icon(sign),
    el("div", null, el("h2", { id: "verdict", tabindex: -1 }, t(id)), ...(why ? [el("p", null, t(why))] : [])));
}

// Everything there is to say; `actions` are the buttons under it.
export function showReport(report, more, { hasTrust, actions, top }) {
  const mood = tone(report);
  const head = top
    ? [
      ...top, el("h3", null, t("aboutRecord")),
      el("p", { class: `verdict mini ${mood}` }, icon(mood), t(report.verdict)),
    ]
    : [headline(report.verdict, `${report.verdict}Why`, mood)];
  return [
    ...head,
    ...reasonParts(report, more, hasTrust),
    ...factParts(report, more),
    ...schoolParts(report, more),
    ...coveredParts(report),
    ...attemptParts(report, more),
    ...(report.checks.length ? [el("h3", null, t("human")), list(HUMAN.map((id) => el("li", null, t(id))))] : []),
    el("div", { class: "actions" }, ...actions),
    ...checkParts(report, more),
  ];
}

const detailOf = (text) => (text ? [el("p", { class: "detail" }, text)] : []);

function reasonParts(report, more, hasTrust) {
  const rows = reasons(report, hasTrust).map(([id, why, detail]) => el("li", null,
    el("span", { class: "id" }, id), el("div", null, pair(why), ...detailOf(detail))));
  const next = advice(report, hasTrust).map((id) => el("p", null, t(id)));
  const bring = !hasTrust && next.length && report.verdict === "not-proven"
    ? [button("chooseWhat", () => byId("give-trust").click(), null, { name: known("isTrust") })] : [];
  return [
    ...detailOf(more.problem),
    ...(rows.length ? [el("h3", null, t("reasons")), list(rows, "reasons")] : []),
    ...(next.length ? [el("div", { class: "next" }, el("h3", null, t("next")), ...next, ...bring)] : []),
  ];
}

export function facts(report, more) {
  const { title, bureau, date } = more.statement || {};
  const rehearsal = report.rehearsal ? ` (${short(known("rehearsal"))})` : "";
  return [
    ["session", [title, report.session].filter(Boolean).join(" · ") + rehearsal],
    ["bureau", bureau],
    ["date", date],
    ["headerCode", more.headerCode],
    ["recordCode", more.recordCode],
  ].filter(([, value]) => value);
}

function factParts(report, more) {
  if (!report.session) return [];
  return [el("dl", { class: "facts" }, ...facts(report, more).map(([id, value]) =>
    el("div", { class: id }, el("dt", null, t(id)), el("dd", null, value))))];
}

const DRAWN = { teachers: "drawn_teachers", select: "drawn_select", order: "drawn_order", audit: "drawn_audit" };
const placed = (kind) => ["select", "order", "audit"].includes(kind); // numbers drawn are positions, not classes (C25)

// Rows of the draws: school, grade, kind, persons, class sizes or what else the numbers mean.
export function drawRows(report, more) {
  const sizes = (row) => {
    const { counts, classes, kind, take, class_names: names, forced } = row;
    if (!counts?.length) return [t(placed(kind) ? "notDrawnPlaces" : "notDrawn", { n: classes })];
    if (outcomeOf(report, "V43") !== "PASS") return [t("listUnsure")];
    const named = (values) => names.map((name, i) => `${name} ${values[i] ?? ""}`.trim()).join(" · ");
    if (Object.hasOwn(DRAWN, kind)) {
      return [t(DRAWN[kind], { n: classes, k: take }), ...(names.length ? [` ${named(names.map((_, i) => i + 1))}`] : [])];
    }
    return [names.length ? named(counts) : counts.join(" · "), ...(kind === "late" ? [" ", t("forced", { n: forced })] : [])];
  };
  return Object.entries(more.statement?.schools || {}).map(([id, row]) => [
    id, row.school_name, pair(gradeWords(row.grade)), pair(kindWords(row.kind)), String(row.students),
    el("span", null, ...sizes(row), ...pinParts(report, id, row)),
  ]);
}

// How many units were given a class beforehand, for which reasons, and what that does to the others (C29, A27).
function pinParts(report, id, { reasons: pinned }) {
  if (!pinned.length) return [];
  const total = pinned.reduce((sum, [, number]) => sum + number, 0);
  const why = pinned.flatMap(([reason, number]) => [" ", pair(known(reason)), ` ${number}`]);
  const effects = report.draws.find(({ draw }) => draw === id)?.pins;
  const values = effects && { n: effects.affected, c: effects.class.join("/"), p: effects.pair.join("/") };
  return [el("br"), t("pinned", { n: total }), ":", ...why, ...(effects ? ["; ", t("affected", values)] : [])];
}

function schoolParts(report, more) {
  const rows = drawRows(report, more).map(([, ...cells]) => cells);
  if (!rows.length) return [];
  return [el("h3", null, t("schools")), table(["school", "grade", "kind", "students", "counts"], rows, "schools")];
}

function coveredParts(report) {
  if (!report.checks.length) return [];
  const rows = report.covered.map(({ id, role, client, key }) => [
    id, pair(known(role)), pair(known(client)), el("code", null, key.slice(0, 16)),
  ]);
  const body = rows.length
    ? [el("p", null, t("coveredLead")), table(["observer", "role", "client", "key"], rows, "covered")]
    : [el("p", null, t("none"))];
  return [el("h3", null, t("covered")), ...body];
}

export function attemptRows(report, more) {
  return report.attempts.map((one) => [
    `${one.year} ${schoolName(report, more, one.school)}`,
    el("span", null, pair(gradeWords(one.grade)), " · ", pair(kindWords(one.kind))),
    t("attempt", { n: one.attempt }), one.session + (one.rehearsal ? ` (${short(known("rehearsal"))})` : ""),
    pair(known(one.outcome).map((word) => word + (one.reason ? `: ${one.reason}` : ""))),
  ]);
}

function attemptParts(report, more) {
  const out = [];
  if (report.attempts?.length) {
    const rows = attemptRows(report, more);
    out.push(el("h3", null, t("attempts")), table(["school", "grade", "nth", "session", "state"], rows, "attempts"));
  }
  if (report.register?.length) {
    const rows = report.register.map((row) => [
      row.name || row.school, pair(gradeWords(row.grade)), pair(known(row.state)),
      [row.session, row.reason].filter(Boolean).join(" · "),
    ]);
    out.push(el("h3", null, t("register")), table(["school", "grade", "state", "session"], rows, "register"));
  }
  return out;
}

function checkParts(report, more) {
  if (!report.checks.length) return [];
  const total = Object.values(more.milliseconds || {}).reduce((sum, n) => sum + n, 0);
  const groups = byCategory(report.checks).flatMap(([category, checks]) => [
    el("h3", null, t(category)),
    list(checks.map((check) => checkRow(check, more.milliseconds || {})), "checks one"),
  ]);
  const draws = report.draws.map((draw) => {
    const [pairs, numbers, overlap, value] = pairsOf(draw);
    return el("p", { class: "detail one" }, `${draw.draw}: `, pair(pairs), ` ${numbers}; `, pair(overlap), ` ${value}`);
  });
  const counts = MARKS.map((mark) => [mark, report.checks.filter((check) => markOf(check) === mark).length])
    .filter(([, number]) => number).map(([mark, number]) => el("span", { class: mark }, t(mark), ` ${number}`));
  const summary = el("summary", null, t("checks"), el("span", { class: "count one" }, ...counts));
  const time = el("p", { class: "detail one" }, t("ms", { n: total }));
  return [el("details", { id: "checks" }, summary, time, ...groups, ...draws)];
}

function checkRow(check, milliseconds) {
  const { id, items, failed, detail } = check;
  const mark = markOf(check);
  const number = failed ? `${failed}/${items}` : items;
  return el("li", { class: mark },
    el("span", { class: "outcome" }, icon(mark), t(mark)),
    el("div", null, pair(sentence(id)), el("p", { class: "detail" },
      `${id} · ${sectionOf(id)} · `, t("items", { n: number }), " · ", t("ms", { n: milliseconds[id] || 0 }),
      ...(detail ? [` · ${detail}`] : []))));
}

export function showChild(report, more) {
  const opened = outcomeOf(report, "V90");
  if (opened === "FAIL") return [headline("slipNot", "slipNotWhy", "waiting", "undecided")];
  if (opened !== "PASS") return [headline("slipUnknown", null, "undecided")];
  const { slip } = report;
  const place = more.statement?.schools?.[slip.draw]?.school_name || slip.school;
  const drawn = slip.class > 0;
  const { kind, take, class_names: names } = more.statement?.schools?.[slip.draw] || {};
  const name = names?.[slip.class - 1];
  const number = ["select", "audit"].includes(kind) ? (slip.class <= take ? "placeChosen" : "placeNotChosen")
    : kind === "order" ? "placeNumber" : name ? "className" : "classNumber";
  const unsure = !drawn && outcomeOf(report, "V62") === "PASS";
  const rehearsal = report.rehearsal ? [" · ", t("rehearsal")] : [];
  const mood = ["proven", "inconsistent"].includes(report.verdict) ? report.verdict : "waiting";
  const card = el("div", { class: `child ${mood}${drawn ? " drawn" : ""}` },
    el("p", { class: "place" }, drawn ? t(placed(kind) ? "yourPlace" : "yourClass") : "",
      el("strong", { class: "one" }, `${place} `, pair(gradeWords(slip.grade)), ...rehearsal)),
    el("h2", { id: "verdict", tabindex: -1 }, drawn ? t(number, { n: slip.class, name: name || "" }) : t("inRoster")),
    ...(drawn ? [] : [el("p", null, t(unsure ? "classUnsure" : "inRosterWhy"))]),
    ...(mood === "inconsistent" ? [el("p", null, icon(mood), t("classDoubt"))] : []));
  return [card, ...attributeParts(report)];
}

function attributeParts(report) {
  const opened = Object.keys(report.slip.attributes);
  if (["FAIL", "CANNOT-CHECK"].includes(outcomeOf(report, "V92"))) return [el("p", null, t("attributesNot"))];
  if (!opened.length) return [];
  return [el("h3", null, t("attributes")), attributeList(report.slip.attributes)];
}

export function showFork(verdict) {
  const mood = ["inconsistent", "waiting", "undecided"][verdict.exit];
  const sizes = verdict.sizes?.length ? ` · ${verdict.sizes.join(" / ")}` : "";
  return [headline(`fork${verdict.exit}`, null, mood),
    el("p", { class: "detail" }, `${verdict.origin}${sizes}`), el("p", { class: "detail" }, verdict.reason)];
}

