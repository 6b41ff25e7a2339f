/** Room and its sender: messages of one's own on their way (docs/protocol.md section 9). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CommandError } from "../../../web/client/wire.js";
import { gate, ROOM, setUp, shown } from "./fake-room.js";

const EPOCH = "epoch-of-lobby";
const statuses = (room) => room.state.outgoing.map(({ text, status }) => [text, status]);
const items = (storage) => Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index)));

test("a message is shown at once, and replaced by the stored one", async () => {
  const { join, settle, log } = setUp();
  const { room, storage, page } = await join();

  const id = room.send("hello");
  assert.deepEqual(statuses(room), [["hello", "sending"]]);
  await settle();

  assert.deepEqual(room.state.outgoing, []);
  assert.deepEqual(room.state.messages, log().messages);
  assert.equal(room.state.messages[0].id, id);
  assert.deepEqual(page.messages, [1]);
  assert.equal(storage.length, 0);
});

test("what is written before the join waits for it, in order", async () => {
  const { open, settle, log, say } = setUp();
  say(2);
  const { room, link } = open();
  room.send("one");
  room.send("two");
  assert.deepEqual(statuses(room), [
    ["one", "queued"],
    ["two", "queued"],
  ]);
  const only = link();
  await room.attach(only);
  await settle();

  assert.deepEqual(
    log().messages.map(({ message }) => message),
    ["text 1", "text 2", "one", "two"],
  );
  assert.deepEqual(
    only.commands.map(({ action }) => action),
    ["join", "history", "sendmessage", "sendmessage"],
  );
});

test("a message is in the storage with what a repetition needs before it leaves, and the first attempt does not say it", async () => {
  const { join, say } = setUp();
  say(3);
  const { room, first, storage } = await join();
  let kept = null;
  first.spoil = () => void (kept = items(storage).map((item) => JSON.parse(item)));

  const id = room.send("hello");

  assert.equal(kept.length, 1);
  assert.deepEqual([kept[0].id, kept[0].text, kept[0].retryAfter, kept[0].epoch], [id, "hello", 3, EPOCH]);
  assert.deepEqual(first.of("sendmessage"), [{ roomId: ROOM, message: "hello", id }]);
});

test("the next message leaves when the one before it was answered", async () => {
  const { join, settle } = setUp();
  const { room, first } = await join();
  const late = gate();
  first.holdsPushes = true;
  first.spoil = () => late.promise;
  room.send("one");
  room.send("two");
  await settle();
  assert.equal(first.of("sendmessage").length, 1);
  assert.deepEqual(statuses(room), [
    ["one", "sending"],
    ["two", "queued"],
  ]);

  late.open();
  await settle();

  assert.equal(first.of("sendmessage").length, 2);
});

test("the next message does not wait for a reply that is lost once the push has come", async () => {
  const { join, settle, log } = setUp();
  const { room, first } = await join();
  first.spoil = () => "unanswered";
  room.send("one");
  room.send("two");
  await settle();

  assert.equal(log().last, 2);
  assert.deepEqual(shown(room), [1, 2]);
  assert.deepEqual(room.state.outgoing, []);
});

test("the reply before the push is the message once, and so is the push before the reply", async () => {
  const { join, settle, log } = setUp();
  const { room, first } = await join();
  first.holdsPushes = true;
  room.send("reply first");
  await settle();
  assert.deepEqual(shown(room), [1]);
  first.release();
  first.holdsPushes = false;
  const late = gate();
  first.spoil = () => late.promise;
  room.send("push first");
  await settle();
  assert.deepEqual(shown(room), [1, 2]);
  late.open();
  await settle();

  assert.deepEqual(room.state.messages, log().messages);
});

test("a reply beyond the next sequence keeps the message in sight until the gap is filled", async () => {
  const { join, settle, say, clock, log } = setUp();
  const { room, first, storage } = await join();
  first.dropsPushes = true;
  say(2);

  room.send("mine");
  await settle();
  assert.deepEqual(statuses(room), [["mine", "sending"]]);
  assert.equal(storage.length, 0);
  assert.equal(first.of("sendmessage").length, 1);
  await clock.advance(1000);

  assert.deepEqual(room.state.messages, log().messages);
  assert.deepEqual(room.state.outgoing, []);
});

test("a lost reply is repeated over the next link with the same id, retryAfter and epoch, unchanged", async () => {
  const { join, settle, say, log } = setUp();
  say(2);
  const { room, first, link } = await join();
  first.dropsPushes = true;
  first.spoil = () => "unanswered";
  const id = room.send("once");
  await settle();
  first.cut();
  await settle();
  assert.deepEqual(statuses(room), [["once", "queued"]]);
  say(1);
  // The next links do not show that it is stored, and lose replies too.
  const others = [link(), link()];
  for (const other of others) {
    other.spoil = ({ action }) => (action === "join" ? undefined : new CommandError("unavailable", "Later.", true));
  }
  for (const other of others) {
    const attached = room.attach(other).catch(() => {});
    await settle();
    other.cut();
    await attached;
  }
  await room.attach(link());
  await settle();

  assert.equal(log().messages.filter((message) => message.id === id).length, 1);
  assert.deepEqual(shown(room), [1, 2, 3, 4]);
});

test("every repetition says what was known at the first attempt", async () => {
  const { join, say, clock } = setUp();
  say(2);
  const { room, first } = await join();
  first.spoil = ({ action }) =>
    action === "sendmessage" ? new CommandError("unavailable", "Later.", true) : undefined;
  const id = room.send("once");
  await clock.advance(1000);
  say(5);
  await clock.advance(30_000);

  const [attempt, ...repetitions] = first.of("sendmessage");

  assert.deepEqual(attempt, { roomId: ROOM, message: "once", id });
  assert.ok(repetitions.length >= 2);
  for (const repetition of repetitions) assert.deepEqual(repetition, { ...attempt, retryAfter: 2, epoch: EPOCH });
});

test("a repetition of a message that was stored long before is acknowledged, and not shown twice", async () => {
  const { join, say, log, settle, open } = setUp();
  const { room, first, storage } = await join();
  first.dropsPushes = true;
  first.spoil = () => "unanswered";
  room.send("old");
  await settle();
  say(200);
  const later = open({ storage }); // a reload; the newest page does not hold it

  const only = later.link();
  await later.room.attach(only);
  await settle();

  assert.deepEqual(later.room.state.outgoing, []);
  assert.equal(storage.length, 0);
  assert.equal(log().last, 201);
  assert.deepEqual(only.of("sendmessage")[0].retryAfter, 0);
});

test("rateLimited waits a second at least, and goes on", async () => {
  const { join, clock, settle, log } = setUp();
  const { room, first } = await join();
  let refusals = 1;
  first.spoil = () => (refusals-- > 0 ? new CommandError("rateLimited", "Slow down.", true) : undefined);
  room.send("one");
  room.send("two");
  await clock.advance(999);
  assert.equal(first.of("sendmessage").length, 1);
  await clock.advance(1);
  await settle();

  assert.deepEqual(
    log().messages.map(({ message }) => message),
    ["one", "two"],
  );
});

test("an error that is final fails that message, and the next goes on", async () => {
  const { join, settle, log, storage: _ } = setUp();
  const { room, first, storage } = await join();

  const id = room.send("x".repeat(4001));
  room.send("short");
  await settle();

  assert.deepEqual(
    room.state.outgoing.map((entry) => [entry.id, entry.status, entry.failure.name]),
    [[id, "failed", "textTooLong"]],
  );
  assert.deepEqual(
    log().messages.map(({ message }) => message),
    ["short"],
  );
  assert.equal(storage.length, 1);
  assert.equal(first.of("sendmessage").length, 2);
});

test("a failed message is sent again with its id when the user says so, and not by itself", async () => {
  const { join, settle, clock, log, open } = setUp();
  const { room, first, storage } = await join();
  first.spoil = () => new CommandError("forbidden", "You may not.");
  const id = room.send("please");
  await clock.advance(60_000);
  assert.equal(first.of("sendmessage").length, 1);
  const reloaded = open({ storage });
  assert.deepEqual(reloaded.room.state.outgoing[0].failure, { name: "forbidden", detail: "You may not." });

  first.spoil = () => undefined;
  room.retry(id);
  await settle();

  assert.deepEqual(
    log().messages.map((message) => message.id),
    [id],
  );
  assert.deepEqual(room.state.outgoing, []);
});

test("retryTooLate fails; to try again is a new message with a new id, in its place", async () => {
  const { join, settle, server, log, say, link: _ } = setUp();
  const { room, first, link, storage } = await join();
  first.dropsPushes = true;
  first.spoil = () => new CommandError("unavailable", "Later.", true);
  const id = room.send("late");
  await settle();
  first.cut();
  say(3);
  server.expire(ROOM, 3);
  const second = link();
  await room.attach(second);
  await settle();
  assert.deepEqual(
    room.state.outgoing.map((entry) => [entry.status, entry.failure?.name]),
    [["failed", "retryTooLate"]],
  );

  room.retry(id);
  await settle();

  assert.deepEqual(second.of("sendmessage")[1].retryAfter, undefined);
  assert.notEqual(second.of("sendmessage")[1].id, id);
  assert.equal(log().messages.at(-1).message, "late");
  assert.deepEqual(room.state.outgoing, []);
  assert.equal(storage.length, 0);
});

test("a token that has expired fails nothing: the message goes on after the room was joined again", async () => {
  const { join, settle, log } = setUp();
  const { room, first } = await join();
  first.spoil = ({ action }) => (action === "sendmessage" ? new CommandError("tokenExpired", "Refresh.") : undefined);
  room.send("patient");
  await settle();
  assert.deepEqual(statuses(room), [["patient", "sending"]]);
  first.spoil = () => undefined;

  await room.attach(first);
  await settle();

  assert.equal(log().last, 1);
  assert.deepEqual(room.state.outgoing, []);
});

test("discard forgets a queued message, also in the storage", async () => {
  const { open, settle, log } = setUp();
  const { room, link, storage } = open();
  const id = room.send("no");
  room.send("yes");

  room.discard(id);
  await room.attach(link());
  await settle();

  assert.deepEqual(
    log().messages.map(({ message }) => message),
    ["yes"],
  );
  assert.equal(storage.length, 0);
});

test("discard of a message in flight lets the next one go, and what was stored all the same is shown once", async () => {
  const { join, settle, log } = setUp();
  const { room, first, storage } = await join();
  const late = gate();
  first.holdsPushes = true;
  first.spoil = ({ data }) => (data.message === "gone" ? late.promise : undefined);
  const id = room.send("gone");
  room.send("next");
  await settle();
  room.discard(id);
  await settle();
  late.open();
  await settle();
  first.release();

  assert.deepEqual(room.state.messages, log().messages);
  assert.deepEqual(
    log().messages.map(({ message }) => message),
    ["gone", "next"],
  );
  assert.equal(storage.length, 0);
});

test("a reload resends with the same id, retryAfter and epoch, and shows nothing twice", async () => {
  const { join, open, settle, log, say } = setUp();
  say(1);
  const { room, first, storage } = await join();
  first.spoil = ({ data }) => (data.message === "lost" ? new Promise(() => {}) : undefined);
  first.dropsPushes = true;
  const id = room.send("lost");
  room.send("behind it");
  await settle(); // stored, but this page will never know

  const later = open({ storage });
  assert.deepEqual(statuses(later.room), [
    ["lost", "queued"],
    ["behind it", "queued"],
  ]);
  const only = later.link();
  await later.room.attach(only);
  await settle();

  assert.deepEqual(
    only.of("sendmessage").map(({ message }) => message),
    ["behind it"],
  ); // the page showed the first
  assert.deepEqual(later.room.state.messages, log().messages);
  assert.equal(log().messages.filter((message) => message.id === id).length, 1);
  assert.equal(storage.length, 0);
});

test("two tabs with the same storage send each message once", async () => {
  const { open, settle, log } = setUp();
  const one = open();
  one.room.send("a");
  one.room.send("b");
  const two = open({ storage: one.storage });
  two.room.send("c");
  assert.equal(two.room.state.outgoing.length, 3);

  await Promise.all([one.room.attach(one.link()), two.room.attach(two.link())]);
  await settle();

  assert.deepEqual(
    log()
      .messages.map(({ message }) => message)
      .sort(),
    ["a", "b", "c"],
  );
  for (const { room } of [one, two]) {
    assert.deepEqual(room.state.messages, log().messages);
    assert.deepEqual(room.state.outgoing, []);
  }
  assert.equal(one.storage.length, 0);
});

test("beyond 100 unsent messages send throws queueFull, and only white space throws textEmpty", () => {
  const { open } = setUp();
  const { room, storage } = open();
  for (let index = 0; index < 100; index += 1) room.send(`text ${index}`);

  assert.throws(() => room.send("one too many"), { name: "queueFull" });
  assert.throws(() => room.send(" \n\u3000"), { name: "textEmpty" });
  assert.equal(storage.length, 100);
});

test("messages of one moment keep their order over a reload", () => {
  const { open } = setUp();
  const { room, storage } = open();
  const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
  for (const text of texts) room.send(text);

  const later = open({ storage });

  assert.deepEqual(
    later.room.state.outgoing.map(({ text }) => text),
    texts,
  );
});

test("a message that is stored in a log that started again is not under way any more, and shown there", async () => {
  const { join, settle, server, clock, say, log } = setUp();
  say(2);
  const { room, first } = await join();
  first.dropsPushes = true;
  server.restart(ROOM, "second");

  room.send("into the new log");
  await settle();
  assert.deepEqual(room.state.outgoing, []);
  await clock.advance(1000);

  assert.deepEqual(room.state.messages, log().messages);
  assert.equal(room.state.restarted, true);
});

test("another principal's message with the same id is not mistaken for one's own", async () => {
  const { join, settle, server } = setUp();
  const { room, first } = await join();
  const late = gate();
  first.spoil = ({ action }) =>
    action === "sendmessage" ? new CommandError("unavailable", "Later.", true) : undefined;
  const id = room.send("mine");
  server.say(ROOM, "theirs", { sender: "mallory", id });
  await settle();

  assert.deepEqual(statuses(room), [["mine", "sending"]]);
  late.open();
});

test("a message that is written before the user is known is kept and sent once it is", async () => {
  const { setUp: _ } = { setUp };
  const { clock, server } = setUp();
  const { Room } = await import("../../../web/client/room.js");
  const { SafeStorage } = await import("../../../web/client/storage.js");
  const { FakeLink } = await import("./fake-room.js");
  const { FakeStorage, settle } = await import("./fakes.js");
  const storage = new FakeStorage();
  const room = new Room(ROOM, {
    url: "wss://x/y",
    storage: new SafeStorage(storage),
    clock,
    random: () => 0,
    newId: () => "a",
  });
  room.send("early");
  await room.attach(new FakeLink(server, room, { sub: "alice" }));
  assert.deepEqual(statuses(room), [["early", "queued"]]);

  room.setUser("alice", "Alice");
  await settle();

  assert.equal(server.log(ROOM).last, 1);
  assert.equal(room.state.outgoing.length, 0);
});
