import { countOthersAfter } from "../client/state.js";
/** @import {KeyValueStorage, RoomState} from "../client/types.js" */
/** @typedef {Pick<KeyValueStorage, "getItem" | "setItem" | "removeItem"> | null} Store */

/**
 * What one user has read of one room, and where they are in it. What was read is kept for ever, the place for this tab.
 *
 * Storage that throws or is full is survived: then a reload begins at the end, with everything read.
 */
export class ReadingPlace {
  /** The number of others' messages that are not read. */
  unread = 0;
  /** The sequence that the unread marker follows, or null. @type {number | null} */
  unreadAfter = null;
  #key;
  #long;
  #short;
  #read = 0;
  /** @type {string | null} */
  #epoch = null;

  /**
   * @param {{url: string, user: string, room: string}} whose
   * @param {RoomState} state with the newest messages in it; all of them count as read when this user was never here
   * @param {Store} [long] `localStorage`
   * @param {Store} [short] `sessionStorage`
   */
  constructor({ url, user, room }, state, long = find("localStorage"), short = find("sessionStorage")) {
    this.#key = [url, user, room].map(encodeURIComponent).join("/");
    this.#long = long;
    this.#short = short;
    const stored = load(long, `talkroom.read/${this.#key}`);
    this.#epoch = stored?.epoch ?? state.epoch;
    this.#read = stored?.sequence ?? -1;
    if (!stored) this.#advance(state.last);
    this.update(state, false);
  }

  /**
   * Counts what is unread, or takes everything as read.
   *
   * @param {RoomState} state
   * @param {boolean} present whether the newest message is before the reader's eyes
   * @returns {boolean} whether `unread` has changed
   */
  update(state, present) {
    const { epoch, messages, last } = state;
    if (epoch !== null && epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#read = 0;
      this.unreadAfter = null;
    }
    const before = this.unread;
    if (present) {
      this.unread = 0;
      this.#advance(messages.at(-1)?.sequence ?? last);
    } else {
      this.unread = unreadCount(state, this.#read);
      if (!before && this.unread) this.unreadAfter = this.#read;
    }
    return before !== this.unread;
  }

  /** The reader went away or wrote something: the marker of what is read by now has done its duty. */
  leave() {
    if (!this.unread) this.unreadAfter = null;
  }

  /**
   * The message at the top of the view, and how far below the edge it begins in CSS pixels; null at the end of the room.
   *
   * @returns {{sequence: number, offset: number} | null}
   */
  get place() {
    const stored = load(this.#short, `talkroom.place/${this.#key}`);
    return stored?.epoch === this.#epoch ? { sequence: stored.sequence, offset: Number(stored.offset) || 0 } : null;
  }

  set place(place) {
    save(this.#short, `talkroom.place/${this.#key}`, place && { epoch: this.#epoch, ...place });
  }

  /** @param {number} sequence */
  #advance(sequence) {
    if (sequence <= this.#read) return;
    this.#read = sequence;
    save(this.#long, `talkroom.read/${this.#key}`, { epoch: this.#epoch, sequence });
  }
}

/** Of those that are kept but not held yet, all count as others' ones. @param {RoomState} state @param {number} read */
const unreadCount = (state, read) =>
  countOthersAfter(state, read) + Math.max(0, (state.messages[0]?.sequence ?? 0) - Math.max(read + 1, state.oldest));

/** @param {"localStorage" | "sessionStorage"} name @returns {Store} */
function find(name) {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}

/** @param {Store} storage @param {string} key @returns {any} */
function load(storage, key) {
  try {
    const value = JSON.parse(storage?.getItem(key) ?? "null");
    return Number.isSafeInteger(value?.sequence) ? value : null;
  } catch {
    return null;
  }
}

/** @param {Store} storage @param {string} key @param {object | null} value */
function save(storage, key, value) {
  try {
    if (value) storage?.setItem(key, JSON.stringify(value));
    else storage?.removeItem(key);
  } catch {
    // Full or forbidden: the reader starts at the end next time.
  }
}
