import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatClient } from "../../../web/client/index.js";
import { fakeToken, settle } from "./fakes.js";
import { setUp } from "./kit.js";

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
