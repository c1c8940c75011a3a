// Building the page. What a record says becomes text nodes only, never markup.
import { words } from "./words.js";

export const byId = (id) => document.getElementById(id);

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

// A pair of words in both languages; the style sheet decides which one is large.
export function pair([zh, en]) {
  if (zh === en) return el("span", null, zh);
  return el("span", { class: "t" }, el("span", { lang: "zh-CN" }, zh), " ", el("span", { lang: "en" }, en));
}

export const t = (id, values) => pair(words(id, values));

// For attributes, which cannot say their language.
export const plain = (id, values) => words(id, values).join(" / ");

// Where there is room for one language only.
export const short = ([zh, en]) => (document.documentElement.dataset.main === "en" ? en : zh);

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function button(id, action, extra, values) {
  const node = el("button", { type: "button", ...extra }, t(id, values));
  node.addEventListener("click", action);
  return node;
}

export function table(heads, rows, kind) {
  const head = el("tr", null, ...heads.map((id) => el("th", { scope: "col" }, t(id))));
  // On a phone every cell stands by itself and says its own head.
  const cells = (row) => row.map((cell, i) => el("td", null, el("span", { class: "head one" }, t(heads[i])), cell));
  const body = rows.map((row) => el("tr", null, ...cells(row)));
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": plain(kind) },
    el("table", null, el("thead", null, head), el("tbody", null, ...body)));
}

// Fill the template's places for words.
export function fillTexts() {
  for (const node of document.querySelectorAll("[data-t]")) node.append(t(node.dataset.t));
}

export function announce(id, values) {
  byId("live").textContent = plain(id, values);
}
