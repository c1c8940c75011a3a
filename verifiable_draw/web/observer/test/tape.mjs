/** The tape that tests/observer/tape.py wrote, and a bureau that can forge: it has the operator's seed. */
import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { newMemory } from "../src/core/device.js";
import { base64, concat, encode, hex, keyId, leafHash, makeTree, tagged, unhex, utf8 } from "../src/core/verifier.js";

export const TAPE = JSON.parse(readFileSync(process.env.TAPE, "utf8"));
export const SESSION = "s1";
export const ORIGIN = TAPE.looks[0].note.split("\n")[0];
const FILES = new Map(Object.entries(TAPE.files).map(([path, content]) => [path, utf8(content)]));

const LINES = TAPE.lines.map(utf8);

/** A server that shows what it is told to; what is sent to it is kept in `sent`. */
export class FakeLink {
  constructor(look) {
    this.sent = [];
    this.lines = [];
    this.show(look);
    this.asked = 0;
  }

  show(look) {
    this.shown = {
      note: look.note, all: look.lines || LINES.slice(0, look.size),
      files: look.files instanceof Map ? look.files : new Map([...FILES].filter(([path]) => !look.files || look.files.includes(path))),
      state: look.state || {},
    };
  }

  async state() {
    this.asked++;
    return { tick: this.asked, call: { number: 0, secondsLeft: 0 }, publicDraw: "", record: false, ...this.shown.state };
  }

  async note() { return utf8(this.shown.note); }

  async entries(size) {
    this.lines.push(...this.shown.all.slice(this.lines.length, size));
    return this.lines.slice(0, size);
  }

  forget() { this.lines = []; }

  async file(session, path) {
    return this.shown.files.get(path) || null;
  }

  async json(path, body) {
    this.sent.push([path, body]);
    if (this.refuse) throw this.refuse;
    return {};
  }

  /** Bodies that were sent by a path. */
  of(path, type = "") {
    return this.sent.filter(([to, body]) => to === path && (!type || body.type === type)).map(([, body]) => body);
  }
}

export const look = (i) => TAPE.looks[i];

/** Memory of a device that was a Python device's twin. */
export function twin(name) {
  const { seed, role } = TAPE.devices[name];
  return newMemory(seed, "command-line", SESSION, role);
}

/** What the twin remembers of its contribution. */
export function withSecret(memory, name) {
  const { contribution, salt, header } = TAPE.devices[name];
  return Object.assign(memory, { contribution, salt, header });
}

/** The checkpoint of lines, signed by the operator's seed unless another is given. */
export function checkpoint(lines, seed = TAPE.keys.operator, origin = ORIGIN) {
  const root = makeTree(lines.map(leafHash)).root(lines.length);
  const text = `${origin}\n${lines.length}\n${base64(root)}\n`;
  const key = ed25519.getPublicKey(unhex(seed));
  const line = base64(concat([unhex(keyId(origin, 1, key)), ed25519.sign(utf8(text), unhex(seed))]));
  return `${text}\n\u2014 ${origin} ${line}\n`;
}

/**
 * Lines with one more entry, chained and signed as it must be.
 * @param {{seed: string, header: string, session: string, time: string, by: object[]}} options `by`: who signs, the
 *   first acts; the operator, unless others are given
 */
export function append(lines, type, body, options = {}) {
  const { seed = TAPE.keys.operator, header = "", session = SESSION, time = "" } = options;
  const { by = [{ id: "operator", role: "operator", seed }] } = options;
  const last = JSON.parse(new TextDecoder().decode(lines[lines.length - 1]));
  const [size, root] = [0, "0".repeat(64)];
  const sig = by.map((one) => {
    const hash = tagged("entry", ORIGIN, session, unhex(header || "0".repeat(64)), type, one.id, one.role, encode(body), size,
      unhex(root));
    return { id: one.id, key: hex(ed25519.getPublicKey(unhex(one.seed))), role: one.role, root,
      sig: hex(ed25519.sign(hash, unhex(one.seed))), size };
  });
  const entry = {
    actor: { id: by[0].id, role: by[0].role }, body, prev: hex(leafHash(lines[lines.length - 1])), seq: lines.length, session, sig,
    time: time || last.time, type,
  };
  return [...lines, encode(entry)];
}

/**
 * Lines with the bodies of one type of the operator's entries changed, and signed and chained anew. What others signed after the
 * header does not fit another header, so such a ledger ends before the first commitment.
 */
export function rebuilt(lines, type, change) {
  let done = [];
  for (const line of lines) {
    const entry = JSON.parse(new TextDecoder().decode(line));
    const body = entry.type === type ? change(structuredClone(entry.body)) : undefined;
    if (body) {
      done = append(done, type, body, { session: entry.session, time: entry.time });
    } else {
      done.push(encode({ ...entry, prev: done.length ? hex(leafHash(done[done.length - 1])) : entry.prev, seq: done.length }));
    }
  }
  return done;
}

/** A look at other lines than those of the tape. */
export function forged(lines, more = {}) {
  return { note: checkpoint(lines), size: lines.length, lines, ...more };
}

export const linesOf = (i) => LINES.slice(0, look(i).size);
export const filesWith = (changes) => new Map([...FILES, ...Object.entries(changes)]);
