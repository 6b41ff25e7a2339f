/** Room: whatever happens to pushes, replies, connections and pages, everybody ends with the server's log. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ROOM, setUp, shown } from "./fake-room.js";
import { seededRandom } from "./fakes.js";

const SCHEDULES = 300;
const STEPS = 60;
const USERS = ["alice", "bob", "carol"];

/** Three principals with a page each in a network that spoils things at random. */
class Schedule {
  /** Every text that was sent. @type {string[]} */
  sent = [];
  /** Attaches under way, which may be rejected. */
  attaches = [];

  constructor(seed) {
    this.random = seededRandom(seed * 7919 + 1);
    this.world = setUp({ seed });
    this.world.server.pageMax = 3 + Math.floor(this.random() * 8);
    this.pages = USERS.map((user) => this.open(user));
  }

  chance(probability) {
    return this.random() < probability;
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  open(user, storage) {
    const page = this.world.open(storage ? { user, storage } : { user });
    page.links = [];
    page.room.addEventListener("change", () => this.check(page));
    return page;
  }

  /** What is true after every single change. */
  check({ room, user }) {
    const { messages, outgoing, breaks, ahead } = room.state;
    const sequences = shown(room);
    for (let index = 1; index < sequences.length; index += 1) {
      assert.ok(
        sequences[index] === sequences[index - 1] + 1 || breaks.includes(sequences[index]),
        `${sequences} with breaks ${breaks}`,
      );
    }
    const own = new Set(messages.filter(({ sender }) => sender === user).map(({ id }) => id));
    assert.ok(!outgoing.some(({ id }) => own.has(id)), "a message is shown as stored and as under way");
    assert.ok(ahead.every(({ sequence }) => sequence > (sequences.at(-1) ?? 0)));
  }

  connect(page) {
    const link = page.link();
    link.holdsPushes = true;
    link.spoil = ({ action }) => {
      if (this.calm) return undefined;
      if (this.chance(0.15)) return "unanswered";
      if (this.chance(0.3)) return new Promise((resolve) => this.world.clock.setTimeout(resolve, this.random() * 3000));
      return action ? undefined : undefined;
    };
    page.links.push(link);
    this.attaches.push(page.room.attach(link).catch(() => {}));
  }

  cut(page) {
    const link = this.pick(page.links);
    if (!link) return;
    page.links = page.links.filter((other) => other !== link);
    link.cut();
  }

  /** Some of what is held back arrives: in any order, doubled, or never. */
  deliver(page) {
    for (const link of page.links) {
      const now = [];
      const later = [];
      for (const push of link.held.splice(0)) {
        if (this.chance(0.15)) continue;
        if (this.chance(0.2)) later.push(push);
        else now.splice(Math.floor(this.random() * (now.length + 1)), 0, push);
        if (this.chance(0.1)) later.push(push);
      }
      link.held.push(...later);
      while (now.length) link.release(now.splice(0, 1 + Math.floor(this.random() * 3)));
    }
  }

  async step() {
    const page = this.pick(this.pages);
    const dice = this.random();
    if (dice < 0.35) {
      const text = `${page.user} ${this.sent.length}`;
      if (page.room.state.outgoing.length < 100) {
        page.room.send(text);
        this.sent.push(text);
      }
    } else if (dice < 0.6) this.deliver(page);
    else if (dice < 0.72)
      this.connect(page); // a reconnection, or a rotation
    else if (dice < 0.82) this.cut(page);
    else if (dice < 0.86) this.reload(page);
    else if (dice < 0.9) page.room.catchUp();
    else if (dice < 0.94) page.room.loadOlder(5).catch(() => {});
    else this.happen?.(this.world.server);
    await this.world.clock.advance(this.pick([0, 0, 100, 1500, 10_000]));
  }

  reload(page) {
    page.links.splice(0).forEach((link) => link.cut());
    this.pages[this.pages.indexOf(page)] = this.open(page.user, page.storage);
  }

  /** Everything works again, for long enough. */
  async end() {
    this.calm = true;
    for (const page of this.pages) {
      page.links.splice(0).forEach((link) => link.cut());
      this.connect(page);
    }
    for (let round = 0; round < 10; round += 1) {
      await this.world.clock.advance(10_000);
      for (const { links } of this.pages) for (const link of links) link.release();
    }
    await Promise.all(this.attaches);
    for (const { room } of this.pages) {
      await room.catchUp();
      while (room.hasOlder) await room.loadOlder();
    }
  }
}

test(`in ${SCHEDULES} random schedules everybody shows the log exactly, and every text is in it exactly once`, async () => {
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const schedule = new Schedule(seed);
    for (let step = 0; step < STEPS; step += 1) await schedule.step();
    await schedule.end();

    const { messages } = schedule.world.log();
    assert.deepEqual(messages.map(({ message }) => message).sort(), schedule.sent.toSorted(), `seed ${seed}`);
    for (const { room, user, storage } of schedule.pages) {
      assert.deepEqual(room.state.messages, messages, `seed ${seed}, ${user}`);
      assert.deepEqual(room.state.outgoing, [], `seed ${seed}, ${user}`);
      assert.deepEqual(
        [room.state.breaks, room.state.restarted, storage.length],
        [[], false, 0],
        `seed ${seed}, ${user}`,
      );
    }
  }
});

test("texts of one page are stored in the order in which they were sent", async () => {
  for (let seed = 1001; seed <= 1060; seed += 1) {
    const schedule = new Schedule(seed);
    for (let step = 0; step < STEPS; step += 1) await schedule.step();
    await schedule.end();

    const numbers = (user) =>
      schedule.world
        .log()
        .messages.filter(({ sender }) => sender === user)
        .map(({ message }) => Number(message.split(" ")[1]));
    for (const user of USERS)
      assert.deepEqual(
        numbers(user),
        numbers(user).toSorted((one, other) => one - other),
        `seed ${seed}`,
      );
  }
});

test("with logs that start again and retention, everybody ends with what the log keeps, and knows what failed", async () => {
  for (let seed = 2001; seed <= 2150; seed += 1) {
    const schedule = new Schedule(seed);
    let epochs = 0;
    schedule.happen = (server) => {
      const log = server.log(ROOM);
      if (schedule.chance(0.3)) server.restart(ROOM, `epoch ${(epochs += 1)}`);
      else server.expire(ROOM, Math.min(log.last, log.oldest + Math.floor(schedule.random() * 10)) || 1);
    };
    for (let step = 0; step < STEPS; step += 1) await schedule.step();
    await schedule.end();

    const { messages, epoch, oldest } = schedule.world.log();
    for (const { room, user } of schedule.pages) {
      assert.equal(room.state.epoch, epoch, `seed ${seed}, ${user}`);
      assert.deepEqual(
        room.state.messages.filter(({ sequence }) => sequence >= oldest),
        messages,
        `seed ${seed}, ${user}`,
      );
      for (const { failure } of room.state.outgoing)
        assert.equal(failure?.name, "retryTooLate", `seed ${seed}, ${user}`);
    }
  }
});
