/** Checks of the ceremony and its result: V27-V46. */

import { permute, spread, wellGrouped, widestSpread } from "./allocation.js";
import { balanceFaults } from "./balance.js";
import { hex, unhex } from "./bytes.js";
import { commitsClosedHash, groupsHash, openingsOf, revealsClosedHash } from "./ceremony.js";
import { entriesOfType } from "./checks_header.js";
import { CannotCheck, bytesOf, drawsOf, fileHash, sessionOf, shapeOf, valueOf } from "./context.js";
import { discriminantFrom, GENERATOR, verifySegment } from "./forms.js";
import { featuresOf } from "./features.js";
import { tagged } from "./hash.js";
import { canonical, encode } from "./json.js";
import { featureFaults, kindOf } from "./plan_rules.js";
import { pinEffects, remainderPairs } from "./probabilities.js";
import { COPIES } from "./record.js";
import { sha256 } from "./sha2.js";

const CLASS_MOST = 1000; // students of a class before a draw (C28)
const NO_PINS = { affected: 0, class: [0, 1], pair: [0, 1], pinned: 0 }; // of kinds other than `classes` (V5)
const equal = (a, b) => canonical(a) === canonical(b);

/** The body of the session's only entry of this type. @throws {CannotCheck} */
function bodyOf(c, type) {
  const [entry] = entriesOfType(sessionOf(c), type);
  if (!entry) throw new CannotCheck(`no ${type}`);
  return entry.body;
}

const observersOf = (c) => valueOf(c, "header.json").observers;

/** The hashes of the session up to the groups, computed and not as the ledger says them (C6, C10, C11), hexadecimal. */
export function hashesOf(c) {
  return { header: fileHash(c, "header", "header.json"), closed: closedOf(c), groups: groupsHash(groupsFiles(c)) };
}

/** The digits of the public draw, "" if there was none. */
function digitsOf(c) {
  const [source] = entriesOfType(sessionOf(c), "source");
  return source ? source.body.digits : "";
}

/** Commitments in header order, "" for none (C10). */
function commitmentsOf(c) {
  const made = firstBy(c, "commitment");
  return observersOf(c).map(({ id }) => (made.has(id) ? made.get(id).commitment : ""));
}

const closedOf = (c) => commitsClosedHash(commitmentsOf(c), digitsOf(c));
const sha256Of = (c, path) => bytesOf(c, path) && c.files.get(path).sha256;
const groupsFiles = (c) => drawsOf(c).map(({ id }) => sha256Of(c, groupsPath(id)));

/** The observers who attested the groups before reveals were opened, in header order (C14). */
function attestedOf(c) {
  const [opened] = entriesOfType(sessionOf(c), "reveals.opened");
  if (!opened) throw new CannotCheck("no reveals.opened");
  const by = new Set(entriesOfType(sessionOf(c), "attest.groups").map(({ actor }) => actor.id));
  return observersOf(c).filter(({ id }) => by.has(id));
}

/** What `reveals.closed` must say (C16). */
function openingsDue(c) {
  const commitments = new Map([...firstBy(c, "commitment")].map(([id, { commitment }]) => [id, commitment]));
  const hashes = { ...hashesOf(c), attested: attestedOf(c).map(({ id }) => id) };
  return openingsOf(observersOf(c), commitments, firstBy(c, "opening"), hashes);
}

/** All four hashes of C19, as bytes. */
function fourHashes(c) {
  const { header, closed, groups } = hashesOf(c);
  return [header, closed, groups, revealsClosedHash(openingsDue(c))].map(unhex);
}

/** The covered observers in header order (C18). */
export function coveredOf(c) {
  const openings = openingsDue(c);
  const listed = bodyOf(c, "reveals.closed").openings;
  const attested = new Set(attestedOf(c).map(({ id }) => id));
  const confirmed = firstBy(c, "attest.reveals");
  return observersOf(c).filter(({ id }, i) => openings[i].status === "received"
    && listed[i]?.status === "received" && attested.has(id) && confirmed.has(id));
}

/** Bodies of the first entry of this type by each observer. */
function firstBy(c, type) {
  const found = new Map();
  for (const { actor, body } of entriesOfType(sessionOf(c), type)) if (!found.has(actor.id)) found.set(actor.id, body);
  return found;
}

/** Sizes of the units of a draw, in students. */
function sizesOf(c, id) {
  return valueOf(c, `draws/${id}/units.json`).units.map((unit) => unit.length);
}

export const groupsPath = (id) => `draws/${id}/groups.json`;

function checkCommitments(c, t) {
  const closed = bodyOf(c, "commits.closed");
  const made = firstBy(c, "commitment");
  const values = [...made.values()].map(({ commitment }) => commitment);
  t.item(new Set(values).size === values.length, "two commitments are equal"); // C8
  t.item(equal(closed.commitments, commitmentsOf(c)), "the commitments listed are not those made");
  t.item(closed.hash === closedOf(c), "another closing hash"); // C10
}

/** C9: the public draw, or that there is none. */
function checkSource(c, t) {
  const { observers, sources: { public_draw: planned } } = valueOf(c, "header.json");
  const outside = new Set(observers.filter(({ role }) => role !== "bureau").map(({ id }) => id));
  const { digits } = bodyOf(c, "commits.closed");
  const sources = entriesOfType(sessionOf(c), "source");
  t.item(valueOf(c, "sources.json").public_draw === digits, "sources.json has other digits");
  if (planned.alphabet === undefined) {
    t.item(!sources.length && digits === "", "a public draw that was not planned");
    return;
  }
  if (!t.item(sources.length === 1 && sources[0].body.digits === digits, "not one public draw")) return;
  t.item(digits.length === planned.length && [...digits].every((one) => planned.alphabet.includes(one)),
    "the digits are not as planned");
  const confirming = sources[0].sig.map(({ id }) => id);
  t.item(new Set(confirming).size === confirming.length && confirming.length >= planned.confirmations
    && confirming.every((id) => outside.has(id)), "not confirmed by enough observers");
}

/** A file of a draw as entries list it. */
const fileOf = (c, draw, path) => ({ draw, sha256: sha256Of(c, path), size: bytesOf(c, path).length });

function checkGroups(c, t) {
  const header = valueOf(c, "header.json");
  const fixed = bodyOf(c, "groups.fixed");
  for (const { id } of header.draws) valueOf(c, groupsPath(id));
  t.item(equal(fixed.groups, header.draws.map(({ id }) => fileOf(c, id, groupsPath(id)))),
    "the groups files are not those of the ledger");
  t.item(fixed.hash === groupsHash(groupsFiles(c)), "another hash of the groups"); // C11
  for (const { id, kind, classes, frozen } of header.draws) {
    const groups = valueOf(c, groupsPath(id));
    t.item(groups.draw === id && wellGrouped(groups, sizesOf(c, id), classes, header.bundlings, kind),
      `${id}: not well formed`);
    t.item(groups.blocks.length === frozen.blocks && groups.remainder.length === frozen.remainder
      && (kind === "late" || sizesOf(c, id).length === classes * frozen.blocks + frozen.remainder)
      && (kind !== "classes" || groups.pins.length === pinnedOf(frozen))
      && (kind !== "teachers" || groups.barred.length === frozen.constraints.barred),
    `${id}: not the header's numbers`); // A14, A26
  }
}

/** How many units of a draw are pinned, by its frozen summary (C4). */
export function pinnedOf({ constraints }) {
  return Object.values(constraints.pins).reduce((sum, number) => sum + number, 0);
}

function checkAttestedGroups(c, t) {
  const header = valueOf(c, "header.json");
  const { closed, groups } = hashesOf(c);
  const attests = entriesOfType(sessionOf(c), "attest.groups");
  for (const { actor, body } of attests) {
    t.item(body.commits_closed_hash === closed && body.groups_hash === groups, `${actor.id} attested other hashes`);
  }
  const attested = attestedOf(c);
  const listed = bodyOf(c, "reveals.opened").attested;
  t.item(equal(listed, attested.map(({ id }) => id)), "those who attested are not as listed");
  for (const [role, least] of Object.entries(header.quorum.roles)) {
    t.item(attested.filter((observer) => observer.role === role).length >= least, `too few of role ${role} attested`);
  }
  const committed = firstBy(c, "commitment");
  const outside = header.observers.filter(({ id, role }) => role !== "bureau" && committed.has(id));
  // C14
  t.item(2 * attested.filter(({ role }) => role !== "bureau").length > outside.length, "not more than half attested");
}

function checkOpenings(c, t) {
  const due = openingsDue(c);
  const listed = bodyOf(c, "reveals.closed");
  t.item(listed.openings.length === due.length, "not one line for every observer");
  due.forEach((line, i) => t.item(listed.openings[i] !== undefined && equal(listed.openings[i], line),
    `${observersOf(c)[i].id} should be listed as ${line.status}`));
  t.item(listed.hash === revealsClosedHash(due), "another hash of the openings");
}

function checkCoverage(c, t) {
  const due = openingsDue(c);
  const hash = revealsClosedHash(due);
  const received = new Set(observersOf(c).filter((_, i) => due[i].status === "received").map(({ id }) => id));
  for (const [id, body] of firstBy(c, "attest.reveals")) {
    t.item(received.has(id) && body.reveals_closed_hash === hash, `${id} attested other openings`); // C17
  }
  t.item(equal(bodyOf(c, "coverage.closed").covered, coveredOf(c).map(({ id }) => id)),
    "the list of coverage is another");
}

async function checkDelay(c, t, tick) {
  const { delay } = valueOf(c, "header.json");
  const { segments } = valueOf(c, "delay.json");
  t.item(equal(bodyOf(c, "delay.done").segments, segments), "delay.json is not that of the ledger"); // C22
  const { iterations, segments: number } = delay;
  const lawful = number >= 1 && number <= 64 && iterations >= number && iterations <= 2 ** 40
    && iterations % number === 0;
  if (!t.item(lawful && segments.length === number, "not the segments of the header")) return;
  const challenge = tagged("delay", ...fourHashes(c)); // C19
  await tick(0);
  const discriminant = discriminantFrom(challenge);
  let x = GENERATOR;
  for (let i = 0; i < segments.length; i++) {
    await tick(i / segments.length);
    const [y, proof] = [unhex(segments[i].y), unhex(segments[i].proof)];
    t.item(verifySegment(discriminant, x, y, proof, iterations / number), `segment ${i} is not proven`);
    x = y;
  }
}

/** C26, all but the pairing: this verifier has no BLS12-381, and says so. */
function checkBeacon(c, t) {
  const { drand } = valueOf(c, "header.json").sources;
  const entries = entriesOfType(sessionOf(c), "beacon");
  const { beacon } = valueOf(c, "sources.json");
  const planned = drand.chain !== undefined;
  if (!planned && !entries.length && beacon.round === undefined) return "NOT-APPLICABLE";
  t.item(entries.length === (planned ? 1 : 0), `${entries.length} beacon entries`);
  const body = entries.length ? entries[0].body : {};
  t.item(equal(beacon, body), "sources.json has another beacon");
  if (!planned || !entries.length) return "";
  t.item(body.round === drand.round, `round ${body.round}, not ${drand.round}`);
  throw new CannotCheck("the signature of a beacon is not computed here: use the verifier in Python");
}

/** What the beacon adds to the seed (C26), whether or not its signature is right. */
function randomnessOf(c) {
  if (valueOf(c, "header.json").sources.drand.chain === undefined) return "";
  return sha256(unhex(bodyOf(c, "beacon").signature));
}

function checkSeed(c, t) {
  t.item(hex(seedOf(c)) === bodyOf(c, "seed").seed, "another seed");
}

/** The seed (C23). */
function seedOf(c) {
  const { segments } = valueOf(c, "delay.json");
  if (!segments.length) throw new CannotCheck("delay.json has no segment");
  return tagged("seed", ...fourHashes(c), unhex(segments[segments.length - 1].y), randomnessOf(c));
}

async function checkLists(c, t, tick) {
  const seed = seedOf(c);
  const draws = drawsOf(c);
  for (const { id } of draws) groupsFor(c, id);
  t.item(equal(bodyOf(c, "result").draws, draws.map(({ id }) => fileOf(c, id, `draws/${id}/result.json`))),
    "the lists are not those of the ledger");
  for (const { id, kind, classes } of draws) {
    await tick();
    const drawSeed = tagged("draw", seed, id);
    const { version, ...given } = valueOf(c, `draws/${id}/result.json`);
    const draw = { classes, kind, before: kind === "late" ? sizesBefore(c, id, classes) : [] };
    const due = permute(groupsFor(c, id), sizesOf(c, id), draw, drawSeed);
    t.item(equal(given, { ...due, draw: id, draw_seed: hex(drawSeed) }), `${id}: not the lists of the seed`);
  }
}

/** Students of the classes before a draw of kind `late` (C28). @throws {CannotCheck} if V22 or V21 refuses them */
function sizesBefore(c, id, classes) {
  const draw = valueOf(c, "plan.json").draws.find((one) => one.id === id);
  if (!draw || draw.sizes.length !== classes || draw.sizes.some((size) => size > CLASS_MOST)) {
    throw new CannotCheck(`${id}: the plan has not the sizes of its classes`);
  }
  return draw.sizes;
}

/** Do K and M keep the bounds of their kind, so that work is bounded? */
export function withinBounds({ kind, classes }, bundlings) {
  const rules = kindOf(kind);
  return Boolean(rules) && rules.k(classes) && bundlings >= 1 && bundlings <= 256;
}

/** Groups of the form that computations need. @throws {CannotCheck} if V21 or V30 refuses them */
export function groupsFor(c, id) {
  const groups = valueOf(c, groupsPath(id));
  const { bundlings, draws } = valueOf(c, "header.json");
  const draw = draws.find((one) => one.id === id);
  const { kind, classes } = draw;
  if (!withinBounds(draw, bundlings) || !wellGrouped(groups, sizesOf(c, id), classes, bundlings, kind)) {
    throw new CannotCheck(`${id}: the groups are broken`);
  }
  return groups;
}

/** The features of the plan (A1). @throws {CannotCheck} if V22 refuses its attributes */
export function planFeatures(c) {
  const plan = valueOf(c, "plan.json");
  if (featureFaults(plan).length) throw new CannotCheck("the plan's attributes break its rules");
  return featuresOf(plan.attributes, plan.crossed);
}

/** A16 and A19. */
function checkSizes(c, t) {
  for (const { id, kind, classes } of drawsOf(c)) {
    const sizes = sizesOf(c, id);
    const limit = sizes.some((size) => size > 1) ? 2 : 1;
    const result = valueOf(c, `draws/${id}/result.json`);
    const groups = groupsFor(c, id);
    const whole = result.classes.length === sizes.length
      && result.classes.every((place) => place >= 1 && place <= classes);
    if (!t.item(whole && result.counts.length === classes, `${id}: not a class for every unit`)) continue;
    const counts = new Array(classes).fill(0);
    result.classes.forEach((place, unit) => { counts[place - 1] += sizes[unit]; });
    t.item(equal(result.counts, counts), `${id}: other numbers of students`);
    if (kind !== "classes") continue;
    t.item(spread(result.counts) <= limit, `${id}: the classes differ by more than ${limit}`);
    t.item(widestSpread(groups.bundlings, sizes) <= limit, `${id}: bundles differ by more than ${limit}`);
  }
}

function checkStatement(c, t) {
  const draws = drawsOf(c);
  const statement = valueOf(c, "statement.json");
  for (const { id } of draws) groupsFor(c, id);
  const { names } = planFeatures(c);
  t.item(equal(statement.draws.map(({ draw }) => draw), draws.map(({ id }) => id)), "not one certificate a draw");
  for (const { draw, balance, certificate } of statement.draws) {
    const of = draws.find(({ id }) => id === draw);
    if (of && of.kind !== "classes") {
      t.item(!certificate.length, `${draw}: a certificate of a draw that divides nothing`);
      t.item(!balance.length, `${draw}: numbers per class of a draw that divides nothing`);
      continue;
    }
    if (of && balance.length) {
      const { counts } = valueOf(c, `draws/${draw}/result.json`);
      const faults = balanceFaults(balance, valueOf(c, "plan.json"), counts, of.classes);
      t.item(!faults.length, `${draw}: ${faults[0]}`);
    }
    t.item(certificate.length === names.length && certificate.every(({ feature }, f) => feature === names[f]),
      `${draw}: other features`);
    t.item(certificate.every(({ bound, reached, proven }) => (bound === 0 || bound === 1) && reached >= bound
      && proven === (reached === bound)), `${draw}: a bound is not as A23 says`);
    if (!of || !certificate.length) continue;
    const sizes = sizesOf(c, draw);
    const reached = widestSpread(valueOf(c, groupsPath(draw)).bundlings, sizes);
    const bound = sizes.reduce((sum, size) => sum + size, 0) % of.classes ? 1 : 0;
    t.item(certificate[0].reached === reached && certificate[0].bound === bound, `${draw}: another spread of sizes`);
  }
}

function checkPublished(c, t) {
  const published = bodyOf(c, "published");
  const counts = (path) => path !== "RECORD.json" && (shapeOf(path) || COPIES.includes(path));
  const rows = [...c.files].filter(([path, { bytes }]) => bytes && counts(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { bytes, sha256 }]) => [path, sha256, bytes.length]);
  t.item(published.files_hash === hex(tagged("record", encode(rows))), "another hash of the files"); // C24
  t.item(published.files === rows.length, "another number of files");
}

/** Pairs, overlap and pins of every draw for the report (V5), up to the first whose groups are broken. */
export async function drawPairs(c, tick) {
  c.pairs = c.pairs || new Map();
  const header = valueOf(c, "header.json");
  for (const { id, kind, classes } of header.draws) {
    if (c.pairs.has(id)) continue;
    const groups = groupsFor(c, id);
    const pins = kind === "classes" ? await pinEffects(groups, classes, tick) : NO_PINS;
    c.pairs.set(id, { ...await remainderPairs(groups, tick), pins });
  }
}

/** By id: [ids of checks that must not have failed, the check]. */
export const RESULT_CHECKS = {
  V27: [["V03"], checkCommitments],
  V28: [["V03"], checkSource],
  V30: [["V03"], checkGroups],
  V32: [["V03"], checkAttestedGroups],
  V33: [["V03"], checkOpenings],
  V34: [["V03"], checkCoverage],
  V40: [["V03"], checkDelay],
  V41: [["V03"], checkBeacon],
  V42: [["V03"], checkSeed],
  V43: [["V03"], checkLists],
  V44: [[], checkSizes],
  V45: [[], checkStatement],
  V46: [["V03"], checkPublished],
};
