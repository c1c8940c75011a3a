/** Small helpers of the page. What came from anywhere becomes text, never markup. */

import { t } from "./texts.js";

export const byId = (id) => document.getElementById(id);

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Shows or hides a part of the page. */
export function show(id, visible) {
  const node = byId(id);
  if (node.hidden === visible) node.hidden = !visible;
}

/** Sets a text if it differs, so that a screen reader says nothing twice. */
export function say(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}

/** Fills every place of the page that has a word of its own. */
export function fillTexts() {
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
}

/** Offers bytes or a text as a file. */
export function offer(name, content, type = "application/json") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
