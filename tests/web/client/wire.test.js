import assert from "node:assert/strict";
import { test } from "node:test";

import { CommandError, codePoints, isRoomId, unpack, webSocketUrl } from "../../../web/client/wire.js";

test("a frame of one object is that object", () => {
  assert.deepEqual(unpack('{"type":"reply","ref":1}'), [{ type: "reply", ref: 1 }]);
});

test("a frame of an array is its objects, in order", () => {
  assert.deepEqual(unpack('[{"a":1},{"b":2}]'), [{ a: 1 }, { b: 2 }]);
});

test("what is no object in a frame is passed over", () => {
  assert.deepEqual(unpack('[1,null,"x",{"a":1}]'), [{ a: 1 }]);
});

for (const frame of ["", "{", "null", "7", '"text"', "[]", new ArrayBuffer(3), undefined]) {
  test(`nothing is read from ${typeof frame === "string" ? `the frame ${frame}` : typeof frame}`, () => {
    assert.deepEqual(unpack(frame), []);
  });
}

test("a text is as long as its code points", () => {
  assert.equal(codePoints("a漢😀"), 3);
});

for (const id of ["lobby", "会議室 1", "a　b", "👩‍👩‍👧", "x".repeat(128), "漢".repeat(42)]) {
  test(`${id.slice(0, 10)} is a room id`, () => assert.equal(isRoomId(id), true));
}

for (const id of [
  "",
  " a",
  "a ",
  "a\nb",
  "a\u0000",
  "\u2028",
  "\ud800",
  "x".repeat(129),
  "漢".repeat(43),
  "a\u00a0b",
]) {
  test(`${JSON.stringify(id.slice(0, 10))} of ${id.length} is no room id`, () => assert.equal(isRoomId(id), false));
}

test("http and https are taken for ws and wss", () => {
  assert.equal(webSocketUrl("http://localhost:8080/prod"), "ws://localhost:8080/prod");
  assert.equal(webSocketUrl("https://chat.test/prod#top"), "wss://chat.test/prod");
  assert.equal(webSocketUrl("wss://chat.test/prod"), "wss://chat.test/prod");
});

for (const url of ["", "/prod", "ftp://chat.test/", "chat"]) {
  test(`${url || "nothing"} is not the URL of a server`, () => assert.throws(() => webSocketUrl(url), TypeError));
}

test("an error has a name, a sentence, and whether to try again", () => {
  const error = new CommandError("timeout", "No answer.", true);
  assert.deepEqual([error.name, error.detail, error.retry], ["timeout", "No answer.", true]);
  assert.equal(error.message, "timeout: No answer.");
});
