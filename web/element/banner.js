import { element } from "./dom.js";
/** @import {ClientState} from "../client/types.js" */
/** @import {en} from "./strings/en.js" */

/** What is wrong with the connection, and what the reader can do about it. It lies over the messages and moves nothing. */
export class Banner {
  #text = element("span");
  #button = element("button", { type: "button" });
  element = element("div", { class: "banner", part: "banner", role: "status", hidden: "" }, this.#text, this.#button);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #count = () => {};

  /** @param {() => void} onRetry */
  constructor(onRetry) {
    this.#button.addEventListener("click", onRetry);
  }

  /**
   * @param {ClientState} state
   * @param {string | null} trouble what else is wrong, when the connection is not
   * @param {typeof en} strings
   */
  show(state, trouble, strings) {
    const waiting = state.name === "waiting" && state.reason !== "offline";
    this.#count = () => {
      const text = textOf(state, strings) ?? trouble ?? "";
      if (this.#text.textContent !== text) this.#text.textContent = text;
    };
    this.#count();
    this.element.hidden = !this.#text.textContent;
    this.element.className = `banner ${state.name}`;
    this.#button.textContent = strings.now;
    this.#button.hidden = !waiting && state.name !== "refused";
    if (waiting) this.#timer ??= setInterval(() => this.#count(), 1000);
    else this.stop();
  }

  /** Stops the countdown. */
  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** @param {ClientState} state @param {typeof en} strings @returns {string | null} */
function textOf(state, strings) {
  switch (state.name) {
    case "connecting":
      return strings.connecting;
    case "waiting":
      return state.reason === "offline"
        ? strings.offline
        : strings.waiting(Math.max(0, Math.ceil((state.until - Date.now()) / 1000)));
    case "refused":
      return strings.refused[state.reason] ?? strings.refused["other"] ?? "";
    case "closed":
      return strings.closed;
    default:
      return null;
  }
}
