/** @import {KeyValueStorage} from "../client/types.js" */
/** More drafts are not kept: the oldest goes. A longer one is cut. */
const DRAFTS_MAX = 20;
const UNITS_MAX = 16_000;
const PREFIX = "talkroom.draft/";

/** What was written in a room and not sent. Storage that is full, forbidden or absent keeps nothing. */
export class Drafts {
  /** @param {() => KeyValueStorage | undefined} [storage] @param {() => number} [now] */
  constructor(storage = () => globalThis.localStorage, now = Date.now) {
    this.storage = storage;
    this.now = now;
  }

  /** @param {string} key @returns {string} empty when there is none */
  read(key) {
    try {
      return (
        this.storage()
          ?.getItem(PREFIX + key)
          ?.replace(/^\d*:/, "") ?? ""
      );
    } catch {
      return "";
    }
  }

  /** @param {string} key @param {string} text an empty one removes the draft */
  write(key, text) {
    try {
      const storage = this.storage();
      if (!text) storage?.removeItem(PREFIX + key);
      if (!storage || !text) return;
      storage.setItem(PREFIX + key, `${this.now()}:${text.slice(0, UNITS_MAX)}`);
      const keys = Array.from(storage, (_, index) => storage.key(index) ?? "").filter((name) =>
        name.startsWith(PREFIX),
      );
      const age = (/** @type {string} */ name) => parseInt(storage.getItem(name) ?? "") || 0;
      keys.sort((one, other) => age(other) - age(one));
      for (const old of keys.slice(DRAFTS_MAX)) storage.removeItem(old);
    } catch {}
  }
}
