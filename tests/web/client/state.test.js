/** state.js: what is known of a room, as a function of what came in. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  countOthersAfter,
  gapOf,
  hasOlder,
  initialState,
  messagesAfter,
  position,
  reduce,
} from "../../../web/client/state.js";
import { seededRandom } from "./fakes.js";
import { range, stored } from "./fake-room.js";

const page = (first, last, { epoch = "e", newest = last, oldest = 1, ...more } = {}) => ({
  epoch,
  lastSequence: newest,
  oldestSequence: oldest,
  messages: range(first, last).map((sequence) => stored(sequence)),
  ...more,
});
const push = (sequence, more) => ({ type: "message", epoch: "e", roomId: "lobby", ...stored(sequence, more) });
const entry = (id, more) => ({
  id,
  text: id,
  at: 1,
  status: "queued",
  failure: null,
  retryAfter: null,
  epoch: null,
  ...more,
});
const begun = (first, last, more) => reduce(known, { type: "started", page: page(first, last, more) });
const known = reduce(initialState(), { type: "identified", user: "alice", entries: [] });
const run = (state, ...inputs) => inputs.reduce(reduce, state);
const shown = (state) => state.messages.map(({ sequence }) => sequence);

test("states are frozen values, and an input changes none of them", () => {
  const state = begun(1, 2);
  const next = reduce(state, push(3));

  assert.ok(Object.isFrozen(state) && Object.isFrozen(next) && Object.isFrozen(initialState()));
  assert.deepEqual(
    [shown(state), shown(next)],
    [
      [1, 2],
      [1, 2, 3],
    ],
  );
});

test("what says nothing new gives the same object back", () => {
  const state = begun(1, 3);

  for (const input of [
    push(2),
    push(3),
    push(4, {}).epoch === "e" ? { ...push(4), epoch: "other" } : null,
    { type: "unsubscribed" },
    { type: "somethingNew" },
    { type: "queued", entries: [] },
    { type: "discarded", id: "nobody" },
    { type: "failed", id: "nobody", failure: { name: "x", detail: "y" } },
    { type: "history", page: page(1, 3) },
    { type: "history", page: page(1, 3), before: 9 },
    { type: "history", page: page(4, 5, { epoch: "other" }) },
    { type: "joined", page: page(1, 3) },
  ]) {
    assert.equal(reduce(state, input), state, JSON.stringify(input));
  }
});

test("a message holds the fields of a message only", () => {
  assert.deepEqual(reduce(begun(1, 0), { ...push(1), color: "red" }).messages, [stored(1)]);
});

test("a push beyond the next one waits, and is a gap", () => {
  const state = run(begun(1, 2), push(5), push(4), push(5));

  assert.deepEqual(shown(state), [1, 2]);
  assert.deepEqual(
    state.ahead.map(({ sequence }) => sequence),
    [4, 5],
  );
  assert.deepEqual(gapOf(state), { after: 2, upTo: 5 });
  assert.deepEqual(shown(reduce(state, push(3))), [1, 2, 3, 4, 5]);
  assert.equal(gapOf(reduce(state, push(3))), null);
});

test("what waits behind a gap is bounded, and what did not fit is still known to be missing", () => {
  let state = begun(1, 2);
  for (let sequence = 4; sequence < 2000; sequence += 1) state = reduce(state, push(sequence));

  assert.equal(state.ahead.length, 1000);
  assert.deepEqual(gapOf(state), { after: 2, upTo: 1999 });
  assert.deepEqual(gapOf(reduce(state, push(3))), { after: 1003, upTo: 1999 });
});

test("any order of pushes and pages, with any doubles, ends in the log", () => {
  const random = seededRandom(5);
  for (let round = 0; round < 300; round += 1) {
    const newest = 1 + Math.floor(random() * 30);
    const inputs = range(3, newest).flatMap((sequence) =>
      random() < 0.3 ? [push(sequence), push(sequence)] : [push(sequence)],
    );
    for (let index = inputs.length - 1; index > 0; index -= 1) {
      const other = Math.floor(random() * (index + 1));
      [inputs[index], inputs[other]] = [inputs[other], inputs[index]];
    }
    let state = begun(1, Math.min(2, newest));
    for (const input of inputs) {
      state = reduce(state, input);
      if (random() < 0.1) {
        const after = position(state);
        state = reduce(state, { type: "history", page: page(after + 1, Math.min(newest, after + 3), { newest }) });
      }
      assert.deepEqual(shown(state), range(1, shown(state).length));
    }
    state = reduce(state, { type: "history", page: page(position(state) + 1, newest) });

    assert.deepEqual(shown(state), range(1, newest));
    assert.deepEqual([state.ahead, state.breaks, gapOf(state)], [[], [], null]);
  }
});

test("a page that begins behind the next one, because the rest has expired, makes a break", () => {
  const state = reduce(begun(1, 2), { type: "history", page: page(6, 8, { oldest: 6 }) });

  assert.deepEqual(shown(state), [1, 2, 6, 7, 8]);
  assert.deepEqual(state.breaks, [6]);
});

test("what has expired is not missing: what waited behind it is shown", () => {
  const state = run(begun(1, 2), push(6), { type: "history", page: page(6, 5, { newest: 6, oldest: 6 }) });

  assert.deepEqual(shown(state), [1, 2, 6]);
  assert.deepEqual(state.breaks, [6]);
  assert.equal(gapOf(state), null);
});

test("a page upward goes before what is held", () => {
  const state = run(begun(6, 8), { type: "history", page: page(3, 5, { newest: 9, oldest: 2 }), before: 6 });

  assert.deepEqual(shown(state), range(3, 8));
  assert.equal(hasOlder(state), true);
  assert.deepEqual(gapOf(state), { after: 8, upTo: 9 });
});

test("an empty page upward means that there is nothing older", () => {
  const state = begun(6, 8);
  assert.equal(hasOlder(state), true);

  assert.equal(hasOlder(run(state, { type: "history", page: page(6, 5, { newest: 8 }), before: 6 })), false);
});

test("an own message is replaced by the stored one when it is shown, not while it waits behind a gap", () => {
  const queued = run(begun(1, 1), { type: "queued", entries: [entry("a")] });
  const waiting = reduce(queued, { type: "stored", epoch: "e", message: stored(3, { sender: "alice", id: "a" }) });
  assert.equal(waiting.outgoing.length, 1);

  const filled = reduce(waiting, push(2));

  assert.deepEqual([shown(filled), filled.outgoing], [[1, 2, 3], []]);
});

test("an own message that waits behind a gap is not under way after a new beginning", () => {
  const state = run(
    begun(1, 1),
    { type: "queued", entries: [entry("a"), entry("b")] },
    { type: "stored", epoch: "e", message: stored(3, { sender: "alice", id: "a" }) },
    { type: "started", page: page(1, 4, { epoch: "f" }) },
  );

  assert.deepEqual(
    state.outgoing.map(({ id }) => id),
    ["b"],
  );
  assert.equal(state.restarted, true);
});

test("an own message that waits behind a gap until it expires is not under way any more", () => {
  const state = run(
    begun(1, 1),
    { type: "queued", entries: [entry("a")] },
    { type: "stored", epoch: "e", message: stored(3, { sender: "alice", id: "a" }) },
    { type: "history", page: page(5, 6, { oldest: 5 }) },
  );

  assert.deepEqual([shown(state), state.outgoing, state.ahead], [[1, 5, 6], [], []]);
});

test("what is loaded from the storage and is shown already is not queued", () => {
  const state = run(begun(1, 1), push(2, { sender: "alice", id: "a" }), {
    type: "queued",
    entries: [entry("a"), entry("b")],
  });

  assert.deepEqual(
    state.outgoing.map(({ id }) => id),
    ["b"],
  );
});

test("messages of others after a sequence are counted", () => {
  const state = run(begun(1, 3), push(4, { sender: "alice" }), push(5));

  assert.equal(countOthersAfter(state, 2), 2);
  assert.equal(countOthersAfter(state, 0), 4);
  assert.equal(countOthersAfter(state, 5), 0);
  assert.deepEqual(
    messagesAfter(state, 3).map(({ sequence }) => sequence),
    [4, 5],
  );
});
