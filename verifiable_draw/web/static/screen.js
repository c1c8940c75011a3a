// The projector's page: shows what the server's ledger says, and takes nothing from anybody.
"use strict";

const LANGUAGE = document.body.dataset.language === "en" ? 1 : 0;
const SHOW_SCHOOL = 12000; // milliseconds that one page of lists stays
const NAMES_ON_A_PAGE = 130;
let texts = {};
let lists = null;
let turn = 0;

const t = (key, values = {}) => {
  const row = texts[key];
  let text = row ? row[LANGUAGE] : key;
  for (const [name, value] of Object.entries(values)) text = text.replace(`{${name}}`, String(value));
  return text;
};

/** An element with a class and children; strings become text, never markup. */
function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function label(key, words) {
  return el("p", "label", words || t(key));
}

function headerCode(data) {
  if (!data.header || !data.header.code) return null;
  const words = LANGUAGE ? data.header.words_en : data.header.words;
  return el("section", "header-code", label("screen.header"), el("code", "", data.header.code),
    el("ol", "words", ...words.map((word) => el("li", "", word))));
}

function join(data) {
  if (!data.code) return null;
  const image = el("img");
  image.src = `/screen/qr.svg?${data.code}`;
  image.alt = `${data.address}/observer`;
  return el("section", "join", image, el("div", "", label("screen.join"), el("p", "address", `${data.address}/observer`),
    label("day.code"), el("p", "code", data.code)));
}

// What the mark beside an observer says in each state: [done, bad, detail].
const MARKS = {
  FROZEN: (o) => [Boolean(o.commitment), false, o.commitment.slice(0, 16)],
  COMMITTING: (o) => [Boolean(o.commitment), false, o.commitment.slice(0, 16)],
  COMMITTED: (o) => [Boolean(o.commitment), false, o.commitment.slice(0, 16)],
  GROUPED: (o) => [o.attested, false, ""],
  REVEALING: (o) => [o.opening === "received", o.opening === "wrong", ""],
  REVEALED: (o) => [o.opening === "received" && o.attested_reveals, ["wrong", "missing"].includes(o.opening), openingWord(o)],
};
const committed = (o) => [Boolean(o.commitment), false, ""];
const covered = (o) => [o.covered, ["wrong", "missing"].includes(o.opening), openingWord(o)];

function openingWord(o) {
  return o.opening === "wrong" ? t("screen.wrong") : o.opening === "missing" ? t("screen.missing") : "";
}

/** A roll call is shown only where nothing else is counted: once the reveals are open, marks mean openings. */
const calling = (data) => Boolean(data.call.number) && data.state === "GROUPED";

function people(data) {
  if (!data.observers || !data.observers.length) return null;
  const mark = MARKS[data.state] || (data.coverage_closed ? covered : committed); // aborted: what had been done by then
  const called = calling(data) ? data.call.present : null;
  const rows = data.observers.map((o) => {
    const [done, bad, detail] = called ? [called.includes(o.id), false, ""] : mark(o);
    return el("li", bad ? "bad" : done ? "done" : "", el("div", "", el("div", "role", t(`role.${o.role}`)),
      el("div", "id", `${o.id} · ${t(`client.${o.client}`)}`), detail ? el("code", "", detail) : null),
    el("span", "mark", bad ? "✗" : done ? "✓" : "…"));
  });
  return el("ul", "people", ...rows);
}

function count(data) {
  const left = calling(data) ? data.call.seconds_left : data.seconds_left;
  if (left === null || left === undefined) return null;
  const words = calling(data) ? t("screen.calling", { number: data.call.present.length, all: data.observers.length }) : t(`screen.left.${data.state}`);
  return el("section", "counting", label("", words), el("p", "count", String(left)));
}

function delay(data) {
  if (data.state !== "COVERED") return null;
  const { done, segments, seconds_left: left } = data.delay;
  const bar = el("span");
  bar.style.width = `${segments ? Math.round(100 * done / segments) : 0}%`;
  const words = left >= 0 ? t("day.seconds_left", { minutes: Math.floor(left / 60), seconds: left % 60 }) : "";
  return el("section", "", label("screen.delay"), el("div", "bar", bar), el("p", "sum", `${done} / ${segments}  ${words}`));
}

function drand(data) {
  if (!data.drand || !data.drand.round || data.seed) return null;
  return el("p", "sum", t("screen.drand", data.drand));
}

function sums(data) {
  const rows = [];
  const number = (test) => data.observers.filter(test).length;
  const pins = (data.draws || []).reduce((sum, draw) => sum + draw.pins, 0);
  if (pins) rows.push(t("screen.pins", { number: pins }));
  if (["COMMITTING", "COMMITTED"].includes(data.state)) {
    rows.push(t("screen.committed", { number: number((o) => o.commitment), all: data.observers.length }));
  }
  if (data.state === "GROUPED") rows.push(t("screen.attested", { number: number((o) => o.attested), all: number((o) => o.commitment) }));
  if (data.coverage_closed) {
    rows.push(t(data.quorum_met ? "screen.covered" : "screen.not_covered", { number: data.covered.length }));
  }
  return rows.map((row) => el("p", `sum${data.coverage_closed && !data.quorum_met ? " notice" : ""}`, row));
}

function hashes(data) {
  const rows = [["seed", data.seed, ""], ["result", data.published && data.published.files_hash, data.published_code]];
  return rows.filter(([, value]) => value).map(([name, value, code]) => el("section", name, label(`screen.${name}`),
    code ? el("code", "short", code) : null, el("code", "hash", value)));
}

/** Lists in pages that can be read: as many classes of one school as have at most so many names. */
function pages(draws) {
  return draws.flatMap((draw) => {
    const parts = [[]];
    for (const one of draw.lists) {
      const names = parts[parts.length - 1].reduce((sum, { names: list }) => sum + list.length, one.names.length);
      if (names > NAMES_ON_A_PAGE && parts[parts.length - 1].length) parts.push([]);
      parts[parts.length - 1].push(one);
    }
    return parts.map((shownLists, i) => ({ ...draw, lists: shownLists, page: parts.length > 1 ? `${i + 1} / ${parts.length}` : "" }));
  });
}

function school() {
  if (!lists || !lists.length) return null;
  const draw = lists[turn % lists.length];
  const box = el("section", "school", el("h2", "", `${draw.school_name} · ${draw.grade}${t("screen.grade")} · ${t(`kind.${draw.kind}`)} `,
    el("span", "page", draw.page)));
  box.append(el("div", "classes", ...draw.lists.map((one) => el("div", "class",
    el("h3", "", el("span", "", one.title), el("span", "", one.number > 1 ? String(one.number) : "")),
    el("ul", "", ...one.names.map((name) => el("li", "", name)))))));
  return box;
}

function digits(data) {
  const shown = data.public_draw || data.digits;
  if (!shown) return null;
  return el("section", "", label(data.digits ? "screen.digits" : "screen.digits_typed"), el("p", "digits", shown));
}

function render(data) {
  document.getElementById("rehearsal").hidden = !data.rehearsal;
  document.getElementById("title").textContent = [data.bureau, data.title].filter(Boolean).join(" · ") || t("ui.screen");
  document.getElementById("state").textContent = data.state ? t(`state.${data.state}`) : t("ui.no_session");
  document.getElementById("foot").textContent = data.ledger ? `${t("ui.key_code")} ${data.ledger} · ${t("screen.entries")} ${data.size}` : "";
  const main = document.getElementById("main");
  const late = Boolean(data.coverage_closed);
  const dealt = ["ALLOCATED", "PUBLISHED"].includes(data.state) ? school() : null;
  const many = (data.observers || []).length > 12;
  main.className = `${many ? "many" : ""} ${data.commits_closed ? "small" : ""} ${dealt ? "dealt" : ""}`;
  const aborted = data.state === "ABORTED" ? el("p", "sum notice", t("meanwhile.ABORTED", { reason: data.aborted })) : null;
  const parts = data.observers
    ? [aborted, join(data), headerCode(data), digits(data), count(data), delay(data), drand(data), ...sums(data), ...(late ? hashes(data) : []), dealt,
      dealt ? null : people(data)]
    : [];
  main.replaceChildren(...parts.filter(Boolean));
  fit(main);
}

/** A projector does not scroll: what is too tall is made smaller as a whole. */
function fit(main) {
  main.style.zoom = "1";
  for (let zoom = 95; zoom >= 40 && document.documentElement.scrollHeight > window.innerHeight; zoom -= 5) main.style.zoom = String(zoom / 100);
}
window.addEventListener("resize", () => shown && render(shown));

async function follow() {
  texts = await (await fetch("/screen/texts")).json();
  let tick = -1;
  for (;;) {
    try {
      const answer = await fetch(`/screen/data?after=${tick}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      tick = data.tick;
      if (["ALLOCATED", "PUBLISHED", "ANNULLED"].includes(data.state)) {
        if (!lists) lists = pages((await (await fetch("/screen/lists")).json()).draws);
      } else {
        lists = null;
      }
      shown = data;
      render(data);
      document.getElementById("gone").hidden = true;
    } catch {
      document.getElementById("gone").hidden = false;
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

let shown = null;
setInterval(() => { // numbers of seconds run on between two answers
  if (!shown) return;
  if (shown.seconds_left > 0) shown.seconds_left--;
  if (shown.call.seconds_left > 0) shown.call.seconds_left--;
  if (shown.seconds_left !== null || shown.call.number) render(shown);
}, 1000);
setInterval(() => { turn++; if (shown && lists) render(shown); }, SHOW_SCHOOL);
follow();
