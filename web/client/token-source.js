import { expiresAt } from "./token.js";

/** @import {Clock, GetToken, TokenRequest} from "./types.js" */

const DEADLINE_MS = 30_000;

/** The token that is held, and where the next one comes from. */
export class TokenSource {
  #getToken;
  #clock;

  /** @param {string | undefined} token @param {GetToken | undefined} getToken @param {Clock} clock */
  constructor(token, getToken, clock) {
    this.held = token || null;
    this.#getToken = getToken;
    this.#clock = clock;
    this.renewable = !!getToken;
  }

  /** The held one, but null if it has expired by our clock and there is another to ask for. */
  get usable() {
    return this.held && this.renewable && expiresAt(this.held) <= this.#clock.now() ? null : this.held;
  }

  /**
   * Asks for one and holds it, unless another was given meanwhile. Rejects with an Error for developers, also when the signal ends it.
   *
   * @param {TokenRequest["reason"]} reason @param {AbortSignal} signal
   */
  async fetch(reason, signal) {
    const before = this.held;
    let stop = () => {};
    const limit = new Promise((_, reject) => (stop = () => reject(new Error("it did not answer"))));
    const timer = this.#clock.setTimeout(stop, DEADLINE_MS);
    const abort = () => {
      this.#clock.clearTimeout(timer);
      stop();
    };
    signal.addEventListener("abort", abort);
    try {
      const token = await Promise.race([this.#getToken?.({ reason }), limit]);
      if (!token || typeof token !== "string") throw new Error("it returned no text");
      if (this.held === before) this.held = token;
    } catch (/** @type {any} */ error) {
      // The message may quote a token: that of JSON.parse does.
      throw new Error(`getToken failed: ${String(error?.message ?? error).replace(/eyJ[\w.-]*/g, "…")}`);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#clock.clearTimeout(timer);
    }
  }
}
