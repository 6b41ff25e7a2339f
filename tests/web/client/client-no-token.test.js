import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeToken, settle } from "./fakes.js";
import { setUp } from "./kit.js";

test("getToken that throws: refused with noToken, again after 5 s doubled", async () => {
  let fails = true;
  const { network, client, connect, asked, clock } = setUp({
    getToken: async () => {
      if (fails) throw new Error("401 from /token");
      return fakeToken();
    },
  });
  await connect();
  assert.equal(client.state.reason, "noToken");
  assert.match(client.state.detail, /401 from \/token/);
  assert.equal(client.state.until, clock.now() + 5000);
  await clock.advance(5000);
  assert.equal(client.state.until, clock.now() + 10_000);
  assert.equal(network.handshakes.length, 0);
  fails = false;
  await clock.advance(10_000);
  assert.equal(client.state.name, "open");
  assert.equal(asked.length, 3);
});

for (const [what, getToken] of [
  [
    "throws at once",
    () => {
      throw new Error("no");
    },
  ],
  ["returns nothing", () => undefined],
  ["returns an object", () => ({ token: "x" })],
  ["returns empty text", () => ""],
]) {
  test(`getToken that ${what} is no token`, async () => {
    const { client, connect } = setUp({ getToken });
    await connect();
    assert.equal(client.state.reason, "noToken");
  });
}

test("getToken that does not answer has 30 s", async () => {
  const { client, connect, clock } = setUp({ getToken: () => new Promise(() => {}) });
  await connect();
  await clock.advance(30_000);
  assert.equal(client.state.reason, "noToken");
});

test("an error of getToken that quotes a token does not show it", async () => {
  const { client, connect } = setUp({ getToken: async () => JSON.parse(fakeToken()) });
  await connect();
  assert.equal(client.state.reason, "noToken");
  assert.ok(!client.state.detail.includes("eyJ"), client.state.detail);
});

test("neither token nor getToken: refused until one is given", async () => {
  const { client, connect, clock, network } = setUp({ token: undefined });
  await connect();
  assert.equal(client.state.reason, "noToken");
  assert.equal(client.state.until, null);
  assert.equal(clock.pending, 0);
  client.token = fakeToken();
  await settle();
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 1);
});
