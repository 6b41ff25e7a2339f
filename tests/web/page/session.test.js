import assert from "node:assert/strict";
import { test } from "node:test";
import { SafeStorage } from "../../../web/client/storage.js";
import { recall, remember, roomOf, roomsOf } from "../../../web/page/session.js";

/** A storage that holds one text under every name. @param {string | null} text */
const holding = (text) => {
  const storage = new SafeStorage(null);
  if (text !== null) storage.set("talkroom.me", text);
  return storage;
};

test("what was remembered is recalled", () => {
  const storage = new SafeStorage(null);
  remember(storage, "me", { user: "アリス" });
  assert.deepEqual(recall(storage, "me"), { user: "アリス" });
});

test("nothing that was kept is an empty object", () => {
  assert.deepEqual(recall(holding(null), "me"), {});
});

for (const text of ["", "{", "null", "undefined"]) {
  test(`what is no value counts as nothing: ${JSON.stringify(text)}`, () => {
    assert.deepEqual({ ...recall(holding(text), "me") }, {});
  });
}

test("a number in the storage has no fields", () => {
  assert.equal(recall(holding("7"), "me").user, undefined);
});

test("open rooms come in the order in which they were kept", () => {
  assert.deepEqual(roomsOf({ rooms: ["lobby", "会議室 1", "a"] }), ["lobby", "会議室 1", "a"]);
});

test("names that no room can have are dropped from the open rooms", () => {
  assert.deepEqual(roomsOf({ rooms: ["", " a", "a\n", null, "x".repeat(129), "lobby"] }), ["lobby"]);
});

test("no more than 50 rooms are open", () => {
  assert.equal(roomsOf({ rooms: Array.from({ length: 51 }, (_, index) => `room ${index}`) }).length, 50);
});

for (const kept of [{}, { rooms: null }, { rooms: 7 }, { rooms: { length: 3 } }]) {
  test(`no list, no rooms: ${JSON.stringify(kept)}`, () => {
    assert.deepEqual(roomsOf(kept), []);
  });
}

for (const [hash, room] of /** @type {const} */ ([
  ["", ""],
  ["#", ""],
  ["#lobby", "lobby"],
  ["#%E4%BC%9A%E8%AD%B0%E5%AE%A4%201", "会議室 1"],
  ["#会議室", "会議室"],
  ["#a%23b", "a#b"],
  ["#%20lobby%20", "lobby"],
  ["#100%", ""],
  ["#a%0Ab", ""],
  [`#${"x".repeat(129)}`, ""],
])) {
  test(`the fragment ${JSON.stringify(hash.slice(0, 40))} names ${JSON.stringify(room)}`, () => {
    assert.equal(roomOf(hash), room);
  });
}
