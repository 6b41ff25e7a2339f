import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState } from "../../../web/client/state.js";
import { rowsOf } from "../../../web/element/rows.js";
import { en } from "../../../web/element/strings/en.js";

const NOON = new Date(2026, 10, 23, 12).getTime();
const MINUTE = 60_000;

const message = (sequence, sender = "bob", sentAt = NOON) => ({
  sequence,
  id: `id-${sequence}`,
  sender,
  name: sender,
  sentAt,
  message: `text ${sequence}`,
});
const room = (messages, more = {}) => ({ ...initialState(), phase: "live", epoch: "e", messages, ...more });
const outgoing = (id, status = "sending", failure = null) => ({
  id,
  text: "mine",
  at: NOON,
  status,
  failure,
  retryAfter: null,
  epoch: null,
});
const rowsIn = (state, reading = {}) =>
  rowsOf(state, { user: "alice", unreadAfter: null, hasOlder: false, now: NOON, lang: "en", strings: en, ...reading });
const messagesOf = (rows) => rows.filter((row) => row.kind === "message");
const textsOf = (rows, kind) => rows.filter((row) => row.kind === kind).map((row) => row.text);
const kindsOf = (rows) => rows.map((row) => row.kind);

test("A room without messages has no rows", () => {
  assert.deepEqual(rowsIn(room([])), []);
});

test("A day begins with a line that names it", () => {
  const day = 24 * 60 * MINUTE;
  const rows = rowsIn(room([message(1, "bob", NOON - 2 * day), message(2, "bob", NOON - day), message(3)]));
  assert.deepEqual(textsOf(rows, "day"), ["Saturday, November 21", "Yesterday", "Today"]);
});

test("A day of another year is named with its year", () => {
  const rows = rowsIn(room([message(1, "bob", new Date(2024, 1, 29, 12).getTime())]));
  assert.deepEqual(textsOf(rows, "day"), ["February 29, 2024"]);
});

test("Days are named in the language that is asked for", () => {
  const rows = rowsIn(room([message(1, "bob", new Date(2024, 1, 29, 12).getTime())]), { lang: "ja" });
  assert.deepEqual(textsOf(rows, "day"), ["2024年2月29日"]);
});

test("Messages of one sender within five minutes are one group", () => {
  const at = [NOON, NOON + 5 * MINUTE, NOON + 10 * MINUTE + 1];
  const rows = messagesOf(rowsIn(room(at.map((time, index) => message(index + 1, "bob", time)))));
  assert.deepEqual(
    rows.map(({ first, last }) => [first, last]),
    [
      [true, false],
      [false, true],
      [true, true],
    ],
  );
});

test("Another sender begins a group", () => {
  const rows = messagesOf(rowsIn(room([message(1, "bob"), message(2, "carol")])));
  assert.deepEqual(
    rows.map((row) => row.first),
    [true, true],
  );
});

test("The unread marker stands before the first unread message of somebody else", () => {
  const rows = rowsIn(room([message(1), message(2, "alice"), message(3)]), { unreadAfter: 1 });
  assert.deepEqual(kindsOf(rows), ["notice", "day", "message", "message", "unread", "message"]);
});

test("Own messages alone have no unread marker", () => {
  const rows = rowsIn(room([message(1), message(2, "alice")]), { unreadAfter: 1 });
  assert.equal(kindsOf(rows).includes("unread"), false);
});

test("The unread marker waits while older unread messages are not loaded", () => {
  const rows = rowsIn(room([message(8), message(9)]), { unreadAfter: 3, hasOlder: true });
  assert.equal(kindsOf(rows).includes("unread"), false);
});

test("The top says that older messages are loading, or that they are gone, or that it is the beginning", () => {
  const tops = [
    rowsIn(room([message(5)]), { hasOlder: true }),
    rowsIn(room([message(5)])),
    rowsIn(room([message(1)])),
  ].map((rows) => rows[0]?.text);
  assert.deepEqual(tops, [en.loadingOlder, en.missing, en.beginning]);
});

test("A break is said before the message that it stands before", () => {
  const rows = rowsIn(room([message(1), message(7)], { breaks: [7] }));
  assert.deepEqual(
    rows.slice(-2).map((row) => row.key),
    ["break 7", "bob id-7"],
  );
});

test("A message keeps its key when it is stored", () => {
  const [sending] = messagesOf(rowsIn(room([], { outgoing: [outgoing("id-1")] })));
  const [stored] = messagesOf(rowsIn(room([message(1, "alice")])));
  assert.equal(sending?.key, stored?.key);
});

test("Messages under way come last, are own, and say what became of them", () => {
  const failed = outgoing("b", "failed", { name: "textTooLong", detail: "" });
  const rows = messagesOf(rowsIn(room([message(1)], { outgoing: [outgoing("a"), failed] }))).slice(1);
  assert.deepEqual(
    rows.map(({ own, sequence, status, failure }) => [own, sequence, status, failure]),
    [
      [true, null, "sending", null],
      [true, null, "failed", "textTooLong"],
    ],
  );
});

test("What waits behind a gap is not shown", () => {
  const rows = rowsIn(room([message(1)], { ahead: [message(3)], last: 3 }));
  assert.equal(messagesOf(rows).length, 1);
});

test("A sender without a name is called by their id", () => {
  const [row] = messagesOf(rowsIn(room([{ ...message(1), name: "" }])));
  assert.equal(row?.name, "bob");
});
