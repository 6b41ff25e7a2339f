/** @import {KeyValueStorage} from "./types.js" */

/**
 * A storage that never throws: what the platform's storage refuses (quota, private mode, no storage at all) is kept in memory.
 */
export class SafeStorage {
  /** @type {KeyValueStorage | null} */
  #inner = null;
  /** @type {Map<string, string>} */
  #memory = new Map();

  /** @param {KeyValueStorage | null} [chosen] null: memory only; `localStorage` by default */
  constructor(chosen) {
    try {
      this.#inner = chosen === undefined ? (globalThis.localStorage ?? null) : chosen;
    } catch {
      // A page without access to storage: even looking at `localStorage` throws.
    }
  }

  /** @param {string} key @returns {string | null} */
  get(key) {
    return this.#memory.get(key) ?? this.#attempt((inner) => inner.getItem(key)) ?? null;
  }

  /** @param {string} key @param {string} value */
  set(key, value) {
    this.#memory.set(key, value);
    this.#attempt((inner) => {
      inner.setItem(key, value);
      this.#memory.delete(key);
    });
  }

  /** @param {string} key */
  remove(key) {
    this.#memory.delete(key);
    this.#attempt((inner) => inner.removeItem(key));
  }

  /** @param {string} prefix @returns {string[]} the keys that begin so */
  keys(prefix) {
    const keys = new Set(this.#memory.keys());
    this.#attempt((inner) => {
      for (let index = 0; index < inner.length; index++) keys.add(inner.key(index) ?? "");
    });
    return [...keys].filter((key) => key.startsWith(prefix));
  }

  /** @template T @param {(inner: KeyValueStorage) => T} action @returns {T | undefined} */
  #attempt(action) {
    try {
      return this.#inner ? action(this.#inner) : undefined;
    } catch {
      return undefined;
    }
  }
}
