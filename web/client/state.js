/**
 * What is known of a room, as a function of what came in: order, gaps, duplicates, and messages of one's own that are under way.
 * Nothing here waits, asks or keeps anything. The rules are those of docs/protocol.md sections 7 to 9.
 *
 * @module
 */

/** @import {Failure, Message, Outgoing, RoomState} from "./types.js" */

/**
 * A page of the log, or the reply to `join`, as the server sent it.
 *
 * @typedef {object} Page
 * @property {string} epoch
 * @property {number} lastSequence
 * @property {number} oldestSequence
 * @property {readonly Message[]} [messages]
 * @property {string} [cursor]
 */

/**
 * @typedef {{type: "message", epoch: string} & Message
 *   | {type: "unsubscribed"}
 *   | {type: "joined", page: Page}
 *   | {type: "started", page: Page, ahead?: boolean}
 *   | {type: "history", page: Page, before?: number}
 *   | {type: "refused", failure: Failure}
 *   | {type: "identified", user: string, entries: readonly Outgoing[]}
 *   | {type: "queued", entries: readonly Outgoing[]}
 *   | {type: "sending", id: string, retryAfter: number, epoch: string}
 *   | {type: "returned", id: string}
 *   | {type: "stored", epoch: string, message: Message}
 *   | {type: "failed", id: string, failure: Failure}
 *   | {type: "retried", id: string, as: string}
 *   | {type: "discarded", id: string}} Input
 *
 * `started` throws away what is held and begins with the newest page. `history` is a page upward when it says `before` which
 * sequence it was asked for, else one onward from a position that is not above ours. `returned` waits for its turn again.
 */

/** Messages that are held at most; beyond, the oldest go. */
export const HELD_MAX = 10_000;
const FORGOTTEN_AT_ONCE = 1_000;
const AHEAD_MAX = 1_000;

/** @returns {RoomState} */
export const initialState = () =>
  Object.freeze({
    phase: "joining",
    refusal: null,
    user: null,
    epoch: null,
    messages: [],
    ahead: [],
    breaks: [],
    restarted: false,
    last: 0,
    oldest: 1,
    outgoing: [],
  });

/** The sequence up to which nothing is missing that the server still has. @param {RoomState} state */
export const position = (state) => Math.max(state.messages.at(-1)?.sequence ?? 0, state.oldest - 1);

/** What is known to be stored and has not come: after one sequence, up to another. @param {RoomState} state */
export const gapOf = (state) =>
  state.epoch !== null && state.last > position(state) ? { after: position(state), upTo: state.last } : null;

/** Whether the log keeps messages before the first that is held, and there is room for them. @param {RoomState} state */
export const hasOlder = ({ messages, oldest }) =>
  messages.length < HELD_MAX && messages[0] !== undefined && messages[0].sequence > oldest;

/** The messages that are held after a sequence. @param {RoomState} state @param {number} sequence @returns {readonly Message[]} */
export const messagesAfter = ({ messages }, sequence) =>
  messages.slice(messages.findLastIndex((message) => message.sequence <= sequence) + 1);

/** How many messages of others are held after a sequence. @param {RoomState} state @param {number} sequence */
export const countOthersAfter = (state, sequence) =>
  messagesAfter(state, sequence).filter((message) => message.sender !== state.user).length;

/**
 * The state after an input; the same object when nothing changed. Inputs of another epoch change nothing, but `started`: who
 * holds the state asks the server first which epoch is the present one.
 *
 * @param {RoomState} state
 * @param {Input} input
 * @returns {RoomState}
 */
export function reduce(state, input) {
  switch (input.type) {
    case "message":
      return input.epoch === state.epoch ? receive(state, input, AHEAD_MAX) : state;
    case "stored":
      // In another epoch it is stored too, and no longer under way.
      if (input.epoch !== state.epoch) return alter(state, input.message.id, () => []);
      return receive(state, input.message, Infinity);
    case "joined":
      return append(state.phase === "live" ? state : change(state, { phase: "live", refusal: null }), input.page);
    case "started":
      return start(state, input.page, input.ahead === true);
    case "history":
      return input.before === undefined ? append(state, input.page) : prepend(state, input.page, input.before);
    case "refused":
      return change(state, { phase: "refused", refusal: input.failure });
    case "identified":
      return queue(change(state, { user: input.user }), input.entries);
    case "queued":
      return queue(state, input.entries);
    case "sending": {
      const { retryAfter, epoch } = input;
      return alter(state, input.id, (entry) => [{ ...entry, status: "sending", retryAfter, epoch }]);
    }
    case "returned":
      return alter(state, input.id, (entry) => [{ ...entry, status: "queued" }]);
    case "failed":
      return alter(state, input.id, (entry) => [{ ...entry, status: "failed", failure: input.failure }]);
    case "retried":
      return alter(state, input.id, (entry) => [retried(entry, input.as)]);
    case "discarded":
      return alter(state, input.id, () => []);
    default:
      return state;
  }
}

/** @param {RoomState} state @param {Partial<RoomState>} fields @returns {RoomState} */
const change = (state, fields) => Object.freeze({ ...state, ...fields });

/** @param {RoomState} state @param {string} id @param {(entry: Outgoing) => Outgoing[]} action */
function alter(state, id, action) {
  if (!state.outgoing.some((entry) => entry.id === id)) return state;
  return change(state, { outgoing: state.outgoing.flatMap((entry) => (entry.id === id ? action(entry) : entry)) });
}

/** A message under another id is another message: its first attempt has not been. @param {Outgoing} entry @param {string} id @returns {Outgoing} */
function retried(entry, id) {
  const again = id === entry.id ? {} : { id, retryAfter: null, epoch: null };
  return { ...entry, ...again, status: "queued", failure: null };
}

/** @param {RoomState} state @param {readonly Outgoing[]} entries */
function queue(state, entries) {
  const known = new Set(state.outgoing.map((entry) => entry.id));
  const more = entries.filter((entry) => !known.has(entry.id));
  if (!more.length) return state;
  const outgoing = [...state.outgoing, ...more].sort((one, other) => one.at - other.at);
  return acknowledge(change(state, { outgoing }), state.messages);
}

/** Those that are stored are under way no longer. @param {RoomState} state @param {readonly Message[]} messages */
function acknowledge(state, messages) {
  if (!state.outgoing.length) return state;
  const stored = new Set(messages.filter((message) => message.sender === state.user).map((message) => message.id));
  if (!state.outgoing.some((entry) => stored.has(entry.id))) return state;
  return change(state, { outgoing: state.outgoing.filter((entry) => !stored.has(entry.id)) });
}

/** One message, from wherever. @param {RoomState} state @param {Message} message @param {number} aheadMax */
function receive(state, message, aheadMax) {
  const { sequence } = message;
  const next = position(state) + 1;
  const known = sequence > state.last ? change(state, { last: sequence }) : state;
  if (sequence === next) return extend(known, [message]);
  if (sequence < next) return acknowledge(known, [message]);
  const { ahead } = state;
  const index = ahead.findLastIndex((other) => other.sequence <= sequence);
  if (ahead[index]?.sequence === sequence || ahead.length >= aheadMax) return known;
  return change(known, { ahead: ahead.toSpliced(index + 1, 0, plain(message)) });
}

/** A page onward. @param {RoomState} state @param {Page} page */
function append(state, page) {
  if (page.epoch !== state.epoch) return state;
  const oldest = Math.max(state.oldest, page.oldestSequence);
  const last = Math.max(state.last, page.lastSequence);
  const moved = oldest > state.oldest || last > state.last ? change(state, { oldest, last }) : state;
  return extend(moved, page.messages ?? []);
}

/** A page upward. @param {RoomState} state @param {Page} page @param {number} before */
function prepend(state, page, before) {
  const first = state.messages[0]?.sequence;
  // What was held first has been forgotten in between: the page does not belong here any more.
  if (page.epoch !== state.epoch || first !== before) return state;
  const older = (page.messages ?? []).filter((message) => message.sequence < before).map(plain);
  const hole = older.length > 0 && older.at(-1)?.sequence !== before - 1;
  const changed = change(state, {
    messages: older.concat(state.messages),
    breaks: hole ? [before, ...state.breaks] : state.breaks,
    oldest: older.length ? page.oldestSequence : Math.max(page.oldestSequence, before),
    last: Math.max(state.last, page.lastSequence),
  });
  return acknowledge(changed, older);
}

/** @param {RoomState} state @param {Page} page @param {boolean} ahead */
function start(state, page, ahead) {
  const lost = state.messages.length > 0 && (ahead || page.epoch !== state.epoch);
  const empty = change(initialState(), {
    phase: "live",
    user: state.user,
    epoch: page.epoch,
    restarted: state.restarted || lost,
    last: page.lastSequence,
    oldest: page.oldestSequence,
    // Those that wait behind a gap have been acknowledged.
    outgoing: acknowledge(state, state.ahead).outgoing,
  });
  const messages = (page.messages ?? []).map(plain);
  return acknowledge(change(empty, { messages }), messages);
}

/**
 * Puts messages behind those that are held, and behind them what waited for them.
 *
 * @param {RoomState} state
 * @param {readonly Message[]} more ascending; nothing that the server still has lies between two of them, or before the first
 */
function extend(state, more) {
  let end = position(state);
  const tail = more.filter((message) => message.sequence > end).map(plain);
  end = Math.max(end, tail.at(-1)?.sequence ?? 0);
  let count = 0;
  for (const message of state.ahead) {
    if (message.sequence > end + 1) break;
    count++;
    if (message.sequence > end) tail.push(message);
    end = Math.max(end, message.sequence);
  }
  if (!tail.length && !count) return acknowledge(state, more);
  const before = [state.messages.at(-1), ...tail];
  const breaks = tail.filter(({ sequence }, index) => sequence !== (before[index]?.sequence ?? sequence - 1) + 1);
  const changed = change(state, {
    messages: state.messages.concat(tail),
    ahead: count ? state.ahead.slice(count) : state.ahead,
    breaks: breaks.length ? [...state.breaks, ...breaks.map((message) => message.sequence)] : state.breaks,
    last: Math.max(state.last, end),
  });
  return forget(acknowledge(changed, [...more, ...state.ahead.slice(0, count)]));
}

/** Keeps what is held within its limit. @param {RoomState} state */
function forget(state) {
  const excess = state.messages.length - HELD_MAX;
  if (excess <= 0) return state;
  const messages = state.messages.slice(Math.ceil(excess / FORGOTTEN_AT_ONCE) * FORGOTTEN_AT_ONCE);
  const first = messages[0]?.sequence ?? 0;
  return change(state, { messages, breaks: state.breaks.filter((sequence) => sequence > first) });
}

/** A message without the fields of its push. @param {Message} message @returns {Message} */
const plain = ({ sequence, id, sender, name, sentAt, message }) => ({ sequence, id, sender, name, sentAt, message });
