import { element, icon } from "./dom.js";
import { linkify } from "./links.js";
/** @import {MessageRow, Row, Separator} from "./rows.js" */
/** @import {en} from "./strings/en.js" */

/**
 * What all rows are shown with.
 *
 * @typedef {object} Wording
 * @property {typeof en} strings
 * @property {Intl.DateTimeFormat} time
 * @property {Intl.DateTimeFormat} moment
 */

/** A clock: not sent yet. */
const CLOCK = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2";
/** An exclamation mark in a circle: it failed. */
const WARNING = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5v5.5M12 16.5v.01";

/** One row of the list in the document. The same node serves it for as long as it is there. */
export class RowView {
  element;
  #row;
  #wording;
  #meta = element("span", { class: "meta" });
  #status = element("span", { class: "status", part: "status" });
  #failure = element("div", { class: "failure", hidden: "" });

  /** @param {Row} row @param {Wording} wording */
  constructor(row, wording) {
    this.#row = row;
    this.#wording = wording;
    this.element = row.kind === "message" ? this.#message(row) : separator(row);
    if (row.kind === "message") this.#mark(row);
  }

  /** @param {Row} row with the same key */
  update(row) {
    const shown = this.#row;
    this.#row = row;
    if (row.kind !== "message") {
      if (row.text !== shown.text && this.element.firstChild) this.element.firstChild.textContent = row.text;
    } else if (shown.kind === "message" && !same(row, shown)) {
      this.#mark(row);
    }
  }

  /** What never changes of a message. @param {MessageRow} row */
  #message(row) {
    const { strings, time, moment } = this.#wording;
    const name = row.own ? strings.you : row.name;
    const text = element("div", { class: "text", part: "text", dir: "auto" });
    for (const part of linkify(row.text)) {
      text.append(part.href ? link(part.href, part.text) : part.text);
    }
    const sent = { part: "time", datetime: new Date(row.at).toISOString(), title: moment.format(row.at) };
    this.#meta.append(this.#status, element("time", sent, time.format(row.at)));
    const avatar = element("span", { class: "avatar", "aria-hidden": "true" }, initial(row.name));
    avatar.style.setProperty("--_hue", String(hue(row.sender)));
    return element(
      "article",
      {},
      ...(row.own ? [] : [avatar]),
      element("span", { class: "sender", part: "sender", dir: "auto" }, name),
      element("div", { class: "line" }, text, this.#meta),
      this.#failure,
    );
  }

  /** What changes: its place in the group, and on the way to being stored. @param {MessageRow} row */
  #mark({ own, first, last, status, failure, sequence, id }) {
    const { strings } = this.#wording;
    const { classList, dataset, part } = this.element;
    part.value = `message${own ? " own" : ""}${first ? " group" : ""}`;
    this.element.className = "message";
    for (const [name, on] of Object.entries({ own, first, last, pending: status, failed: status === "failed" })) {
      classList.toggle(name, Boolean(on));
    }
    delete dataset["id"];
    delete dataset["sequence"];
    if (sequence === null) dataset["id"] = id;
    else dataset["sequence"] = String(sequence);
    const failed = status === "failed";
    const reason = failed ? ` – ${strings.failures[failure ?? ""] ?? strings.failures["other"]}` : "";
    const label = element("span", { class: failed ? "" : "hidden" }, status ? strings[status] + reason : "");
    this.#status.replaceChildren(...(status ? [icon(failed ? WARNING : CLOCK), label] : []));
    this.#failure.hidden = !failed;
    if (failed) {
      this.#failure.replaceChildren(this.#status, button("retry", strings.retry), button("discard", strings.discard));
    } else {
      this.#failure.replaceChildren();
      this.#meta.prepend(this.#status);
    }
  }
}

/** @param {MessageRow} a @param {MessageRow} b */
const same = (a, b) =>
  a.first === b.first && a.last === b.last && a.status === b.status && a.sequence === b.sequence && a.own === b.own;

/** @param {Separator} row */
const separator = ({ kind, text }) => element("div", { class: kind, part: kind }, element("span", {}, text));

/** @param {string} href @param {string} text */
const link = (href, text) =>
  element("a", { href, part: "link", target: "_blank", rel: "noopener noreferrer nofollow" }, text);

/** @param {"retry" | "discard"} action @param {string} label */
const button = (action, label) => element("button", { type: "button", part: action, "data-action": action }, label);

/** The first letter as people count letters. @param {string} name */
const initial = (name) => (new Intl.Segmenter().segment(name.trim()).containing(0)?.segment ?? "").toUpperCase();

/** A hue in degrees, always the same for a sender. @param {string} sender */
function hue(sender) {
  let hash = 0;
  for (const character of sender) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 360;
}
