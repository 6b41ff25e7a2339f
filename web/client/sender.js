/** @import {CommandError} from "./wire.js" */
/** @import {Clock, Link, Message, Outgoing, RoomState} from "./types.js" */
/** @import {Input} from "./state.js" */

import { Pause, repeatDelay } from "./pause.js";
import { position } from "./state.js";

/**
 * What the sender needs of its room.
 *
 * @typedef {object} SendingRoom
 * @property {string} id
 * @property {string} name of the principal, for people
 * @property {RoomState} state
 * @property {Link | null} sendingLink where messages are sent now; null while there is no such place
 * @property {(input: Input) => void} apply
 * @property {(id: string) => void} keep puts what is known of the message where it survives a reload
 */

/**
 * Sends what is queued: one message at a time, in order, each until the server has answered (docs/protocol.md section 9).
 */
export class Sender {
  #room;
  #random;
  #pause;
  #running = false;
  /** @type {{id: string, settle: () => void} | null} */
  #inHand = null;

  /** @param {SendingRoom} room @param {Clock} clock @param {() => number} random */
  constructor(room, clock, random) {
    this.#room = room;
    this.#random = random;
    this.#pause = new Pause(clock);
  }

  /** Begins, or looks again at once: there is a message, or another link, or none. */
  async run() {
    this.#pause.end();
    if (this.#running) return;
    this.#running = true;
    try {
      for (let entry; this.#room.sendingLink && (entry = this.#next());) await this.#send(entry);
    } finally {
      this.#running = false;
    }
  }

  /** The room's state has changed: the message in hand may have arrived as a push, or have been discarded. */
  changed() {
    if (this.#inHand && !this.#holds(this.#inHand.id)) this.#inHand.settle();
  }

  #next() {
    return this.#room.state.outgoing.find((entry) => entry.status === "queued");
  }

  /** @param {string} id */
  #holds(id) {
    return this.#room.state.outgoing.some((entry) => entry.id === id);
  }

  /** @param {Outgoing} entry */
  async #send({ id, text, retryAfter, epoch }) {
    const room = this.#room;
    // The first attempt leaves only after it is written down what a repetition has to say: this page may be gone by then.
    const seen = { retryAfter: retryAfter ?? position(room.state), epoch: epoch ?? room.state.epoch ?? "" };
    let repetition = retryAfter !== null ? seen : {};
    room.apply({ type: "sending", id, ...seen });
    room.keep(id);
    for (let attempt = 0; this.#holds(id); attempt++) {
      const link = room.sendingLink;
      if (!link) return room.apply({ type: "returned", id });
      const answer = await this.#attempt(link, { roomId: room.id, message: text, id, ...repetition });
      repetition = seen;
      if (!answer) continue;
      if (!(answer instanceof Error)) return this.#stored(answer, text);
      if (!isRepeatable(answer)) {
        const { name, message, detail = message } = /** @type {Error & {detail?: string}} */ (answer);
        room.apply({ type: "failed", id, failure: { name, detail } });
        return room.keep(id);
      }
      if (answer.name !== "disconnected" || room.sendingLink === link) {
        await this.#pause.wait(repeatDelay(attempt, this.#random));
      }
    }
  }

  /**
   * One attempt; ends without an answer when the message is not under way any more.
   *
   * @param {Link} link @param {{id: string, [field: string]: unknown}} data @returns {Promise<any>} the reply's data, or the error, or undefined
   */
  async #attempt(link, data) {
    const gone = new Promise((resolve) => (this.#inHand = { id: data.id, settle: () => resolve(undefined) }));
    const answer = link.command("sendmessage", data).catch((/** @type {CommandError} */ error) => error);
    try {
      return await Promise.race([gone, answer]);
    } finally {
      this.#inHand = null;
    }
  }

  /** @param {{epoch: string} & Message} reply @param {string} text */
  #stored({ epoch, sequence, id, sentAt }, text) {
    const { name, state } = this.#room;
    const message = { sequence, id, sender: state.user ?? "", name, sentAt, message: text };
    this.#room.apply({ type: "stored", epoch, message });
  }
}

/** An expired token is renewed meanwhile. @param {Error & {retry?: boolean}} error */
const isRepeatable = (error) => error.retry === true || error.name === "tokenExpired";
