/**
 * What the list shows, from top to bottom, as values: a pure function of what is known of the room.
 *
 * @module
 */
/** @import {Message, Outgoing, RoomState} from "../client/types.js" */
/** @import {en} from "./strings/en.js" */

/**
 * A line between messages: a day, something that is missing, or where the unread ones begin.
 *
 * @typedef {{kind: "day" | "notice" | "unread", key: string, text: string}} Separator
 */
/**
 * A message, stored or not yet. Its key is the same before and after it is stored.
 *
 * @typedef {object} MessageRow
 * @property {"message"} kind
 * @property {string} key
 * @property {string} id
 * @property {number | null} sequence null until it is stored
 * @property {string} sender
 * @property {string} name
 * @property {string} text
 * @property {number} at milliseconds since 1970
 * @property {boolean} own
 * @property {boolean} first of those that its sender wrote in one go
 * @property {boolean} last of those
 * @property {Outgoing["status"] | null} status null once it is stored
 * @property {string | null} failure the name of the error, when it failed
 */
/** @typedef {Separator | MessageRow} Row */
/**
 * @typedef {object} Reading
 * @property {string | null} user whose messages are own ones
 * @property {number | null} unreadAfter the sequence that the unread marker follows
 * @property {boolean} hasOlder whether more can be loaded at the top
 * @property {number} now
 * @property {string} lang
 * @property {typeof en} strings
 */

/** Messages of one sender that are closer than this are one group. */
const GROUP_MS = 5 * 60_000;

/**
 * @param {RoomState} state
 * @param {Reading} reading
 * @returns {Row[]}
 */
export function rowsOf(state, { user, unreadAfter, hasOlder, now, lang, strings }) {
  /** @type {Row[]} */
  const rows = [];
  const breaks = new Set(state.breaks);
  const oldest = state.messages[0];
  let [dayStart, dayEnd] = [0, 0];
  /** @type {MessageRow | null} */
  let previous = null;
  // Where older messages are yet to be loaded, some of them may be unread too: then the marker's place is not known.
  let unread = oldest && (!hasOlder || oldest.sequence <= (unreadAfter ?? 0) + 1) ? unreadAfter : null;

  /** @param {Separator["kind"]} kind @param {string} key @param {string} text */
  const separate = (kind, key, text) => {
    rows.push({ kind, key, text });
    previous = null;
  };
  /** @param {MessageRow} row */
  const add = (row) => {
    if (row.at < dayStart || row.at >= dayEnd) {
      [dayStart, dayEnd] = dayOf(row.at);
      separate("day", `day ${row.key}`, dayName(dayStart, now, lang, strings));
    }
    if (unread !== null && !row.own && row.sequence !== null && row.sequence > unread) {
      unread = null;
      separate("unread", "unread", strings.unread);
    }
    if (previous && follows(row, previous)) {
      previous.last = false;
      row.first = false;
    }
    rows.push((previous = row));
  };

  if (hasOlder) separate("notice", "older", strings.loadingOlder);
  if (state.restarted) separate("notice", "restarted", strings.restarted);
  else if (oldest && !hasOlder) separate("notice", "top", oldest.sequence > 1 ? strings.missing : strings.beginning);
  for (const message of state.messages) {
    if (breaks.has(message.sequence)) separate("notice", `break ${message.sequence}`, strings.missing);
    add(storedRow(message, user));
  }
  for (const outgoing of state.outgoing) add(outgoingRow(outgoing, user));
  return rows;
}

/** @param {Message} message @param {string | null} user @returns {MessageRow} */
const storedRow = ({ id, sequence, sender, name, message, sentAt }, user) => ({
  kind: "message",
  key: `${sender} ${id}`,
  id,
  sequence,
  sender,
  name: name || sender,
  text: message,
  at: sentAt,
  own: sender === user,
  first: true,
  last: true,
  status: null,
  failure: null,
});

/** @param {Outgoing} outgoing @param {string | null} user @returns {MessageRow} */
const outgoingRow = ({ id, text, at, status, failure }, user) => ({
  kind: "message",
  key: `${user} ${id}`,
  id,
  sequence: null,
  sender: user ?? "",
  name: "",
  text,
  at,
  own: true,
  first: true,
  last: true,
  status,
  failure: failure && failure.name,
});

/** @param {MessageRow} row @param {MessageRow} previous */
const follows = (row, previous) =>
  row.sender === previous.sender &&
  row.own === previous.own &&
  (row.own || row.name === previous.name) &&
  Math.abs(row.at - previous.at) <= GROUP_MS;

/** The local day of a moment: its first millisecond and the next day's. @param {number} at @returns {[number, number]} */
function dayOf(at) {
  const day = new Date(at);
  const start = day.setHours(0, 0, 0, 0);
  return [start, day.setDate(day.getDate() + 1)];
}

/** @param {number} start @param {number} now @param {string} lang @param {typeof en} strings */
function dayName(start, now, lang, strings) {
  const today = new Date(now);
  if (start === today.setHours(0, 0, 0, 0)) return strings.today;
  const year = today.getFullYear();
  if (start === today.setDate(today.getDate() - 1)) return strings.yesterday;
  const sameYear = new Date(start).getFullYear() === year;
  return new Intl.DateTimeFormat(lang, {
    ...(sameYear ? { weekday: "long" } : { year: "numeric" }),
    month: "long",
    day: "numeric",
  }).format(start);
}
