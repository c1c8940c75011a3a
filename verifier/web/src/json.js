/** Canonical JSON (E1-E6): a parser that accepts nothing but the canonical bytes, and the encoder. */

import { text, utf8 } from "./bytes.js";
import { plainText } from "./unicode.js";

const DEPTH = 16; // E4
const FILE_LIMIT = 64 * 1024 * 1024; // E4
const KEY = /^[\x21-\x7e]{1,64}$/; // E2
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Refused extends Error {}

/**
 * Reads the canonical JSON value that these bytes are. Objects have no prototype, so any key is a plain key.
 * @param {Uint8Array} bytes
 * @returns {*} undefined if the bytes are not canonical (E5)
 */
export function decode(bytes) {
  if (bytes.length > FILE_LIMIT) return undefined;
  const source = text(bytes);
  if (source === null) return undefined;
  try {
    const [value, end] = readValue(source, 0, 1);
    return end === source.length ? value : undefined;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

// Every reader takes the text and a position, and gives the value and the position after it.
function readValue(source, at, depth) {
  switch (source[at]) {
    case "{": return readObject(source, at + 1, depth);
    case "[": return readArray(source, at + 1, depth);
    case "\"": return readString(source, at + 1);
    case "t": return readWord(source, at, "true", true);
    case "f": return readWord(source, at, "false", false);
    default: return readInteger(source, at);
  }
}

function readWord(source, at, word, value) {
  if (!source.startsWith(word, at)) throw new Refused();
  return [value, at + word.length];
}

function readInteger(source, at) {
  INTEGER.lastIndex = at;
  const match = INTEGER.exec(source);
  const value = match ? Number(match[0]) : NaN;
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Refused(); // E1
  return [value, at + match[0].length];
}

function readString(source, start) {
  let escaped = false;
  for (let at = start; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) {
      const raw = source.slice(start, at);
      const value = escaped ? raw.replace(/\\(.)/g, "$1") : raw;
      if (!plainText(value)) throw new Refused(); // E3
      return [value, at + 1];
    }
    if (code === BACKSLASH) {
      at++;
      const next = source.charCodeAt(at);
      if (next !== QUOTE && next !== BACKSLASH) throw new Refused(); // E2: no other character needs an escape
      escaped = true;
    }
  }
  throw new Refused();
}

function readArray(source, at, depth) {
  if (depth > DEPTH) throw new Refused();
  const value = [];
  if (source[at] === "]") return [value, at + 1];
  for (;;) {
    const [item, end] = readValue(source, at, depth + 1);
    value.push(item);
    if (source[end] === "]") return [value, end + 1];
    if (source[end] !== ",") throw new Refused();
    at = end + 1;
  }
}

function readObject(source, at, depth) {
  if (depth > DEPTH) throw new Refused();
  const value = Object.create(null);
  if (source[at] === "}") return [value, at + 1];
  let last = "";
  for (;;) {
    if (source[at] !== "\"") throw new Refused();
    const [key, colon] = readString(source, at + 1);
    if (!KEY.test(key) || key <= last || source[colon] !== ":") throw new Refused(); // sorted, so none twice
    const [item, end] = readValue(source, colon + 1, depth + 1);
    value[key] = item;
    last = key;
    if (source[end] === "}") return [value, end + 1];
    if (source[end] !== ",") throw new Refused();
    at = end + 1;
  }
}

/**
 * The canonical text of a value.
 * @param {*} value of E1, its strings as E3 has them
 * @returns {string}
 */
export function canonical(value) {
  if (typeof value === "string") return "\"" + value.replace(/["\\]/g, "\\$&") + "\"";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  return "{" + Object.keys(value).sort().map((key) => canonical(key) + ":" + canonical(value[key])).join(",") + "}";
}

/** @param {*} value @returns {Uint8Array} its canonical bytes */
export function encode(value) {
  return utf8(canonical(value));
}

/**
 * The lines of a `.jsonl` file (E6).
 * @param {Uint8Array} bytes
 * @returns {Uint8Array[]|null} without their LF; null if the last line does not end in one
 */
export function splitLines(bytes) {
  const lines = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return start === bytes.length ? lines : null;
}
