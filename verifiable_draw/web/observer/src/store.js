/**
 * What this device keeps, in the browser's own storage: one memory a person, and which one is at work.
 * Everything is written before anything that depends on it is sent.
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decode, encode, hex, unhex, utf8 } from "./core/verifier.js";

const PREFIX = "verifiable-draw-observer/";
const COST = { N: 2 ** 15, r: 8, p: 1, dkLen: 32 }; // 32 MiB: a phone must be able to do it
const PIN_COST = { N: 2 ** 14, r: 8, p: 1, dkLen: 32 }; // asked for often, and guards only against the next person
const SECRETS = ["seed", "contribution", "salt"];
const LETTERS = 16;

/** Nothing may be sent: `id` is that of the sentence that says why. */
export class StoreError extends Error {
  constructor(id) {
    super(id);
    this.id = id;
  }
}

export class Store {
  /** @param {Storage} storage localStorage, or a stand-in in tests */
  constructor(storage) {
    this.storage = storage;
    this.known = new Map(); // person -> the text that this page read or wrote last
  }

  /** Names of the people of this device, in the order they came. */
  people() {
    const people = parsed(this.storage.getItem(`${PREFIX}people`));
    return Array.isArray(people) ? people : [];
  }

  /** @returns {{name: string, memory: object}|null} null, too, if what is stored cannot be read */
  load(person) {
    const text = this.storage.getItem(PREFIX + person);
    this.known.set(person, text);
    return parsed(text);
  }

  /** What is stored of a person, for a backup. */
  peek(person) {
    return parsed(this.storage.getItem(PREFIX + person));
  }

  /**
   * Stores a person's memory.
   * @throws {StoreError} if the browser does not keep it, or another tab of this browser goes on with the same person:
   *   then nothing must be sent, or two different contributions could be made (N16)
   */
  save(person, value) {
    const text = JSON.stringify(value);
    const there = this.storage.getItem(PREFIX + person);
    if (there !== (this.known.get(person) ?? null)) throw new StoreError("twoPages");
    try {
      const people = this.people();
      // The list first: a person who stands in no list would never be found again.
      if (!people.includes(person)) this.storage.setItem(`${PREFIX}people`, JSON.stringify([...people, person]));
      this.storage.setItem(PREFIX + person, text);
    } catch {
      throw new StoreError("notKept");
    }
    if (this.storage.getItem(PREFIX + person) !== text) throw new StoreError("notKept");
    this.known.set(person, text);
  }

  /** Forgets a person who was never taken in. */
  remove(person) {
    this.storage.setItem(`${PREFIX}people`, JSON.stringify(this.people().filter((one) => one !== person)));
    this.storage.removeItem(PREFIX + person);
    this.known.delete(person);
  }

  /** @param {string} name @returns {string} the setting, "" if none */
  setting(name) {
    return this.storage.getItem(`${PREFIX}setting/${name}`) || "";
  }

  /** A setting that finds no room is forgotten: nothing hangs on it. */
  set(name, value) {
    try {
      this.storage.setItem(`${PREFIX}setting/${name}`, value);
    } catch {
      // the page asks again at the next load
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The browser's storage; where it gives none, one that keeps nothing, so that nobody is taken in and the page says why. */
export function browserStorage() {
  try {
    if (window.localStorage) return window.localStorage;
  } catch {
    // refused by the browser's settings
  }
  return { getItem: () => null, setItem() { throw new StoreError("notKept"); }, removeItem() {} };
}

/**
 * A backup of a person, under a passphrase.
 * @param {object} value @param {string} passphrase @param {Uint8Array} random 44 bytes
 * @returns {Uint8Array} a file
 */
export function sealBackup(value, passphrase, random) {
  const [salt, nonce] = [random.subarray(0, 32), random.subarray(32, 44)];
  const key = scrypt(utf8(passphrase), salt, COST);
  const ciphertext = chacha20poly1305(key, nonce).encrypt(utf8(JSON.stringify(value)));
  return encode({ ciphertext: hex(ciphertext), kdf: "scrypt-32768-8-1", nonce: hex(nonce), salt: hex(salt) });
}

/** @returns {object|null} the person; null if the passphrase or the file is wrong */
export function openBackup(bytes, passphrase) {
  try {
    const { ciphertext, kdf, nonce, salt } = decode(bytes);
    if (kdf !== "scrypt-32768-8-1") return null;
    const key = scrypt(utf8(passphrase), unhex(salt), COST);
    return JSON.parse(new TextDecoder().decode(chacha20poly1305(key, unhex(nonce)).decrypt(unhex(ciphertext))));
  } catch {
    return null;
  }
}

/**
 * Key of a person's PIN on a shared device.
 * @param {string} pin @param {string} salt 32 bytes in hexadecimal
 */
export const pinKey = (pin, salt) => scrypt(utf8(pin), unhex(salt), PIN_COST);

/** What is stored of a person with a PIN: the secrets stand under its key. @param {Uint8Array} nonce 12 bytes */
export function lockUp(value, key, nonce) {
  const memory = { ...value.memory };
  const secrets = utf8(JSON.stringify(SECRETS.map((name) => memory[name])));
  for (const name of SECRETS) memory[name] = "";
  return { ...value, memory, locked: { nonce: hex(nonce), text: hex(chacha20poly1305(key, nonce).encrypt(secrets)) } };
}

/** @returns {object|null} the person as before; null if it is not the key */
export function unlock({ locked, ...value }, key) {
  try {
    const secrets = JSON.parse(new TextDecoder().decode(chacha20poly1305(key, unhex(locked.nonce)).decrypt(unhex(locked.text))));
    const memory = { ...value.memory };
    SECRETS.forEach((name, i) => { memory[name] = secrets[i]; });
    return { ...value, memory };
  } catch {
    return null;
  }
}

/** A short name under which a key's person is stored. */
export const personOf = (publicKey) => hex(sha256(unhex(publicKey))).slice(0, LETTERS);
