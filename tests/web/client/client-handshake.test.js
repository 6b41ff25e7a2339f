import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { ChatClient } from "../../../web/client/index.js";
import { FakePage, fakeToken, settle } from "./fakes.js";
import { inSeconds, setUp, until } from "./kit.js";

let page = null;
afterEach(() => {
  page?.remove();
  page = null;
});

test("nothing happens before connect()", async () => {
  const { client, network, clock } = setUp();
  await settle();
  assert.equal(client.state.name, "closed");
  assert.equal(network.handshakes.length, 0);
  assert.equal(clock.pending, 0);
});

test("a handshake offers talkroom.v1 and the token, and no room", async () => {
  const { client, network, connect } = setUp({ token: fakeToken() });
  client.room("lobby");
  await connect();
  assert.deepEqual(network.last.protocols, ["talkroom.v1", fakeToken()]);
  assert.equal(network.last.url, "wss://chat.test/prod");
});

test("connecting, then open", async () => {
  const setting = setUp();
  await setting.connect();
  assert.deepEqual(setting.states, ["connecting", "open"]);
  assert.ok(Object.isFrozen(setting.client.state));
});

test("connect() again changes nothing", async () => {
  const { client, network, connect } = setUp();
  await connect();
  await connect();
  assert.equal(network.handshakes.length, 1);
  client.close();
});

test("the user is known from a token that is given, before connecting", () => {
  assert.deepEqual(setUp({ token: fakeToken({ sub: "alice", name: "アリス" }) }).client.user, {
    id: "alice",
    name: "アリス",
  });
});

test("the user is known when getToken has answered", async () => {
  const { client, connect } = setUp({ getToken: true });
  assert.equal(client.user, null);
  await connect();
  assert.equal(client.user.id, "alice");
});

test("getToken is asked once for the first connection", async () => {
  const { connect, asked } = setUp({ getToken: true });
  await connect();
  assert.deepEqual(asked, ["connect"]);
});

test("a bad URL is refused at once", () => {
  assert.throws(() => setUp({ url: "chat" }), /wss:\/\/host\/stage/);
});

test("without a WebSocket the error says where to get one", () => {
  const before = globalThis.WebSocket;
  delete globalThis.WebSocket;
  try {
    assert.throws(() => new ChatClient({ url: "ws://chat.test", token: "x" }), /`ws`/);
  } finally {
    if (before) globalThis.WebSocket = before;
  }
});

for (const reason of ["tokenExpired", "invalidToken"]) {
  test(`${reason}: two handshakes, two tokens, then refused for good`, async () => {
    const { network, server, client, connect, asked, clock } = setUp({ getToken: true });
    server.refusal = { status: 401, body: { name: reason, detail: "No." } };
    await connect();
    await clock.advance(3_600_000);
    assert.equal(network.handshakes.length, 2);
    assert.deepEqual(asked, ["connect", "refused"]);
    assert.deepEqual(client.state, { name: "refused", reason, detail: "No.", until: null });
    assert.equal(clock.pending, 0);
  });
}

test("the other token is used at once, and can be accepted", async () => {
  const { network, server, client, connect } = setUp({
    getToken: (_, { asked, clock }) => (asked.length === 1 ? "a.b.c" : fakeToken({ exp: inSeconds(clock, 3600) })),
  });
  await connect();
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 2);
  assert.equal(server.connections.size, 1);
});

test("a static token that is refused is not tried twice", async () => {
  const { network, server, client, connect, clock } = setUp();
  server.refusal = { status: 401, body: { name: "invalidToken", detail: "No." } };
  await connect();
  await clock.advance(3_600_000);
  assert.equal(network.handshakes.length, 1);
  assert.equal(client.state.reason, "invalidToken");
});

test("a token that has expired by our clock is tried, and its refusal needs no asking", async () => {
  const { network, client, connect, clock } = setUp({ token: fakeToken({ exp: 1000 }) });
  await connect();
  await clock.advance(3_600_000);
  assert.equal(network.handshakes.length, 1);
  assert.equal(network.fetches.length, 0);
  assert.equal(client.state.reason, "tokenExpired");
  assert.equal(client.state.until, null);
});

test("an origin that is refused costs one handshake and one token", async () => {
  const { network, server, client, connect, asked, clock } = setUp({ getToken: true });
  server.refusal = { status: 403, body: { name: "originNotAllowed", detail: "No." } };
  await connect();
  await clock.advance(3_600_000);
  assert.equal(network.handshakes.length, 1);
  assert.equal(asked.length, 1);
  assert.equal(client.state.reason, "originNotAllowed");
});

test("on AWS, which does not say why: another token once, then 30 s, a minute, and so on", async () => {
  const { network, server, client, connect, asked, clock } = setUp({ getToken: true });
  network.cors = false;
  server.refusal = { status: 401, body: {} };
  await connect();
  assert.equal(network.handshakes.length, 2);
  assert.equal(asked.length, 2);
  assert.equal(client.state.reason, "unknown");
  assert.equal(client.state.until, clock.now() + 30_000);
  await clock.advance(29_999);
  assert.equal(network.handshakes.length, 2);
  await clock.advance(1);
  assert.equal(network.handshakes.length, 3);
  assert.equal(client.state.until, clock.now() + 60_000);
  assert.equal(asked.length, 2);
});

test("an unknown refusal asks for a token again only when it has expired", async () => {
  const { network, server, connect, asked, clock } = setUp({ getToken: true });
  network.cors = false;
  server.refusal = { status: 401, body: {} };
  await connect();
  await clock.advance(3_500_000);
  assert.equal(asked.length, 2);
  await clock.advance(600_000);
  assert.equal(asked.length, 3);
});

test("503 keeps the token and tries again after 30 s", async () => {
  const { network, server, client, connect, asked, clock } = setUp({ getToken: true });
  server.refusal = { status: 503, body: { name: "unavailable", detail: "Full." } };
  await connect();
  assert.equal(client.state.reason, "unavailable");
  assert.equal(client.state.until, clock.now() + 30_000);
  server.refusal = null;
  await clock.advance(30_000);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 2);
  assert.equal(asked.length, 1);
});

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

test("a token that no subprotocol can be makes no handshake, and is not repeated", async () => {
  const { network, client, connect } = setUp({ token: "secret, with a comma" });
  await connect();
  assert.equal(network.handshakes.length, 0);
  assert.equal(client.state.reason, "invalidToken");
  assert.ok(!JSON.stringify(client.state).includes("secret"));
});

test("a page that may not open the connection is told so, without the token", async () => {
  const { client, connect } = setUp({
    token: "secret",
    WebSocket: class {
      constructor(url, protocols) {
        throw new DOMException(`An insecure connection to ${url} ${protocols}`, "SecurityError");
      }
    },
  });
  await connect();
  assert.equal(client.state.reason, "unknown");
  assert.ok(!JSON.stringify(client.state).includes("secret"));
});

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

test("a refusal is not asked about again because the page becomes visible", async () => {
  page = new FakePage();
  const { connect, network, server, clock, client } = setUp();
  server.refusal = { status: 503, body: { name: "unavailable" } };
  await connect();
  await clock.advance(5000);
  page.turn("visible");
  page.online();
  await settle();
  assert.equal(network.handshakes.length, 1);
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
