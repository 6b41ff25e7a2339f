import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../../web/client/connection.js";
import { FakeClock, FakeNetwork, fakeToken, settle } from "./fakes.js";

/** A connection that is open, unless it is held. */
async function connect({ hold = false } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  network.hold = hold;
  const frames = [];
  let expired = 0;
  const connection = new Connection({
    WebSocket: network.WebSocket,
    url: "wss://chat.test/prod",
    token: fakeToken(),
    clock,
    onPushes: (pushes) => frames.push(pushes),
    onExpired: () => (expired += 1),
  });
  await settle();
  return { clock, network, server: network.server, connection, frames, expired: () => expired };
}

test("it has opened when the server accepts", async () => {
  const { connection, clock } = await connect();
  assert.equal(await connection.opened, true);
  assert.equal(connection.isOpen, true);
  assert.equal(clock.pending, 0);
});

test("it has not opened when it is closed before", async () => {
  const { connection, network, clock } = await connect({ hold: true });
  network.refuse();
  assert.equal(await connection.opened, false);
  await connection.closed;
  assert.equal(clock.pending, 0);
});

test("a command resolves with the data of the reply that has its ref, in whatever order they come", async () => {
  const { connection, server } = await connect();
  const refs = [];
  server.intercept = ({ ref }) => (refs.push(ref), null);
  const one = connection.command("history", { roomId: "a" });
  const other = connection.command("history", { roomId: "b" });
  await settle();
  server.last.send([
    { type: "reply", ref: refs[1], data: { of: "b" } },
    { type: "reply", ref: refs[0], data: { of: "a" } },
  ]);
  assert.deepEqual([await one, await other], [{ of: "a" }, { of: "b" }]);
});

test("a command rejects with the error that has its ref", async () => {
  const { connection } = await connect();
  const error = await connection.command("leave", { roomId: "elsewhere" }).catch((error) => error);
  assert.deepEqual([error.name, error.retry], ["notJoined", false]);
});

test("a command without an answer rejects with timeout after 30 s, and its late reply is ignored", async () => {
  const { connection, clock, server } = await connect();
  server.intercept = () => null;
  const error = connection.command("ping", {}).catch((error) => error);
  await clock.advance(29_999);
  assert.equal(clock.pending, 1);
  await clock.advance(1);
  assert.deepEqual([(await error).name, (await error).retry], ["timeout", true]);
  server.last.send({ type: "reply", ref: 1, data: {} });
});

test("commands in hand reject with disconnected when it is lost", async () => {
  const { connection, network, server, clock } = await connect();
  server.intercept = () => null;
  const error = connection.command("ping", {}).catch((error) => error);
  await settle();
  network.cut();
  assert.deepEqual([(await error).name, (await error).retry], ["disconnected", true]);
  assert.equal(clock.pending, 0);
});

test("a command on a closed connection rejects at once", async () => {
  const { connection } = await connect();
  connection.close();
  assert.equal((await connection.command("ping", {}).catch((error) => error)).name, "disconnected");
});

test("a command of more than 32 KiB is not sent: the server would close for it", async () => {
  const { connection, network } = await connect();
  const error = await connection.command("sendmessage", { message: "漢".repeat(11_000) }).catch((error) => error);
  assert.deepEqual([error.name, error.retry], ["textTooLong", false]);
  assert.equal(network.last.sent.length, 0);
});

test("text outside of ASCII is sent as it is", async () => {
  const { connection, network } = await connect();
  await connection.command("sendmessage", { roomId: "lobby", message: "😀", id: "1" });
  assert.ok(network.last.sent[0].includes("😀"));
});

test("the pushes of one frame come together", async () => {
  const { server, frames } = await connect();
  server.last.send([
    { type: "message", sequence: 1 },
    { type: "reply", ref: 99 },
    { type: "message", sequence: 2 },
  ]);
  server.last.send({ type: "unsubscribed" });
  assert.deepEqual(frames, [
    [
      { type: "message", sequence: 1 },
      { type: "message", sequence: 2 },
    ],
    [{ type: "unsubscribed" }],
  ]);
});

test("tokenExpired is told, and other errors are not", async () => {
  const { connection, server, expired } = await connect();
  server.intercept = ({ ref, action }) => ({
    type: "error",
    ref,
    name: action === "join" ? "tokenExpired" : "forbidden",
  });
  await connection.command("leave", {}).catch(() => {});
  assert.equal(expired(), 0);
  await connection.command("join", {}).catch(() => {});
  assert.equal(expired(), 1);
});

test("nothing is received after close()", async () => {
  const { connection, network, frames } = await connect();
  connection.close();
  network.last.onmessage?.({ data: '{"type":"message"}' });
  assert.deepEqual(frames, []);
  assert.equal(network.last.closedWith.code, 1000);
});

test("settled() waits for the commands of a room, or for all", async () => {
  const { connection, server } = await connect();
  const refs = [];
  server.intercept = ({ ref }) => (refs.push(ref), null);
  connection.command("join", { roomId: "a" });
  connection.command("join", { roomId: "b" });
  await settle();
  const order = [];
  connection.settled("a").then(() => order.push("a"));
  connection.settled().then(() => order.push("all"));
  server.last.send({ type: "reply", ref: refs[0], data: {} });
  await settle();
  assert.deepEqual(order, ["a"]);
  server.last.send({ type: "reply", ref: refs[1], data: {} });
  await settle();
  assert.deepEqual(order, ["a", "all"]);
});
