/** After the record is published: the verdict of this device, and what the person takes home. */

import { nameOf, trustFile } from "../core/device.js";
import { publicKey } from "../core/sign.js";
import { CATALOGUE, hex, openRecord, sha256, shortCode, text, unhex } from "../core/verifier.js";
import { byId, el, offer, say, show } from "./dom.js";
import { languageNow, t } from "./texts.js";
import { verifyRecord } from "./worker.js";

/**
 * Downloads the record, and verifies it unless that was done with the very same bytes.
 * @returns {Promise<boolean>} does it hold this device's own cosignature, so that there is nothing to wait for?
 */
export async function judge(attendance) {
  const { memory, link } = attendance;
  const zip = await link.record(memory.session);
  const record = hex(sha256(zip));
  if (!memory.verdict || memory.verdict.record !== record) {
    const report = await verifyRecord(zip, trustFile(memory), (done, total) => {
      say("verdict-progress", `${Math.round(100 * done / total)} %`);
    });
    say("verdict-progress", "");
    const [entry] = attendance.read.session.of.get("published") || [];
    memory.verdict = {
      exit: report.exit, reasons: report.reasons, record, own: holdsOwn(zip, memory),
      header: attendance.frozen.hash, published: entry ? entry.body.files_hash : "",
    };
    attendance.keep();
  }
  return memory.verdict.own;
}

/** Does the record's last checkpoint hold this device's line? Without it V57 has no witness that this device knows. */
function holdsOwn(zip, memory) {
  const path = `ledger/checkpoints/${String(memory.cosigned.PUBLISHED).padStart(10, "0")}.note`;
  try {
    const note = openRecord({ zip }).files.get(path);
    return Boolean(note) && (text(note) || "").includes(`\u2014 ${nameOf(memory)} `);
  } catch {
    return false; // the verdict says that the record cannot be read
  }
}

/** Rows of the receipt: [label, value]. */
export function receiptRows({ memory, frozen, read }) {
  const { published } = memory.verdict || {};
  const header = frozen ? frozen.hash : (memory.verdict && memory.verdict.header) || memory.header;
  const commitment = memory.sent.commitment ? memory.sent.commitment.body.commitment : "";
  return [
    ["rowOrigin", memory.origin], ["rowSession", memory.session],
    ["rowObserver", `${memory.id} (${t(`role.${memory.role}`)}, ${t(`client.${memory.client}`)})`], ["rowKey", publicKey(memory.seed)],
    ["rowOperator", memory.operators[memory.operators.length - 1].key],
    ["rowHeader", header], ["rowCode", header && shortCode(unhex(header))], ["rowCommitment", commitment],
    ["rowContribution", memory.sent.opening ? memory.contribution : ""],
    ["rowSalt", memory.sent.opening ? memory.salt : ""],
    ["rowCheckpoint", `${read ? read.note.size : memory.seen.size} ${memory.seen.root}`],
    ["rowVerdict", memory.verdict ? `${t(`verdict${memory.verdict.exit}`)} ${memory.verdict.reasons.join(" ")}` : ""],
    ["rowPublished", published ? `${shortCode(unhex(published))} · ${published}` : ""],
    ["rowRecord", memory.verdict ? memory.verdict.record : ""],
  ].filter(([, value]) => value).map(([id, value]) => [t(id), value]);
}

export function showVerdict(attendance) {
  const { memory } = attendance;
  show("done", Boolean(memory.verdict));
  if (!memory.verdict) return;
  const { exit, reasons, published } = memory.verdict;
  byId("verdict").dataset.exit = String(exit);
  say("verdict", t(`verdict${exit}`));
  show("published-code", Boolean(published));
  say("published-code", published ? `${t("rowPublished")} ${shortCode(unhex(published))}` : "");
  show("judge-later", exit === 3 && !memory.verdict.own);
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

/** What a verifier wants with `--trust` (verification V8): written by the device that saw it, not by the bureau. */
export function saveTrust({ memory }) {
  offer(`trust-${memory.session}-${memory.id}.json`, trustFile(memory));
}

export function saveReceipt(attendance) {
  const rows = receiptRows(attendance).map(([label, value]) => `${label}: ${value}`);
  rows.push("", "--- checkpoint note", attendance.memory.seen.note);
  offer(`receipt-${attendance.memory.session}-${attendance.memory.id}.txt`, rows.join("\n"), "text/plain");
}
