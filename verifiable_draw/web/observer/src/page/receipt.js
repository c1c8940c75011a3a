/** After the record is published: the verdict of this device, and what the person takes home. */

import { trustFile } from "../core/device.js";
import { publicKey } from "../core/sign.js";
import { shortCode, unhex } from "../core/verifier.js";
import { byId, el, offer, say, show } from "./dom.js";
import { t } from "./texts.js";
import { verifyRecord } from "./worker.js";

/** Downloads and verifies the record once. */
export async function judge(attendance) {
  const { memory, link } = attendance;
  const zip = await link.record(memory.session);
  const report = await verifyRecord(zip, trustFile(memory), (done, total) => {
    say("verdict-progress", `${Math.round(100 * done / total)} %`);
  });
  const details = Object.fromEntries(report.checks.map(({ id, detail }) => [id, detail]));
  memory.verdict = { exit: report.exit, reasons: report.reasons.map((id) => `${id}: ${details[id]}`) };
  attendance.save();
}

/** Rows of the receipt: [label, value]. */
export function receiptRows({ memory, frozen, read }) {
  const commitment = memory.sent.commitment ? memory.sent.commitment.body.commitment : "";
  return [
    ["origin", memory.origin], ["session", memory.session], ["observer", `${memory.id} (${memory.role}, ${memory.client})`],
    ["public key", publicKey(memory.seed)], ["operator", memory.operators[memory.operators.length - 1].key],
    ["header hash", frozen.hash], ["header code", shortCode(unhex(frozen.hash))], ["commitment", commitment],
    ["contribution", memory.sent.opening ? memory.contribution : ""], ["salt", memory.sent.opening ? memory.salt : ""],
    ["checkpoint", `${read.note.size} ${memory.seen.root}`],
    ["verdict", memory.verdict ? `exit ${memory.verdict.exit} ${memory.verdict.reasons.join("; ")}` : ""],
  ].filter(([, value]) => value);
}

export function showVerdict(attendance) {
  const { memory } = attendance;
  show("done", Boolean(memory.verdict));
  if (!memory.verdict) return;
  const { exit, reasons } = memory.verdict;
  byId("verdict").dataset.exit = String(exit);
  say("verdict", t(`verdict${exit}`));
  say("verdict-progress", "");
  byId("reasons").replaceChildren(...reasons.map((reason) => el("li", null, reason)));
  byId("receipt-list").replaceChildren(...receiptRows(attendance).flatMap(([label, value]) => [
    el("dt", null, label), el("dd", null, value)]));
}

export function saveReceipt(attendance) {
  const rows = receiptRows(attendance).map(([label, value]) => `${label}: ${value}`);
  rows.push("", "--- checkpoint note", attendance.memory.seen.note);
  offer(`receipt-${attendance.memory.session}-${attendance.memory.id}.txt`, rows.join("\n"), "text/plain");
}
