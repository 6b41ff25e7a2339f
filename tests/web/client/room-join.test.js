/** Room: joining, resuming, links that come and go. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CommandError } from "../../../web/client/wire.js";
import { gate, range, ROOM, setUp, shown } from "./fake-room.js";

test("a first join shows the newest page", async () => {
  const { join, say } = setUp();
  say(120);

  const { room, first } = await join();

  assert.deepEqual(shown(room), range(71, 120));
  assert.equal(room.state.phase, "live");
  assert.equal(room.hasOlder, true);
  assert.deepEqual(
    first.commands.map(({ action }) => action),
    ["join", "history"],
  );
});

test("a first join is one change, and nothing of it is a new message", async () => {
  const { open, say } = setUp();
  say(3);
  const page = open();

  await page.room.attach(page.link());

  assert.equal(page.changes, 1);
  assert.deepEqual(page.messages, []);
});

test("an empty room is live and has nothing older", async () => {
  const { join } = setUp();

  const { room } = await join();

  assert.equal(room.state.phase, "live");
  assert.deepEqual(shown(room), []);
  assert.equal(room.hasOlder, false);
});

test("a push that comes before the answer to the first join is shown", async () => {
  const { open, say, server } = setUp();
  say(2);
  const page = open();
  const link = page.link();
  const late = gate();
  link.spoil = ({ action }) => (action === "history" ? late.promise : undefined);

  const attached = page.room.attach(link);
  await Promise.resolve();
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  server.say(ROOM, "meanwhile"); // after the page was read
  assert.equal(page.room.state.phase, "joining");
  late.open();
  await attached;

  assert.deepEqual(shown(page.room), [1, 2, 3]);
  assert.deepEqual(page.messages, [3]);
});

test("joining again resumes from the position, by all cursors", async () => {
  const { join, say } = setUp();
  say(3);
  const { room, first, link, page } = await join();
  first.cut();
  say(250);
  const second = link();

  await room.attach(second);

  assert.deepEqual(shown(room), range(1, 253));
  assert.deepEqual(second.of("join"), [{ roomId: ROOM, after: 3, epoch: "epoch-of-lobby" }]);
  assert.equal(second.of("history").length, 2);
  assert.deepEqual(page.messages, range(4, 253));
});

test("expired: what is held stays, the break is marked, and it goes on behind it", async () => {
  const { join, say, server } = setUp();
  say(3);
  const { room, first, link } = await join();
  first.cut();
  say(200);
  server.expire(ROOM, 50);

  await room.attach(link());

  assert.deepEqual(shown(room), [...range(1, 3), ...range(50, 203)]);
  assert.deepEqual(room.state.breaks, [50]);
  assert.equal(room.state.restarted, false);
});

test("epochChanged: it starts afresh, and says that it restarted", async () => {
  const { join, say, server } = setUp();
  say(3);
  const { room, first, link, page } = await join();
  first.cut();
  server.restart(ROOM, "second");
  say(60);

  await room.attach(link());

  assert.deepEqual(shown(room), range(11, 60));
  assert.equal(room.state.epoch, "second");
  assert.equal(room.state.restarted, true);
  assert.deepEqual(page.messages, []);
});

test("an epoch that changes while nothing was shown is not worth a word", async () => {
  const { join, say, server } = setUp();
  const { room, first, link } = await join();
  first.cut();
  server.restart(ROOM, "second");
  say(2);

  await room.attach(link());

  assert.deepEqual(shown(room), [1, 2]);
  assert.equal(room.state.restarted, false);
});

test("ahead: it starts afresh in the same epoch", async () => {
  const { join, say, server } = setUp();
  say(5);
  const { room, first, link } = await join();
  first.cut();
  server.restart(ROOM, "epoch-of-lobby");
  say(2, { sender: "carol" });

  await room.attach(link());

  assert.deepEqual(
    room.state.messages.map(({ sender }) => sender),
    ["carol", "carol"],
  );
  assert.equal(room.state.restarted, true);
});

test("who is very far behind starts with the newest page instead of reading it all", async () => {
  const { join, say } = setUp();
  say(3);
  const { room, first, link } = await join();
  first.cut();
  say(10_100);
  const second = link();

  await room.attach(second);

  assert.deepEqual(shown(room), range(10_054, 10_103));
  assert.equal(room.state.restarted, false);
  assert.equal(second.of("history").length, 1);
});

for (const name of ["forbidden", "invalidRoomId", "tooManyRooms"]) {
  test(`${name} refuses the room, and attach resolves`, async () => {
    const { open } = setUp();
    const { room, link } = open();
    const refusing = link();
    refusing.spoil = () => new CommandError(name, "No.");

    await room.attach(refusing);

    assert.equal(room.state.phase, "refused");
    assert.deepEqual(room.state.refusal, { name, detail: "No." });
  });
}

test("a room that was refused is live after a join that is answered", async () => {
  const { open, say } = setUp();
  const { room, link } = open();
  const refusing = link();
  refusing.spoil = () => new CommandError("forbidden", "No.");
  await room.attach(refusing);
  say(1);

  await room.attach(link());

  assert.equal(room.state.phase, "live");
  assert.equal(room.state.refusal, null);
  assert.deepEqual(shown(room), [1]);
});

for (const error of [
  new CommandError("unavailable", "Later.", true),
  new CommandError("rateLimited", "Slow down.", true),
  new CommandError("timeout", "Nothing.", true),
  new CommandError("tokenExpired", "Refresh."),
]) {
  test(`${error.name} while joining is tried again while the link stands, a second later at the earliest`, async () => {
    const { open, clock, say } = setUp();
    say(1);
    const { room, link } = open();
    const shaky = link();
    let failures = 2;
    shaky.spoil = () => (failures-- > 0 ? error : undefined);
    const attached = room.attach(shaky);

    await clock.advance(999);
    assert.equal(shaky.commands.length, 1);
    await clock.advance(10_000);
    await attached;

    assert.deepEqual(shown(room), [1]);
  });
}

test("a link that is lost in the middle of the join rejects attach, and so does one that waits to try again", async () => {
  const { open, settle } = setUp();
  const { room, link } = open();
  const silent = link();
  silent.spoil = () => "unanswered";
  const first = assert.rejects(room.attach(silent), { name: "disconnected" });
  await settle();
  silent.cut();
  await first;

  const waiting = link();
  waiting.spoil = () => new CommandError("unavailable", "Later.", true);
  const second = assert.rejects(room.attach(waiting), { name: "disconnected" });
  await settle();
  waiting.cut();
  await second;
});

test("a link that is lost between two pages loses nothing and doubles nothing", async () => {
  const { join, say, settle } = setUp();
  say(1);
  const { room, first, link } = await join();
  first.cut();
  say(500);
  const second = link();
  second.spoil = ({ data }) => (data.cursor && second.of("history").length === 2 ? "unanswered" : undefined);
  const lost = assert.rejects(room.attach(second), { name: "disconnected" });
  await settle();
  second.cut();
  await lost;
  assert.deepEqual(shown(room), range(1, 201));

  await room.attach(link());

  assert.deepEqual(shown(room), range(1, 501));
});

test("rotation: pushes of both links count once, and commands go to the new one after its join", async () => {
  const { join, say, server, settle } = setUp();
  say(1);
  const { room, first, link, page } = await join();
  const next = link();
  const late = gate();
  next.spoil = ({ action }) => (action === "join" ? late.promise : undefined);
  const attached = room.attach(next);
  await settle();
  server.say(ROOM, "to both");
  room.send("by the old one");
  await settle();
  late.open();
  await attached;
  room.send("by the new one");
  await settle();

  assert.deepEqual(shown(room), [1, 2, 3, 4]);
  assert.deepEqual(page.messages, [2, 3, 4]);
  assert.deepEqual(
    [first.of("sendmessage"), next.of("sendmessage")].map((sent) => sent.map(({ message }) => message)),
    [["by the old one"], ["by the new one"]],
  );
  first.cut();
  server.say(ROOM, "to the new one only");
  assert.deepEqual(shown(room), [1, 2, 3, 4, 5]);
});

test("a rotation that fails leaves the old link in use", async () => {
  const { join, say, server, settle } = setUp();
  say(1);
  const { room, link, first } = await join();
  const next = link();
  next.spoil = ({ action }) => (action === "join" ? "unanswered" : undefined);
  const lost = assert.rejects(room.attach(next), { name: "disconnected" });
  await settle();
  next.cut();
  await lost;

  room.send("still here");
  server.say(ROOM, "and heard");
  await settle();

  assert.deepEqual(shown(room), [1, 2, 3]);
  assert.equal(first.of("sendmessage").length, 1);
});

test("a link that is lost after its join, while it reads, gives the room back to the link before", async () => {
  const { join, say, settle, clock } = setUp();
  say(1);
  const { room, link, first } = await join();
  first.dropsPushes = true;
  say(300);
  const next = link();
  next.spoil = ({ action }) => (action === "history" ? "unanswered" : undefined);
  const lost = assert.rejects(room.attach(next), { name: "disconnected" });
  await settle();
  next.cut();
  await lost;
  await clock.advance(5000);

  assert.deepEqual(shown(room), range(1, 301));
});

test("attaching the same link again joins again and is caught up", async () => {
  const { join, say } = setUp();
  const { room, first } = await join();
  first.dropsPushes = true;
  say(2);
  first.dropsPushes = false;

  await room.attach(first);

  assert.deepEqual(shown(room), [1, 2]);
});

test("an attach that another one replaces settles with it", async () => {
  const { open, say, settle } = setUp();
  say(1);
  const { room, link } = open();
  const slow = link();
  slow.spoil = () => "unanswered";
  const first = room.attach(slow);
  await settle();

  await room.attach(link());
  slow.cut();
  await first;

  assert.deepEqual(shown(room), [1]);
});

test("another user begins with nothing of the one before", async () => {
  const { join, say, settle } = setUp();
  say(1);
  const { room, first } = await join();
  first.spoil = () => "unanswered";
  room.send("of alice");

  room.setUser("bob");

  assert.deepEqual([room.user, shown(room), room.state.outgoing, room.state.phase], ["bob", [], [], "joining"]);
  room.setUser("alice");
  assert.deepEqual(
    room.state.outgoing.map(({ text }) => text),
    ["of alice"],
  );
  await settle();
  assert.equal(first.of("sendmessage").length, 1);
});
