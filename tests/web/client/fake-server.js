/**
 * A server that speaks `talkroom.v1` (docs/protocol.md) as far as the client needs: rooms with logs, joins that resume, pages,
 * repetitions by id, tokens that expire. It is honest: what it does not know it answers as the real one does.
 */

const LEEWAY_MS = 30_000;

/** One end of a connection. */
class FakeConnection {
  /** @type {Set<string>} */
  rooms = new Set();
  /** true: commands are done, and not answered. */
  silent = false;
  open = true;

  constructor(server, socket, claims) {
    this.server = server;
    this.socket = socket;
    this.claims = claims;
  }

  /** Send one frame: text as it is, or anything as JSON. An array is a frame of several. */
  send(frame) {
    this.socket.arrive(typeof frame === "string" || ArrayBuffer.isView(frame) ? frame : JSON.stringify(frame));
  }

  /** Close it, as the server does. */
  close(code = 1001, reason = "Going away") {
    this.socket.finish(code, reason, true);
  }

  take(data) {
    if (!this.open) return;
    const command = JSON.parse(data);
    this.server.commands.push({ connection: this, ...command });
    const answer = this.server.answer(command, this);
    if (answer !== null && !this.silent) this.send(answer);
  }

  gone() {
    this.open = false;
    this.server.connections.delete(this);
  }
}

export class FakeServer {
  /** Those that are open. @type {Set<FakeConnection>} */
  connections = new Set();
  /** Every command that came: {connection, action, ref, data}. @type {any[]} */
  commands = [];
  /** Instead of what it would answer: (command, connection) → frame, null for no answer, undefined for what it would. */
  intercept = () => undefined;
  /** A refusal of every handshake: {status, body}. */
  refusal = null;
  /** Tokens that it does not accept. @type {Set<string>} */
  invalid = new Set();
  /** The page limit, so that few messages are several pages. */
  pageMax = 100;
  #rooms = new Map();

  /** @param {{clock: {now: () => number}}} parts */
  constructor({ clock }) {
    this.clock = clock;
  }

  /** The newest connection. */
  get last() {
    return [...this.connections].at(-1);
  }

  /** What it says of a handshake with this token. 426: it would be accepted. */
  check(token) {
    if (this.refusal !== null) return this.refusal;
    const claims = claimsOf(token);
    const refuse = (name) => ({ status: 401, body: { name, detail: `It is ${name}.` } });
    if (claims === null || this.invalid.has(token)) return refuse("invalidToken");
    if (this.#expired(claims)) return refuse("tokenExpired");
    return { status: 426, body: { name: "upgradeRequired", detail: "The handshake would be accepted." } };
  }

  accept(socket) {
    const connection = new FakeConnection(this, socket, claimsOf(socket.token) ?? { sub: "nobody" });
    this.connections.add(connection);
    return connection;
  }

  /** The log of a room: {epoch, messages, last, oldest}. */
  log(roomId) {
    if (!this.#rooms.has(roomId))
      this.#rooms.set(roomId, { epoch: `epoch-of-${roomId}`, messages: [], last: 0, oldest: 1 });
    return this.#rooms.get(roomId);
  }

  /** The log begins again. */
  restart(roomId, epoch) {
    this.#rooms.set(roomId, { epoch, messages: [], last: 0, oldest: 1 });
  }

  /** Retention removes what is before this sequence. */
  expire(roomId, oldest) {
    const log = this.log(roomId);
    log.messages = log.messages.filter((message) => message.sequence >= oldest);
    log.oldest = oldest;
  }

  /** Somebody says something: it is stored, and pushed unless told otherwise. Returns the message. */
  say(
    roomId,
    text,
    { sender = "bob", name = sender, id = `${sender}-${this.log(roomId).last + 1}`, push = true } = {},
  ) {
    const log = this.log(roomId);
    log.last += 1;
    const message = { sequence: log.last, id, sender, name, sentAt: this.clock.now(), message: text };
    log.messages.push(message);
    if (push) this.push(roomId, message);
    return message;
  }

  /** Push a message to whoever has joined. */
  push(roomId, message) {
    for (const connection of [...this.connections].filter(({ rooms }) => rooms.has(roomId))) {
      if (this.#expired(connection.claims)) {
        connection.rooms.delete(roomId);
        connection.send({ type: "unsubscribed", roomId, reason: "tokenExpired" });
      } else {
        connection.send({ type: "message", roomId, epoch: this.log(roomId).epoch, ...message });
      }
    }
  }

  answer(command, connection) {
    const instead = this.intercept(command, connection);
    if (instead !== undefined) return instead;
    const { action, ref, data = {} } = command;
    try {
      return { type: "reply", ref, data: this.#reply(action, data, connection) };
    } catch (error) {
      if (error instanceof Error) throw error;
      return {
        type: "error",
        ref,
        detail: `It is ${error}.`,
        name: error,
        retry: ["unavailable", "rateLimited"].includes(error),
      };
    }
  }

  #reply(action, data, connection) {
    const { roomId } = data;
    if (["join", "history", "members", "sendmessage"].includes(action) && this.#expired(connection.claims))
      throw "tokenExpired";
    switch (action) {
      case "ping":
        return { now: this.clock.now() };
      case "refresh":
        return this.#refresh(data.token, connection);
      case "join":
        connection.rooms.add(roomId);
        return this.#resume(data);
      case "leave":
        if (!connection.rooms.delete(roomId)) throw "notJoined";
        return { roomId };
      case "history":
        return this.#history(data);
      case "members":
        return { roomId, members: this.#members(roomId) };
      case "sendmessage":
        return this.#store(data, connection);
      default:
        throw "unknownAction";
    }
  }

  #refresh(token, connection) {
    const claims = claimsOf(token);
    if (this.check(token).status !== 426 || claims.sub !== connection.claims.sub) throw "invalidToken";
    connection.claims = claims;
    return { expiresAt: (claims.exp ?? 0) * 1000 + LEEWAY_MS };
  }

  #standing(roomId) {
    const { epoch, last, oldest } = this.log(roomId);
    return { roomId, epoch, lastSequence: last, oldestSequence: oldest };
  }

  #resume({ roomId, after, epoch }) {
    const standing = this.#standing(roomId);
    if (after === undefined) return standing;
    const log = this.log(roomId);
    const lost = (reason) => ({ ...standing, resumed: false, reason });
    if (epoch !== log.epoch) return lost("epochChanged");
    if (after > log.last) return lost("ahead");
    if (after < log.oldest - 1) return lost("expired");
    return { ...standing, resumed: true, ...this.#page(roomId, "after", after, this.pageMax) };
  }

  #history({ roomId, before, after, cursor, limit = this.pageMax, epoch }) {
    const size = Math.min(limit, this.pageMax);
    const standing = this.#standing(roomId);
    if (epoch !== undefined && epoch !== standing.epoch) throw "epochChanged";
    if (cursor !== undefined) {
      const [of, direction, from, life] = JSON.parse(cursor);
      if (of !== roomId) throw "invalidCursor";
      if (life !== standing.epoch) throw "epochChanged";
      return { ...standing, ...this.#page(roomId, direction, from, size) };
    }
    if (after !== undefined) return { ...standing, ...this.#page(roomId, "after", after, size) };
    return { ...standing, ...this.#page(roomId, "before", before ?? standing.lastSequence + 1, size) };
  }

  #page(roomId, direction, from, size) {
    const { messages, epoch } = this.log(roomId);
    const after = direction === "after";
    const all = messages.filter(({ sequence }) => (after ? sequence > from : sequence < from));
    const page = after ? all.slice(0, size) : all.slice(-size);
    if (page.length === all.length) return { messages: page };
    const next = after ? page.at(-1).sequence : page[0].sequence;
    return { messages: page, cursor: JSON.stringify([roomId, direction, next, epoch]) };
  }

  #members(roomId) {
    const here = [...this.connections].filter(({ rooms }) => rooms.has(roomId));
    const names = new Map(here.map(({ claims }) => [claims.sub, claims.name ?? claims.sub]));
    return [...names].map(([id, name]) => ({ id, name })).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  #store({ roomId, message, id, retryAfter, epoch }, connection) {
    const { sub: sender, name = sender } = connection.claims;
    const log = this.log(roomId);
    if (message.trim() === "") throw "textEmpty";
    if ([...message].length > 4000) throw "textTooLong";
    const found = log.messages.find((other) => other.sender === sender && other.id === id);
    const reply = (stored, duplicate) => ({
      roomId,
      epoch: log.epoch,
      sequence: stored.sequence,
      id,
      sentAt: stored.sentAt,
      duplicate,
    });
    if (found !== undefined) return reply(found, true);
    if (retryAfter !== undefined && (epoch !== log.epoch || retryAfter < log.oldest - 1 || retryAfter > log.last)) {
      throw "retryTooLate";
    }
    return reply(this.say(roomId, message, { sender, name, id }), false);
  }

  #expired({ exp }) {
    return exp !== undefined && exp * 1000 + LEEWAY_MS <= this.clock.now();
  }
}

function claimsOf(token) {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
  } catch {
    return null;
  }
}
