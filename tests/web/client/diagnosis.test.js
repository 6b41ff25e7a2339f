import assert from "node:assert/strict";
import { test } from "node:test";

import { diagnose, explain } from "../../../web/client/diagnosis.js";
import { FakeClock, FakeNetwork, fakeToken, settle } from "./fakes.js";

for (const [status, body, expected] of [
  [426, null, { name: "acceptable" }],
  [401, { name: "tokenExpired", detail: "Old." }, { name: "refused", reason: "tokenExpired", detail: "Old." }],
  [401, { name: "invalidToken", detail: "Bad." }, { name: "refused", reason: "invalidToken", detail: "Bad." }],
  [401, { message: "Unauthorized" }, { name: "refused", reason: "invalidToken", detail: "The server answers 401." }],
  [403, { name: "originNotAllowed", detail: "No." }, { name: "refused", reason: "originNotAllowed", detail: "No." }],
  [403, { message: "Forbidden" }, { name: "refused", reason: "unknown", detail: "The server answers 403." }],
  [503, { name: "unavailable", detail: "Full." }, { name: "refused", reason: "unavailable", detail: "Full." }],
  [500, null, { name: "refused", reason: "unavailable", detail: "The server answers 500." }],
  [502, "text", { name: "refused", reason: "unavailable", detail: "The server answers 502." }],
  [429, null, { name: "refused", reason: "unavailable", detail: "The server answers 429." }],
  [200, [], { name: "refused", reason: "unknown", detail: "The server answers 200." }],
  [404, { name: "toString", detail: 7 }, { name: "refused", reason: "unknown", detail: "The server answers 404." }],
]) {
  test(`${status} with ${JSON.stringify(body)} is ${expected.reason ?? expected.name}`, () => {
    assert.deepEqual(explain(status, body), expected);
  });
}

function setUp(more = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const abort = new AbortController();
  const parts = { fetch: network.fetch, url: "wss://chat.test/prod", token: fakeToken(), clock, signal: abort.signal };
  return { clock, network, abort, ask: () => diagnose({ ...parts, ...more }) };
}

test("the server is asked over https, with the token in a header and nowhere else", async () => {
  const { network, ask } = setUp();
  await ask();
  assert.deepEqual(network.fetches, [
    { url: "https://chat.test/prod", mode: undefined, authorization: `Bearer ${fakeToken()}` },
  ]);
});

test("an answer that is no JSON is known by its status", async () => {
  const { network, ask } = setUp();
  network.answer = { status: 503, body: "<html>" };
  assert.equal((await ask()).reason, "unavailable");
});

test("without CORS the second question has no token, and shows that the server is there", async () => {
  const { network, ask } = setUp();
  network.cors = false;
  assert.equal((await ask()).reason, "unknown");
  assert.deepEqual(network.fetches[1], { url: "https://chat.test/prod", mode: "no-cors", authorization: undefined });
});

test("nobody there is unreachable", async () => {
  const { network, ask, clock } = setUp();
  network.reachable = false;
  assert.deepEqual(await ask(), { name: "unreachable" });
  assert.equal(clock.pending, 0);
});

test("no answer within 10 s is unreachable", async () => {
  const { network, ask, clock } = setUp();
  network.holdFetch = true;
  const diagnosis = ask();
  await clock.advance(10_000);
  assert.deepEqual(await diagnosis, { name: "unreachable" });
});

test("its signal ends it early", async () => {
  const { network, ask, abort, clock } = setUp();
  network.holdFetch = true;
  const diagnosis = ask();
  await settle();
  abort.abort();
  await diagnosis;
  assert.equal(clock.pending, 0);
});

test("a token that has expired by our clock is known without asking", async () => {
  const { network, ask } = setUp({ token: fakeToken({ exp: 1000 }) });
  assert.equal((await ask()).reason, "tokenExpired");
  assert.equal(network.fetches.length, 0);
});

test("without fetch the reason is unknown", async () => {
  assert.equal((await setUp({ fetch: undefined }).ask()).reason, "unknown");
});
