import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./fakes.js";
import { openUp } from "./kit.js";

const MINUTE = 60_000;

test("between 100 and 110 minutes the next connection replaces the first, and nobody sees it", async () => {
  const { clock, client, server, network, events } = await openUp();
  const room = client.room("lobby");
  await clock.advance(100 * MINUTE - 1);
  assert.equal(network.handshakes.length, 1);
  await clock.advance(10 * MINUTE + 1);
  assert.equal(network.handshakes.length, 2);
  assert.equal(network.alive.length, 1);
  assert.equal(network.handshakes[0].closedWith.code, 1000);
  assert.equal(events.length, 2);
  server.say("lobby", "hello");
  await settle();
  assert.equal(room.state.messages.length, 1);
});

test("rotation goes on for a day", async () => {
  const { clock, network, events, asked } = await openUp({ getToken: true });
  await clock.advance(24 * 60 * MINUTE);
  assert.ok(network.handshakes.length >= 13 && network.handshakes.length <= 15, `${network.handshakes.length}`);
  assert.equal(network.alive.length, 1);
  assert.equal(events.length, 2);
  assert.ok(asked.length <= 26);
});

test("the age of rotation can be set", async () => {
  const { clock, network } = await openUp({ rotateAfterMs: 5000 });
  await clock.advance(5000);
  assert.equal(network.handshakes.length, 2);
});

test("the next connection is opened and joined before the first is closed", async () => {
  const { clock, client, network, server } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  await settle();
  network.hold = true;
  await clock.advance(5000);
  server.say("lobby", "one");
  assert.equal(room.state.messages.length, 1);
  network.accept();
  assert.equal(network.alive.length, 2);
  await settle();
  server.say("lobby", "two");
  await settle();
  assert.equal(network.alive.length, 1);
  assert.deepEqual(
    room.state.messages.map(({ message }) => message),
    ["one", "two"],
  );
});

test("the first is closed only after its commands are answered", async () => {
  const { clock, client, network, server } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  await settle();
  const [first] = network.handshakes;
  let members;
  server.intercept = (command, connection) => {
    if (command.action !== "members" || connection.socket !== first) return undefined;
    members = command;
    return null;
  };
  const answer = room.members();
  await clock.advance(5000);
  await settle();
  assert.equal(network.alive.length, 2);
  first.connection.send({ type: "reply", ref: members.ref, data: { members: [{ id: "alice", name: "alice" }] } });
  assert.equal((await answer).length, 1);
  await settle();
  assert.deepEqual(network.alive, [network.last]);
});

test("the first is closed after 30 s though a command is not answered", async () => {
  const { clock, client, network, server } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  await settle();
  server.intercept = (command) => (command.action === "members" ? null : undefined);
  const failure = room.members().catch((error) => error.name);
  await clock.advance(36_000);
  assert.ok(!network.alive.includes(network.handshakes[0]));
  assert.equal(await failure, "timeout");
});

test("when the next cannot be opened the first goes on, and it is tried again by backoff", async () => {
  const { clock, client, network, server, events } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  network.reachable = false;
  await clock.advance(65_000);
  const attempts = network.handshakes.length - 1;
  assert.ok(attempts >= 4 && attempts < 40, `${attempts} attempts in a minute`);
  assert.equal(client.state.name, "open");
  server.say("lobby", "hello");
  await settle();
  assert.equal(room.state.messages.length, 1);
  network.reachable = true;
  await clock.advance(30_000);
  assert.ok(!network.alive.includes(network.handshakes[0]));
  assert.equal(events.length, 2);
});

test("the first that is lost while the next is being joined is replaced by it", async () => {
  const { clock, client, network, server, events } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  await settle();
  let join = null;
  server.intercept = (command, connection) => {
    if (command.action !== "join" || connection.socket === network.handshakes[0] || join) return undefined;
    join = command;
    return null;
  };
  await clock.advance(5000);
  network.handshakes[0].finish(1001);
  await settle();
  assert.equal(client.state.name, "open");
  assert.equal(network.handshakes.length, 2);
  server.intercept = () => undefined;
  server.last.send(server.answer(join, server.last));
  server.say("lobby", "hello");
  await settle();
  assert.equal(room.state.messages.length, 1);
  assert.equal(events.length, 2);
});

test("the next that is lost while it is being joined leaves the first", async () => {
  const { clock, client, network, server, events } = await openUp({ rotateAfterMs: 5000, random: () => 0.999 });
  const room = client.room("lobby");
  await settle();
  server.intercept = ({ action }, { socket }) =>
    action === "join" && socket !== network.handshakes[0] ? null : undefined;
  await clock.advance(5000);
  assert.equal(network.handshakes.length, 2);
  network.last.finish(1006);
  await settle();
  server.intercept = () => undefined;
  server.say("lobby", "hello");
  room.send("from the first");
  await settle();
  assert.deepEqual(network.alive, [network.handshakes[0]]);
  assert.equal(room.state.messages.length, 2);
  assert.equal(room.state.outgoing.length, 0);
  assert.equal(events.length, 2);
});

test("both lost during rotation is a lost connection", async () => {
  const { clock, client, network } = await openUp({ rotateAfterMs: 5000 });
  network.hold = true;
  await clock.advance(5000);
  network.handshakes[0].finish(1006);
  await settle();
  assert.equal(client.state.reason, "lost");
  network.hold = false;
  await clock.advance(2000);
  assert.equal(client.state.name, "open");
  assert.equal(network.alive.length, 1);
});

for (const moment of ["the handshake", "the joining"]) {
  test(`close() during ${moment} of a rotation closes both`, async () => {
    const { clock, client, network, server } = await openUp({ rotateAfterMs: 5000 });
    client.room("lobby");
    await settle();
    if (moment === "the handshake") network.hold = true;
    else server.intercept = ({ action }) => (action === "join" ? null : undefined);
    await clock.advance(5000);
    assert.equal(network.alive.length, 2);
    client.close();
    assert.equal(clock.pending, 0);
    await settle();
    assert.equal(network.alive.length, 0);
    assert.equal(client.state.name, "closed");
  });
}

test("close() while the first waits for its commands closes both", async () => {
  const { clock, client, network, server } = await openUp({ rotateAfterMs: 5000 });
  const room = client.room("lobby");
  await settle();
  server.intercept = (command) => (command.action === "members" ? null : undefined);
  const failure = room.members().catch((error) => error.name);
  await clock.advance(5000);
  assert.equal(network.alive.length, 2);
  client.close();
  await settle();
  assert.equal(network.alive.length, 0);
  assert.equal(clock.pending, 0);
  assert.equal(await failure, "disconnected");
});
