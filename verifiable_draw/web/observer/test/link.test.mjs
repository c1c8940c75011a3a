/** A server whose answers are too large, too slow, of another form, or lead elsewhere. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Link, LinkError } from "../src/link.js";

let answer = () => {};
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;
after(() => { server.closeAllConnections(); server.close(); });

const says = (text, status = 200, headers = {}) => { answer = (_, response) => { response.writeHead(status, headers); response.end(text); }; };
const fails = (status) => (error) => error instanceof LinkError && error.status === status;

test("answers without end are cut off", async () => {
  answer = (_, response) => {
    const more = () => { while (response.write("x".repeat(65536))); };
    response.on("drain", more);
    more();
  };
  for (const ask of [(link) => link.state(null), (link) => link.note(), (link) => link.entries(3)]) {
    await assert.rejects(ask(new Link(base)), fails(-1));
  }
});

test("a state of any form becomes plain numbers and short texts", async () => {
  for (const text of ["null", "[]", "3", "{\"call\":[],\"delay\":7,\"roles\":{},\"tick\":1.5}", "{\"tick\":\"9\",\"session\":{}}"]) {
    says(text);
    const state = await new Link(base).state(null);
    assert.equal(state.tick, 0);
    assert.equal(state.session, "");
    assert.deepEqual(state.call, { number: 0, secondsLeft: 0 });
    assert.deepEqual(state.roles, []);
  }
  says(JSON.stringify({ title: "<b>".repeat(1000), roles: Array(100).fill("parent"), tick: 4 }));
  const state = await new Link(base).state(3);
  assert.equal(state.title.length, 400);
  assert.equal(state.roles.length, 20);
  says("not json");
  await assert.rejects(new Link(base).state(null), fails(-1));
});

test("errors keep the server's two sentences, and any other answer its number", async () => {
  says(JSON.stringify({ error: { key: "web.wrong_code", zh: "不对", en: "wrong" } }), 403);
  await assert.rejects(new Link(base).json("enrol", { a: "b" }), (error) => error.status === 403 && error.key === "web.wrong_code" && error.words[0] === "不对");
  says("<html>", 500);
  await assert.rejects(new Link(base).json("enrol", { a: "b" }), fails(500));
  says("", 302, { Location: "http://127.0.0.1:1/" });
  await assert.rejects(new Link(base).note(), fails(0)); // a device goes where it was told, and nowhere else
  await assert.rejects(new Link("http://127.0.0.1:1").note(), fails(0));
});

test("entries: no more than asked for, whole lines, only the new ones", async () => {
  const asked = [];
  answer = (request, response) => {
    asked.push(request.url);
    const from = Number(new URL(request.url, base).searchParams.get("from"));
    response.end(`{"n":${from}}\n`);
  };
  const link = new Link(base);
  assert.equal((await link.entries(3)).length, 3);
  assert.equal((await link.entries(4)).length, 4);
  assert.deepEqual(asked, [0, 1, 2].map((n) => `/api/v1/entries?from=${n}&to=3`).concat("/api/v1/entries?from=3&to=4"));
  for (const text of ["", "a", "a\nb\nc\n"]) {
    says(text);
    await assert.rejects(new Link(base).entries(2), fails(-1));
  }
  await assert.rejects(new Link(base).entries(1e9), fails(-1));
});
