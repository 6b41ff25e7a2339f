/** @import {Connection} from "./connection.js" */
/** @import {Clock} from "./types.js" */

const IDLE_MS = 240_000;
const ANSWER_MS = 10_000;
/** Ticks are short because one that is late is how a page learns that it slept. */
const TICK_MS = 60_000;
const LATE_MS = 30_000;

/** Finds out whether a connection is still there: before it is idle for too long, and after the machine has slept. */
export class Keepalive {
  #connection;
  #clock;
  #onAnswer;
  /** @type {unknown} */
  #timer;
  #asking = false;
  #stopped = false;

  /** @param {Connection} connection closed when it does not answer @param {Clock} clock @param {() => void} onAnswer */
  constructor(connection, clock, onAnswer) {
    this.#connection = connection;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
    this.#wait();
  }

  stop() {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }

  /** Ask now. */
  async ask() {
    if (this.#asking) return;
    this.#asking = true;
    this.#clock.clearTimeout(this.#timer);
    const error = await this.#connection.command("ping", {}, ANSWER_MS).catch((error) => error);
    this.#asking = false;
    if (error.name === "timeout") this.#connection.close();
    if (this.#stopped || !this.#connection.isOpen) return;
    this.#wait();
    this.#onAnswer();
  }

  #wait() {
    const { now } = this.#clock;
    const idleAt = () => this.#connection.heardAt + IDLE_MS;
    const due = Math.min(now() + TICK_MS, idleAt());
    this.#timer = this.#clock.setTimeout(() => {
      if (now() - due > LATE_MS || now() >= idleAt()) this.ask();
      else this.#wait();
    }, due - now());
  }
}
