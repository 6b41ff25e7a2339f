import { Outbox } from "./outbox.js";
import { Pause, repeatDelay } from "./pause.js";
import { Sender } from "./sender.js";
import { HELD_MAX, gapOf, hasOlder, initialState, messagesAfter, position, reduce } from "./state.js";
import { CommandError } from "./wire.js";

/** @import {SafeStorage} from "./storage.js" */
/** @import {Input, Page} from "./state.js" */
/** @import {Clock, Link, RoomState} from "./types.js" */

const FIRST_PAGE = 50;
const UNSENT_MAX = 100;
const STRANGERS_MAX = 1_000;
const GAP_PATIENCE_MS = 1_000;

/**
 * @typedef {object} RoomOptions
 * @property {string} url of the server; with user and room it names the unsent messages in the storage
 * @property {SafeStorage} storage
 * @property {Clock} clock
 * @property {() => number} random in [0, 1)
 * @property {() => string} newId
 */

/** One room: its state, and what keeps it true. Dispatches `change` and `message`. */
export class Room extends EventTarget {
  #options;
  #sender;
  #name = "";
  #state = initialState();
  /** @type {Outbox | null} */
  #outbox = null;
  /** Where the room is joined; commands go to the last one. @type {Link[]} */
  #links = [];
  /** The join under way. @type {Turn | null} */
  #turn = null;
  #caughtUp = false;
  /** Of the state's beginnings: what was asked before one does not belong into it. */
  #generation = 0;
  /** Pushes of an epoch that is not ours, until the server has been asked. @type {Extract<Input, {type: "message"}>[]} */
  #strangers = [];
  #timer = /** @type {unknown} */ (null);
  #failures = 0;
  /** @type {Promise<void> | null} */
  #reading = null;
  /** @type {Promise<void> | null} */
  #older = null;

  /** @param {string} id @param {RoomOptions} options */
  constructor(id, options) {
    super();
    this.id = id;
    this.#options = options;
    this.#sender = new Sender(this.#sendingRoom(), options.clock, options.random);
  }

  /** A frozen value; another one after every change. */
  get state() {
    return this.#state;
  }

  /** The principal's id, once known: the sender of own messages. */
  get user() {
    return this.#state.user;
  }

  /** Whether the log keeps messages before the first that is held. */
  get hasOlder() {
    return hasOlder(this.#state);
  }

  /**
   * Shows a message at once, keeps it, and sends it when its turn has come.
   *
   * @param {string} text @returns {string} its id. Throws CommandError: `textEmpty`, `queueFull` beyond 100 unsent messages
   */
  send(text) {
    const { outgoing } = this.#state;
    if (!text.trim()) throw new CommandError("textEmpty", "The text is only white space.");
    if (outgoing.length >= UNSENT_MAX) {
      throw new CommandError("queueFull", `${UNSENT_MAX} messages of this room are unsent; wait, or discard some.`);
    }
    const id = this.#options.newId();
    // Times differ, so that the order survives a reload.
    const at = Math.max(this.#options.clock.now(), (outgoing.at(-1)?.at ?? 0) + 1);
    const entry = {
      id,
      text,
      at,
      status: /** @type {const} */ ("queued"),
      failure: null,
      retryAfter: null,
      epoch: null,
    };
    this.#apply({ type: "queued", entries: [entry] });
    this.#keep(id);
    this.#sender.run();
    return id;
  }

  /** Sends a failed message again; under a new id if it cannot be told whether it was stored. @param {string} id */
  retry(id) {
    const entry = this.#state.outgoing.find((one) => one.id === id && one.status === "failed");
    if (!entry) return;
    const as = entry.failure?.name === "retryTooLate" ? this.#options.newId() : id;
    this.#apply({ type: "retried", id, as });
    this.#keep(as);
    this.#sender.run();
  }

  /** Forgets an unsent message. If it is on its way, it may be stored all the same. @param {string} id */
  discard(id) {
    this.#apply({ type: "discarded", id });
  }

  /**
   * Reads a page upward. Calls while one is read share it. Rejects with CommandError.
   *
   * @param {number} [limit] messages at most; a page may be shorter although there are more @returns {Promise<void>}
   */
  loadOlder(limit = 50) {
    return (this.#older ??= this.#loadOlder(limit).finally(() => (this.#older = null)));
  }

  /** Who is here now. Rejects with CommandError. @returns {Promise<{id: string, name: string}[]>} */
  async members() {
    const members = new Map();
    let page = await this.#command("members", {});
    for (;;) {
      for (const member of page.members) members.set(member.id, member);
      if (!page.cursor) return [...members.values()];
      page = await this.#command("members", { cursor: page.cursor });
    }
  }

  /** Who we are; before, nothing is kept or sent. @param {string} id @param {string} [name] beside own messages */
  setUser(id, name = id) {
    this.#name = name;
    if (id === this.user) return;
    const { url, storage } = this.#options;
    this.#outbox = new Outbox(storage, url, id, this.id);
    let known = this.#state;
    if (this.user === null) known.outgoing.forEach((entry) => this.#outbox?.put(entry));
    else {
      // Nobody's messages may leave over another's connection.
      for (const link of [...this.#links, this.#turn?.link]) if (link) this.detach(link);
      known = initialState();
      this.#generation++;
    }
    this.#state = reduce(known, { type: "identified", user: id, entries: this.#outbox.load() });
    this.#sender.changed();
    this.dispatchEvent(new Event("change"));
    this.#sender.run();
  }

  /**
   * Joins over a link and reads what was missed; then sends what is queued. Commands go to the link once it has joined, and pushes of
   * all attached links are accepted.
   *
   * @param {Link} link @returns {Promise<void>} rejects with CommandError `disconnected` when the link is detached or lost first
   */
  attach(link) {
    this.#turn?.pause.end();
    const turn = new Turn(link, new Pause(this.#options.clock));
    this.#turn = turn;
    turn.done = this.#attach(turn);
    return turn.done;
  }

  /** A link is gone. @param {Link} link */
  detach(link) {
    this.#links = this.#links.filter((other) => other !== link);
    if (!this.#links.length) this.#caughtUp = false;
    if (this.#turn?.link === link) {
      this.#turn.lost = true;
      this.#turn.pause.end();
      this.#turn = null;
    }
    this.#watch();
    this.#sender.run();
  }

  /** The pushes of one frame for this room. @param {readonly any[]} pushes */
  receive(pushes) {
    for (const push of pushes) {
      if (push.type === "message" && push.epoch !== this.#state.epoch && this.#strangers.push(push) > STRANGERS_MAX) {
        this.#strangers.shift();
      }
    }
    this.#apply(...pushes);
    this.#watch();
  }

  /** Reads what is newer than what is held, if anything is. @returns {Promise<void>} does not reject */
  catchUp() {
    return (this.#reading ??= this.#catchUp().finally(() => {
      this.#reading = null;
      this.#watch();
    }));
  }

  /** @param {Turn} turn */
  async #attach(turn) {
    for (let attempt = 1; this.#turn === turn; attempt++) {
      try {
        await this.#join(turn);
        this.#turn = null;
        this.#caughtUp = true;
        this.#watch();
        this.#sender.run();
        return;
      } catch (reason) {
        if (this.#turn !== turn) break;
        const error = /** @type {CommandError} */ (reason);
        const { name, detail } = error;
        if (name === "disconnected" || isFinal(error)) {
          this.#turn = null;
          if (name === "disconnected") throw error;
          return this.#apply({ type: "refused", failure: { name, detail: detail ?? error.message } });
        }
        await turn.pause.wait(repeatDelay(attempt, this.#options.random));
      }
    }
    if (turn.lost) throw disconnected();
    return this.#turn?.done; // a later attach decides
  }

  /** @param {Turn} turn */
  async #join(turn) {
    const { epoch } = this.#state;
    const after = position(this.#state);
    // What came before the server was asked is in its answers, or of an epoch that has ended.
    const early = this.#strangers.splice(0);
    const reply = await this.#ask(turn, "join", epoch === null ? {} : { after, epoch });
    this.#links = [...this.#links.filter((link) => link !== turn.link), turn.link];
    const goesOn = reply.resumed || reply.reason === "expired";
    if (goesOn && reply.epoch === this.#state.epoch && reply.lastSequence - after <= HELD_MAX) {
      this.#apply({ type: "joined", page: reply });
      // What has expired is a break: it goes on with the oldest that is kept.
      if (!reply.resumed) await this.#readOn((data) => this.#ask(turn, "history", data));
      else if (reply.cursor) await this.#readOn((data) => this.#ask(turn, "history", data), reply.cursor);
    } else {
      const page = await this.#ask(turn, "history", { limit: FIRST_PAGE });
      this.#generation++;
      this.#apply({ type: "started", page, ahead: reply.reason === "ahead" });
    }
    this.receive([...early.filter((push) => push.epoch === this.#state.epoch), ...this.#strangers.splice(0)]);
  }

  /** A command of the join under way. @param {Turn} turn @param {string} action @param {object} data */
  async #ask(turn, action, data) {
    const reply = await turn.link.command(action, { roomId: this.id, ...data });
    if (this.#turn !== turn) throw disconnected();
    return reply;
  }

  /**
   * Reads to the log's end, from the position or from a cursor that goes on there.
   *
   * @param {(data: object) => Promise<Page>} ask @param {string} [cursor]
   */
  async #readOn(ask, cursor) {
    const generation = this.#generation;
    let data = /** @type {object} */ (cursor ? { cursor } : { after: position(this.#state), epoch: this.#state.epoch });
    for (;;) {
      const page = await ask(data);
      if (generation !== this.#generation) return;
      if (page.epoch !== this.#state.epoch) throw new CommandError("epochChanged", "The log started again.");
      this.#apply({ type: "history", page });
      if (!page.cursor) return;
      data = { cursor: page.cursor };
    }
  }

  async #catchUp() {
    if (this.#turn || !this.#links.length) return;
    try {
      await this.#readOn((data) => this.#command("history", data));
      this.#failures = gapOf(this.#state) ? this.#failures + 1 : 0;
    } catch (error) {
      this.#failures++;
      this.#doubt(error);
    }
  }

  /** @param {number} limit */
  async #loadOlder(limit) {
    const { messages, epoch } = this.#state;
    const before = messages[0]?.sequence;
    if (!this.hasOlder || before === undefined) return;
    const generation = this.#generation;
    try {
      const data = { before, epoch, limit: Math.min(limit, HELD_MAX - messages.length) };
      const page = await this.#command("history", data);
      if (generation === this.#generation) this.#apply({ type: "history", page, before });
    } catch (error) {
      this.#doubt(error);
      throw error;
    }
  }

  /** @param {string} action @param {object} data @returns {Promise<any>} */
  async #command(action, data) {
    const link = this.#links.at(-1);
    if (!link) throw disconnected();
    return link.command(action, { roomId: this.id, ...data });
  }

  /** An error may say that our epoch is not the log's any more. @param {any} error */
  #doubt(error) {
    if (error.name === "epochChanged") this.#rejoin();
  }

  #rejoin() {
    const link = this.#links.at(-1);
    if (link && !this.#turn) this.attach(link).catch(() => {}); // then the link is lost, and its end is told by detach
  }

  /** While something is missing and nobody reads: it may be under way, so wait a moment, then ask. */
  #watch() {
    const { clock, random } = this.#options;
    const missing = this.#strangers.length > 0 || gapOf(this.#state) !== null;
    if (!missing || !this.#links.length || this.#turn || this.#reading) {
      clock.clearTimeout(this.#timer);
      this.#timer = null;
    } else {
      this.#timer ??= clock.setTimeout(
        () => {
          this.#timer = null;
          if (this.#strangers.length) this.#rejoin();
          else this.catchUp();
        },
        Math.max(GAP_PATIENCE_MS, repeatDelay(this.#failures, random)),
      );
    }
  }

  /** @param {Input[]} inputs */
  #apply(...inputs) {
    const before = this.#state;
    const after = (this.#state = inputs.reduce(reduce, before));
    this.#watch();
    if (after === before) return;
    if (after.outgoing !== before.outgoing) {
      const kept = new Set(after.outgoing.map((entry) => entry.id));
      for (const { id } of before.outgoing) if (!kept.has(id)) this.#outbox?.remove(id);
      this.#sender.changed();
    }
    this.dispatchEvent(new Event("change"));
    if (inputs[0]?.type === "started" || after.messages === before.messages) return;
    for (const message of messagesAfter(after, position(before))) {
      this.dispatchEvent(new CustomEvent("message", { detail: message }));
    }
  }

  /** @param {string} id */
  #keep(id) {
    const entry = this.#state.outgoing.find((one) => one.id === id);
    if (entry) this.#outbox?.put(entry);
  }

  /** @returns {import("./sender.js").SendingRoom} */
  #sendingRoom() {
    const room = this;
    return {
      id: room.id,
      get name() {
        return room.#name;
      },
      get state() {
        return room.#state;
      },
      get sendingLink() {
        return room.#caughtUp && room.user !== null ? (room.#links.at(-1) ?? null) : null;
      },
      apply(input) {
        if (input.type === "stored") {
          room.#outbox?.remove(input.message.id);
          // The log started again: the message is shown once the server has been asked.
          if (input.epoch !== room.#state.epoch)
            room.#strangers.push({ ...input.message, type: "message", epoch: input.epoch });
        }
        room.#apply(input);
      },
      keep: (id) => room.#keep(id),
    };
  }
}

/** One attempt to be joined over a link: the latest counts. */
class Turn {
  lost = false;
  /** @type {Promise<void>} */
  done = Promise.resolve();

  /** @param {Link} link @param {Pause} pause */
  constructor(link, pause) {
    this.link = link;
    this.pause = pause;
  }
}

const disconnected = () => new CommandError("disconnected", "There is no connection.", true);

/** Whether joining again cannot help. An expired token is renewed meanwhile; the others are mended by joining. @param {CommandError} error */
const isFinal = ({ name, retry }) => !retry && !["tokenExpired", "epochChanged", "invalidCursor"].includes(name);
