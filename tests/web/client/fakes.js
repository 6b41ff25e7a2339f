/**
 * What the client stands on, for tests: time, the network with its WebSocket and fetch, and a page that goes offline and online.
 * The server at the network's far end is in fake-server.js. Nothing here sleeps: `await settle()` lets everything happen that can.
 */

import { FakeServer } from "./fake-server.js";

export { FakeServer };

/** Let all promises go on that can. */
export async function settle() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes when the test says so. */
export class FakeClock {
  #now;
  #timers = new Map();
  #count = 0;

  /** @param {number} [now] milliseconds since 1970 */
  constructor(now = 1_767_225_600_000) {
    this.#now = now;
  }

  now = () => this.#now;

  /** @param {() => void} action @param {number} ms */
  setTimeout = (action, ms) => {
    this.#count += 1;
    this.#timers.set(this.#count, { action, at: this.#now + Math.max(0, ms) });
    return this.#count;
  };

  /** @param {unknown} timer */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /** How many timers wait. */
  get pending() {
    return this.#timers.size;
  }

  /** Time passes; timers run in order, each at its moment, and what they begin goes on before the next. */
  async advance(ms) {
    const end = this.#now + ms;
    await settle();
    for (let due = this.#due(end); due !== null; due = this.#due(end)) {
      this.#now = Math.max(this.#now, due.at);
      this.#timers.delete(due.timer);
      due.action();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
    await settle();
  }

  /** The machine sleeps: time passes and no timer runs. `advance(0)` runs those that are late. */
  sleep(ms) {
    this.#now += ms;
  }

  #due(end) {
    let first = null;
    for (const [timer, { action, at }] of this.#timers) {
      if (at <= end && (first === null || at < first.at)) first = { timer, action, at };
    }
    return first;
  }
}

/** A WebSocket as a browser has it. The network decides what becomes of it. */
class FakeSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  readyState = FakeSocket.CONNECTING;
  protocol = "";
  /** Frames that the page has sent, as they are. @type {string[]} */
  sent = [];
  /** What the page has closed it with. @type {{code: number | undefined, reason: string | undefined} | null} */
  closedWith = null;
  /** The server's end, once it is open. */
  connection = null;
  /** A network that has vanished: nothing travels, and nobody is told. */
  vanished = false;
  #network;

  constructor(network, url, protocols) {
    super();
    this.url = String(url);
    this.protocols = [protocols ?? []].flat();
    for (const protocol of this.protocols) {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(protocol)) {
        throw new DOMException(`The subprotocol '${protocol}' is invalid.`, "SyntaxError");
      }
    }
    this.#network = network;
  }

  /** The second subprotocol. */
  get token() {
    return this.protocols[1];
  }

  send(data) {
    if (this.readyState === FakeSocket.CONNECTING) throw new DOMException("Still connecting.", "InvalidStateError");
    if (this.readyState !== FakeSocket.OPEN) return;
    this.sent.push(data);
    if (!this.vanished) queueMicrotask(() => this.connection.take(data));
  }

  close(code, reason) {
    if (this.readyState >= FakeSocket.CLOSING) return;
    this.closedWith = { code, reason };
    const wasOpen = this.readyState === FakeSocket.OPEN;
    this.readyState = FakeSocket.CLOSING;
    if (this.vanished) return;
    queueMicrotask(() => (wasOpen ? this.finish(code ?? 1005, reason, true) : this.fail()));
  }

  /** The server answers 101. */
  accept(protocol = "talkroom.v1") {
    if (this.readyState !== FakeSocket.CONNECTING) return;
    this.readyState = FakeSocket.OPEN;
    this.protocol = protocol;
    this.connection = this.#network.server.accept(this);
    this.#emit("open", {});
  }

  /** The handshake fails, in whatever way: a page cannot see which. */
  fail() {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.#emit("error", {});
    this.finish(1006, "", false);
  }

  /** A frame from the server. */
  arrive(data) {
    if (this.readyState === FakeSocket.OPEN && !this.vanished) this.#emit("message", { data });
  }

  /** It is closed. */
  finish(code, reason = "", wasClean = true) {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.connection?.gone();
    this.#emit("close", { code, reason, wasClean });
  }

  #emit(type, properties) {
    const event = Object.assign(new Event(type), properties);
    this[`on${type}`]?.(event);
    this.dispatchEvent(event);
  }
}

/** The network between one client and one server. */
export class FakeNetwork {
  /** Every WebSocket that was made, in order. @type {FakeSocket[]} */
  handshakes = [];
  /** Every fetch: what and how. @type {{url: string, mode: string | undefined, authorization: string | undefined}[]} */
  fetches = [];
  /** false: handshakes fail and fetches reject. */
  reachable = true;
  /** false: a fetch with CORS rejects, as against API Gateway. */
  cors = true;
  /** true: handshakes wait for `accept()` or `refuse()`. */
  hold = false;
  /** true: fetches never end, but by their signal. */
  holdFetch = false;
  /** What fetch answers instead of what the server says: {status, body}. */
  answer = null;

  /** @param {{clock: FakeClock, server?: FakeServer}} parts */
  constructor({ clock, server = new FakeServer({ clock }) }) {
    this.clock = clock;
    this.server = server;
    const network = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url, protocols) {
        super(network, url, protocols);
        network.handshakes.push(this);
        if (!network.hold) queueMicrotask(() => network.#decide(this));
      }
    };
    this.fetch = (url, init = {}) => this.#fetch(String(url), init);
  }

  /** The newest handshake. */
  get last() {
    return this.handshakes.at(-1);
  }

  /** Those that are connecting or open. */
  get alive() {
    return this.handshakes.filter((socket) => socket.readyState < FakeSocket.CLOSING);
  }

  /** Answer 101 to the newest handshake. */
  accept(socket = this.last) {
    socket.accept();
  }

  /** Refuse the newest handshake. */
  refuse(socket = this.last) {
    socket.fail();
  }

  /** Every open connection is lost without a word (1006), and the client notices. */
  cut() {
    for (const socket of this.alive) socket.finish(1006, "", false);
  }

  /** Every open connection vanishes, and the client does not notice. */
  vanish() {
    for (const socket of this.alive) socket.vanished = true;
  }

  #decide(socket) {
    if (socket.readyState !== FakeSocket.CONNECTING) return;
    if (this.reachable && this.server.check(socket.token).status === 426) socket.accept();
    else socket.fail();
  }

  async #fetch(url, { mode, headers, signal }) {
    signal?.throwIfAborted();
    const authorization = new Headers(headers).get("authorization") ?? undefined;
    this.fetches.push({ url, mode, authorization });
    await null;
    if (this.holdFetch) {
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    }
    signal?.throwIfAborted();
    if (!this.reachable || (!this.cors && mode !== "no-cors")) throw new TypeError("Failed to fetch");
    if (mode === "no-cors")
      return { type: "opaque", status: 0, ok: false, text: async () => "", json: async () => null };
    const { status, body } = this.answer ?? this.server.check(authorization?.replace(/^Bearer /, ""));
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  }
}

/** A token with this payload, as far as a client can tell: the fake server does not look at signatures. */
export function fakeToken({ sub = "alice", name = sub, ...more } = {}) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub, name, ...more })}.c2lnbmF0dXJl`;
}

/** `localStorage`, of a size. */
export class FakeStorage {
  #items = new Map();
  /** @param {{itemsMax?: number}} [limits] */
  constructor({ itemsMax = Infinity } = {}) {
    this.itemsMax = itemsMax;
  }
  get length() {
    return this.#items.size;
  }
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  setItem(key, value) {
    if (!this.#items.has(key) && this.#items.size >= this.itemsMax)
      throw new DOMException("Full.", "QuotaExceededError");
    this.#items.set(key, String(value));
  }
  removeItem(key) {
    this.#items.delete(key);
  }
}

/** Numbers in [0, 1) that are the same in every run. */
export function seededRandom(seed = 1) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The page around the client: `addEventListener`, `document` and `navigator.onLine`, put into the globals until `remove()`. */
export class FakePage {
  #window = new EventTarget();
  #document = new EventTarget();
  #before = new Map();
  /** How many listeners there are now. */
  listeners = 0;

  constructor() {
    const counted = (target) => ({
      addEventListener: (type, listener) => {
        this.listeners += 1;
        target.addEventListener(type, listener);
      },
      removeEventListener: (type, listener) => {
        this.listeners -= 1;
        target.removeEventListener(type, listener);
      },
    });
    this.navigator = { onLine: true };
    this.document = Object.assign(counted(this.#document), { visibilityState: "visible" });
    for (const [name, value] of Object.entries({
      ...counted(this.#window),
      document: this.document,
      navigator: this.navigator,
    })) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }

  online() {
    this.navigator.onLine = true;
    this.#window.dispatchEvent(new Event("online"));
  }

  offline() {
    this.navigator.onLine = false;
    this.#window.dispatchEvent(new Event("offline"));
  }

  /** @param {"visible" | "hidden"} visibilityState */
  turn(visibilityState) {
    this.document.visibilityState = visibilityState;
    this.#document.dispatchEvent(new Event("visibilitychange"));
  }

  remove() {
    for (const [name, before] of this.#before) {
      if (before === undefined) delete globalThis[name];
      else Object.defineProperty(globalThis, name, before);
    }
  }
}
