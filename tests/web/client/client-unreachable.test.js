import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./fakes.js";
import { setUp } from "./kit.js";

test("an unreachable server: waiting by backoff, with the same token", async () => {
  const { network, client, connect, asked, clock, events } = setUp({ getToken: true });
  network.reachable = false;
  await connect();
  assert.equal(client.state.name, "waiting");
  assert.equal(client.state.reason, "unreachable");
  await clock.advance(120_000);
  const waits = events.filter(({ name }) => name === "waiting");
  assert.ok(waits.length >= 8 && waits.length < 60, `${waits.length} attempts in two minutes`);
  assert.equal(network.handshakes.length, waits.length);
  assert.equal(asked.length, 1);
  network.reachable = true;
  await clock.advance(30_000);
  assert.equal(client.state.name, "open");
});

test("a server that would accept (426) is tried again by backoff with the same token", async () => {
  const { network, client, connect, asked, clock } = setUp({ getToken: true });
  network.hold = true;
  await connect();
  network.refuse();
  await settle();
  assert.equal(client.state.name, "waiting");
  network.hold = false;
  await clock.advance(1000);
  assert.equal(client.state.name, "open");
  assert.equal(asked.length, 1);
});

test("a server that always would accept and never does is not hammered", async () => {
  const { network, client, connect, asked, clock } = setUp({ getToken: true });
  network.WebSocket.prototype.accept = function () {
    this.fail();
  };
  await connect();
  await clock.advance(20_000);
  assert.equal(client.state.reason, "unknown");
  assert.equal(network.handshakes.length, 4);
  assert.equal(asked.length, 2);
});

test("a server that does not select talkroom.v1 is not talked to", async () => {
  const { network, client, connect } = setUp();
  network.hold = true;
  await connect();
  network.last.accept("");
  await settle();
  assert.notEqual(client.state.name, "open");
  assert.equal(network.alive.length, 0);
});

test("a handshake that never ends is given up after 30 s", async () => {
  const { network, client, connect, clock } = setUp();
  network.hold = true;
  await connect();
  await clock.advance(30_000);
  assert.notEqual(client.state.name, "connecting");
  assert.equal(network.alive.length, 0);
});

test("asking why ends after 10 s", async () => {
  const { network, client, connect, clock } = setUp();
  network.hold = network.holdFetch = true;
  await connect();
  network.refuse();
  await clock.advance(9_999);
  assert.equal(client.state.name, "connecting");
  await clock.advance(1);
  assert.equal(client.state.name, "waiting");
});
