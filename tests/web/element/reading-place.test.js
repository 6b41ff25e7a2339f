import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState } from "../../../web/client/state.js";
import { ReadingPlace } from "../../../web/element/reading-place.js";

const WHOSE = { url: "ws://chat.example/prod", user: "alice", room: "lobby" };

class Store {
  #items = new Map();
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  setItem(key, value) {
    this.#items.set(key, value);
  }
  removeItem(key) {
    this.#items.delete(key);
  }
}
const FORBIDDEN = {
  getItem() {
    throw new Error("forbidden");
  },
  setItem() {
    throw new Error("forbidden");
  },
  removeItem() {
    throw new Error("forbidden");
  },
};

/** A room of bob's messages from one sequence to another; those of alice are named. */
function room(from, to, { own = [], epoch = "e" } = {}) {
  const messages = [];
  for (let sequence = from; sequence <= to; sequence++) {
    const sender = own.includes(sequence) ? "alice" : "bob";
    messages.push({ sequence, id: `${sequence}`, sender, name: sender, sentAt: 0, message: "" });
  }
  return { ...initialState(), phase: "live", user: "alice", epoch, messages, last: to, oldest: 1 };
}

test("Somebody who was never here has read everything", () => {
  assert.equal(new ReadingPlace(WHOSE, room(1, 5), new Store(), new Store()).unread, 0);
});

test("What others wrote since the last visit is unread, and the marker follows what was read", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short);
  const reading = new ReadingPlace(WHOSE, room(1, 9, { own: [8] }), long, short);
  assert.deepEqual([reading.unread, reading.unreadAfter], [3, 5]);
});

test("Messages that are not loaded yet count as unread ones", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short);
  assert.equal(new ReadingPlace(WHOSE, room(50, 99), long, short).unread, 94);
});

test("A reader who is present reads everything, and the marker stays", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short);
  const reading = new ReadingPlace(WHOSE, room(1, 7), long, short);
  reading.update(room(1, 7), true);
  assert.deepEqual([reading.unread, reading.unreadAfter], [0, 5]);
});

test("The marker moves to what comes after everything was read", () => {
  const reading = new ReadingPlace(WHOSE, room(1, 5), new Store(), new Store());
  reading.update(room(1, 6), true);
  reading.update(room(1, 8), false);
  assert.deepEqual([reading.unread, reading.unreadAfter], [2, 6]);
});

test("The marker is gone when the reader leaves with everything read", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short);
  const reading = new ReadingPlace(WHOSE, room(1, 7), long, short);
  reading.update(room(1, 7), true);
  reading.leave();
  assert.equal(reading.unreadAfter, null);
});

test("The marker stays when the reader leaves with something unread", () => {
  const reading = new ReadingPlace(WHOSE, room(1, 5), new Store(), new Store());
  reading.update(room(1, 7), false);
  reading.leave();
  assert.equal(reading.unreadAfter, 5);
});

test("A log that began again is unread from its beginning", () => {
  const reading = new ReadingPlace(WHOSE, room(1, 50), new Store(), new Store());
  reading.update(room(1, 3, { epoch: "f" }), false);
  assert.equal(reading.unread, 3);
});

test("The place is kept for the next visit of the same log only", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short).place = { sequence: 3, offset: -12.5 };
  const again = new ReadingPlace(WHOSE, room(1, 5), long, short);
  assert.deepEqual(again.place, { sequence: 3, offset: -12.5 });
  again.update(room(1, 5, { epoch: "f" }), false);
  assert.equal(again.place, null);
});

test("Rooms and users have places of their own", () => {
  const [long, short] = [new Store(), new Store()];
  new ReadingPlace(WHOSE, room(1, 5), long, short).place = { sequence: 3, offset: 0 };
  assert.equal(new ReadingPlace({ ...WHOSE, user: "bob" }, room(1, 5), long, short).place, null);
  assert.equal(new ReadingPlace({ ...WHOSE, room: "hall" }, room(1, 5), long, short).place, null);
});

test("Storage that throws leaves the reader at the end with everything read", () => {
  const reading = new ReadingPlace(WHOSE, room(1, 5), FORBIDDEN, FORBIDDEN);
  reading.place = { sequence: 3, offset: 0 };
  assert.deepEqual([reading.unread, reading.place], [0, null]);
});

test("Something unreadable in the storage is nothing", () => {
  const garbage = { ...FORBIDDEN, getItem: () => "{" };
  assert.equal(new ReadingPlace(WHOSE, room(1, 5), garbage, garbage).unread, 0);
});
