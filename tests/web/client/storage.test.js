/** SafeStorage: a storage that never throws. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SafeStorage } from "../../../web/client/storage.js";
import { FakeStorage } from "./fakes.js";

test("it keeps what it is given in the storage below", () => {
  const inner = new FakeStorage();
  const storage = new SafeStorage(inner);

  storage.set("a", "1");

  assert.equal(inner.getItem("a"), "1");
  assert.equal(storage.get("a"), "1");
  storage.remove("a");
  assert.equal(inner.length, 0);
  assert.equal(storage.get("a"), null);
});

test("without a storage, and where there is no localStorage, it keeps things in memory", () => {
  for (const storage of [new SafeStorage(null), new SafeStorage()]) {
    storage.set("a", "1");
    storage.set("b", "2");
    storage.remove("b");

    assert.deepEqual([storage.get("a"), storage.get("b"), storage.keys("")], ["1", null, ["a"]]);
  }
});

test("what a full storage refuses is kept in memory", () => {
  const inner = new FakeStorage({ itemsMax: 1 });
  const storage = new SafeStorage(inner);

  storage.set("a", "1");
  storage.set("b", "2");

  assert.deepEqual([storage.get("a"), storage.get("b")], ["1", "2"]);
  assert.deepEqual(storage.keys("").sort(), ["a", "b"]);
  storage.remove("b");
  assert.equal(storage.get("b"), null);
});

test("the newest value counts when the storage refuses to replace an older one", () => {
  const inner = new FakeStorage();
  const storage = new SafeStorage(inner);
  storage.set("a", "1");
  inner.setItem = () => {
    throw new DOMException("Full.", "QuotaExceededError");
  };

  storage.set("a", "2");

  assert.equal(storage.get("a"), "2");
});

test("a storage that throws at everything is survived", () => {
  const inner = new Proxy(
    {},
    {
      get() {
        throw new DOMException("No.", "SecurityError");
      },
    },
  );
  const storage = new SafeStorage(inner);

  storage.set("a", "1");

  assert.deepEqual([storage.get("a"), storage.get("b"), storage.keys("")], ["1", null, ["a"]]);
  storage.remove("a");
  assert.equal(storage.get("a"), null);
});

test("a page that may not even look at localStorage is survived", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new DOMException("No.", "SecurityError");
    },
  });
  try {
    const storage = new SafeStorage();
    storage.set("a", "1");

    assert.equal(storage.get("a"), "1");
  } finally {
    if (before) Object.defineProperty(globalThis, "localStorage", before);
    else delete globalThis.localStorage;
  }
});

test("keys are those that begin with a prefix", () => {
  const storage = new SafeStorage(new FakeStorage());
  for (const key of ["a/1", "a/2", "b/1"]) storage.set(key, "x");

  assert.deepEqual(storage.keys("a/").sort(), ["a/1", "a/2"]);
});
