import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeToken, settle } from "./fakes.js";
import { setUp } from "./kit.js";

/** Everything at rest after close(). */
async function assertEnded({ client, network, clock }) {
  assert.equal(clock.pending, 0);
  await settle();
  assert.equal(client.state.name, "closed");
  assert.equal(network.alive.length, 0);
  const made = network.handshakes.length;
  await clock.advance(10_000_000);
  assert.equal(network.handshakes.length, made);
  assert.equal(client.state.name, "closed");
}

test("close() while getToken is asked ends everything", async () => {
  let answer;
  const setting = setUp({ getToken: () => new Promise((resolve) => (answer = resolve)) });
  await setting.connect();
  setting.client.close();
  answer(fakeToken());
  await assertEnded(setting);
  assert.equal(setting.network.handshakes.length, 0);
});

test("close() during the handshake ends everything", async () => {
  const setting = setUp();
  setting.network.hold = true;
  await setting.connect();
  setting.client.close();
  setting.network.accept();
  await assertEnded(setting);
});

test("close() while asking why ends everything", async () => {
  const setting = setUp();
  setting.network.hold = setting.network.holdFetch = true;
  await setting.connect();
  setting.network.refuse();
  await settle();
  assert.equal(setting.network.fetches.length, 1);
  setting.client.close();
  await settle();
  assert.equal(setting.network.fetches.length, 1);
  await assertEnded(setting);
});

test("close() while waiting ends everything", async () => {
  const setting = setUp();
  setting.network.reachable = false;
  await setting.connect();
  setting.client.close();
  await assertEnded(setting);
});

test("close() while refused ends everything", async () => {
  const setting = setUp();
  setting.server.refusal = { status: 503, body: {} };
  await setting.connect();
  setting.client.close();
  await assertEnded(setting);
});

test("close() while open closes with 1000", async () => {
  const setting = setUp({ getToken: true });
  await setting.connect();
  setting.client.close();
  assert.equal(setting.network.last.closedWith.code, 1000);
  await assertEnded(setting);
});

test("close() in a listener of the state ends everything", async () => {
  for (const name of ["connecting", "open", "waiting", "refused"]) {
    const setting = setUp();
    setting.network.reachable = name !== "waiting";
    if (name === "refused") setting.server.refusal = { status: 401, body: {} };
    setting.client.addEventListener("state", ({ detail }) => detail.name === name && setting.client.close());
    await setting.connect();
    await assertEnded(setting);
  }
});

test("connect() after close() is a new beginning", async () => {
  const setting = setUp({ getToken: true });
  await setting.connect();
  setting.client.close();
  await setting.connect();
  assert.deepEqual(setting.states, ["connecting", "open", "closed", "connecting", "open"]);
  assert.equal(setting.asked.length, 1);
});

test("close() and connect() at once leave one connection", async () => {
  const setting = setUp();
  setting.client.connect();
  setting.client.close();
  setting.client.connect();
  await settle();
  assert.equal(setting.network.alive.length, 1);
  assert.equal(setting.client.state.name, "open");
});
