import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";

import { ChatClient } from "../../../web/client/index.js";
import { ServerProcess, WebSocket, issue, when } from "./server-process.js";

const server = new ServerProcess();
const clients = new Set();

before(() => server.start());
after(async () => {
  for (const client of clients) client.close();
  await server.remove();
});

/** A client of this user that is connecting. */
function connect(user, options = {}) {
  const client = new ChatClient({ url: server.url, token: issue(user), WebSocket, storage: null, ...options });
  clients.add(client);
  client.connect();
  return client;
}

const texts = (room) => room.state.messages.map(({ message }) => message);
const showing = (room, count) => when(room, "change", () => room.state.messages.length >= count);
const open = (client) => when(client, "state", () => client.state.name === "open");

test("two people chat", async () => {
  const alice = connect("alice").room("two people");
  const bob = connect("bob").room("two people");
  await when(bob, "change", () => bob.state.phase === "live");
  alice.send("おはよう");
  await showing(bob, 1);
  bob.send("おはようございます");
  await Promise.all([showing(alice, 2), showing(bob, 2)]);
  assert.deepEqual(texts(alice), ["おはよう", "おはようございます"]);
  assert.deepEqual(texts(bob), texts(alice));
  assert.deepEqual(await alice.members(), [
    { id: "alice", name: "alice" },
    { id: "bob", name: "bob" },
  ]);
});

test("a server that is killed and comes back loses and doubles nothing", async () => {
  const one = connect("alice");
  const other = connect("bob");
  const alice = one.room("killed");
  const bob = other.room("killed");
  const arrived = [];
  bob.addEventListener("message", ({ detail }) => arrived.push(detail.message));
  await Promise.all([open(one), open(other)]);
  await when(bob, "change", () => bob.state.phase === "live");
  const said = [];
  const say = (count) => {
    for (let turn = 0; turn < count; turn += 1) {
      said.push(`message ${said.length}`);
      alice.send(said.at(-1));
    }
  };
  say(20);
  await showing(bob, 3);
  await server.kill();
  await when(one, "state", () => one.state.name !== "open");
  say(20);
  await server.start();
  await Promise.all([showing(alice, 40), showing(bob, 40)]);
  await when(alice, "change", () => alice.state.outgoing.length === 0);
  assert.deepEqual(texts(bob), said);
  assert.deepEqual(texts(alice), said);
  assert.deepEqual(arrived, said);
});

test("a connection is replaced by the next without anybody seeing it", async () => {
  const client = connect("carol", { rotateAfterMs: 300 });
  const room = client.room("rotation");
  let made = 0;
  const states = [];
  client.addEventListener("state", ({ detail }) => states.push(detail.name));
  const counting = connect("dave", {
    rotateAfterMs: 300,
    WebSocket: class extends WebSocket {
      constructor(...parts) {
        super(...parts);
        made += 1;
      }
    },
  });
  const other = counting.room("rotation");
  await Promise.all([open(client), open(counting)]);
  const said = [];
  for (let turn = 0; made < 4; turn += 1) {
    said.push(`message ${turn}`);
    room.send(said.at(-1));
    await showing(other, turn + 1);
  }
  await showing(room, said.length);
  assert.deepEqual(texts(other), said);
  assert.deepEqual(texts(room), said);
  assert.deepEqual(states, ["open"]);
});

test("an open connection goes on with a new token", async () => {
  const client = connect("erin");
  await open(client);
  const room = client.room("refresh");
  client.token = issue("erin", { ttl_s: 7200 });
  room.send("still here");
  await showing(room, 1);
  assert.equal(client.state.name, "open");
});

test("a token of another secret is refused as invalid, with a sentence and not with the token", async () => {
  const token = issue("mallory", { secret: "some other secret that is long enough too" });
  const client = connect("mallory", { token });
  await when(client, "state", () => client.state.name === "refused");
  assert.equal(client.state.reason, "invalidToken");
  assert.equal(client.state.until, null);
  assert.ok(client.state.detail.length > 10 && !client.state.detail.includes(token));
});

test("a token that has expired is refused as expired", async () => {
  const client = connect("mallory", { token: issue("mallory", { ttl_s: -600 }) });
  await when(client, "state", () => client.state.name === "refused");
  assert.equal(client.state.reason, "tokenExpired");
});

test("nobody there is waiting, not refused", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  taken.close();
  await once(taken, "close");
  const client = connect("alice", { url: `ws://127.0.0.1:${port}/prod` });
  await when(client, "state", () => client.state.name === "waiting");
  assert.equal(client.state.reason, "unreachable");
  client.close();
});

test("close() lets the process end", async () => {
  const { spawn } = await import("node:child_process");
  const program = `
    import { ChatClient } from ${JSON.stringify(new URL("../../../web/client/index.js", import.meta.url).href)};
    import { createRequire } from "node:module";
    const { WebSocket } = createRequire(${JSON.stringify(new URL("../node/package.json", import.meta.url).href)})("ws");
    const client = new ChatClient({ url: process.argv[1], token: process.argv[2], WebSocket });
    const room = client.room("ending");
    room.addEventListener("message", () => client.close());
    client.connect();
    room.send("hello");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, server.url, issue("frank")]);
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  child.stderr.on("data", (data) => (said += data));
  const status = await new Promise((resolve) => child.once("exit", resolve));
  assert.deepEqual([status, said], [0, ""]);
});
