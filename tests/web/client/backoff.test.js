import assert from "node:assert/strict";
import { test } from "node:test";

import { doubled, reconnectAfter } from "../../../web/client/backoff.js";
import { seededRandom } from "./fakes.js";

test("waiting doubles from the first time to the most", () => {
  assert.deepEqual(
    [1, 2, 3, 5, 6, 7, 1000].map((failures) => doubled(failures, 5000, 300_000)),
    [5000, 10_000, 20_000, 80_000, 160_000, 300_000, 300_000],
  );
});

test("a reconnection waits a random time below 1 s, doubled up to 30 s", () => {
  const random = seededRandom();
  for (let failures = 1; failures < 50; failures += 1) {
    const ms = reconnectAfter(failures, random);
    assert.ok(ms >= 0 && ms < Math.min(30_000, 1000 * 2 ** (failures - 1)), `${ms} after ${failures}`);
  }
});

test("the whole of the time is used", () => {
  assert.equal(
    reconnectAfter(1, () => 0),
    0,
  );
  assert.equal(
    reconnectAfter(4, () => 0.5),
    4000,
  );
});
