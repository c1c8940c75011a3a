// Looks slips up in folders on the disc: one JSON job {folder, secret, draw} a line in, one JSON answer a line out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { lookUp } from "../family/lookup.js";
import { unhex } from "../src/bytes.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { folder, secret, draw: chosen } = JSON.parse(line);
  const asked = [];
  const get = async (path) => {
    asked.push(path);
    return new Uint8Array(readFileSync(join(folder, path)));
  };
  let said;
  try {
    const { draw, note, number, pair, phase, pseudonym, witnesses } = await lookUp({ secret: unhex(secret), draw: chosen }, get, async () => {});
    said = { draw: draw.id, number, pair, phase, pseudonym, size: note.size, witnesses };
  } catch (error) {
    said = { what: error.what || "crash", why: error.message };
  }
  process.stdout.write(JSON.stringify({ ...said, asked }) + "\n");
}
