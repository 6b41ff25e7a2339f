import { Room } from "./room.js";
import { Session } from "./session.js";
import { SafeStorage } from "./storage.js";
import { TokenSource } from "./token-source.js";
import { principal } from "./token.js";
import { webSocketUrl } from "./wire.js";

/** @import {ChatClientOptions, ClientState, Clock, Principal} from "./types.js" */

/** @type {Clock} */
const PLATFORM = {
  now: () => Date.now(),
  setTimeout: (action, ms) => setTimeout(action, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
};

/** 32 hexadecimal digits. `crypto.randomUUID` is missing on a page of plain http that is not on this machine. */
const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A user's connection to a server, and the rooms on it. Does nothing until `connect()`. Dispatches `state` with a ClientState as detail. */
export class ChatClient extends EventTarget {
  #options;
  #tokens;
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** @type {ClientState} */
  #state = Object.freeze({ name: "closed" });
  /** @type {Principal | null} */
  #user = null;
  /** @type {Session | null} */
  #session = null;

  /** @param {ChatClientOptions} options Throws TypeError for a bad `url`, or without a WebSocket. */
  constructor({ url, token, getToken, storage, clock = PLATFORM, random = Math.random, newId, ...more }) {
    super();
    const WebSocket = more.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket) throw new TypeError("There is no WebSocket here: give that of the package `ws` as an option.");
    this.#options = {
      url: webSocketUrl(url),
      WebSocket,
      // A browser's fetch wants to be called as the window's.
      fetch: more.fetch ?? globalThis.fetch?.bind(globalThis),
      clock,
      random,
      rotateAfterMs: more.rotateAfterMs,
      storage: new SafeStorage(storage),
      newId: newId ?? randomId,
    };
    this.#tokens = new TokenSource(token, getToken, clock);
    if (token) this.#identify(token);
  }

  /** The WebSocket's. */
  get url() {
    return this.#options.url;
  }

  /** What a page can show. */
  get state() {
    return this.#state;
  }

  /** Who we are, by the token's payload; null until one is known. */
  get user() {
    return this.#user;
  }

  /** A new token: it refreshes an open connection, and connects again when refused. */
  set token(/** @type {string} */ token) {
    this.#tokens.held = token;
    this.#session?.renewed();
  }

  /** Connect, and stay connected until `close()`. */
  connect() {
    if (this.#session) return;
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.addEventListener?.("offline", this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#wake);
    this.#session = new Session({
      ...this.#options,
      tokens: this.#tokens,
      rooms: this.#rooms,
      identify: (token) => this.#identify(token),
      report: (state) => this.#report(state),
    });
    this.#session.start();
  }

  /** Leave; messages that are not sent yet stay in the storage. */
  close() {
    if (!this.#session) return;
    globalThis.removeEventListener?.("online", this.#wake);
    globalThis.removeEventListener?.("offline", this.#wake);
    globalThis.document?.removeEventListener("visibilitychange", this.#wake);
    this.#session.end();
    this.#session = null;
    this.#report({ name: "closed" });
  }

  /** Try now, when waiting or refused; asks for another token when refused. */
  retry() {
    this.#session?.retry();
  }

  /** A room, joined as long as it is held; the same object each time. @param {string} id */
  room(id) {
    let room = this.#rooms.get(id);
    if (!room) {
      room = new Room(id, this.#options);
      this.#rooms.set(id, room);
      if (this.#user) room.setUser(this.#user.id, this.#user.name);
      void this.#session?.attach(room);
    }
    return room;
  }

  /** Leave a room and forget it. @param {string} id */
  leave(id) {
    const room = this.#rooms.get(id);
    this.#rooms.delete(id);
    if (room) this.#session?.leave(room);
  }

  #wake = (/** @type {Event} */ { type }) => {
    if (type === "visibilitychange" && document.visibilityState === "hidden") return;
    this.#session?.wake(type === "offline");
  };

  /** @param {string} token */
  #identify(token) {
    const user = principal(token);
    this.#user = user ?? this.#user;
    if (user) for (const room of this.#rooms.values()) room.setUser(user.id, user.name);
  }

  /** @param {ClientState} state */
  #report(state) {
    const detail = Object.freeze(state);
    if (JSON.stringify(detail) === JSON.stringify(this.#state)) return;
    this.#state = detail;
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }
}
