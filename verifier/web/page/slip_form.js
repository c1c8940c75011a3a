// The child's slip: code lines, name and document.
import { SLIP_LINES } from "../src/slip.js";
import { canScan, scan } from "./camera.js";
import { childName, documentNumber, documentTypes } from "./child.js";
import { codeLines, linkIn } from "./code_lines.js";
import { announce, button, byId } from "./dom.js";

export function slipForm() {
  const fillLink = (text) => fill(linkIn(text)?.lines, code, second);
  const code = codeLines("code", 0, "child-name", fillLink);
  const second = codeLines("second", SLIP_LINES, "start", fillLink);
  byId("code").append(...code.rows);
  byId("second").append(...second.rows);
  byId("document-type").append(...documentTypes());
  if (canScan()) byId("scan").append(button("scan", () => scan(fillLink)));
  byId("slip-form").addEventListener("reset", () => setTimeout(() => {
    code.clear();
    second.clear();
    code.focus();
  }));
  return { fromLink: () => fromLink(fillLink), read: () => read(code, second) };
}

// A link holds the two lines of the slip, and may hold those of the second code.
function fill(lines, code, second) {
  if (!lines) return false;
  if (lines.length > SLIP_LINES) {
    byId("second").closest("details").open = true;
    second.fill(lines.slice(SLIP_LINES));
  }
  code.fill(lines.slice(0, SLIP_LINES));
  return true;
}

// The fragment of a scanned link fills the lines and leaves the address bar.
function fromLink(fillLink) {
  if (!location.hash.startsWith("#slip=")) return false;
  const filled = fillLink(location.hash);
  history.replaceState(null, "", location.pathname + location.search);
  announce(filled ? "linkRead" : "scanOther");
  return true;
}

// { slip } to check, or { problem, field } that says what is missing.
function read(code, second) {
  const lines = code.read();
  if (lines.wrong) return { problem: "linesMissing", field: lines.wrong };
  const name = childName(byId("child-name").value);
  const number = documentNumber(byId("document-number").value);
  if (!name || !number) return { problem: "fieldMissing", field: byId(name ? "document-number" : "child-name") };
  const apart = second.read();
  if (apart.wrong && !second.empty()) return { problem: "linesMissing", field: apart.wrong };
  const documentType = byId("document-type").value;
  const both = { secret: lines.bytes, second: second.empty() ? null : apart.bytes };
  return { slip: { ...both, documentNumber: number, documentType, name } };
}
