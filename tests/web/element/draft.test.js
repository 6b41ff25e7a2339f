import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts } from "../../../web/element/draft.js";

/** Like `localStorage`, of a few items. */
class FakeStorage {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key(/** @type {number} */ index) {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(/** @type {string} */ key) {
    return this.#items.get(key) ?? null;
  }
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    this.#items.set(key, value);
  }
  removeItem(/** @type {string} */ key) {
    this.#items.delete(key);
  }
}

/** Drafts by a clock that goes on with every look at it. */
function make() {
  const storage = new FakeStorage();
  let now = 1_000;
  return {
    storage,
    drafts: new Drafts(
      () => storage,
      () => now++,
    ),
  };
}

test("a draft is kept for its room, also over a reload", () => {
  const { storage, drafts } = make();
  drafts.write("one", "12:30に会いましょう\n:)");
  drafts.write("other", "elsewhere");
  assert.equal(new Drafts(() => storage).read("one"), "12:30に会いましょう\n:)");
});

test("a room without a draft has an empty one", () => assert.equal(make().drafts.read("one"), ""));

test("an empty text removes the draft", () => {
  const { storage, drafts } = make();
  drafts.write("one", "text");
  drafts.write("one", "");
  assert.equal(drafts.read("one"), "");
  assert.equal(storage.length, 0);
});

test("twenty drafts are kept, and the one that was written first goes", () => {
  const { storage, drafts } = make();
  storage.setItem("somebody else's", "1");
  for (let room = 0; room < 20; room++) drafts.write(`room ${room}`, "text");
  drafts.write("room 0", "newer");
  drafts.write("room 20", "text");
  assert.equal(storage.length, 21);
  assert.equal(drafts.read("room 0"), "newer");
  assert.equal(drafts.read("room 1"), "");
  assert.equal(drafts.read("room 20"), "text");
  assert.equal(storage.getItem("somebody else's"), "1");
});

test("what is not ours to read goes first", () => {
  const { storage, drafts } = make();
  storage.setItem("talkroom.draft/odd", "no time");
  for (let room = 0; room < 20; room++) drafts.write(`room ${room}`, "text");
  assert.equal(storage.length, 20);
  assert.equal(drafts.read("room 0"), "text");
});

test("a draft of more than 16,000 units is cut", () => {
  const { drafts } = make();
  drafts.write("one", "a".repeat(20_000));
  assert.equal(drafts.read("one").length, 16_000);
});

test("storage that is full keeps nothing and says nothing", () => {
  const { storage, drafts } = make();
  storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  drafts.write("one", "text");
  assert.equal(drafts.read("one"), "");
});

test("storage that is forbidden keeps nothing and says nothing", () => {
  const drafts = new Drafts(() => {
    throw new DOMException("no", "SecurityError");
  });
  drafts.write("one", "text");
  assert.equal(drafts.read("one"), "");
});

test("where there is no storage nothing is kept", () => {
  const drafts = new Drafts(() => undefined);
  drafts.write("one", "text");
  assert.equal(drafts.read("one"), "");
});
