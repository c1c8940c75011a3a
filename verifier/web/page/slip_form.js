// The child's slip: code lines checked as they are typed, name and document.
import { readLine, splitLink } from "../src/slip.js";
import { announce, button, byId, el, icon, plain, t } from "./dom.js";
import { canScan, scan } from "./camera.js";

const LINE = 16; // characters of a line, without hyphens
const TYPES = "123456789ABGZ";
const groups = (text) => text.match(/.{1,4}/g)?.join("-") || "";
const letters = (text) => text.normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");

export function slipForm() {
  const code = codeLines("code", 8);
  const second = codeLines("second", 4);
  byId("code").append(...code.rows);
  byId("second").append(...second.rows);
  for (const type of TYPES) byId("document-type").append(el("option", { value: type }, plain(`type${type}`)));
  if (canScan()) {
    byId("scan").append(button("scan", () => scan((text) => fillLink(text, code, second))));
  }
  byId("slip-form").addEventListener("reset", () => setTimeout(() => {
    code.clear();
    second.clear();
    code.focus();
  }));
  return { fromLink: () => fromLink(code, second), read: () => read(code, second) };
}

// A link holds the eight lines, and may hold the four of the second code.
function fillLink(text, code, second) {
  const lines = splitLink(text);
  if (!lines) return false;
  if (lines.length > 8) byId("second").closest("details").open = true;
  second.fill(lines.slice(8));
  return code.fill(lines.slice(0, 8));
}

// The fragment of a scanned link fills the lines and leaves the address bar.
function fromLink(code, second) {
  if (!location.hash.startsWith("#slip=")) return false;
  const filled = fillLink(location.hash, code, second);
  history.replaceState(null, "", location.pathname + location.search);
  announce(filled ? "linkRead" : "scanOther");
  return true;
}

// { slip } to check, or { problem, field } that says what is missing.
function read(code, second) {
  const lines = code.read();
  if (lines.wrong) return { problem: "linesMissing", field: lines.wrong };
  const name = childName(byId("child-name").value);
  const documentNumber = byId("document-number").value.normalize("NFKC").replace(/\s/g, "").toUpperCase();
  if (!name || !documentNumber) {
    return { problem: "fieldMissing", field: byId(name ? "document-number" : "child-name") };
  }
  const salts = second.read();
  if (salts.wrong && !second.empty()) return { problem: "linesMissing", field: salts.wrong };
  return {
    slip: {
      salt: lines.bytes.subarray(0, 32),
      attributesHash: lines.bytes.subarray(32),
      attributesSalt: second.empty() ? null : salts.bytes,
      documentNumber,
      documentType: byId("document-type").value,
      name,
    },
  };
}

// As rosters write names: no spaces between Chinese characters, one kind of middle dot.
function childName(text) {
  return text.normalize("NFC").trim().replace(/\s+/g, " ")
    .replace(/(\p{Script=Han}) (?=\p{Script=Han})/gu, "$1")
    .replace(/ ?[·•・‧∙⋅．･] ?/g, "·");
}

function codeLines(id, count) {
  const inputs = Array.from({ length: count }, (_, index) => el("input", {
    id: `${id}-${index}`, class: "code", type: "text", maxlength: 400, autocomplete: "off", spellcheck: "false",
    autocapitalize: "characters", placeholder: "····-····-····-····", "aria-describedby": `${id}-${index}-note`,
  }));
  const notes = inputs.map((input) => el("p", { id: `${input.id}-note`, class: "note" }));
  const label = (input, n) => el("label", { for: input.id, "aria-label": plain("line", { n }) }, String(n));
  const rows = inputs.map((input, index) =>
    el("div", { class: "line" }, label(input, index + 1), input, notes[index]));

  const bytesOf = (index) => readLine(index, inputs[index].value);
  function check(index) {
    const full = letters(inputs[index].value).length >= LINE;
    const right = full && bytesOf(index) !== null;
    inputs[index].setAttribute("aria-invalid", String(full && !right));
    rows[index].className = `line${right ? " right" : full ? " wrong" : ""}`;
    const note = [];
    if (right) note.push(icon("PASS"), el("span", { class: "one" }, t("lineRight")));
    else if (full) note.push(icon("FAIL"), t("lineWrong", { n: index + 1 }));
    notes[index].replaceChildren(...note);
    return right;
  }
  function fill(texts, from = 0) {
    if (!texts) return false;
    texts.slice(0, count - from).forEach((text, offset) => {
      inputs[from + offset].value = groups(letters(text));
      check(from + offset);
    });
    const next = inputs.findIndex((_, index) => bytesOf(index) === null);
    if (next >= 0) inputs[next].focus();
    else byId(id === "code" ? "child-name" : "start").focus();
    return true;
  }
  function typed(index) {
    const input = inputs[index];
    const atEnd = input.selectionStart === input.value.length;
    const text = letters(input.value);
    if (text.length > LINE) {
      fill(splitLink(input.value.trim()) || text.match(/.{1,16}/g), index);
      return;
    }
    if (atEnd) input.value = groups(text);
    const right = check(index);
    const next = inputs[index + 1] || (id === "code" && byId("child-name"));
    if (right && atEnd && next) next.focus();
    if (!right && text.length === LINE) announce("lineWrong", { n: index + 1 });
  }
  inputs.forEach((input, index) => {
    input.addEventListener("input", () => typed(index));
    // A text field drops line ends, so several lines are taken before it gets them.
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text");
      const pasted = letters(text);
      if (pasted.length <= LINE) return;
      event.preventDefault();
      const link = text.indexOf("#slip=");
      const lines = link >= 0 ? splitLink(text.slice(link).trim()) : pasted.match(/.{1,16}/g);
      fill(lines, link >= 0 || lines.length >= count ? 0 : index);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !input.value && index) inputs[index - 1].focus();
    });
  });
  return {
    rows,
    fill,
    focus: () => inputs[0].focus(),
    clear: () => inputs.forEach((_, index) => check(index)),
    empty: () => inputs.every((input) => !letters(input.value)),
    read() {
      const parts = inputs.map((_, index) => bytesOf(index));
      const missing = parts.indexOf(null);
      return missing < 0 ? { bytes: Uint8Array.from(parts.flatMap((part) => [...part])) } : { wrong: inputs[missing] };
    },
  };
}
