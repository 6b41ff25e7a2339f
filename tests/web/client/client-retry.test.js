import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { FakePage, fakeToken, settle } from "./fakes.js";
import { setUp, until } from "./kit.js";

let page = null;
afterEach(() => {
  page?.remove();
  page = null;
});

test("retry() after a refusal asks for another token", async () => {
  const { server, client, connect, asked, network } = setUp({ getToken: true });
  server.refusal = { status: 401, body: { name: "invalidToken", detail: "No." } };
  await connect();
  server.refusal = null;
  client.retry();
  await settle();
  assert.equal(client.state.name, "open");
  assert.deepEqual(asked, ["connect", "refused", "refused"]);
  assert.equal(network.handshakes.length, 3);
});

test("retry() with a static token tries it once more", async () => {
  const { server, client, connect, network } = setUp();
  server.refusal = { status: 401, body: { name: "invalidToken", detail: "No." } };
  await connect();
  client.retry();
  await settle();
  assert.equal(network.handshakes.length, 2);
  assert.equal(client.state.name, "refused");
});

test("retry() while waiting tries at once with the same token", async () => {
  const { client, connect, network, asked } = setUp({ getToken: true, random: () => 0.99 });
  network.reachable = false;
  await connect();
  network.reachable = true;
  client.retry();
  await settle();
  assert.equal(client.state.name, "open");
  assert.equal(asked.length, 1);
});

test("retry() while open or closed does nothing", async () => {
  const { client, connect, network } = setUp();
  client.retry();
  await connect();
  client.retry();
  await settle();
  assert.equal(network.handshakes.length, 1);
  client.close();
  client.retry();
  await settle();
  assert.equal(network.handshakes.length, 1);
});

test("a new token connects again when refused", async () => {
  const { client, connect, network, server } = setUp({ token: "a.b.c" });
  await connect();
  assert.equal(client.state.name, "refused");
  client.token = fakeToken();
  await settle();
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 2);
  assert.equal(server.connections.size, 1);
});

test("a new token during a handshake begins another with it", async () => {
  const { client, connect, network } = setUp();
  network.hold = true;
  await connect();
  client.token = fakeToken({ sub: "bob" });
  await settle();
  network.accept();
  await settle();
  assert.equal(client.user.id, "bob");
  assert.equal(network.alive.length, 1);
  assert.equal(network.alive[0].token, fakeToken({ sub: "bob" }));
});

test("coming online tries at once, but not within a second of the last attempt", async () => {
  page = new FakePage();
  const { client, connect, network, clock } = setUp({ random: () => 0.999 });
  network.reachable = false;
  page.offline();
  await connect();
  assert.equal(client.state.reason, "offline");
  await until(clock, () => client.state.until - clock.now() > 10_000);
  const before = network.handshakes.length;
  await clock.advance(1500);
  page.online();
  await settle();
  assert.equal(network.handshakes.length, before + 1);
  page.online();
  page.turn("visible");
  await settle();
  assert.equal(network.handshakes.length, before + 1);
  network.reachable = true;
  await clock.advance(1000);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, before + 2);
  client.close();
});

test("a page that becomes visible tries at once, and one that is hidden does not", async () => {
  page = new FakePage();
  const { client, connect, network, clock } = setUp({ random: () => 0.999 });
  network.reachable = false;
  await connect();
  await until(clock, () => client.state.until - clock.now() > 10_000);
  await clock.advance(1500);
  const before = network.handshakes.length;
  page.turn("hidden");
  await settle();
  assert.equal(network.handshakes.length, before);
  page.turn("visible");
  await settle();
  assert.equal(network.handshakes.length, before + 1);
  client.close();
});

test("going offline while waiting says so", async () => {
  page = new FakePage();
  const { client, connect, network } = setUp({ random: () => 0.9 });
  network.reachable = false;
  await connect();
  assert.equal(client.state.reason, "unreachable");
  page.offline();
  assert.equal(client.state.reason, "offline");
  client.close();
});

test("the page is listened to only between connect() and close()", async () => {
  page = new FakePage();
  const { client, connect } = setUp();
  assert.equal(page.listeners, 0);
  await connect();
  assert.equal(page.listeners, 3);
  client.close();
  assert.equal(page.listeners, 0);
});
