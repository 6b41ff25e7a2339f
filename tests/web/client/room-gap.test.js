/** Room: pushes out of order, doubled, missing, and of another epoch; catching up. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CommandError } from "../../../web/client/wire.js";
import { range, ROOM, setUp, shown } from "./fake-room.js";

test("pushes out of order are shown in order, once the missing one has come, and nothing is asked", async () => {
  const { join, say, clock } = setUp();
  const { room, first, page } = await join();
  first.holdsPushes = true;
  say(3);
  const [one, two, three] = first.held.splice(0);

  room.receive([three]);
  room.receive([two]);
  assert.deepEqual(shown(room), []);
  await clock.advance(900);
  room.receive([one]);
  await clock.advance(60_000);

  assert.deepEqual(shown(room), [1, 2, 3]);
  assert.deepEqual(page.messages, [1, 2, 3]);
  assert.equal(first.of("history").length, 1); // of the join
  assert.equal(clock.pending, 0);
});

test("a missing push is asked for after a second, with all cursors", async () => {
  const { join, say, clock, server } = setUp();
  say(1);
  const { room, first, page } = await join();
  server.pageMax = 10;
  first.dropsPushes = true;
  say(34);
  first.dropsPushes = false;
  say(1);

  await clock.advance(999);
  assert.deepEqual(shown(room), [1]);
  await clock.advance(1);

  assert.deepEqual(shown(room), range(1, 36));
  assert.deepEqual(page.messages, range(2, 36));
  assert.deepEqual(room.state.ahead, []);
  assert.deepEqual(first.of("history")[1], { roomId: ROOM, after: 1, epoch: "epoch-of-lobby" });
  assert.equal(first.of("history").length, 1 + 4);
});

test("pushes that come while a gap is filled are put behind it", async () => {
  const { join, say, clock, server } = setUp();
  say(1);
  const { room, first } = await join();
  server.pageMax = 10;
  first.dropsPushes = true;
  say(30);
  first.dropsPushes = false;
  say(1);
  first.spoil = ({ data }) => {
    if (data.cursor) say(2);
  };

  await clock.advance(3000);

  assert.deepEqual(shown(room), range(1, server.log(ROOM).last));
  assert.deepEqual(room.state.ahead, []);
});

test("a gap whose filling fails is filled later, ever more seldom", async () => {
  const { join, say, clock } = setUp();
  const { room, first } = await join();
  first.dropsPushes = true;
  say(1);
  first.dropsPushes = false;
  say(1);
  let failures = 0;
  first.spoil = ({ action }) => {
    if (action === "history" && failures < 20)
      return new CommandError("unavailable", `Later ${(failures += 1)}.`, true);
    return undefined;
  };

  await clock.advance(60_000);
  assert.ok(failures <= 12, `${failures} attempts in a minute`);
  await clock.advance(600_000);

  assert.deepEqual(shown(room), [1, 2]);
});

test("a gap is not asked about while there is no link, and filled by the next join", async () => {
  const { join, say, clock } = setUp();
  const { room, first, link } = await join();
  first.dropsPushes = true;
  say(1);
  first.dropsPushes = false;
  say(1);
  first.cut();
  await clock.advance(60_000);
  assert.equal(first.of("history").length, 1);
  assert.equal(clock.pending, 0);

  await room.attach(link());

  assert.deepEqual(shown(room), [1, 2]);
});

test("a link that is lost while a gap is filled leaves it to the next join", async () => {
  const { join, say, clock, settle } = setUp();
  const { room, first, link } = await join();
  first.dropsPushes = true;
  say(1);
  first.dropsPushes = false;
  say(1);
  first.spoil = () => "unanswered";
  await clock.advance(1000);
  first.cut();
  await settle();

  await room.attach(link());
  await clock.advance(60_000);

  assert.deepEqual(shown(room), [1, 2]);
  assert.equal(clock.pending, 0);
});

test("retention that removes what is missing makes a break", async () => {
  const { join, say, clock, server } = setUp();
  say(2);
  const { room, first } = await join();
  first.dropsPushes = true;
  say(5);
  server.expire(ROOM, 6);
  first.dropsPushes = false;
  say(1);

  await clock.advance(1000);

  assert.deepEqual(shown(room), [1, 2, 6, 7, 8]);
  assert.deepEqual(room.state.breaks, [6]);
});

test("the same push, page and reply twice is one message", async () => {
  const { join, say, settle } = setUp();
  say(2);
  const { room, first } = await join();
  first.holdsPushes = true;
  say(1);
  const [push] = first.held.splice(0);
  room.receive([push, push]);
  room.receive([push]);
  await room.attach(first);
  await room.catchUp();
  room.send("mine");
  await settle();
  first.release();
  first.release(first.held);

  assert.deepEqual(shown(room), [1, 2, 3, 4]);
});

test("several pushes of one frame are one change", async () => {
  const { join, say } = setUp();
  const { room, first, page } = await join();
  first.holdsPushes = true;
  say(5);

  first.release();

  assert.equal(page.changes, 1);
  assert.deepEqual(page.messages, [1, 2, 3, 4, 5]);
  assert.deepEqual(shown(room), [1, 2, 3, 4, 5]);
});

test("change comes before the messages it brought, and both while receive runs", async () => {
  const { join, say } = setUp();
  const { room, first } = await join();
  const order = [];
  room.addEventListener("change", () => order.push(`change with ${room.state.messages.length}`));
  room.addEventListener("message", ({ detail }) => order.push(detail.message));
  first.holdsPushes = true;
  say(2);

  first.release();

  assert.deepEqual(order, ["change with 2", "text 1", "text 2"]);
});

test("pushes that say nothing new, and those of unknown types, change nothing", async () => {
  const { join, say } = setUp();
  const { room, first, page } = await join();
  say(1);
  const before = room.state;
  page.changes = 0;

  room.receive([
    { type: "message", epoch: "epoch-of-lobby", ...before.messages[0] },
    { type: "typing", roomId: ROOM },
    { type: "unsubscribed", roomId: ROOM, reason: "tokenExpired" },
  ]);

  assert.equal(room.state, before);
  assert.equal(page.changes, 0);
  assert.ok(first);
});

test("a push of another epoch makes the room ask, and it starts afresh when the server says so", async () => {
  const { join, say, clock, server } = setUp();
  say(3);
  const { room, first } = await join();
  server.restart(ROOM, "second");
  say(2);
  assert.deepEqual(shown(room), [1, 2, 3]);

  await clock.advance(1000);

  assert.equal(room.state.epoch, "second");
  assert.deepEqual(shown(room), [1, 2]);
  assert.equal(room.state.restarted, true);
  assert.equal(first.of("join").length, 2);
  assert.equal(clock.pending, 0);
});

test("a late push of an epoch that has ended does not throw the room back", async () => {
  const { join, say, clock, server } = setUp();
  const { room, first, page } = await join();
  first.holdsPushes = true;
  say(1);
  const [old] = first.held.splice(0);
  server.restart(ROOM, "second");
  first.holdsPushes = false;
  say(2);
  await clock.advance(1000);
  const before = room.state;
  page.changes = 0;

  room.receive([old]);
  await clock.advance(60_000);

  assert.equal(room.state, before);
  assert.equal(page.changes, 0);
  assert.equal(clock.pending, 0);
});

test("many late pushes of an epoch that has ended are few questions", async () => {
  const { join, say, clock } = setUp();
  const { room, first } = await join();
  say(1);
  for (let index = 0; index < 3000; index += 1) {
    room.receive([{ type: "message", roomId: ROOM, epoch: "long ago", ...room.state.messages[0], sequence: index }]);
  }

  await clock.advance(60_000);

  assert.equal(first.of("join").length, 2);
  assert.deepEqual(shown(room), [1]);
});

test("a message that is pushed in the new epoch while the server is asked is not lost", async () => {
  const { join, say, clock, server } = setUp();
  say(3);
  const { room, first } = await join();
  server.restart(ROOM, "second");
  say(1);
  first.spoil = ({ action }) => {
    if (action !== "history") return undefined;
    first.spoil = () => undefined;
    return new Promise((resolve) => setImmediate(() => (say(1), setImmediate(resolve))));
  };

  await clock.advance(1000);

  assert.deepEqual(shown(room), [1, 2]);
});

test("catchUp finds a last push that was lost without a trace", async () => {
  const { join, say } = setUp();
  say(1);
  const { room, first, page } = await join();
  first.dropsPushes = true;
  say(2);

  await room.catchUp();

  assert.deepEqual(shown(room), [1, 2, 3]);
  assert.deepEqual(page.messages, [2, 3]);
});

test("catchUp notices that the log started again", async () => {
  const { join, say, server, settle } = setUp();
  say(1);
  const { room, first } = await join();
  first.dropsPushes = true;
  server.restart(ROOM, "second");
  say(2);

  await room.catchUp();
  await settle();

  assert.deepEqual([room.state.epoch, shown(room)], ["second", [1, 2]]);
});

test("catchUp does not reject: without a link, with an error, and when the link is lost", async () => {
  const { open, join, settle } = setUp();
  await open().room.catchUp();
  const { room, first } = await join();
  first.spoil = () => new CommandError("unavailable", "Later.", true);
  await room.catchUp();
  first.spoil = () => "unanswered";
  const lost = room.catchUp();
  await settle();
  first.cut();

  await lost;
});

test("with 5,000 messages held a push costs no more than a copy of the list", async () => {
  const { join, say } = setUp();
  const { room } = await join();
  say(5000);
  const started = process.cpuUsage();

  say(1000);

  const { user } = process.cpuUsage(started);
  assert.equal(room.state.messages.length, 6000);
  assert.ok(user < 10_000_000, `${user} µs for 1,000 pushes`); // sorting each time takes far longer
});
