/** A client with everything around it, for tests. */

import assert from "node:assert/strict";

import { ChatClient } from "../../../web/client/index.js";
import { FakeClock, FakeNetwork, FakeStorage, fakeToken, seededRandom, settle } from "./fakes.js";

export { fakeToken, settle };

/** Seconds since 1970, from the fake clock's beginning. */
export const inSeconds = (clock, seconds) => clock.now() / 1000 + seconds;

/**
 * A client that is not connected. `states` are those it has shown, by name; `asked` are the reasons why getToken was called.
 *
 * @param {object} [options] of ChatClient. `getToken: true` issues tokens of an hour; a function is given what the client gives,
 *   and {clock, asked}
 */
export function setUp({ getToken, random = seededRandom(7), ...options } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const asked = [];
  const issue = () => fakeToken({ exp: inSeconds(clock, 3600), count: asked.length });
  const counted = (request) => {
    asked.push(request.reason);
    return getToken === true ? issue() : getToken(request, { clock, asked });
  };
  const client = new ChatClient({
    url: "wss://chat.test/prod",
    clock,
    random,
    WebSocket: network.WebSocket,
    fetch: network.fetch,
    storage: new FakeStorage(),
    ...(getToken ? { getToken: counted } : { token: fakeToken() }),
    ...options,
  });
  const events = [];
  client.addEventListener("state", (event) => events.push(event.detail));
  return {
    clock,
    network,
    server: network.server,
    client,
    asked,
    events,
    get states() {
      return events.map(({ name }) => name);
    },
    /** connect(), and let happen what can. */
    async connect() {
      client.connect();
      await settle();
    },
    /** What commands of an action the server got. */
    commands: (action) => network.server.commands.filter((command) => command.action === action),
  };
}

/** One that is open. */
export async function openUp(options) {
  const setting = setUp(options);
  await setting.connect();
  assert.equal(setting.client.state.name, "open");
  return setting;
}

/** Let time pass in steps until this is so; fails after `mostMs`. */
export async function until(clock, condition, { mostMs = 600_000, stepMs = 1000 } = {}) {
  for (let passed = 0; !condition(); passed += stepMs) {
    if (passed >= mostMs) throw new Error(`not so within ${mostMs} ms: ${condition}`);
    await clock.advance(stepMs);
  }
}
