import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { FakePage, fakeToken, settle } from "./fakes.js";
import { inSeconds, openUp, until } from "./kit.js";

const MINUTE = 60_000;
let page = null;
afterEach(() => {
  page?.remove();
  page = null;
});

for (const code of [1001, 1006, 1008, 1009, 1011, 4999]) {
  test(`a connection that is closed with ${code} is opened again within a second`, async () => {
    const { network, client, clock, states, asked } = await openUp({ getToken: true });
    network.last.finish(code);
    await settle();
    assert.equal(client.state.name, "waiting");
    assert.equal(client.state.reason, "lost");
    await clock.advance(1000);
    assert.deepEqual(client.state.name, "open");
    assert.equal(asked.length, 1);
    assert.ok(states.length >= 2);
  });
}

test("after a close with 1000, which is on purpose, some seconds pass", async () => {
  const { network, client, clock } = await openUp();
  network.last.finish(1000);
  await clock.advance(2999);
  assert.equal(client.state.name, "waiting");
  await clock.advance(1001);
  assert.equal(client.state.name, "open");
});

test("a server that accepts and drops is waited for longer and longer", async () => {
  const { network, clock } = await openUp({ random: () => 0.999 });
  for (let passed = 0; passed < 10 * MINUTE; passed += 100) {
    network.cut();
    await clock.advance(100);
  }
  assert.ok(network.handshakes.length < 30, `${network.handshakes.length} handshakes in ten minutes`);
});

test("after a connection that lasted a minute the wait is short again", async () => {
  const { network, client, clock } = await openUp({ random: () => 0.999 });
  network.reachable = false;
  network.cut();
  await clock.advance(2 * MINUTE);
  network.reachable = true;
  await until(clock, () => client.state.name === "open");
  await clock.advance(MINUTE);
  network.cut();
  await settle();
  assert.ok(client.state.until - clock.now() < 1000);
});

test("a connection that is lost after its token expired asks for another first", async () => {
  const { network, client, clock, asked } = await openUp({
    getToken: (_, { clock, asked }) =>
      asked.length < 3 ? fakeToken({ exp: inSeconds(clock, 3600) }) : Promise.reject(new Error("no")),
  });
  network.vanish();
  clock.sleep(2 * 3600_000);
  await until(clock, () => client.state.name === "open" && network.handshakes.length > 1);
  assert.equal(network.handshakes.length, 2);
  assert.equal(asked.at(-1) === "refresh" || asked.at(-1) === "refused", true);
});

test("frames that cannot be read, unknown pushes and unknown answers change nothing", async () => {
  const { server, client, network } = await openUp();
  const room = client.room("lobby");
  await settle();
  const before = room.state;
  for (const frame of [
    "{",
    "[]",
    "7",
    new Uint8Array(4),
    { type: "typing", roomId: "lobby" },
    { type: "message", roomId: "elsewhere", epoch: "e", sequence: 1 },
    { type: "reply", ref: 4711, data: {} },
    { type: "reply" },
    { type: "error", ref: "x", name: "forbidden", detail: "", retry: false },
    { type: "error", name: "forbidden", detail: "", retry: false },
    { type: "unsubscribed", roomId: 7 },
    { message: "Internal server error", connectionId: "a", requestId: "b" },
    [null, [], { type: 5 }],
  ]) {
    server.last.send(frame);
  }
  await settle();
  assert.equal(room.state, before);
  assert.equal(network.alive.length, 1);
});

test("an array is as if its elements had come one by one", async () => {
  const { server, client } = await openUp();
  const room = client.room("lobby");
  await settle();
  let changes = 0;
  room.addEventListener("change", () => (changes += 1));
  const push = (text) => ({
    type: "message",
    roomId: "lobby",
    epoch: server.log("lobby").epoch,
    ...server.say("lobby", text, { push: false }),
  });
  server.last.send([push("one"), push("two"), push("three")]);
  assert.deepEqual(
    room.state.messages.map(({ message }) => message),
    ["one", "two", "three"],
  );
  assert.equal(changes, 1);
});

test("a gateway's error frame answers nothing: the command has its 30 s", async () => {
  const { server, client, clock } = await openUp();
  const room = client.room("lobby");
  await settle();
  server.intercept = ({ action }) => (action === "members" ? { message: "Internal server error" } : undefined);
  const failure = room.members().catch((error) => error);
  await clock.advance(30_000);
  assert.deepEqual([(await failure).name, (await failure).retry], ["timeout", true]);
});

test("after four minutes of silence there is a ping", async () => {
  const { clock, commands } = await openUp();
  await clock.advance(4 * MINUTE - 1);
  assert.equal(commands("ping").length, 0);
  await clock.advance(1);
  assert.equal(commands("ping").length, 1);
});

test("what is received puts the ping off", async () => {
  const { clock, commands, server } = await openUp();
  await clock.advance(3 * MINUTE);
  server.last.send({ type: "nothing special" });
  await clock.advance(4 * MINUTE - 1);
  assert.equal(commands("ping").length, 0);
  await clock.advance(1);
  assert.equal(commands("ping").length, 1);
});

test("a ping that is not answered in 10 s is a lost connection", async () => {
  const { clock, client, network } = await openUp();
  network.vanish();
  await clock.advance(4 * MINUTE + 9_999);
  assert.equal(client.state.name, "open");
  await clock.advance(1);
  assert.equal(client.state.reason, "lost");
  await clock.advance(1000);
  assert.equal(client.state.name, "open");
  assert.equal(network.alive.length, 1);
});

test("an error is an answer to a ping too", async () => {
  const { clock, client, server, network } = await openUp();
  server.intercept = ({ action, ref }) =>
    action === "ping" ? { type: "error", ref, name: "unavailable", detail: "", retry: true } : undefined;
  await clock.advance(10 * MINUTE);
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 1);
});

test("after each answer to a ping a message whose push was lost is found", async () => {
  const { clock, client, server } = await openUp();
  const room = client.room("lobby");
  await settle();
  server.say("lobby", "lost", { push: false });
  await clock.advance(4 * MINUTE);
  assert.deepEqual(
    room.state.messages.map(({ message }) => message),
    ["lost"],
  );
});

test("after the machine has slept there is a ping at once", async () => {
  const { clock, commands } = await openUp();
  clock.sleep(MINUTE + 31_000);
  await clock.advance(0);
  assert.equal(commands("ping").length, 1);
});

test("a timer that is a little late is no sleep", async () => {
  const { clock, commands } = await openUp();
  clock.sleep(MINUTE + 29_000);
  await clock.advance(0);
  assert.equal(commands("ping").length, 0);
});

test("a page that becomes visible, or comes online, pings at once, and never twice at a time", async () => {
  page = new FakePage();
  const { client, commands } = await openUp();
  page.turn("hidden");
  await settle();
  assert.equal(commands("ping").length, 0);
  page.turn("visible");
  page.online();
  await settle();
  assert.equal(commands("ping").length, 1);
  page.online();
  await settle();
  assert.equal(commands("ping").length, 2);
  client.close();
});
