/** Ed25519 signatures by the strict rule of E12, and sound keys (E13). RFC 8032; extended coordinates (X:Y:Z:T). */

import { bigFromLittle, concat, hex, littleFromBig, same } from "./bytes.js";
import { memo } from "./memo.js";
import { sha512 } from "./sha2.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const MASK = 2n ** 255n - 1n;
const D = mod(-121665n * inverse(121666n));
const D2 = mod(2n * D);
const ROOT = power(2n, (P - 1n) / 4n); // a square root of -1
const IDENTITY = [0n, 1n, 1n, 0n];
const BASE = decompress(littleFromBig(mod(4n * inverse(5n)), 32));
const BASE_TABLE = comb(BASE);
const KEYS = new Map();
const KEYS_LIMIT = 1000;

function mod(n) {
  const rest = n % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = result * result % P;
    if (bit === "1") result = result * base % P;
  }
  return result;
}

function inverse(n) {
  let [a, b, x, y] = [mod(n), P, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return mod(x);
}

function add(p, q) {
  const a = (p[1] - p[0]) * (q[1] - q[0]) % P;
  const b = (p[1] + p[0]) * (q[1] + q[0]) % P;
  const c = p[3] * q[3] % P * D2 % P;
  const d = 2n * p[2] * q[2] % P;
  return [(b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P];
}

function double(p) {
  const a = p[0] * p[0] % P;
  const b = p[1] * p[1] % P;
  const c = 2n * p[2] * p[2] % P;
  const sum = p[0] + p[1];
  const e = sum * sum - a - b;
  const g = b - a;
  const f = g - c;
  const h = -a - b;
  return [e * f % P, g * h % P, f * g % P, e * h % P];
}

function negate(p) {
  return [-p[0], p[1], p[2], -p[3]];
}

/** Small order: [8]P is the identity. */
function small(p) {
  const q = double(double(double(p)));
  return mod(q[0]) === 0n && mod(q[1] - q[2]) === 0n;
}

/** The point of 32 bytes; null if they are not canonical or not on the curve. */
function decompress(bytes) {
  const number = bigFromLittle(bytes);
  const y = number & MASK;
  const sign = number >> 255n;
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = v * v % P * v % P;
  let x = u * v3 % P * power(u * v3 % P * v3 % P * v % P, (P - 5n) / 8n) % P;
  const check = v * x % P * x % P;
  if (check !== u) {
    if (check !== mod(-u)) return null;
    x = x * ROOT % P;
  }
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, x * y % P];
}

function compress(p) {
  const z = inverse(p[2]);
  return littleFromBig(mod(p[1] * z) | (mod(p[0] * z) & 1n) << 255n, 32);
}

/** The multiples 1 to 15 of a point. */
function multiples(point) {
  const row = [IDENTITY, point];
  for (let i = 2; i < 16; i++) row.push(i % 2 ? add(row[i - 1], point) : double(row[i / 2]));
  return row;
}

/** For each of the 64 hexadecimal digits of a scalar, the multiples of the point at that digit's place. */
function comb(point) {
  const rows = [];
  for (let i = 0; i < 64; i++) {
    const row = multiples(point);
    rows.push(row);
    point = double(row[8]);
  }
  return rows;
}

const digits = (scalar) => Array.from(scalar.toString(16).padStart(64, "0"), (digit) => parseInt(digit, 16));

/** [scalar]P from the comb of P, added to a point. */
function addComb(point, scalar, rows) {
  digits(scalar).forEach((digit, i) => {
    if (digit) point = add(point, rows[63 - i][digit]);
  });
  return point;
}

/** [scalar]P from the row of multiples of P. */
function multiply(scalar, row) {
  let point = IDENTITY;
  for (const digit of digits(scalar)) {
    point = double(double(double(double(point))));
    if (digit) point = add(point, row[digit]);
  }
  return point;
}

/**
 * What is kept of a key: its point, and after a few signatures a comb, which makes further ones three times as fast.
 */
function known(key) {
  const name = hex(key);
  if (!KEYS.has(name)) {
    if (KEYS.size >= KEYS_LIMIT) KEYS.clear();
    const point = decompress(key);
    KEYS.set(name, { row: point && !small(point) ? multiples(negate(point)) : null, comb: null, uses: 0 });
  }
  return KEYS.get(name);
}

/**
 * Is this a valid signature by E12?
 * @param {Uint8Array} key 32 bytes
 * @param {Uint8Array} message
 * @param {Uint8Array} signature 64 bytes
 * @returns {boolean}
 */
export function verifySignature(key, message, signature) {
  const memoKey = "ed25519 " + hex(key) + hex(signature) + hex(message);
  return memo(memoKey, () => check(key, message, signature));
}

function check(key, message, signature) {
  const r = signature.subarray(0, 32);
  const s = bigFromLittle(signature.subarray(32));
  const entry = known(key);
  if (s >= L || !entry.row) return false;
  const k = bigFromLittle(sha512(concat([r, key, message]))) % L;
  entry.uses++;
  if (!entry.comb && entry.uses > 4) entry.comb = comb(entry.row[1]);
  const part = entry.comb ? addComb(IDENTITY, k, entry.comb) : multiply(k, entry.row);
  const point = addComb(part, s, BASE_TABLE);
  // R is compared by its bytes: so it is canonical and on the curve, and its order is that of the point.
  return !small(point) && same(compress(point), r);
}

/**
 * Is this a key of E13: canonical, on the curve, not of small order, torsion-free?
 * @param {Uint8Array} key 32 bytes
 * @returns {boolean}
 */
export function soundKey(key) {
  return memo("sound " + hex(key), () => {
    const { row } = known(key);
    if (!row) return false;
    const end = multiply(L, row);
    return mod(end[0]) === 0n && mod(end[1] - end[2]) === 0n;
  });
}
