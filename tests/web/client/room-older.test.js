/** Room: reading upward, members, and how much is held. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CommandError } from "../../../web/client/wire.js";
import { gate, range, ROOM, setUp, shown } from "./fake-room.js";

test("loadOlder reads page by page to the log's beginning", async () => {
  const { join, say } = setUp();
  say(130);
  const { room, first, page } = await join();

  await room.loadOlder();
  assert.deepEqual(shown(room), range(31, 130));
  await room.loadOlder();

  assert.deepEqual(shown(room), range(1, 130));
  assert.equal(room.hasOlder, false);
  await room.loadOlder();
  assert.equal(first.of("history").length, 3);
  assert.deepEqual(page.messages, []);
});

test("loadOlder goes on where a page was shorter than asked", async () => {
  const { join, say, server } = setUp();
  say(100);
  const { room } = await join();
  server.pageMax = 7;

  await room.loadOlder(50);

  assert.deepEqual(shown(room), range(44, 100));
  assert.equal(room.hasOlder, true);
});

test("concurrent calls of loadOlder share one page", async () => {
  const { join, say } = setUp();
  say(300);
  const { room, first } = await join();

  await Promise.all([room.loadOlder(), room.loadOlder(), room.loadOlder()]);

  assert.deepEqual(shown(room), range(201, 300));
  assert.equal(first.of("history").length, 2);
});

test("pushes that come while a page is read are not lost", async () => {
  const { join, say, settle } = setUp();
  say(100);
  const { room, first } = await join();
  const late = gate();
  first.spoil = () => late.promise;
  const loaded = room.loadOlder();
  await settle();
  say(3);
  late.open();
  await loaded;

  assert.deepEqual(shown(room), range(1, 103));
});

test("at the beginning that retention has moved up, there is nothing older any more", async () => {
  const { join, say, server } = setUp();
  say(200);
  const { room } = await join();
  server.expire(ROOM, 180);
  assert.equal(room.hasOlder, true);

  await room.loadOlder();

  assert.deepEqual(shown(room), range(151, 200));
  assert.equal(room.hasOlder, false);
  assert.deepEqual(room.state.breaks, []);
});

test("retention that removes a part of what is older leaves the rest to be read", async () => {
  const { join, say, server } = setUp();
  say(200);
  const { room } = await join();
  server.expire(ROOM, 120);

  await room.loadOlder();

  assert.deepEqual(shown(room), range(120, 200));
  assert.equal(room.hasOlder, false);
});

test("loadOlder rejects with the server's error, without a link, and when the link is lost; then it can be called again", async () => {
  const { join, say, settle, link: _ } = setUp();
  say(100);
  const { room, first, link } = await join();
  first.spoil = () => new CommandError("unavailable", "Later.", true);
  await assert.rejects(room.loadOlder(), { name: "unavailable" });
  first.spoil = () => "unanswered";
  const lost = assert.rejects(room.loadOlder(), { name: "disconnected" });
  await settle();
  first.cut();
  await lost;
  await assert.rejects(room.loadOlder(), { name: "disconnected" });

  await room.attach(link());
  await room.loadOlder();

  assert.deepEqual(shown(room), range(1, 100));
});

test("a page upward of a log that started again is not shown, and the room starts afresh", async () => {
  const { join, say, server, settle } = setUp();
  say(100);
  const { room, first } = await join();
  first.dropsPushes = true;
  server.restart(ROOM, "second");
  say(2, { sender: "carol" });

  await assert.rejects(room.loadOlder(), { name: "epochChanged" });
  await settle();

  assert.deepEqual(
    room.state.messages.map(({ sender }) => sender),
    ["carol", "carol"],
  );
});

test("a page upward that comes after the room started afresh is dropped", async () => {
  const { join, say, server, settle } = setUp();
  say(100);
  const { room, first, link } = await join();
  const late = gate();
  first.spoil = () => late.promise;
  const loaded = room.loadOlder();
  await settle();
  server.restart(ROOM, "epoch-of-lobby"); // a backup that kept its epoch
  say(60, { sender: "carol" });
  await room.attach(link());
  late.open();
  await loaded;

  assert.ok(room.state.messages.every(({ sender }) => sender === "carol"));
});

test("at most 10,000 messages are held; beyond, the oldest 1,000 go and can be read again", async () => {
  const { join, say } = setUp();
  const { room } = await join();
  say(10_000);
  assert.equal(room.state.messages.length, 10_000);
  assert.equal(room.hasOlder, false);

  say(1);

  assert.deepEqual([shown(room)[0], shown(room).at(-1)], [1001, 10_001]);
  assert.equal(room.hasOlder, true);
  await room.loadOlder(50);
  assert.equal(shown(room)[0], 951);
});

test("reading upward stops at 10,000 messages", async () => {
  const { join, say } = setUp();
  const { room, link, first } = await join();
  first.cut();
  say(10_080);
  await room.attach(link());
  for (let pages = 0; room.hasOlder; pages += 1) {
    assert.ok(pages < 200);
    await room.loadOlder(100);
  }

  assert.equal(room.state.messages.length, 10_000);
});

test("members are read by all pages", async () => {
  const { join } = setUp();
  const { room, first } = await join();
  const { room: other } = await join({ user: "bob" });
  const pages = [
    { members: [{ id: "alice", name: "a" }], cursor: "more" },
    {
      members: [
        { id: "alice", name: "a" },
        { id: "bob", name: "b" },
      ],
    },
  ];
  const answer = first.server.answer.bind(first.server);
  first.server.answer = (command, connection) =>
    command.action === "members" ? { type: "reply", data: pages.shift() } : answer(command, connection);

  assert.deepEqual(await room.members(), [
    { id: "alice", name: "a" },
    { id: "bob", name: "b" },
  ]);
  assert.deepEqual(first.of("members")[1], { roomId: ROOM, cursor: "more" });
  assert.ok(other);
});
