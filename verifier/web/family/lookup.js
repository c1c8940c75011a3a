// From the code of a slip to what the bureau published of the child (R15). Every file comes through `get`.
import { hex } from "../src/bytes.js";
import { addressOf, findEnvelope, isDirectory, openEnvelope, pseudonymOf } from "../src/envelope.js";
import { tagged } from "../src/hash.js";
import { decode } from "../src/json.js";
import { provenEntry, readReadersPolicy } from "../src/proof.js";
import { sha256 } from "../src/sha2.js";
import { FILES } from "../src/shapes.js";
import { leavesOf, rosterRoot } from "../src/units.js";

// `what`: "nothing" (the code opens nothing), "notYet" (no envelope of this draw is published), "whichDraw" (there are
// several, and none was chosen), "unwitnessed" (the witnesses whom the policy asks for have not cosigned), or "broken" (files that are not of their form or do not
// agree); `known`, as `planOf` gives it, where it was proven before.
export class NoAnswer extends Error {
  constructor(what, where) {
    super(`${what}: ${where}`);
    this.what = what;
  }
}

// The plan of the session, proven, and those of its draws that have envelopes: for the bureau's telephone and the choice
// of a school before anything is asked.
export async function planOf(get) {
  const { directory, ledger } = await start(get);
  const plan = await readPlan(ledger, directory.plan);
  return { plan, draws: listed(directory, plan) };
}

const listed = (directory, plan) => plan.draws.filter(({ id }) => directory.draws.some(({ draw }) => draw === id));

async function start(get) {
  const [list, policy] = await Promise.all([get("slips.json"), get("policy")]);
  const directory = formed(decode(list), isDirectory, "slips.json");
  return { directory, ledger: { get, reader: need(readReadersPolicy(policy), "policy"), session: directory.session } };
}

// Looks a child up. `secret`: 16 bytes; `draw`: id, "" if it is the only one; `get(path)`: bytes of a file below the
// session's folder; `tick`: awaited often.
export async function lookUp({ secret, draw }, get, tick) {
  const { directory, ledger } = await start(get);
  const plan = await readPlan(ledger, directory.plan);
  const known = { plan, draws: listed(directory, plan) };
  try {
    return { ...known, ...(await find(secret, draw, directory, plan, { ...ledger, tick })) };
  } catch (error) {
    throw Object.assign(error, { known });
  }
}

function need(value, where) {
  if (!value) throw new NoAnswer("broken", where);
  return value;
}

function formed(value, isOfForm, where) {
  return need(value !== undefined && isOfForm(value) && value, where);
}

// An entry of the session that the ledger holds, by its proof.
async function proven({ get, reader, session }, seq, type) {
  const where = `proofs/${seq}`;
  const [line, proof] = await Promise.all([get(`${where}.json`), get(`${where}.tlog-proof`)]);
  const found = need(provenEntry(line, proof, reader), where);
  need(found.entry.seq === seq && found.entry.type === type && found.entry.session === session, where);
  if (!found.quorum) throw new NoAnswer("unwitnessed", where);
  return found;
}

async function readPlan(ledger, seq) {
  const [{ entry }, bytes] = await Promise.all([proven(ledger, seq, "plan"), ledger.get("plan.json")]);
  const value = formed(decode(bytes), FILES["plan.json"], "plan.json");
  need(entry.body.hash === hex(tagged("plan", bytes)) && entry.body.size === bytes.length
    && value.session === ledger.session && value.origin === ledger.reader.origin, "plan.json");
  return value;
}

// The draw that the slip is of: as chosen, or the only one.
function drawOf(chosen, directory, plan) {
  if (!chosen && directory.draws.length > 1) throw new NoAnswer("whichDraw", "slips.json");
  const row = directory.draws.find((one) => !chosen || one.draw === chosen);
  const draw = plan.draws.find(({ id }) => id === (row ? row.draw : chosen));
  if (!draw && chosen && !row) throw new NoAnswer("nothing", "plan.json");
  if (!row) throw new NoAnswer("notYet", "slips.json");
  return { draw: need(draw, "plan.json"), frozen: row.frozen };
}

async function find(secret, chosen, directory, plan, ledger) {
  const { draw, frozen } = drawOf(chosen, directory, plan);
  const phase = directory.result >= 0 ? "result" : "frozen";
  need(phase === "frozen" || directory.header >= 0, "slips.json");
  const path = `envelopes/${phase}/${draw.id}.json`;
  const envelope = findEnvelope(await ledger.get(path), addressOf(secret, phase));
  need(envelope !== undefined, path);
  const content = envelope && openEnvelope(envelope, secret, phase);
  if (!content) throw new NoAnswer("nothing", path);
  need(content.draw === draw.id, path);
  const [roster, drawn] = await Promise.all([
    readRoster(ledger, draw, phase === "result" ? directory.header : frozen, phase, content),
    phase === "result" ? readResult(ledger, draw, directory.result, content) : null,
  ]);
  const { note, witnesses } = drawn || roster;
  need(!drawn || drawn.number === roster.number, "result.json");
  return { draw, phase, number: content.class, pair: roster.pair, nullifier: content.nullifier, note, witnesses,
    pseudonym: pseudonymOf(secret), aborted: directory.aborted, annulled: directory.annulled.includes(draw.id) };
}

// What was frozen of a draw: before the draw its last freeze, after it what the header has, which nothing replaces.
async function readFrozen(ledger, id, seq, phase) {
  if (phase === "frozen") {
    const { entry: { body }, ...rest } = await proven(ledger, seq, "roster.frozen");
    return { frozen: body, ...rest };
  }
  const [{ entry: { body }, ...rest }, bytes] = await Promise.all([
    proven(ledger, seq, "header"), ledger.get("header.json")]);
  const header = formed(decode(bytes), FILES["header.json"], "header.json");
  need(body.hash === hex(tagged("header", bytes)) && body.size === bytes.length
    && header.session === ledger.session, "header.json");
  return { frozen: need(header.draws.find((one) => one.id === id), "header.json").frozen, ...rest };
}

// The frozen roster, and both hashes of the student at the place that the envelope names.
async function readRoster(ledger, { id }, seq, phase, { unit, member }) {
  const path = `draws/${id}/units.json`;
  const [{ frozen, note, witnesses }, bytes] = await Promise.all([readFrozen(ledger, id, seq, phase), ledger.get(path)]);
  const file = formed(decode(bytes), FILES["units.json"], path);
  const { hashes } = await leavesOf(file, ledger.tick);
  need(file.draw === id && frozen.draw === id && hashes.length === frozen.units && hashes.length > 0
    && hex(rosterRoot(hashes)) === frozen.roster_root, path);
  return { pair: need(file.units[unit] && file.units[unit][member], path), note, witnesses, number: hashes.length };
}

// The class list, in which the unit has the class that the envelope names.
async function readResult(ledger, { id }, seq, { class: number, unit }) {
  const path = `draws/${id}/result.json`;
  const [{ entry: { body }, note, witnesses }, bytes] = await Promise.all([
    proven(ledger, seq, "result"), ledger.get(path)]);
  const file = formed(decode(bytes), FILES["result.json"], path);
  const row = body.draws.find(({ draw }) => draw === id);
  need(row && row.sha256 === hex(sha256(bytes)) && row.size === bytes.length && file.draw === id
    && file.classes[unit] === number, path);
  return { note, witnesses, number: file.classes.length };
}
