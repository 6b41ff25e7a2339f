/** @import {Outgoing} from "./types.js" */
/** @import {SafeStorage} from "./storage.js" */

/**
 * Keeps one principal's unsent messages of one room over a reload, one storage item each, so that tabs do not overwrite each
 * other's. What is unreadable is removed.
 */
export class Outbox {
  #storage;
  #prefix;

  /** @param {SafeStorage} storage @param {string} url @param {string} user @param {string} room */
  constructor(storage, url, user, room) {
    this.#storage = storage;
    this.#prefix = `talkroom.outbox/${[url, user, room].map(encode).join("/")}/`;
  }

  /** @returns {Outgoing[]} in the order in which they were written; what was being sent is queued again */
  load() {
    const entries = [];
    for (const key of this.#storage.keys(this.#prefix)) {
      const entry = parse(this.#storage.get(key));
      if (entry && this.#key(entry.id) === key) entries.push(entry);
      else this.#storage.remove(key);
    }
    return entries.sort((one, other) => one.at - other.at);
  }

  /** @param {Outgoing} entry */
  put(entry) {
    const { status, ...kept } = entry;
    this.#storage.set(this.#key(entry.id), JSON.stringify(kept));
  }

  /** @param {string} id */
  remove(id) {
    this.#storage.remove(this.#key(id));
  }

  /** @param {string} id */
  #key(id) {
    return this.#prefix + encode(id);
  }
}

/** Half of a surrogate pair makes `encodeURIComponent` throw. @param {string} part */
const encode = (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd"));

/** @param {string | null} item @returns {Outgoing | null} */
function parse(item) {
  try {
    const { id, text, at, failure, retryAfter, epoch } = JSON.parse(item ?? "");
    const sent = Number.isSafeInteger(retryAfter) && retryAfter >= 0 && typeof epoch === "string";
    if (typeof id !== "string" || typeof text !== "string" || !Number.isFinite(at)) return null;
    if (!sent && (retryAfter !== null || epoch !== null)) return null;
    if (failure !== null && typeof failure.name !== "string") return null;
    return { id, text, at, status: failure ? "failed" : "queued", failure, retryAfter, epoch };
  } catch {
    return null;
  }
}
