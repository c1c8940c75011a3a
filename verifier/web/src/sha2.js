/** SHA-256 and SHA-512 (FIPS 180-4) on 32-bit words. */

// The constants are the fractions of the cube and square roots of the first primes: computed, not copied.
const PRIMES = firstPrimes(80);
const CUBE_ROOTS = PRIMES.map((p) => root(BigInt(p) << 192n, 3n) & 0xffffffffffffffffn);
const SQUARE_ROOTS = PRIMES.slice(0, 8).map((p) => root(BigInt(p) << 128n, 2n) & 0xffffffffffffffffn);
const K256 = Int32Array.from(CUBE_ROOTS.slice(0, 64), (k) => Number(k >> 32n));
const START256 = Int32Array.from(SQUARE_ROOTS, (k) => Number(k >> 32n));
const K512 = pairs(CUBE_ROOTS);
const START512 = pairs(SQUARE_ROOTS);
const W256 = new Int32Array(64);
const W512 = new Int32Array(160);

function firstPrimes(count) {
  const primes = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p)) primes.push(n);
  return primes;
}

function root(n, degree) {
  let low = 0n;
  let high = 1n << 80n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= n) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/** 64-bit numbers as pairs of words, the high one first. */
function pairs(numbers) {
  return Int32Array.from(numbers.flatMap((n) => [Number(n >> 32n), Number(n & 0xffffffffn)]));
}

/** Runs `compress(bytes, offset)` over all blocks of the padded message. */
function absorb(bytes, block, compress) {
  const full = bytes.length - bytes.length % block;
  for (let at = 0; at < full; at += block) compress(bytes, at);
  const rest = bytes.length - full;
  const tail = new Uint8Array(rest + 1 + block / 8 > block ? 2 * block : block);
  tail.set(bytes.subarray(full));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(tail.length - 4, bytes.length << 3);
  for (let at = 0; at < tail.length; at += block) compress(tail, at);
}

function output(state) {
  const out = new Uint8Array(4 * state.length);
  const view = new DataView(out.buffer);
  for (let i = 0; i < state.length; i++) view.setInt32(4 * i, state[i]);
  return out;
}

function loadWords(words, count, bytes, at) {
  for (let i = 0; i < count; i++, at += 4) {
    words[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  }
}

/** @param {Uint8Array} bytes @returns {Uint8Array} 32 bytes */
export function sha256(bytes) {
  const state = START256.slice();
  absorb(bytes, 64, (block, at) => compress256(state, block, at));
  return output(state);
}

function compress256(state, bytes, at) {
  const w = W256;
  loadWords(w, 16, bytes, at);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    w[i] = w[i - 16] + w[i - 7]
      + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
      + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const one = h + K256[i] + w[i] + (e & f ^ ~e & g)
      + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) | 0;
    const two = (a & b ^ a & c ^ b & c)
      + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) | 0;
    h = g;
    g = f;
    f = e;
    e = d + one | 0;
    d = c;
    c = b;
    b = a;
    a = one + two | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** @param {Uint8Array} bytes @returns {Uint8Array} 64 bytes */
export function sha512(bytes) {
  const state = START512.slice();
  absorb(bytes, 128, (block, at) => compress512(state, block, at));
  return output(state);
}

/** Halves of the rotations of a 64-bit number (high, low): the high half; swap the arguments for the low one. */
const rotate = (high, low, n) => (n < 32 ? high >>> n | low << (32 - n) : low >>> (n - 32) | high << (64 - n));
const carry = (sum) => sum / 0x100000000 | 0;

function compress512(state, bytes, at) {
  const w = W512;
  loadWords(w, 32, bytes, at);
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30];
    const xl = w[i - 29];
    const yh = w[i - 4];
    const yl = w[i - 3];
    const low = ((rotate(xl, xh, 1) ^ rotate(xl, xh, 8) ^ (xl >>> 7 | xh << 25)) >>> 0)
      + ((rotate(yl, yh, 19) ^ rotate(yl, yh, 61) ^ (yl >>> 6 | yh << 26)) >>> 0)
      + (w[i - 31] >>> 0) + (w[i - 13] >>> 0);
    w[i] = (rotate(xh, xl, 1) ^ rotate(xh, xl, 8) ^ xh >>> 7) + (rotate(yh, yl, 19) ^ rotate(yh, yl, 61) ^ yh >>> 6)
      + w[i - 32] + w[i - 14] + carry(low);
    w[i + 1] = low;
  }
  let [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl] = state;
  for (let i = 0; i < 160; i += 2) {
    const oneLow = (hl >>> 0) + (K512[i + 1] >>> 0) + (w[i + 1] >>> 0) + ((el & fl ^ ~el & gl) >>> 0)
      + ((rotate(el, eh, 14) ^ rotate(el, eh, 18) ^ rotate(el, eh, 41)) >>> 0);
    const oneHigh = hh + K512[i] + w[i] + (eh & fh ^ ~eh & gh)
      + (rotate(eh, el, 14) ^ rotate(eh, el, 18) ^ rotate(eh, el, 41)) + carry(oneLow) | 0;
    const twoLow = ((al & bl ^ al & cl ^ bl & cl) >>> 0)
      + ((rotate(al, ah, 28) ^ rotate(al, ah, 34) ^ rotate(al, ah, 39)) >>> 0);
    const twoHigh = (ah & bh ^ ah & ch ^ bh & ch)
      + (rotate(ah, al, 28) ^ rotate(ah, al, 34) ^ rotate(ah, al, 39)) + carry(twoLow) | 0;
    const sumE = (dl >>> 0) + (oneLow >>> 0);
    const sumA = (oneLow >>> 0) + (twoLow >>> 0);
    hh = gh;
    hl = gl;
    gh = fh;
    gl = fl;
    fh = eh;
    fl = el;
    eh = dh + oneHigh + carry(sumE) | 0;
    el = sumE | 0;
    dh = ch;
    dl = cl;
    ch = bh;
    cl = bl;
    bh = ah;
    bl = al;
    ah = oneHigh + twoHigh + carry(sumA) | 0;
    al = sumA | 0;
  }
  const add = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl];
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1] >>> 0) + (add[i + 1] >>> 0);
    state[i] += add[i] + carry(low);
    state[i + 1] = low;
  }
}
