import { CommandError, bytes, unpack } from "./wire.js";

/** @import {ConnectionParts, Link} from "./types.js" */

const PROTOCOL = "talkroom.v1";
const DEADLINE_MS = 30_000;
/** Beyond it the server closes the connection, and would again after each repetition. */
const FRAME_BYTES_MAX = 32_768;

/**
 * One WebSocket, from its handshake to its close.
 *
 * @implements {Link}
 */
export class Connection {
  #socket;
  #clock;
  #end;
  #refs = 0;
  /** @type {Map<unknown, {roomId: unknown, settled: Promise<void>, settle: (error: CommandError | null, data?: unknown) => void}>} */
  #pending = new Map();
  isOpen = false;
  /** When anything was received. */
  heardAt = 0;
  /** Those that were attached. @type {Set<object>} */
  rooms = new Set();

  /** Throws what `WebSocket` throws, which may hold the token. @param {ConnectionParts} parts */
  constructor({ WebSocket, url, token, clock, onPushes, onExpired }) {
    const socket = (this.#socket = new WebSocket(url, [PROTOCOL, token]));
    const timer = clock.setTimeout(() => this.close(), DEADLINE_MS);
    this.#clock = clock;
    /** The one that counts for it. */
    this.token = token;
    /** @type {(opened: boolean) => void} */
    let answer;
    /** @type {(code?: number) => void} */
    let finish;
    /** Whether it opened. @type {Promise<boolean>} */
    this.opened = new Promise((resolve) => (answer = resolve));
    /** When it is closed: with the server's code, or undefined when we did. @type {Promise<number | undefined>} */
    this.closed = new Promise((resolve) => (finish = resolve));

    this.#end = (/** @type {CloseEvent | void} */ event) => {
      clock.clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      this.isOpen = false;
      answer(false);
      finish(event?.code);
      for (const { settle } of this.#pending.values()) settle(disconnected());
    };
    socket.onopen = () => {
      if (socket.protocol !== PROTOCOL) return this.close();
      clock.clearTimeout(timer);
      this.isOpen = true;
      this.heardAt = clock.now();
      answer(true);
    };
    socket.onmessage = (event) => {
      this.heardAt = clock.now();
      const pushes = [];
      for (const item of unpack(event.data)) {
        const command = this.#pending.get(item.ref);
        if (item.type === "reply") command?.settle(null, item.data);
        else if (item.type !== "error") pushes.push(item);
        else if (command) {
          command.settle(new CommandError(item.name, item.detail, item.retry));
          if (item.name === "tokenExpired") onExpired();
        }
      }
      if (pushes.length) onPushes(pushes);
    };
    socket.onclose = this.#end;
    socket.onerror = () => {}; // `ws` throws an error that nobody listens to
  }

  /** @param {string} action @param {object} data @param {number} [timeoutMs] @returns {Promise<any>} */
  command(action, data, timeoutMs = DEADLINE_MS) {
    const ref = (this.#refs += 1);
    const frame = JSON.stringify({ action, ref, data });
    if (!this.isOpen) return Promise.reject(disconnected());
    if (bytes(frame) > FRAME_BYTES_MAX) {
      return Promise.reject(new CommandError("textTooLong", `A command has at most ${FRAME_BYTES_MAX} bytes.`));
    }
    return new Promise((resolve, reject) => {
      const expire = () => settle(new CommandError("timeout", `No answer in ${timeoutMs} ms.`, true));
      const timer = this.#clock.setTimeout(expire, timeoutMs);
      let done = () => {};
      /** @type {(error: CommandError | null, data?: unknown) => void} */
      const settle = (error, data) => {
        this.#clock.clearTimeout(timer);
        this.#pending.delete(ref);
        error ? reject(error) : resolve(data);
        done();
      };
      const settled = /** @type {Promise<void>} */ (new Promise((resolve) => (done = resolve)));
      this.#pending.set(ref, { roomId: "roomId" in data && data.roomId, settle, settled });
      this.#socket.send(frame);
    });
  }

  /** When all that is in hand was answered or had its time, of a room or at all. @param {string} [roomId] */
  settled(roomId) {
    const commands = [...this.#pending.values()].filter((command) => roomId === undefined || command.roomId === roomId);
    return Promise.all(commands.map((command) => command.settled));
  }

  /** At once for us: nothing more is received, and commands in hand are rejected. */
  close() {
    this.#end();
    this.#socket.close(1000);
  }
}

const disconnected = () => new CommandError("disconnected", "The connection was closed before the answer came.", true);
