/** After the record is published: the verdict of this device, and what the person takes home. */

import { trustFile } from "../core/device.js";
import { publicKey } from "../core/sign.js";
import { CATALOGUE, shortCode, unhex } from "../core/verifier.js";
import { byId, el, offer, say, show } from "./dom.js";
import { languageNow, t } from "./texts.js";
import { verifyRecord } from "./worker.js";

/** Downloads and verifies the record once. */
export async function judge(attendance) {
  const { memory, link } = attendance;
  const zip = await link.record(memory.session);
  const report = await verifyRecord(zip, trustFile(memory), (done, total) => {
    say("verdict-progress", `${Math.round(100 * done / total)} %`);
  });
  memory.verdict = { exit: report.exit, reasons: report.reasons };
  attendance.save();
}

/** Rows of the receipt: [label, value]. */
export function receiptRows({ memory, frozen, read }) {
  const commitment = memory.sent.commitment ? memory.sent.commitment.body.commitment : "";
  return [
    ["rowOrigin", memory.origin], ["rowSession", memory.session],
    ["rowObserver", `${memory.id} (${memory.role}, ${memory.client})`], ["rowKey", publicKey(memory.seed)],
    ["rowOperator", memory.operators[memory.operators.length - 1].key],
    ["rowHeader", frozen.hash], ["rowCode", shortCode(unhex(frozen.hash))], ["rowCommitment", commitment],
    ["rowContribution", memory.sent.opening ? memory.contribution : ""],
    ["rowSalt", memory.sent.opening ? memory.salt : ""], ["rowCheckpoint", `${read.note.size} ${memory.seen.root}`],
    ["rowVerdict", memory.verdict ? `exit ${memory.verdict.exit} ${memory.verdict.reasons.join(" ")}` : ""],
  ].filter(([, value]) => value).map(([id, value]) => [t(id), value]);
}

export function showVerdict(attendance) {
  const { memory } = attendance;
  show("done", Boolean(memory.verdict));
  if (!memory.verdict) return;
  const { exit, reasons } = memory.verdict;
  byId("verdict").dataset.exit = String(exit);
  say("verdict", t(`verdict${exit}`));
  say("verdict-progress", "");
  byId("reasons").replaceChildren(...reasons.map((id) => el("li", null, sentenceOf(id))));
  byId("receipt-list").replaceChildren(...receiptRows(attendance).flatMap(([label, value]) => [
    el("dt", null, label), el("dd", null, value)]));
}

/** The verifier's own sentence for a check that did not pass. */
function sentenceOf(id) {
  const check = CATALOGUE.find((one) => one.id === id) || {};
  const said = languageNow() === "en" ? check.failure_en || check.en : check.failure_zh || check.zh;
  return `${id} ${said || ""}`;
}

export function saveReceipt(attendance) {
  const rows = receiptRows(attendance).map(([label, value]) => `${label}: ${value}`);
  rows.push("", "--- checkpoint note", attendance.memory.seen.note);
  offer(`receipt-${attendance.memory.session}-${attendance.memory.id}.txt`, rows.join("\n"), "text/plain");
}
