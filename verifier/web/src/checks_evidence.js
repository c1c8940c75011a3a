/** Checks of evidence: V50-V64. A failure means "not proven". */

import { hex, unhex } from "./bytes.js";
import { outcomeOf, published } from "./ceremony.js";
import { allDraws, drawKey, entriesOfType } from "./checks_header.js";
import { keyOf, notesFrom, widest } from "./checks_record.js";
import { coveredOf, drawPairs, hashesOf, pinnedOf } from "./checks_result.js";
import { CannotCheck, drawsOf, sessionOf, valueOf, walkedOf } from "./context.js";
import { soundKey } from "./ed25519.js";
import { canonical } from "./json.js";
import { policyAt } from "./ledger.js";
import { satisfied } from "./policy.js";
import { overlapLimit, repetitionKept, repetitionSpeaks } from "./probabilities.js";
import { CHAINS } from "./shapes.js";

const OWN_CLIENTS = ["own-page", "command-line", "own-program"];
// V51; of UNITS_A_PIN units of a draw one may be pinned
const [SQUARINGS, WINDOW_MOST, BUNDLINGS_LEAST] = [4000000, 60, 16];
const [OBSERVERS_LEAST, ROLES_LEAST, UNITS_A_PIN] = [3, 3, 20];
const outside = (c) => coveredOf(c).filter(({ role }) => role !== "bureau");

/** The number of the entry that must be anchored: `published`, or `header` before there is a result. */
function anchor(c) {
  const entry = c.phase === "result" ? entriesOfType(sessionOf(c), "published")[0] : sessionOf(c).header;
  if (!entry) throw new CannotCheck("the session is not finished");
  return entry.seq;
}

function checkLimits(c, t) {
  const { delay, windows, bundlings, draws } = valueOf(c, "header.json");
  t.item(delay.bits === 1024 && delay.iterations >= SQUARINGS * windows.reveal,
    "the delay is too short for the window");
  t.item(windows.reveal >= 1 && windows.reveal <= WINDOW_MOST, "the window is too long");
  t.item(bundlings >= BUNDLINGS_LEAST, "too few bundlings");
  t.item(outside(c).length >= OBSERVERS_LEAST && new Set(outside(c).map(({ role }) => role)).size >= ROLES_LEAST,
    "too few covered observers of different roles");
  for (const { id, frozen } of draws) {
    t.item(pinnedOf(frozen) <= Math.ceil(frozen.units / UNITS_A_PIN), `${id}: ${pinnedOf(frozen)} units are pinned`);
  }
}

function checkHolders(c, t) {
  const draws = drawsOf(c);
  const { header, closed, groups } = hashesOf(c);
  const due = canonical({
    commits_closed_hash: closed, groups_hash: groups, header_hash: header,
    constraints_roots: draws.map(({ frozen }) => frozen.constraints_root),
    nullifiers_roots: draws.map(({ frozen }) => frozen.nullifiers_root),
    sealed_hashes: draws.map(({ frozen }) => frozen.sealed_hash),
  });
  const { recipients } = valueOf(c, "plan.json");
  const byRecipient = ({ id, key }) => recipients.some((one) => one.id === id && one.signing_key === key);
  const checked = entriesOfType(sessionOf(c), "groups.checked");
  t.item(checked.some(({ sig, body }) => byRecipient(sig[0]) && canonical(body) === due),
    "no recipient has checked these groups");
}

async function checkRemainders(c, t, tick) {
  await drawPairs(c, tick);
  const { bundlings, draws } = valueOf(c, "header.json");
  for (const { id, classes } of draws) {
    const { overlap, others } = c.pairs.get(id);
    const limit = overlapLimit(others.r, classes, bundlings);
    if (limit) t.item(overlap < limit, `${id}: two bundles share ${overlap} units`); // A21
    if (repetitionSpeaks(others.r, classes, bundlings)) {
      t.item(repetitionKept(classes, others), `${id}: the same pairs come together too often`); // A22
    }
  }
  return t.items ? "" : "NOT-APPLICABLE";
}

/** No other session past the opening of reveals drew the same (V56). */
function checkEarlier(c, t) {
  const all = allDraws(widest(c));
  const { year, rehearsal, draws } = valueOf(c, "header.json");
  const mine = sessionOf(c).header.seq;
  for (const draw of draws) {
    const key = drawKey(draw, year, rehearsal);
    const alike = (other) => ["school", "grade", "kind"].every((name) => other[name] === draw[name]);
    t.item(!all.some((one) => one.session.id !== c.session.id && one.session.opened
      && (one.key === key && one.session.header.seq < mine
        || one.rehearsal === rehearsal && alike(one.draw) && !published(one.session))),
      `${draw.id} had been revealed in another session`);
  }
}

function checkTrust(c, t) {
  const { trust } = c.given;
  if (!t.item(Boolean(trust), "no trust file was given")) return;
  walkedOf(c);
  if (c.given.ledger && !c.longer) throw new CannotCheck("V80");
  const all = widest(c);
  const { size, root } = trust.checkpoint;
  t.item(trust.origin === all.origin, "of another ledger");
  t.item(all.operators.some(({ key }) => key === trust.operator), "the operator had another key");
  t.item(size <= all.ledger.tree.size && hex(all.ledger.tree.root(size)) === root,
    "its checkpoint is not of this ledger");
  for (const key of [trust.operator, ...trust.observers, ...trust.witnesses.map((witness) => witness.key)]) {
    t.item(soundKey(unhex(key)), "one of its keys is not sound"); // E13
  }
  const seq = anchor(c);
  t.item(size > seq, "its checkpoint is from before");
  const names = new Set();
  for (const note of notesFrom(c, seq + 1)) {
    for (const { cosigner } of note.cosigned) if (cosigner.trusted) names.add(cosigner.name);
  }
  t.item(trust.witnesses_required >= 1 && names.size >= trust.witnesses_required,
    "not cosigned by enough of its witnesses");
}

/** C18: covered observers who cosigned between the close of coverage and the end of the delay. */
function checkTimely(c, t) {
  const [coverage] = entriesOfType(sessionOf(c), "coverage.closed");
  const [done] = entriesOfType(sessionOf(c), "delay.done");
  if (!coverage || !done) throw new CannotCheck("no coverage.closed, or no delay.done");
  const signers = new Set();
  for (const note of notesFrom(c, coverage.seq + 1, done.seq)) {
    for (const { cosigner } of note.cosigned) {
      if (cosigner.session === c.session.id) signers.add(cosigner.observer);
    }
  }
  const timely = outside(c).filter(({ id }) => signers.has(id)).length;
  t.item(timely >= valueOf(c, "header.json").quorum.covered, `only ${timely} cosigned the coverage in time`);
}

function checkPolicy(c, t) {
  if (!walkedOf(c).policies.length) return "NOT-APPLICABLE";
  const policy = policyAt(c.walked, c.ledger.tree.size);
  if (!policy) throw new CannotCheck("the policy in force is not well formed");
  const kept = notesFrom(c, anchor(c) + 1).some(({ cosigned }) => (
    satisfied(policy, new Set(cosigned.map(keyOf)))));
  t.item(kept, "no checkpoint has the quorum of the policy");
  return "";
}

/** C27: by the times of the ledger, reveals were closed before the beacon's round. */
function checkBeforeBeacon(c, t) {
  const { drand } = valueOf(c, "header.json").sources;
  if (drand.chain === undefined) return "NOT-APPLICABLE";
  const [closed] = entriesOfType(sessionOf(c), "reveals.closed");
  if (!closed) throw new CannotCheck("no reveals.closed");
  if (!Object.hasOwn(CHAINS, drand.chain)) throw new CannotCheck("a chain that nobody knows");
  const { genesis, period } = CHAINS[drand.chain];
  t.item(Date.parse(closed.time) / 1000 < genesis + (drand.round - 1) * period, "reveals were closed too late");
  return "";
}

/** By id: [ids of checks that must not have failed, the check]. */
export const EVIDENCE_CHECKS = {
  V50: [["V03"], (c, t) => {
    const { quorum } = valueOf(c, "header.json");
    t.item(outside(c).length >= quorum.covered, `${outside(c).length} are covered`);
    for (const [role, least] of Object.entries(quorum.roles)) {
      t.item(coveredOf(c).filter((observer) => observer.role === role).length >= least, `too few of role ${role}`);
    }
  }],
  V51: [["V03"], checkLimits],
  V52: [["V03"], (c, t) => { t.item(outside(c).some(({ client }) => OWN_CLIENTS.includes(client)),
    "all used the bureau's"); }],
  V53: [["V03"], checkHolders],
  V54: [[], checkRemainders],
  V55: [[], (c, t) => { t.item(!valueOf(c, "header.json").rehearsal, "a rehearsal"); }],
  V56: [["V03", "V80"], checkEarlier],
  V57: [["V03", "V14?", "V80?"], checkTrust],
  V58: [["V03"], (c, t) => {
    const trusted = c.given.trust ? c.given.trust.observers : [];
    t.item(outside(c).some(({ key }) => trusted.includes(key)), "none of your observers is covered");
  }],
  V61: [["V03", "V80"], (c, t) => {
    const session = widest(c).sessions.get(sessionOf(c).id);
    for (const { id } of drawsOf(c)) t.item(outcomeOf(session, id).outcome !== "annulled", `${id} was annulled`);
  }],
  V62: [[], (c, t) => { t.item(c.phase === "result", "frozen, without result"); }],
  V63: [["V03", "V14?"], checkTimely],
  V64: [["V03", "V14?"], checkPolicy],
  V65: [["V03"], checkBeforeBeacon],
};
