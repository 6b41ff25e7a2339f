import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { FakePage, fakeToken, settle } from "./fakes.js";
import { inSeconds, setUp } from "./kit.js";

let page = null;
afterEach(() => {
  page?.remove();
  page = null;
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
