import assert from "node:assert/strict";
import { test } from "node:test";

import { expiresAt, isSendable, principal, refreshAfter } from "../../../web/client/token.js";
import { fakeToken } from "./fakes.js";

test("a token says whom it is for", () => {
  assert.deepEqual(principal(fakeToken({ sub: "alice", name: "アリス" })), { id: "alice", name: "アリス" });
});

test("the id stands in for a name that is missing or blank", () => {
  assert.deepEqual(principal(fakeToken({ sub: "alice", name: " " })), { id: "alice", name: "alice" });
});

for (const token of ["", "x", "a.b.c", "..", `a.${btoa("null")}.c`, `a.${btoa("[]")}.c`, `a.${btoa('{"sub":7}')}.c`]) {
  test(`nobody is known from the token ${token}`, () => assert.equal(principal(token), null));
}

test("a token expires at its exp, in milliseconds", () => {
  assert.equal(expiresAt(fakeToken({ exp: 1000.5 })), 1_000_500);
});

test("a token without exp does not expire", () => {
  assert.equal(expiresAt(fakeToken()), Infinity);
  assert.equal(expiresAt("junk"), Infinity);
});

test("a long token is refreshed a minute before it expires", () => {
  assert.equal(refreshAfter(fakeToken({ exp: 3600 }), 0), 3_540_000);
});

test("a short token is refreshed at half of what it has left", () => {
  assert.equal(refreshAfter(fakeToken({ exp: 60 }), 0), 30_000);
});

test("a JWT can be a subprotocol, and what holds spaces or commas cannot", () => {
  assert.equal(isSendable(fakeToken()), true);
  for (const token of ["", "a b", "a,b", "ü", "a(b)"]) assert.equal(isSendable(token), false);
});
