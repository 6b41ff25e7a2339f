import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeToken, settle } from "./fakes.js";
import { inSeconds, openUp, setUp, until } from "./kit.js";

const MINUTE = 60_000;

test("a minute before it expires the token is refreshed, and the connection stays", async () => {
  const { clock, client, commands, asked, network, events } = await openUp({ getToken: true });
  await clock.advance(59 * MINUTE - 1);
  assert.deepEqual(asked, ["connect"]);
  await clock.advance(1);
  assert.deepEqual(asked, ["connect", "refresh"]);
  assert.equal(commands("refresh").length, 1);
  await clock.advance(30 * MINUTE);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 1);
  assert.equal(events.length, 2);
});

test("a token of a minute is refreshed at its half, again and again", async () => {
  const { clock, client, asked, network } = await openUp({
    getToken: (_, { clock, asked }) => fakeToken({ exp: inSeconds(clock, 60), count: asked.length }),
  });
  await clock.advance(5 * MINUTE);
  assert.equal(asked.length, 11);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 1);
});

test("getToken that fails at a refresh is asked again after 5 s doubled, and nothing is shown", async () => {
  let fails = false;
  const { clock, asked, events, commands } = await openUp({
    getToken: (_, { clock }) => {
      if (fails) throw new Error("no");
      return fakeToken({ exp: inSeconds(clock, 3600) });
    },
  });
  fails = true;
  await clock.advance(59 * MINUTE);
  assert.equal(asked.length, 2);
  await clock.advance(5000);
  assert.equal(asked.length, 3);
  fails = false;
  await clock.advance(10_000);
  assert.equal(asked.length, 4);
  assert.equal(commands("refresh").length, 1);
  assert.equal(events.length, 2);
});

test("getToken that goes on failing when the token has expired: noToken, and open again with the next", async () => {
  let fails = false;
  const { clock, client, server, network } = await openUp({
    getToken: (_, { clock }) => {
      if (fails) throw new Error("no");
      return fakeToken({ exp: inSeconds(clock, 600) });
    },
  });
  const room = client.room("lobby");
  await settle();
  fails = true;
  await clock.advance(11 * MINUTE);
  assert.equal(client.state.name, "open");
  server.say("lobby", "after the end");
  await settle();
  assert.deepEqual([client.state.name, client.state.reason], ["refused", "noToken"]);
  assert.equal(network.alive.length, 0);
  fails = false;
  await until(clock, () => client.state.name === "open");
  await settle();
  assert.deepEqual(
    room.state.messages.map(({ message }) => message),
    ["after the end"],
  );
});

test("the same token again at a refresh is not asked for without end", async () => {
  const { clock, asked } = await openUp({ getToken: () => fakeToken({ exp: 1_767_225_600 + 600 }) });
  await clock.advance(10 * MINUTE);
  assert.ok(asked.length < 9, `${asked.length} calls`);
});

test("a clock that is ahead of the server's by hours does not make the client hammer", async () => {
  const setting = setUp({ getToken: (_, { clock }) => fakeToken({ exp: inSeconds(clock, -3600) }) });
  const { clock, client, server, asked } = setting;
  server.clock = { now: () => clock.now() - 2 * 3_600_000 };
  await setting.connect();
  await clock.advance(10 * MINUTE);
  assert.equal(client.state.name, "open");
  assert.ok(asked.length < 10, `${asked.length} calls`);
});

test("a refresh that is refused is tried again with another token", async () => {
  const { clock, client, server, asked, network } = await openUp({ getToken: true });
  let refusals = 1;
  server.intercept = ({ action, ref }) =>
    action === "refresh" && refusals-- > 0
      ? { type: "error", ref, name: "invalidToken", detail: "", retry: false }
      : undefined;
  await clock.advance(59 * MINUTE + 5000);
  assert.equal(asked.length, 3);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 1);
});

test("a token of somebody else at a refresh opens another connection", async () => {
  const { clock, client, asked, network } = await openUp({
    getToken: (_, { clock, asked }) =>
      fakeToken({ sub: asked.length === 1 ? "alice" : "bob", exp: inSeconds(clock, 3600) }),
  });
  const room = client.room("lobby");
  await settle();
  assert.equal(room.user, "alice");
  await clock.advance(59 * MINUTE);
  assert.equal(client.user.id, "bob");
  assert.equal(room.user, "bob");
  assert.equal(network.alive.length, 1);
  assert.equal(asked.length, 2);
});

test("an expired token is found by a command, refreshed once, and the rooms are joined again", async () => {
  const { clock, client, server, commands, asked, network, events } = await openUp({
    getToken: (_, { clock, asked }) => fakeToken({ exp: inSeconds(clock, 600), count: asked.length }),
  });
  const room = client.room("lobby");
  await settle();
  network.last.connection.claims.exp = inSeconds(clock, -60);
  const failure = await room.members().catch((error) => error);
  assert.equal(failure.name, "tokenExpired");
  await settle();
  assert.deepEqual(asked, ["connect", "refused"]);
  assert.equal(commands("refresh").length, 1);
  assert.equal(commands("join").length, 2);
  server.say("lobby", "hello");
  await settle();
  assert.equal(room.state.messages.length, 1);
  assert.equal(events.length, 2);
});

test("after unsubscribed the room misses nothing", async () => {
  const { clock, client, server, asked, network } = await openUp({
    getToken: (_, { clock, asked }) => fakeToken({ exp: inSeconds(clock, 600), count: asked.length }),
  });
  const room = client.room("lobby");
  await settle();
  network.last.connection.claims.exp = inSeconds(clock, -60);
  server.say("lobby", "one");
  server.say("lobby", "two");
  await settle();
  server.say("lobby", "three");
  await settle();
  assert.deepEqual(
    room.state.messages.map(({ message }) => message),
    ["one", "two", "three"],
  );
  assert.equal(network.handshakes.length, 1);
});

test("tokens that the server takes for expired at once are not asked for in a loop", async () => {
  const { clock, client, server, asked } = await openUp({ getToken: true });
  client.room("lobby");
  await settle();
  server.intercept = ({ action, ref }) =>
    action === "join" ? { type: "error", ref, name: "tokenExpired", detail: "", retry: false } : undefined;
  server.last.send({ type: "unsubscribed", roomId: "lobby", reason: "tokenExpired" });
  await settle();
  await clock.advance(10 * MINUTE);
  assert.ok(asked.length < 30, `${asked.length} calls in ten minutes`);
});

test("a static token goes on until the server says that it has expired", async () => {
  const token = fakeToken({ exp: 1_767_225_600 + 600 });
  const { clock, client, server, network } = await openUp({ token });
  client.room("lobby");
  await clock.advance(11 * MINUTE);
  assert.equal(client.state.name, "open");
  server.say("lobby", "hello");
  await settle();
  assert.deepEqual([client.state.name, client.state.reason, client.state.until], ["refused", "tokenExpired", null]);
  await clock.advance(60 * MINUTE);
  assert.equal(network.handshakes.length, 1);
  assert.equal(clock.pending, 0);
});

test("a new token refreshes the open connection", async () => {
  const { client, commands, network } = await openUp();
  client.token = fakeToken({ exp: 9_999_999_999 });
  await settle();
  assert.equal(commands("refresh").length, 1);
  assert.equal(commands("refresh")[0].data.token, fakeToken({ exp: 9_999_999_999 }));
  assert.equal(network.handshakes.length, 1);
});

test("a new token that the server does not accept is refused with the reason", async () => {
  const { client, server, network } = await openUp();
  server.invalid.add("a.b.c");
  client.token = `${fakeToken()}x`;
  server.invalid.add(`${fakeToken()}x`);
  await settle();
  assert.deepEqual([client.state.name, client.state.reason], ["refused", "invalidToken"]);
  assert.equal(network.alive.length, 0);
});

test("a new token for an expired connection joins the rooms again", async () => {
  const token = fakeToken({ exp: 1_767_225_600 + 600 });
  const { clock, client, server } = await openUp({ token });
  const room = client.room("lobby");
  await clock.advance(20 * MINUTE);
  server.say("lobby", "one");
  await settle();
  client.token = fakeToken();
  await settle();
  assert.equal(client.state.name, "open");
  assert.equal(room.state.messages.length, 1);
});
