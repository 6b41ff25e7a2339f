/**
 * A room of the fake server, seen over links instead of connections, with a network that a test can spoil: pushes are dropped,
 * held back, doubled and reordered, and replies are lost. What the server says is fake-server.js.
 */

import { Room } from "../../../web/client/room.js";
import { SafeStorage } from "../../../web/client/storage.js";
import { CommandError } from "../../../web/client/wire.js";
import { FakeClock, FakeServer, FakeStorage, seededRandom, settle } from "./fakes.js";

export const ROOM = "lobby";
export const URL = "wss://chat.test/prod";

/** One connection of a principal, as a `Link`. */
export class FakeLink {
  /** Commands that were given: {action, data}. @type {{action: string, data: any}[]} */
  commands = [];
  /** Pushes that were not handed over yet; they are only held back when `holdsPushes`. @type {object[]} */
  held = [];
  holdsPushes = false;
  /** true: pushes are lost. */
  dropsPushes = false;
  /** Called with {action, data}; says what becomes of a command: undefined (answered), an Error (instead of being done), "unanswered"
   *  (done, and never answered), or a promise that the answer waits for. */
  spoil = () => undefined;
  #room;
  #connection;
  #pending = new Set();
  #open = true;

  /** @param {FakeServer} server @param {Room} room @param {{sub: string, name?: string}} claims */
  constructor(server, room, claims) {
    this.server = server;
    this.#room = room;
    this.#connection = server.accept({ token: `.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.` });
    this.#connection.send = (push) => this.#arrive(push);
  }

  /** What a test lets happen to the pushes that are held back: the array to hand over. */
  release(pushes = this.held.splice(0)) {
    if (this.#open) this.#room.receive(pushes);
  }

  command(action, data) {
    this.commands.push({ action, data });
    if (!this.#open) return Promise.reject(disconnected());
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      this.#answer(action, data).then(resolve, reject);
    });
  }

  /** The data of the commands of one action. */
  of(action) {
    return this.commands.filter((command) => command.action === action).map(({ data }) => data);
  }

  /** The connection is lost: what is in hand is rejected, and the room is told. */
  cut() {
    this.#open = false;
    this.#connection.gone();
    for (const reject of this.#pending) reject(disconnected());
    this.#room.detach(this);
  }

  async #answer(action, data) {
    const fate = this.spoil({ action, data });
    await null; // it travels
    if (fate instanceof Error) throw fate;
    if (!this.#open) return new Promise(() => {});
    const answer = this.server.answer({ action, data: structuredClone(data) }, this.#connection);
    if (fate === "unanswered") return this.#timeout();
    await fate;
    if (answer.type === "error") throw new CommandError(answer.name, answer.detail, answer.retry);
    return answer.data;
  }

  /** As a real connection has it: a command without an answer is given up after 30 s. */
  #timeout() {
    const { clock } = this.server;
    return new Promise((_, reject) => {
      const timer = clock.setTimeout(() => reject(new CommandError("timeout", "No answer within 30 s.", true)), 30_000);
      this.#pending.add(() => clock.clearTimeout(timer));
    });
  }

  #arrive(push) {
    if (this.dropsPushes || !this.#open) return;
    if (this.holdsPushes) this.held.push(push);
    else this.#room.receive([push]);
  }
}

const disconnected = () => new CommandError("disconnected", "The connection is lost.", true);

/** A promise, and what settles it. */
export function gate() {
  let open;
  const promise = new Promise((resolve) => (open = resolve));
  return { promise, open };
}

/** One server, its clock, and rooms that are looked at from anywhere. */
export function setUp({ now, seed = 1 } = {}) {
  const clock = new FakeClock(now);
  const server = new FakeServer({ clock });
  const random = seededRandom(seed);
  let ids = 0;
  const newId = () => `id-${(ids += 1)}`;

  /** A page of a principal with the room open; `changes` and `messages` are what it dispatched. */
  function open({ user = "alice", storage = new FakeStorage() } = {}) {
    const room = new Room(ROOM, { url: URL, storage: new SafeStorage(storage), clock, random, newId });
    const seen = { room, user, storage, changes: 0, messages: [] };
    room.addEventListener("change", () => (seen.changes += 1));
    room.addEventListener("message", ({ detail }) => seen.messages.push(detail.sequence));
    room.setUser(user, user);
    seen.changes = 0;
    seen.link = () => new FakeLink(server, room, { sub: user });
    return seen;
  }

  /** The same, joined over `link`. */
  async function join(options) {
    const page = open(options);
    const link = page.link();
    await page.room.attach(link);
    page.changes = 0;
    return { ...page, page, first: link, link: page.link };
  }

  const say = (count, options) => {
    for (let index = 0; index < count; index += 1) server.say(ROOM, `text ${server.log(ROOM).last + 1}`, options);
  };
  return { clock, server, random, open, join, say, log: () => server.log(ROOM), settle };
}

/** The sequences that a room shows. */
export const shown = (room) => room.state.messages.map(({ sequence }) => sequence);

/** first, first + 1, …, last. */
export const range = (first, last) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/** A message as the log has it. */
export const stored = (sequence, { sender = "bob", id = `${sender}-${sequence}`, text = `text ${sequence}` } = {}) => ({
  sequence,
  id,
  sender,
  name: sender,
  sentAt: 1000 + sequence,
  message: text,
});
