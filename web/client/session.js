import { reconnectAfter } from "./backoff.js";
import { Connection } from "./connection.js";
import { diagnose } from "./diagnosis.js";
import { Keepalive } from "./keepalive.js";
import { NONE, afterConnection, decide } from "./lifecycle.js";
import { Pause } from "./pause.js";
import { Renewal } from "./renewal.js";
import { isSendable } from "./token.js";

/** @import {Room} from "./room.js" */
/** @import {ClientState, Outcome, Step, Surroundings} from "./types.js" */

const QUICK_MS = 1000;
const ROTATE_MS = 6_000_000;
const ROTATE_SPREAD_MS = 600_000;

/** From `connect()` to `close()`: there is a connection whenever there can be, the rooms are on it, and its token is good. */
export class Session {
  #with;
  #pause;
  #ended = new AbortController();
  /** Ends the search for a connection. */
  #seeking = new AbortController();
  #attempts = NONE;
  /** @type {ClientState} */
  #state = { name: "connecting" };
  /** Whether a token was offered or asked for. */
  #begun = false;
  /** When the last attempt began. */
  #triedAt = 0;
  /** Whether the wait may be shortened, and to what it was. */
  #hasty = false;
  #shortened = 0;
  /** The connection that is used. @type {Connection | null} */
  #connection = null;
  #usedAt = 0;
  /** The one that is being opened. @type {Connection | null} */
  #next = null;
  /** All that are not closed. @type {Set<Connection>} */
  #connections = new Set();
  /** By room id. @type {Map<string, Promise<unknown>>} */
  #leaving = new Map();
  /** @type {Keepalive | null} */
  #keepalive = null;
  #renewal;
  /** @type {unknown} */
  #rotation;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#with = surroundings;
    this.#pause = new Pause(surroundings.clock);
    this.#renewal = new Renewal({
      ...surroundings,
      signal: this.#ended.signal,
      restart: (outcome) => this.#restart(outcome),
      rejoin: () => {
        for (const room of surroundings.rooms.values()) this.attach(room);
      },
    });
  }

  start() {
    this.#seek(null);
  }

  end() {
    this.#ended.abort();
    this.#drop();
  }

  /** Try now; with another token when refused. */
  retry() {
    const { name } = this.#state;
    if (name === "refused" && this.#with.tokens.renewable) this.#with.tokens.held = null;
    if (name === "refused" || name === "waiting") this.#restart(null);
  }

  /** Another token is held. */
  renewed() {
    if (this.#connection) this.#renewal.refresh();
    else if (this.#state.name !== "waiting") this.#restart(null);
  }

  /** The network or the user came or went: look whether the connection is there, or try, but not twice in a second. @param {boolean} gone */
  wake(gone) {
    if (this.#connection) this.#keepalive?.ask();
    else if (gone && this.#state.name === "waiting") this.#report({ ...this.#state, reason: "offline" });
    else if (!gone && this.#hasty) {
      this.#shortened = this.#triedAt + QUICK_MS - this.#with.clock.now();
      this.#pause.end();
    }
  }

  /** Whether the room is joined and has all it missed. @param {Room} room @param {Connection | null} [connection] */
  async attach(room, connection = this.#connection) {
    if (!connection) return false;
    connection.rooms.add(room);
    // A join must not overtake the leaving before it: the server handles commands concurrently.
    await this.#leaving.get(room.id);
    if (this.#with.rooms.get(room.id) !== room) return true;
    return room.attach(connection).then(
      () => true,
      () => false,
    );
  }

  /** It is no longer held. @param {Room} room */
  leave(room) {
    const { id } = room;
    const links = [...this.#connections].filter(({ rooms }) => rooms.has(room));
    for (const link of links) room.detach(link);
    /** @type {Promise<unknown>} */
    const left = Promise.all(
      links.map(async (link) => {
        await link.settled(id);
        await link.command("leave", { roomId: id }).catch(() => {});
      }),
    ).then(() => this.#leaving.get(id) === left && this.#leaving.delete(id));
    this.#leaving.set(id, left);
  }

  /** @param {ClientState} state */
  #report(state) {
    this.#state = state;
    this.#with.report(state);
  }

  /** Look for a connection. @param {Outcome | null} outcome that of the last attempt */
  async #seek(outcome) {
    const { signal } = (this.#seeking = new AbortController());
    const { tokens, random } = this.#with;
    while (!signal.aborted) {
      if (outcome) {
        const offline = globalThis.navigator?.onLine === false;
        const [attempts, step] = decide(this.#attempts, outcome, { renewable: tokens.renewable, offline, random });
        this.#attempts = attempts;
        if (!step.state) tokens.held = null;
        else if (!(await this.#wait(step, signal))) return;
      }
      this.#report({ name: "connecting" });
      if (signal.aborted) return;
      outcome = await this.#try(signal);
      if (!outcome) return;
    }
  }

  /** Whether to go on. @param {Step} step @param {AbortSignal} signal */
  async #wait({ ms, state }, signal) {
    const until = ms === null ? null : this.#with.clock.now() + ms;
    this.#report(/** @type {ClientState} */ ({ ...state, until }));
    if (ms === null || signal.aborted) return false;
    this.#hasty = state?.name === "waiting" || (state?.name === "refused" && state.reason === "noToken");
    for (let left = ms; left > 0 && !signal.aborted; left = this.#shortened) {
      this.#shortened = 0;
      await this.#pause.wait(left);
    }
    if (signal.aborted) return false;
    this.#hasty = false;
    return true;
  }

  /** One handshake. Null when it was accepted, or nobody waits for it any more. @param {AbortSignal} signal @returns {Promise<Outcome | null>} */
  async #try(signal) {
    const { tokens, clock } = this.#with;
    this.#triedAt = clock.now();
    if (!tokens.usable) {
      if (!tokens.renewable) return { name: "noToken", detail: "Give a token or getToken." };
      const reason = this.#begun ? "refused" : "connect";
      this.#begun = true;
      try {
        await tokens.fetch(reason, signal);
      } catch (/** @type {any} */ error) {
        return signal.aborted ? null : { name: "noToken", detail: error.message };
      }
      if (signal.aborted) return null;
    }
    const token = tokens.held ?? "";
    const next = this.#open(token);
    if (!(next instanceof Connection)) return next;
    this.#next = next;
    const opened = await next.opened;
    if (signal.aborted) return null;
    this.#next = null;
    if (!opened) {
      const diagnosis = await diagnose({ ...this.#with, token, signal });
      return signal.aborted ? null : diagnosis;
    }
    this.#attempts = afterConnection(this.#attempts, 0);
    this.#use(next);
    this.#report({ name: "open" });
    return null;
  }

  /** @param {string} token @returns {Connection | Outcome} */
  #open(token) {
    if (!isSendable(token)) return { name: "refused", reason: "invalidToken", detail: "No token looks like that." };
    this.#begun = true;
    this.#with.identify(token);
    try {
      /** @type {Connection} */
      const connection = new Connection({
        ...this.#with,
        token,
        onPushes: (pushes) => this.#receive(connection, pushes),
        onExpired: () => this.#renewal.expired(connection),
      });
      this.#connections.add(connection);
      connection.closed.then((code) => this.#onClosed(connection, code));
      return connection;
    } catch {
      return { name: "refused", reason: "unknown", detail: "This page may not open the connection." };
    }
  }

  /** @param {Connection} connection */
  #use(connection) {
    const { clock, random, rooms, rotateAfterMs } = this.#with;
    this.#keepalive?.stop();
    this.#keepalive = new Keepalive(connection, clock, () => {
      for (const room of rooms.values()) room.catchUp();
    });
    this.#connection = connection;
    this.#usedAt = clock.now();
    for (const room of rooms.values()) if (!connection.rooms.has(room)) this.attach(room);
    this.#renewal.watch(connection);
    this.#scheduleRotation(rotateAfterMs ?? ROTATE_MS + random() * ROTATE_SPREAD_MS, 0);
  }

  /** @param {Connection} connection @param {any[]} pushes */
  #receive(connection, pushes) {
    const current = connection === this.#connection;
    for (const [id, room] of this.#with.rooms) {
      // What a connection that was replaced no longer receives does not matter.
      const own = pushes.filter(({ roomId, type }) => roomId === id && (current || type !== "unsubscribed"));
      if (own.length) room.receive(own);
      if (own.some(({ type }) => type === "unsubscribed")) this.#renewal.expired(connection);
    }
  }

  /** @param {Connection} connection @param {number | undefined} code */
  #onClosed(connection, code) {
    this.#connections.delete(connection);
    for (const room of this.#with.rooms.values()) room.detach(connection);
    if (connection !== this.#connection) return;
    this.#attempts = afterConnection(this.#attempts, this.#with.clock.now() - this.#usedAt);
    const next = this.#next;
    if (!next?.isOpen) return this.#restart({ name: "lost", code });
    this.#next = null;
    this.#use(next);
  }

  /** Close everything, and wait for nothing more. */
  #drop() {
    const { clock, rooms } = this.#with;
    this.#seeking.abort();
    this.#pause.end();
    this.#keepalive?.stop();
    this.#renewal.stop();
    clock.clearTimeout(this.#rotation);
    this.#hasty = false;
    this.#connection = this.#next = null;
    for (const connection of this.#connections) {
      connection.close();
      for (const room of rooms.values()) room.detach(connection);
    }
  }

  /** @param {Outcome | null} outcome null: all that failed is forgotten, but how often */
  #restart(outcome) {
    if (this.#ended.signal.aborted) return;
    this.#drop();
    if (!outcome) this.#attempts = afterConnection(this.#attempts, 0);
    this.#seek(outcome);
  }

  /** @param {number} ms @param {number} failures */
  #scheduleRotation(ms, failures) {
    const { clock } = this.#with;
    clock.clearTimeout(this.#rotation);
    this.#rotation = clock.setTimeout(() => this.#rotate(failures + 1), ms);
  }

  /** Open the next connection, put the rooms on it, then close this one: before the server does at two hours. @param {number} attempt */
  async #rotate(attempt) {
    const { tokens, rooms, random } = this.#with;
    const old = this.#connection;
    const next = tokens.usable && this.#open(tokens.usable);
    if (next instanceof Connection) {
      this.#next = next;
      const attaching = async () => Promise.all([...rooms.values()].map((room) => this.attach(room, next)));
      const attached = (await next.opened) && (await attaching()).every((done) => done);
      if (next !== this.#next || old !== this.#connection) return;
      this.#next = null;
      if (attached) {
        this.#use(next);
        await old?.settled();
        return old?.close();
      }
      next.close();
      for (const room of rooms.values()) {
        room.detach(next);
        if (next.rooms.has(room)) this.attach(room);
      }
    }
    this.#scheduleRotation(reconnectAfter(attempt, random), attempt);
  }
}
