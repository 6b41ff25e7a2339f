/** Outbox: unsent messages in the storage. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../../web/client/outbox.js";
import { SafeStorage } from "../../../web/client/storage.js";
import { FakeStorage } from "./fakes.js";

const entry = (id, more) => ({
  id,
  text: "hello",
  at: 1,
  status: "queued",
  failure: null,
  retryAfter: null,
  epoch: null,
  ...more,
});
const open = (inner, { url = "wss://a/prod", user = "alice", room = "lobby" } = {}) =>
  new Outbox(new SafeStorage(inner), url, user, room);

test("an item has a key of its own, of which each part is encoded", () => {
  const inner = new FakeStorage();

  open(inner, { user: "a/b", room: "会議室 1" }).put(entry("id/1"));

  const room = "%E4%BC%9A%E8%AD%B0%E5%AE%A4%201";
  assert.equal(inner.key(0), `talkroom.outbox/wss%3A%2F%2Fa%2Fprod/a%2Fb/${room}/id%2F1`);
});

test("what was put is loaded in the order in which it was written; what was being sent is queued, what failed has failed", () => {
  const inner = new FakeStorage();
  const outbox = open(inner);
  const failed = entry("b", { at: 2, status: "failed", failure: { name: "forbidden", detail: "No." } });
  outbox.put(entry("c", { at: 3, status: "sending", retryAfter: 4, epoch: "e" }));
  outbox.put(failed);
  outbox.put(entry("a"));

  assert.deepEqual(open(inner).load(), [entry("a"), failed, entry("c", { at: 3, retryAfter: 4, epoch: "e" })]);
});

test("other users, rooms and servers have outboxes of their own", () => {
  const inner = new FakeStorage();
  open(inner).put(entry("a"));

  for (const other of [{ user: "bob" }, { room: "other" }, { room: "lobby2" }, { url: "wss://b/prod" }]) {
    assert.deepEqual(open(inner, other).load(), []);
  }
  assert.equal(open(inner).load().length, 1);
});

test("what is removed is gone", () => {
  const inner = new FakeStorage();
  open(inner).put(entry("a"));

  open(inner).remove("a");

  assert.equal(inner.length, 0);
});

test("items that cannot be read are removed, and the others are loaded", () => {
  const inner = new FakeStorage();
  open(inner).put(entry("good"));
  const prefix = inner.key(0).replace(/good$/, "");
  const bad = {
    broken: "{",
    nothing: "null",
    number: "7",
    array: "[]",
    empty: "",
    "other-id": JSON.stringify(entry("x")),
    text: JSON.stringify(entry("text", { text: 7 })),
    at: JSON.stringify(entry("at", { at: "now" })),
    half: JSON.stringify(entry("half", { retryAfter: 1 })),
    epoch: JSON.stringify(entry("epoch", { epoch: "e" })),
    negative: JSON.stringify(entry("negative", { retryAfter: -1, epoch: "e" })),
    failure: JSON.stringify(entry("failure", { failure: "x" })),
    "%zz": JSON.stringify(entry("%zz")),
  };
  for (const [id, item] of Object.entries(bad)) inner.setItem(prefix + id, item);
  inner.setItem("somebody else's", "{");

  assert.deepEqual(open(inner).load(), [entry("good")]);
  assert.equal(inner.length, 2);
});

test("half of a surrogate pair in a name is no reason to throw", () => {
  const outbox = open(new FakeStorage(), { room: "\ud83d" });
  outbox.put(entry("a", { text: "\ud83d" }));

  assert.equal(outbox.load()[0].text, "\ud83d");
});
