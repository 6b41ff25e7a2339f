/** @import {Clock} from "./types.js" */

/** Waiting that can be ended before its time. */
export class Pause {
  #clock;
  /** @type {(() => void) | null} */
  #end = null;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {number} ms @returns {Promise<void>} */
  wait(ms) {
    this.end();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.end(), ms);
      this.#end = () => {
        this.#end = null;
        this.#clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  end() {
    this.#end?.();
  }
}

/**
 * How long to wait before a command is given once more: 1 s at first, later a random time between 1 s and one that doubles up to 30 s.
 *
 * @param {number} attempt 0 for the first wait
 * @param {() => number} random
 */
export const repeatDelay = (attempt, random) => 1000 + random() * 1000 * Math.min(29, 2 ** attempt - 1);
