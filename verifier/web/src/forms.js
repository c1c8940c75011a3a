/**
 * Binary quadratic forms (a, b, c) of discriminant D < 0: composition, encoding (C21) and Wesolowski's proof (C20).
 * Composition reduces while it composes, as Shanks' NUCOMP does, so that no number is longer than it has to be.
 */

import { bigFromBytes, bigFromLittle, concat, hex, littleFromBig, same } from "./bytes.js";
import { memo } from "./memo.js";
import { sha256 } from "./sha2.js";

const SMALL_PRIMES = smallPrimes(2000);
const BASES = SMALL_PRIMES.slice(0, 40).map(BigInt);
const SIZE = 100; // bytes of an encoded form
const FLOAT_RANGE = 2 ** 25; // in floating point quotients are near enough until cofactors have half its 53 bits

function smallPrimes(limit) {
  const primes = [];
  for (let n = 2; n < limit; n++) if (primes.every((p) => n % p)) primes.push(n);
  return primes;
}

function powerMod(base, exponent, modulus) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = result * result % modulus;
    if (bit === "1") result = result * base % modulus;
  }
  return result;
}

/** Miller-Rabin with the first 40 primes as bases (C19). */
function isPrime(n) {
  for (const p of SMALL_PRIMES) if (n % BigInt(p) === 0n) return n === BigInt(p);
  let odd = n - 1n;
  let twos = 0;
  for (; !(odd & 1n); odd >>= 1n) twos++;
  return BASES.every((base) => {
    let x = powerMod(base, odd, n);
    if (x === 1n) return true;
    for (let i = 0; i < twos; i++) {
      if (x === n - 1n) return true;
      x = x * x % n;
    }
    return false;
  });
}

/**
 * The prime of C19.
 * @param {Uint8Array} seed
 * @param {number} bits a multiple of 8
 * @param {number[]} ones numbers of bits to set
 * @returns {bigint}
 */
export function primeFrom(seed, bits, ones) {
  const s = seed.slice();
  const set = ones.reduce((mask, bit) => mask | 1n << BigInt(bit), 1n);
  for (;;) {
    const parts = [];
    for (let length = 0; length < bits / 8; length += 32) {
      increment(s);
      parts.push(sha256(s));
    }
    const prime = bigFromBytes(concat(parts).subarray(0, bits / 8)) | set;
    if (isPrime(prime)) return prime;
  }
}

/** Adds one to a big-endian number, wrapping. */
function increment(bytes) {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 255) bytes[at--] = 0;
  if (at >= 0) bytes[at]++;
}

/**
 * Euclid on vectors (r, y) of a lattice: from (n, 0) and (k, 1) on, until the second r is at most `limit`.
 * Lehmer's way: many steps at once on floating-point images. A quotient may be off by one; any is good for a basis.
 * @returns {bigint[]} r0, y0, r1, y1 with 0 <= r1
 */
function shorten(n, k, limit) {
  let [r0, y0, r1, y1] = [n, 0n, k, 1n];
  const floor = Number(limit);
  while (r1 > limit) {
    let [x, y] = [Number(r0), Number(r1)];
    let [a, b, c, d] = [1, 0, 0, 1];
    const least = Math.max(x / FLOAT_RANGE, floor);
    while (y > least) {
      const q = Math.floor(x / y);
      const [e, f] = [a - q * c, b - q * d];
      if (Math.abs(f) > FLOAT_RANGE || Math.abs(e) > FLOAT_RANGE) break;
      [x, y, a, b, c, d] = [y, x - q * y, c, d, e, f];
    }
    if (b === 0) {
      const q = r0 / r1;
      [r0, y0, r1, y1] = [r1, y1, r0 - q * r1, y0 - q * y1];
      continue;
    }
    const [A, B, C, E] = [BigInt(a), BigInt(b), BigInt(c), BigInt(d)];
    [r0, y0, r1, y1] = [A * r0 + B * r1, A * y0 + B * y1, C * r0 + E * r1, C * y0 + E * y1];
    if (r0 < 0n) [r0, y0] = [-r0, -y0];
    if (r1 < 0n) [r1, y1] = [-r1, -y1];
    if (r0 < r1) [r0, y0, r1, y1] = [r1, y1, r0, y0];
  }
  return [r0, y0, r1, y1];
}

const modulo = (n, m) => {
  const rest = n % m;
  return rest < 0n ? rest + m : rest;
};

/** @returns {bigint[]} g = gcd(x, n) and v with v x = g modulo n */
function bezout(x, n) {
  const [g, v] = shorten(n, modulo(x, n), 0n);
  return [g, v];
}

function reduced([a, b, c]) {
  for (;;) {
    if (b > a || b <= -a) {
      const q = (b + (b > 0n ? a - 1n : -a)) / (2n * a);
      c -= q * (b - q * a);
      b -= 2n * q * a;
    }
    if (a < c || a === c && b >= 0n) return [a, b, c];
    [a, b, c] = [c, -b, a];
  }
}

/** The composition of two forms of one discriminant, reduced. */
function compose([a1, b1, c1], [a2, b2, c2], limit) {
  if (a1 > a2) [a1, b1, c1, a2, b2, c2] = [a2, b2, c2, a1, b1, c1];
  const sum = (b1 + b2) / 2n;
  const half = (b1 - b2) / 2n;
  let [divisor, inverse] = bezout(a2, a1);
  let k = half * inverse;
  if (divisor !== 1n) {
    const [g, v] = bezout(sum, divisor);
    k = k * ((g - v * sum) / divisor) - v * c2;
    a1 /= g;
    a2 /= g;
    c2 *= g;
  }
  // The product is (a2 R^2 + b2 R Y + c2 Y^2) / a1 on the lattice of all (R, Y) with R = k Y modulo a1.
  const [r0, y0, r1, y1] = shorten(a1, modulo(k, a1), limit);
  const [u, w] = [2n * a2 * r0 + b2 * y0, b2 * r0 + 2n * c2 * y0];
  const b = (u * r1 + w * y1) / a1;
  const a = (u * r0 + w * y0) / (2n * a1);
  const c = ((a2 * r1 + b2 * y1) * r1 + c2 * y1 * y1) / a1;
  return reduced([a, r0 * y1 > r1 * y0 ? b : -b, c]);
}

/** Floor of the square root. */
function squareRoot(n) {
  if (n < 2n) return n;
  let x = 1n << BigInt(n.toString(2).length + 1 >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

const isZero = (bytes) => bytes.every((byte) => byte === 0);
const special = (byte) => Uint8Array.from({ length: SIZE }, (_, i) => (i ? 0 : byte));
const absolute = (n) => (n < 0n ? -n : n);

/** The cofactor of Euclid on (a, b) near the root of a, by the steps of C21. */
function shortCofactor(a, b) {
  const root = squareRoot(a);
  let [r, t, r1, t1] = [a, 0n, b, 1n];
  while (r1 > root) {
    const s = BigInt(Math.max(0, r.toString(2).length - 63));
    const [x, y, x1, y1] = leadingSteps(r >> s, r1 >> s, root >> s) || [1n, 0n, -(r / r1), 1n];
    [r, r1] = [y * r + x * r1, y1 * r + x1 * r1];
    [t, t1] = [y * t + x * t1, y1 * t + x1 * t1];
    if (r < 0n) [r, t] = [-r, -t];
    if (r1 < 0n) [r1, t1] = [-r1, -t1];
  }
  return t1;
}

/** Step 2 of C21: x, y, x', y'; null if the leading bits do not decide the first quotient. */
function leadingSteps(p, q, m) {
  let [x, y, x1, y1] = [0n, 1n, 1n, 0n];
  let i = 0;
  for (; q > m; i++) {
    const k = p / q;
    const [rest, x2, y2] = [p - k * q, x - k * x1, y - k * y1];
    const stop = i % 2 ? rest < -y2 || q - rest < x2 - x1 : rest < -x2 || q - rest < y2 - y1;
    if (stop) break;
    [p, q, x, x1, y, y1] = [q, rest, x1, x2, y1, y2];
  }
  return i ? [x, y, x1, y1] : null;
}

/** The 100 bytes of a reduced form (C21); null if its numbers do not fit. */
function encodeForm([a, b]) {
  if (a === 1n) return special(4);
  if (a === 2n && b === 1n) return special(8);
  let [t, g, b0] = [0n, 0n, 0n];
  if (a !== b) {
    const cofactor = shortCofactor(a, absolute(b));
    [g] = bezout(cofactor, a);
    t = cofactor / g;
    a /= g;
    b0 = g > 1n ? absolute(b) / a : 0n;
  }
  const e = Math.max(Math.ceil(g.toString(16).length / 2) - 1, 0);
  const lengths = [64 - e, 32 - e, e + 1, e + 1];
  const numbers = [a, absolute(t), g, b0];
  if (e > 31 || numbers.some((n, i) => n >> BigInt(8 * lengths[i]))) return null;
  const head = Uint8Array.of((b < 0n ? 1 : 0) | (t < 0n ? 2 : 0), e);
  return concat([head, ...numbers.map((n, i) => littleFromBig(n, lengths[i]))]);
}

/**
 * The reduced form of 100 bytes, which must be its only encoding (C21).
 * @param {Uint8Array} bytes
 * @param {bigint} discriminant
 * @returns {bigint[]|null} [a, b, c]
 */
export function decodeForm(bytes, discriminant) {
  const numbers = readNumbers(bytes, discriminant);
  if (!numbers) return null;
  const [a, b] = numbers;
  const top = b * b - discriminant;
  if (a <= 0n || top % (4n * a)) return null;
  const c = top / (4n * a);
  if (b > a || b <= -a || a > c || a === c && b < 0n) return null;
  const form = [a, b, c];
  const again = encodeForm(form);
  return again && same(again, bytes) ? form : null;
}

function readNumbers(bytes, discriminant) {
  const [flags, e] = bytes;
  if (flags & 12) return isZero(bytes.subarray(1)) ? (flags === 4 ? [1n, 1n] : [2n, 1n]) : null;
  if (e > 31) return null;
  const ends = [66 - e, 98 - 2 * e, 99 - e, 100];
  const [a, t, g, b0] = ends.map((end, i) => bigFromLittle(bytes.subarray(i ? ends[i - 1] : 2, end)));
  if (a <= 0n) return null;
  if (t === 0n) return [a, a];
  const signed = modulo(flags & 2 ? -t : t, a);
  const [divisor, inverse] = bezout(signed, a);
  if (divisor !== 1n) return null;
  const square = signed * signed % a * modulo(discriminant, a) % a;
  const root = squareRoot(square);
  if (root * root !== square) return null;
  const b = modulo(root * inverse, a) + a * b0;
  return [a * (g || 1n), flags & 1 ? -b : b];
}

/**
 * The discriminant of a delay (C19).
 * @param {Uint8Array} challenge 32 bytes
 * @returns {bigint} negative, of 1024 bits
 */
export function discriminantFrom(challenge) {
  return memo("discriminant " + hex(challenge), () => -primeFrom(challenge, 1024, [0, 1, 2, 1023]));
}

/** The encoding of x0 = (2, 1), where every delay starts (C20). */
export const GENERATOR = special(8);

/**
 * Is y = x^(2^t), by the proof? C20-C22.
 * @param {bigint} discriminant
 * @param {Uint8Array} x
 * @param {Uint8Array} y
 * @param {Uint8Array} proof each 100 bytes
 * @param {number} t
 * @returns {boolean}
 */
export function verifySegment(discriminant, x, y, proof, t) {
  const key = ["segment", discriminant, hex(x), hex(y), hex(proof), t].join(" ");
  return memo(key, () => checkSegment(discriminant, x, y, proof, t));
}

function checkSegment(discriminant, x, y, proof, t) {
  const [start, end, root] = [x, y, proof].map((bytes) => decodeForm(bytes, discriminant));
  if (!start || !end || !root) return false;
  const prime = primeFrom(concat([x, y]), 264, [263]);
  const product = powers(root, prime, start, powerMod(2n, BigInt(t), prime), discriminant);
  return product.every((number, i) => number === end[i]);
}

/** f^m g^n: two bits of both exponents at a time, from a table of all f^i g^j with i and j below 4. */
function powers(f, m, g, n, discriminant) {
  const limit = squareRoot(squareRoot(-discriminant));
  const one = [1n, 1n, (1n - discriminant) / 4n];
  const table = [one];
  for (let i = 1; i < 16; i++) table.push(i < 4 ? compose(table[i - 1], g, limit) : compose(table[i - 4], f, limit));
  const quads = (number) => number.toString(4).padStart(132, "0");
  const [ms, ns] = [quads(m), quads(n)];
  let result = one;
  for (let i = 0; i < ms.length; i++) {
    result = compose(result, result, limit);
    result = compose(result, result, limit);
    const index = 4 * Number(ms[i]) + Number(ns[i]);
    if (index) result = compose(result, table[index], limit);
  }
  return result;
}
