// One job: read what was given and check it. Runs in a worker, or in the page where no worker can be started.
import { verify } from "../src/verify.js";
import { verifyFork } from "../src/fork.js";
import { makeSlip } from "../src/slip.js";

const FILE_LIMIT = 64 * 2 ** 20;

// A file that was there when it was chosen and is not any more.
class UnreadableError extends Error {}

async function bytes(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new UnreadableError(file.name);
  }
}

async function load(source) {
  if (source.zip) return { zip: await bytes(source.zip) };
  const files = new Map();
  // A file over the limit of E4 stands as null: it is there, and nobody needs to read it.
  for (const [path, file] of source.files) files.set(path, file.size > FILE_LIMIT ? null : await bytes(file));
  return { files };
}

const optional = (source, read) => (source ? read(source) : null);

// A slip names its session, which the family need not know. In a zip RECORD.json comes first, stored (R3).
function sessionOf(record) {
  try {
    const text = new TextDecoder();
    if (record.files) return JSON.parse(text.decode(record.files.get("RECORD.json"))).session;
    const view = new DataView(record.zip.buffer);
    const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    return JSON.parse(text.decode(record.zip.subarray(start, start + view.getUint32(18, true)))).session;
  } catch {
    return ""; // the verdict says that the record cannot be read
  }
}

export async function answer(job, progress) {
  const file = (source) => optional(source, ({ zip }) => bytes(zip));
  const out = {};
  const trust = await file(job.trust);
  if (job.fork) out.fork = await verifyFork(await file(job.fork), job.keys, trust);
  if (!job.record) return out;
  const record = await load(job.record);
  const given = { trust, since: await optional(job.since, load), ledger: await file(job.ledger), records: [] };
  for (const source of job.records) given.records.push(await load(source));
  given.sealed = job.sealed.length ? await Promise.all(job.sealed.map(file)) : null;
  given.slip = await file(job.slipFile);
  if (job.slip) given.slip = makeSlip({ ...job.slip, session: sessionOf(record) });
  return { ...out, ...(await verify(record, given, progress)) };
}

// [text id, values] for people; classes of errors do not survive the way out of a worker.
export function problemOf(error) {
  const lost = error instanceof UnreadableError;
  return { problem: [lost ? "unreadable" : "failedInside", { name: lost ? error.message : String(error) }] };
}

export function listen() {
  self.onmessage = async ({ data }) => {
    const progress = (done, total, id) => self.postMessage({ progress: [done, total, id] });
    try {
      self.postMessage({ result: await answer(data, progress) });
    } catch (error) {
      self.postMessage(problemOf(error));
    }
  };
  self.postMessage({ ready: true });
}
