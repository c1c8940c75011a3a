// What a report says in words: shared by the screen and the paper.
import { CATALOGUE } from "../src/catalogue.js";
import { known, words } from "./words.js";

const ROWS = new Map(CATALOGUE.map((row) => [row.id, row]));
const CATEGORIES = [...new Set(CATALOGUE.map((row) => row.category))];
const NOT_PROVEN = ["evidence", "slip"]; // categories in which a FAIL proves nothing wrong (V2)
// Reasons that say "not yet" or "not without more" rather than that something went wrong.
const MISSING_ONLY = ["V55", "V57", "V58", "V62"];

export const sentence = (id) => (ROWS.has(id) ? [ROWS.get(id).zh, ROWS.get(id).en] : [id, id]);
export const sectionOf = (id) => (ROWS.has(id) ? ROWS.get(id).section : "");

export const outcomeOf = (report, id) => report.checks.find((check) => check.id === id)?.outcome;

// How a check's outcome is shown: what is only not proven must not look like an error.
export const markOf = ({ id, outcome }) =>
  (outcome === "FAIL" && NOT_PROVEN.includes(ROWS.get(id)?.category) ? "UNPROVEN" : outcome);

// The report as it would be without the slip: of the record alone.
export function ofRecord(report) {
  const reasons = report.reasons.filter((id) => ROWS.get(id)?.category !== "slip");
  const proven = report.verdict === "not-proven" && !reasons.length;
  return { ...report, reasons, verdict: proven ? "proven" : report.verdict };
}

export function tone(report) {
  const calm = report.verdict === "not-proven" && report.reasons.every((id) => MISSING_ONLY.includes(id));
  return calm ? "waiting" : report.verdict;
}

// [id, [zh, en], detail], what is proven wrong first.
export function reasons(report, hasTrust) {
  const checks = report.reasons.map((id) => report.checks.find((check) => check.id === id));
  const weight = ({ id, outcome }) => (outcome !== "FAIL" ? 2 : ROWS.get(id)?.category === "evidence" ? 1 : 0);
  return checks.sort((a, b) => weight(a) - weight(b)).map((check) => [check.id, why(check, hasTrust), check.detail]);
}

function why({ id, outcome }, hasTrust) {
  if (outcome !== "FAIL") return words("cannot", { what: sentence(id) });
  if (id === "V57" && hasTrust) return words("trustMisfit");
  const row = ROWS.get(id);
  return row?.failure_zh ? [row.failure_zh, row.failure_en] : words("broken", { what: sentence(id) });
}

export function advice(report, hasTrust) {
  const missing = (id) => report.reasons.includes(id);
  if (report.verdict === "inconsistent") return ["reportIt"];
  if (report.verdict !== "not-proven") return [];
  const out = [];
  if (missing("V62")) out.push("bringResult");
  if (!hasTrust) out.push("bringTrust");
  else if (missing("V57")) out.push("otherTrust");
  if (report.reasons.some((id) => !MISSING_ONLY.includes(id))) out.push("askObservers");
  return out;
}

export function byCategory(checks) {
  return CATEGORIES.map((category) => [category, checks.filter(({ id }) => ROWS.get(id)?.category === category)])
    .filter(([, members]) => members.length);
}

export const gradeWords = (grade) => known(`grade${grade}`).map((word) => word.replace(/^grade/, ""));

// What was drawn; a ledger may name a kind that nobody knows.
export const kindWords = (kind) => (known(`kind_${kind}`)[0] === `kind_${kind}` ? [kind, kind] : known(`kind_${kind}`));

// Name of a school by its code, if this record has it; else the code.
export function schoolName(report, more, code) {
  const names = new Map(report.register?.map(({ school, name }) => [school, name]));
  for (const row of Object.values(more.statement?.schools || {})) names.set(row.school, row.school_name);
  return names.get(code) || code;
}

// A draw's pair probabilities and overlap (A20, A21).
export function pairsOf(draw) {
  const pairs = draw.pairs.map((number, c) => (number ? `${c}:${number}` : "")).filter(Boolean).join(" ");
  const limit = draw.overlap_limit ? ` < ${draw.overlap_limit}` : "";
  return [words("pairs", { m: draw.pairs.length - 1 }), pairs || "–", words("overlap"), draw.overlap + limit];
}
