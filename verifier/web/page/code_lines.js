// The lines of a code, checked as they are typed (R12).
import { lineNumber, readLine, SLIP_LINES, splitLink } from "../src/slip.js";
import { announce, byId, el, icon, plain, t } from "./dom.js";

const LINE = 16; // characters of a line, without hyphens
const groups = (text) => text.match(/.{1,4}/g)?.join("-") || "";
const letters = (text) => text.normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");
const split = (text) => text.match(/.{1,16}/g) || [];

// Text id of what is wrong with a whole line at this place, and the number that it names.
function faultOf(text, place) {
  const found = lineNumber(text);
  if (found < 0) return ["lineWrong", { n: place % SLIP_LINES + 1 }];
  return [found < SLIP_LINES ? "lineOfSlip" : "lineOfSecond", { n: found % SLIP_LINES + 1 }];
}

// Two fields. `first` is the number of the first line: 0 for the slip code, 2 for the second code; `next` is the id
// of what follows when both are right. `take(link)` is given whole links.
export function codeLines(id, first, next, take) {
  const inputs = Array.from({ length: SLIP_LINES }, (_, index) => el("input", {
    id: `${id}-${index}`, class: "code", type: "text", maxlength: 400, autocomplete: "off", spellcheck: "false",
    autocapitalize: "characters", placeholder: "····-····-····-····", "aria-describedby": `${id}-${index}-note`,
  }));
  const notes = inputs.map((input) => el("p", { id: `${input.id}-note`, class: "note" }));
  const label = (input, n) => el("label", { for: input.id, "aria-label": plain("line", { n }) }, String(n));
  const rows = inputs.map((input, index) =>
    el("div", { class: "line" }, label(input, index + 1), input, notes[index]));

  const bytesOf = (index) => readLine(first + index, inputs[index].value);
  function check(index) {
    const full = letters(inputs[index].value).length >= LINE;
    const right = full && bytesOf(index) !== null;
    inputs[index].setAttribute("aria-invalid", String(full && !right));
    rows[index].className = `line${right ? " right" : full ? " wrong" : ""}`;
    const note = [];
    if (right) note.push(icon("PASS"), el("span", { class: "one" }, t("lineRight")));
    else if (full) note.push(icon("FAIL"), t(...faultOf(inputs[index].value, first + index)));
    notes[index].replaceChildren(...note);
    return right;
  }
  function fill(texts, from = 0) {
    texts.slice(0, SLIP_LINES - from).forEach((text, offset) => {
      inputs[from + offset].value = groups(letters(text));
      check(from + offset);
    });
    const wrong = inputs.findIndex((_, index) => bytesOf(index) === null);
    (wrong >= 0 ? inputs[wrong] : byId(next)).focus();
  }
  function typed(index) {
    const input = inputs[index];
    const atEnd = input.selectionStart === input.value.length;
    const text = letters(input.value);
    if (text.length > LINE) {
      if (!take(input.value.trim())) fill(split(text), index);
      return;
    }
    if (atEnd) input.value = groups(text);
    const right = check(index);
    if (right && atEnd) (inputs[index + 1] || byId(next)).focus();
    if (!right && text.length === LINE) announce(...faultOf(text, first + index));
  }
  inputs.forEach((input, index) => {
    input.addEventListener("input", () => typed(index));
    // A text field drops line ends, so several lines are taken before it gets them.
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text");
      const pasted = letters(text);
      if (pasted.length <= LINE) return;
      event.preventDefault();
      const lines = split(pasted);
      if (!take(text.trim())) fill(lines, lines.length >= SLIP_LINES ? 0 : index);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !input.value && index) inputs[index - 1].focus();
    });
  });
  return {
    rows,
    fill,
    focus: () => inputs[0].focus(),
    clear: () => inputs.forEach((input, index) => {
      input.value = "";
      check(index);
    }),
    empty: () => inputs.every((input) => !letters(input.value)),
    // { bytes } of both lines, or { wrong }: the first field that is not right.
    read() {
      const parts = inputs.map((_, index) => bytesOf(index));
      const missing = parts.indexOf(null);
      return missing < 0 ? { bytes: Uint8Array.from(parts.flatMap((part) => [...part])) } : { wrong: inputs[missing] };
    },
  };
}

// The lines and the draw of the link somewhere in a text, null if there is none.
export function linkIn(text) {
  const link = text.indexOf("#slip=");
  return link < 0 ? null : splitLink(text.slice(link).trim());
}
