/** The way to the room's server (spec/room.md). Answers are bounded in size and time, and none is believed. */

import { FILE_LIMIT } from "./core/reading.js";
import { encode, hex, sha256, splitLines } from "./core/verifier.js";

const SECONDS = 40; // the server answers a long poll after 20 at most
const FILE_SECONDS = 300; // a crowd on one access point
const JSON_LIMIT = 2_000_000; // bytes
const PART_LIMIT = 5 * 1024 * 1024; // bytes of one answer of entries (N7: 4 MiB of whole lines)
const LEDGER_LIMIT = 64 * 1024 * 1024; // bytes of all entries together (E4)
const ENTRIES_LIMIT = 1_000_000;

/** The server refused, or could not be reached. `key` is its own name for the reason, "" if it gave none. */
export class LinkError extends Error {
  constructor(status, key, words) {
    super(`${status} ${key}`);
    this.status = status; // 0: not reached; -1: the answer is of no use
    this.key = key;
    this.words = words; // [Chinese, English]
  }
}

export class Link {
  /** @param {string} base such as http://192.168.1.5:8000 */
  constructor(base) {
    this.base = base;
    this.lines = [];
    this.files = new Map();
  }

  async bytes(path, limit, body, seconds = SECONDS) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), seconds * 1000);
    try {
      const answer = await fetch(`${this.base}/api/v1/${path}`, {
        method: body ? "POST" : "GET", body, cache: "no-store", credentials: "omit", redirect: "error",
        signal: stop.signal, headers: body ? { "Content-Type": "application/json" } : {},
      });
      const bytes = await limited(answer, limit);
      if (!answer.ok) throw refusal(answer.status, bytes);
      return bytes;
    } catch (error) {
      if (error instanceof LinkError) throw error;
      throw new LinkError(0, "", ["连不上现场服务器", "the room's server cannot be reached"]);
    } finally {
      clearTimeout(timer);
    }
  }

  async json(path, body) {
    const bytes = await this.bytes(path, JSON_LIMIT, body ? encode(body) : undefined);
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      throw new LinkError(-1, "", ["服务器的回答读不懂", "the server's answer is not JSON"]);
    }
  }

  /** N5, with only the fields that are used, each of the type it must have. */
  async state(after) {
    const text = (value) => (typeof value === "string" ? value.slice(0, 400) : "");
    const count = (value) => (Number.isSafeInteger(value) ? value : 0);
    const object = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});
    const raw = object(await this.json(after === null ? "state" : `state?after=${after}`));
    const call = object(raw.call);
    const delay = object(raw.delay);
    return {
      tick: count(raw.tick), origin: text(raw.origin), session: text(raw.session), title: text(raw.title),
      bureau: text(raw.bureau), rehearsal: raw.rehearsal === true, state: text(raw.state), size: count(raw.size),
      enrolling: raw.enrolling === true, publicDraw: text(raw.public_draw), record: raw.record === true,
      secondsLeft: Number.isSafeInteger(raw.seconds_left) ? raw.seconds_left : null,
      roles: (Array.isArray(raw.roles) ? raw.roles : []).map(text).slice(0, 20),
      call: { number: count(call.number), secondsLeft: count(call.seconds_left) },
      delay: { done: count(delay.done), segments: count(delay.segments), secondsLeft: count(delay.seconds_left) },
    };
  }

  /** The newest note (N7). */
  note() {
    return this.bytes("checkpoint", 100_000);
  }

  /** The first `size` entries; only the new ones are fetched. @param {number} size @returns {Promise<Uint8Array[]>} */
  async entries(size) {
    if (size > ENTRIES_LIMIT) throw new LinkError(-1, "", ["账本太大", "the ledger is too large"]);
    let total = this.lines.reduce((sum, { length }) => sum + length, 0);
    while (this.lines.length < size) {
      const bytes = await this.bytes(`entries?from=${this.lines.length}&to=${size}`, PART_LIMIT);
      const part = splitLines(bytes);
      total += bytes.length;
      if (!part || !part.length || this.lines.length + part.length > size || total > LEDGER_LIMIT) {
        throw new LinkError(-1, "", ["账本条目不对", "bad entries"]);
      }
      this.lines.push(...part);
    }
    return this.lines.slice(0, size);
  }

  /** Begin anew with the entries, after a ledger that was refused. */
  forget() {
    this.lines = [];
    this.files.clear();
  }

  /** A file of a session, fetched once. */
  async file(session, path) {
    if (!this.files.has(path)) this.files.set(path, await this.bytes(`files/${session}/${path}`, FILE_LIMIT, undefined, FILE_SECONDS));
    return this.files.get(path);
  }

  record(session) {
    return this.bytes(`record/${session}.zip`, 1024 * 1024 * 1024, undefined, FILE_SECONDS);
  }
}

async function limited(answer, limit) {
  const reader = answer.body.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new LinkError(-1, "", ["服务器的回答太大", "the server's answer is too large"]);
    }
    parts.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refusal(status, bytes) {
  try {
    const { key, zh, en } = JSON.parse(new TextDecoder().decode(bytes)).error;
    return new LinkError(status, String(key).slice(0, 60), [String(zh).slice(0, 400), String(en).slice(0, 400)]);
  } catch {
    return new LinkError(status, "", [`服务器回答 ${status}`, `the server answered ${status}`]);
  }
}

/** @returns {string} SHA-256 of bytes, for showing */
export const fingerprint = (bytes) => hex(sha256(bytes));
