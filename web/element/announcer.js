import { element } from "./dom.js";
/** @import {en} from "./strings/en.js" */

/** Announcements are at least this far apart; what comes between is said together. */
const PAUSE_MS = 1000;
/** More messages than this are only counted. */
const MESSAGES_MAX = 3;

/** Says to screen readers what others see: new messages when there is a pause, failures at once. */
export class Announcer {
  element = element("div", { class: "hidden" });
  #polite = element("div", { role: "log", "aria-live": "polite" });
  #assertive = element("div", { role: "alert" });
  /** @type {string[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    this.element.append(this.#polite, this.#assertive);
  }

  /** @param {string} name @param {string} text @param {typeof en} strings */
  message(name, text, strings) {
    this.#waiting.push(strings.announced(name, text));
    this.#timer ??= setTimeout(() => {
      const count = this.#waiting.length;
      const said = count > MESSAGES_MAX ? [strings.announcedMany(count)] : this.#waiting;
      this.stop();
      this.#polite.replaceChildren(...said.map((line) => element("p", {}, line)));
    }, PAUSE_MS);
  }

  /** @param {string} text */
  failure(text) {
    this.#assertive.replaceChildren(element("p", {}, text));
  }

  /** Forgets what was not said yet. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}
