import { doubled } from "./backoff.js";
import { expiresAt, principal, refreshAfter } from "./token.js";

/** @import {Connection} from "./connection.js" */
/** @import {RenewalParts} from "./types.js" */

const QUICK_MS = 1000;
const LASTING_MS = 60_000;

/** Keeps the token of the connection good: asks for the next one in time, and gives it to the server without reconnecting. */
export class Renewal {
  #with;
  /** The one that is used. @type {Connection | null} */
  #connection = null;
  /** @type {unknown} */
  #timer;
  /** Whether the server has said that the token expired. */
  #expired = false;
  #fetching = false;
  /** Renewals in a row that did not help. */
  #failures = 0;
  #renewedAt = -Infinity;

  /** @param {RenewalParts} parts */
  constructor(parts) {
    this.#with = parts;
  }

  /** From now on it is this connection's. @param {Connection} connection */
  watch(connection) {
    this.#connection = connection;
    this.#schedule(refreshAfter(connection.token, this.#with.clock.now()));
  }

  /** There is no connection any more. */
  stop() {
    this.#with.clock.clearTimeout(this.#timer);
    this.#connection = null;
    this.#expired = false;
  }

  /** The server has refused something of a connection, because its token expired. @param {Connection} connection */
  expired(connection) {
    const { clock, tokens, restart } = this.#with;
    if (connection !== this.#connection || this.#expired) return;
    this.#expired = true;
    if (this.#fetching) return;
    if (!tokens.renewable) restart({ name: "refused", reason: "tokenExpired", detail: "The token has expired." });
    // It expired as soon as it came: clocks differ, and asking more often does not help.
    else if (clock.now() - this.#renewedAt < LASTING_MS) this.#later();
    else this.#renew();
  }

  /** Go on with the token that is held. */
  async refresh() {
    const { clock, tokens, restart, rejoin } = this.#with;
    const connection = this.#connection;
    if (!connection) return;
    const token = tokens.held ?? "";
    if (principal(token)?.id !== principal(connection.token)?.id) return restart(null);
    const error = await connection.command("refresh", { token }).then(
      () => null,
      (error) => error,
    );
    if (connection !== this.#connection) return;
    if (error) return tokens.renewable && !this.#expired ? this.#later() : restart(null);
    const now = clock.now();
    const helps = expiresAt(token) > Math.max(now, expiresAt(connection.token));
    connection.token = token;
    if (helps && now - this.#renewedAt > LASTING_MS) this.#failures = 0;
    this.#renewedAt = now;
    if (helps) this.#schedule(Math.max(QUICK_MS, refreshAfter(token, now)));
    else this.#later();
    if (this.#expired) rejoin();
    this.#expired = false;
  }

  /** @param {number} ms */
  #schedule(ms) {
    const { clock, tokens } = this.#with;
    clock.clearTimeout(this.#timer);
    // Timers of more than 24 days run at once, and the next connection is sooner.
    if (tokens.renewable && ms < 2 ** 31) this.#timer = clock.setTimeout(() => this.#renew(), ms);
  }

  #later() {
    this.#schedule(doubled((this.#failures += 1), 5000, 300_000));
  }

  /** Ask for another token, and go on with it. */
  async #renew() {
    const { tokens, signal, restart } = this.#with;
    const connection = this.#connection;
    if (!connection || this.#fetching) return;
    this.#fetching = true;
    try {
      await tokens.fetch(this.#expired ? "refused" : "refresh", signal);
      if (connection === this.#connection) await this.refresh();
    } catch (/** @type {any} */ error) {
      if (connection !== this.#connection) return;
      if (this.#expired) restart({ name: "noToken", detail: error.message });
      else this.#later();
    } finally {
      this.#fetching = false;
    }
  }
}
