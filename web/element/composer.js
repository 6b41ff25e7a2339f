import { Composition } from "./composition.js";
import { element, icon } from "./dom.js";
import { Drafts } from "./draft.js";
/** @import {SendKey} from "./composition.js" */
/** @import {Strings} from "./strings/index.js" */

/** With fewer characters left the counter is shown, and read to those who listen at each of these. A short limit has only the lower ones. */
const LEVELS = [200, 100, 50, 20, 0];

/** The field to write in, and its button. While an input method composes the field is not written: that waits. */
export class Composer {
  #field = element("textarea", { part: "input", rows: "1", autocomplete: "off", "aria-describedby": "hint counter" });
  #button = element("button", { part: "send" }, icon("M12 19V5M6 11l6-6 6 6"));
  #box = element("div", { class: "field" }, this.#field, this.#button);
  #hint = element("span", { part: "hint", id: "hint" });
  #counter = element("span", { part: "counter", id: "counter" });
  #announced = element("p", { class: "hidden", "aria-live": "polite" });
  #foot = element("div", { class: "foot" }, this.#hint, this.#counter);
  element = element("form", { class: "composer", part: "composer" }, this.#box, this.#foot, this.#announced);

  #composition = new Composition();
  #drafts = new Drafts();
  #options;
  #disabled = false;
  #level = 0;
  /** Whose draft is in the field, and whose shall be. @type {(string | null)[]} */
  #rooms = [null, null];

  /**
   * @param {object} options
   * @param {Strings} options.strings
   * @param {SendKey} options.sendKey
   * @param {number} options.limit in code points
   * @param {(text: string) => boolean | void} options.onSend false, or an error, keeps the text in the field
   */
  constructor(options) {
    this.#options = { ...options };
    for (const type of ["keydown", "input", "compositionstart", "compositionend", "blur", "focus"])
      this.#field.addEventListener(type, (event) => this.#handle(event));
    // The button does not take the focus, so a phone's keyboard stays.
    this.#button.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#label();
  }

  set strings(/** @type {Strings} */ strings) {
    this.#options.strings = strings;
    this.#label();
  }

  set sendKey(/** @type {SendKey} */ sendKey) {
    this.#options.sendKey = sendKey;
    this.#label();
  }

  set limit(/** @type {number} */ limit) {
    this.#options.limit = limit;
    this.#render();
  }

  /** Whose draft to show and to keep. What was written before there was a room is the first one's. */
  set room(/** @type {string | null} */ key) {
    if (key === this.#rooms[1]) return;
    this.#rooms[1] = key;
    this.#settle();
  }

  /** Nothing can be written or sent; what is there can be read and copied. */
  set disabled(/** @type {boolean} */ disabled) {
    this.#disabled = disabled;
    this.#settle();
  }

  focus() {
    this.#field.focus();
  }

  /** @param {Event} event */
  #handle(event) {
    const { type } = event;
    const decision = this.#composition.handle(event, { sendKey: this.#options.sendKey, touch: isTouch() });
    if (decision !== "leave") event.preventDefault();
    if (decision === "send") this.#send();
    if (decision === "line") document.execCommand("insertText", false, "\n");
    if (type === "input") this.#changed();
    if (type === "focus") this.#label();
    // Later: the browser may still write the field, or begin the next composition with the same key.
    if (type === "compositionend" || type === "blur") setTimeout(() => this.#settle());
  }

  #send() {
    const focused = this.#field.matches(":focus");
    // The end of a composition, so that the field holds what is sent. Phones compose all the time.
    if (this.#composition.active) this.#field.blur();
    const { limit, onSend } = this.#options;
    const text = textOf(this.#field.value);
    try {
      if (!text || this.#disabled || lengthOf(text) > limit || onSend(text) === false) return;
      this.#field.value = "";
      this.#changed();
    } finally {
      if (focused || !isTouch()) this.focus();
    }
  }

  /** Does what had to wait for the end of a composition. */
  #settle() {
    const [room, next = null] = this.#rooms;
    if (!this.#composition.active) {
      this.#field.readOnly = this.#disabled;
      if (room !== next) {
        this.#rooms = [next, next];
        if (next && (room || !this.#field.value)) this.#field.value = this.#drafts.read(next);
        this.#changed();
      }
    }
    this.#render();
  }

  #changed() {
    if (this.#rooms[0]) this.#drafts.write(this.#rooms[0], this.#field.value);
    this.#render();
  }

  #label() {
    const { strings, sendKey } = this.#options;
    const touch = isTouch();
    const modifier = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";
    this.#field.ariaLabel = strings.input;
    this.#field.placeholder = strings.placeholder;
    this.#field.enterKeyHint = touch || sendKey !== "enter" ? "enter" : "send";
    this.#button.ariaLabel = this.#button.title = strings.send;
    this.#hint.textContent = touch ? "" : sendKey === "enter" ? strings.hintEnter : strings.hintModifier(modifier);
    this.#render();
  }

  #render() {
    const { strings, limit } = this.#options;
    const { value } = this.#field;
    const length = lengthOf(textOf(value));
    const left = limit - length;
    const level = !value ? 0 : LEVELS.filter((least) => left < least && least * 4 <= limit).length;
    const count = !level ? "" : left < 0 ? strings.over(-left) : strings.left(left);
    this.#box.dataset["text"] = value;
    this.#counter.textContent = count;
    this.#hint.hidden = count !== "";
    this.#counter.hidden = !count;
    if (level !== this.#level) this.#announced.textContent = count;
    this.#level = level;
    this.element.classList.toggle("over", left < 0);
    this.#field.ariaInvalid = String(left < 0);
    this.#field.ariaDisabled = String(this.#disabled);
    this.#button.ariaDisabled = String(this.#disabled || left < 0 || !length);
  }
}

/** Whether the only keyboard is the one on the screen: its Enter makes a new line. */
function isTouch() {
  return matchMedia("(pointer: coarse) and (hover: none)").matches;
}

/** What is sent: without empty lines before it and white space after it. @param {string} written */
function textOf(written) {
  return written.replace(/^\s*\n/, "").trimEnd();
}

/** In code points. @param {string} text */
function lengthOf(text) {
  return [...text].length;
}
