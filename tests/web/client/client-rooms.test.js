import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./fakes.js";
import { openUp, setUp } from "./kit.js";

const MINUTE = 60_000;

test("a room is the same object each time", () => {
  const { client } = setUp();
  assert.equal(client.room("lobby"), client.room("lobby"));
});

test("the client tells the URL of its WebSocket", () => {
  assert.equal(setUp({ url: "https://chat.test/prod#top" }).client.url, "wss://chat.test/prod");
});

test("messages have ids where crypto.randomUUID is missing: on a page of plain http", () => {
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    assert.match(setUp().client.room("lobby").send("hello"), /^[0-9a-f]{32}$/);
  } finally {
    delete crypto.randomUUID;
  }
});

test("rooms are joined when the connection opens, and later ones at once", async () => {
  const { client, connect, commands } = setUp();
  client.room("lobby");
  await connect();
  client.room("garden");
  await settle();
  assert.deepEqual(
    commands("join").map(({ data }) => data.roomId),
    ["lobby", "garden"],
  );
});

test("leave() sends leave, and what still comes is ignored", async () => {
  const { client, server, commands } = await openUp();
  const room = client.room("lobby");
  await settle();
  client.leave("lobby");
  server.say("lobby", "hello");
  await settle();
  assert.equal(room.state.messages.length, 0);
  assert.equal(commands("leave").length, 1);
  assert.notEqual(client.room("lobby"), room);
});

test("a room that is left and taken again at once is joined in the end", async () => {
  const { client, server } = await openUp();
  client.room("lobby");
  await settle();
  client.leave("lobby");
  const room = client.room("lobby");
  client.leave("lobby");
  const last = client.room("lobby");
  await settle();
  assert.ok(server.last.rooms.has("lobby"));
  server.say("lobby", "hello");
  await settle();
  assert.equal(last.state.messages.length, 1);
  assert.equal(room.state.messages.length, 0);
});

test("leave() waits for the join that is under way", async () => {
  const { client, server, commands } = await openUp();
  let join = null;
  server.intercept = (command) => (command.action === "join" ? ((join = command), null) : undefined);
  client.room("lobby");
  await settle();
  client.leave("lobby");
  await settle();
  assert.equal(commands("leave").length, 0);
  server.intercept = () => undefined;
  server.last.send(server.answer(join, server.last));
  await settle();
  assert.equal(commands("leave").length, 1);
  assert.equal(server.last.rooms.size, 0);
});

test("leave() of a room that is not held, or while closed, does nothing", async () => {
  const { client } = setUp();
  client.leave("lobby");
  client.room("lobby");
  client.leave("lobby");
  await settle();
  assert.equal(client.state.name, "closed");
});

test("a command on a connection that is lost is answered disconnected", async () => {
  const { client, network, server } = await openUp();
  const room = client.room("lobby");
  await settle();
  server.intercept = (command) => (command.action === "members" ? null : undefined);
  const failure = room.members().catch((error) => error);
  await settle();
  network.cut();
  assert.deepEqual([(await failure).name, (await failure).retry], ["disconnected", true]);
});

test("two clients talk through anything the network does, and nothing is lost or doubled", async () => {
  const { clock, client, network, server } = setUp({ rotateAfterMs: 20_000, getToken: true });
  const room = client.room("lobby");
  client.connect();
  const arrived = [];
  room.addEventListener("message", ({ detail }) => arrived.push(detail.message));
  await settle();
  const said = [];
  const random = (() => {
    let state = 42;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  })();
  for (let turn = 0; turn < 300; turn += 1) {
    const dice = random();
    if (dice < 0.3) said.push(`own ${turn}`) && room.send(`own ${turn}`);
    else if (dice < 0.6) said.push(`other ${turn}`) && server.say("lobby", `other ${turn}`, { push: random() < 0.8 });
    else if (dice < 0.7) network.cut();
    else if (dice < 0.73) network.vanish();
    else if (dice < 0.8) network.reachable = !network.reachable;
    await clock.advance(random() * 3000);
  }
  network.reachable = true;
  server.say("lobby", "the end");
  said.push("the end");
  await clock.advance(10 * MINUTE);
  assert.equal(room.state.outgoing.length, 0);
  const texts = room.state.messages.map(({ message }) => message);
  assert.deepEqual([...texts].sort(), [...said].sort());
  assert.deepEqual([...arrived].sort(), [...said].sort());
  assert.deepEqual(
    texts.filter((text) => text.startsWith("own")),
    said.filter((text) => text.startsWith("own")),
  );
  client.close();
  assert.equal(network.alive.length <= 1, true);
});
