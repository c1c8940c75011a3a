// What the page for families stands on: ChaCha20-Poly1305, envelopes, proofs of single entries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chachaBlock, openSealed, poly1305 } from "../src/chacha.js";
import { base64, concat, hex, u64, unhex, utf8 } from "../src/bytes.js";

const range = (from, to) => Uint8Array.from({ length: to - from }, (_, i) => from + i);
const squeezed = (text) => unhex(text.replace(/\s/g, ""));

test("a block of ChaCha20 (RFC 8439, 2.3.2)", () => {
  const block = chachaBlock(range(0, 32), 1, unhex("000000090000004a00000000"));
  assert.equal(hex(block), "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
    + "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
});

test("Poly1305 (RFC 8439, 2.5.2), and sums that wrap around its prime (A.3, 7 to 11)", () => {
  const key = squeezed("85d6be7857556d337f4452fe42d506a8 0103808afb0db2fd4abff6af4149f51b");
  assert.equal(hex(poly1305(key, utf8("Cryptographic Forum Research Group"))), "a8061dc1305136c6c22b8baf0c0127a9");
  const small = (number) => concat([Uint8Array.of(number), new Uint8Array(31)]);
  const rows = [
    [small(2), "ff".repeat(16), "03000000000000000000000000000000"],
    [concat([Uint8Array.of(2), new Uint8Array(15), unhex("ff".repeat(16))]), "02" + "00".repeat(15), "03000000000000000000000000000000"],
    [small(1), "ff".repeat(16) + "f0" + "ff".repeat(15) + "11" + "00".repeat(15), "05000000000000000000000000000000"],
    [small(1), "ff".repeat(16) + "fb" + "fe".repeat(15) + "01".repeat(16), "00".repeat(16)],
    [small(2), "fd" + "ff".repeat(15), "fa" + "ff".repeat(15)],
  ];
  for (const [one, message, tag] of rows) assert.equal(hex(poly1305(one, unhex(message))), tag);
});

test("the worked example of opening (RFC 8439, 2.8.2), and nothing that differs from it by a bit", () => {
  const key = range(0x80, 0xa0);
  const nonce = unhex("070000004041424344454647");
  const beside = unhex("50515253c0c1c2c3c4c5c6c7");
  const sealed = squeezed(`d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6 3dbea45e8ca9671282fafb69da92728b
    1a71de0a9e060b2905d6a5b67ecd3b36 92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc 3ff4def08e4b7a9de576d26586cec64b
    6116 1ae10b594f09e26a7e902ecbd0600691`);
  const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  assert.equal(hex(openSealed(key, nonce, sealed, beside)), hex(utf8(text)));
  const flipped = (bytes, at) => Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte));
  for (let at = 0; at < sealed.length; at++) assert.equal(openSealed(key, nonce, flipped(sealed, at), beside), null);
  for (let at = 0; at < 32; at++) assert.equal(openSealed(flipped(key, at), nonce, sealed, beside), null);
  for (let at = 0; at < 12; at++) {
    assert.equal(openSealed(key, flipped(nonce, at), sealed, beside), null);
    assert.equal(openSealed(key, nonce, sealed, flipped(beside, at)), null);
  }
  for (const length of [0, 15, 16, sealed.length - 1]) assert.equal(openSealed(key, nonce, sealed.subarray(0, length), beside), null);
  assert.ok(base64(u64(1)));
});
