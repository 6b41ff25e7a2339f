import { element, icon } from "./dom.js";
import { RowView } from "./message-view.js";
/** @import {Row} from "./rows.js" */
/** @import {Wording} from "./message-view.js" */

/** Rows in the document at most, however many there are. */
const ROWS_MAX = 300;
/** Rows that are added when an edge comes near. */
const ROWS_STEP = 80;
/** How near the end counts as being there, in CSS pixels. */
const END_PX = 24;
/** Loading older messages again after it failed. */
const OLDER_AGAIN_MS = 2000;

/**
 * The list of messages: a window over the rows that slides as the reader scrolls.
 *
 * Nothing but the reader moves what the reader sees: at the end the list stays at the end, elsewhere the row at the top of the
 * view (the anchor) stays where it is, whatever comes, goes or changes its size.
 */
export class MessageList {
  #content = element("div", { class: "rows" });
  #list = element(
    "div",
    { class: "list", part: "list", role: "log", "aria-live": "off", tabindex: "0" },
    this.#content,
  );
  #pill = element("button", { type: "button", class: "pill", part: "pill" });
  #latest = element("button", { type: "button", class: "latest", part: "latest" }, icon("m6 9 6 6 6-6"));
  element = element("div", { class: "stage" }, this.#list, this.#pill, this.#latest);
  /** @type {readonly Row[]} */
  #rows = [];
  /** @type {Map<string, number>} */
  #index = new Map();
  /** @type {Map<string, RowView>} */
  #views = new Map();
  /** @type {Wording | null} */
  #wording = null;
  #start = 0;
  #end = 0;
  #atEnd = true;
  #anchor = { key: "", top: 0 };
  #seen = { top: 0, height: 0 };
  #unread = 0;
  /** @type {"idle" | "loading" | "failed"} */
  #older = "idle";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #actions;
  #observer = new ResizeObserver(() => {
    this.settle();
    // Later, because an observer must not change the sizes that it observes.
    requestAnimationFrame(() => this.#fill());
  });

  /**
   * @param {object} actions
   * @param {() => Promise<unknown> | null} actions.older loads a page of older messages; null when there are none
   * @param {() => void} actions.moved the reader has scrolled
   * @param {(action: "retry" | "discard", id: string) => void} actions.failed what to do with a message that was not sent
   */
  constructor(actions) {
    this.#actions = actions;
    this.#list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#content.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      const id = button?.closest("article")?.dataset["id"];
      const action = button?.dataset["action"];
      if (id && (action === "retry" || action === "discard")) this.#actions.failed(action, id);
    });
    for (const button of [this.#pill, this.#latest]) {
      button.addEventListener("click", () => {
        this.#list.focus({ preventScroll: true });
        this.scrollToLatest();
      });
    }
    this.#drawButtons();
  }

  /** Whether the newest message is in view. */
  get atLatest() {
    return this.#atEnd && this.#list.clientHeight > 0;
  }

  /** Where the reader is; null at the end. @returns {{sequence: number, offset: number} | null} */
  get place() {
    const row = this.#rows[this.#index.get(this.#anchor.key) ?? -1];
    if (this.#atEnd || row?.kind !== "message" || row.sequence === null) return null;
    return { sequence: row.sequence, offset: this.#anchor.top };
  }

  /** How many new messages the pill tells of while the reader is not at the end. */
  set unread(/** @type {number} */ count) {
    this.#unread = count;
    this.#drawButtons();
  }

  /**
   * Shows these rows. Nodes of rows that were there before stay.
   *
   * @param {readonly Row[]} rows
   * @param {Wording} wording another object draws everything again
   */
  render(rows, wording) {
    if (wording !== this.#wording) {
      this.#wording = wording;
      this.#views.clear();
      this.#content.replaceChildren();
      this.#list.setAttribute("aria-label", wording.strings.messages);
      this.#latest.setAttribute("aria-label", wording.strings.latest);
      this.#latest.title = wording.strings.latest;
      this.#drawButtons();
    }
    const before = this.#index.get(this.#anchor.key);
    const all = this.#end >= this.#rows.length;
    this.#rows = rows;
    this.#index = new Map(rows.map((row, index) => [row.key, index]));
    const now = this.#index.get(this.#anchor.key);
    if (this.#atEnd || before === undefined || now === undefined) {
      this.#atEnd = true;
      this.#show(Math.max(rows.length - Math.max(this.#views.size, ROWS_STEP), 0), rows.length);
    } else {
      this.#show(this.#start + now - before, all ? rows.length : this.#end + now - before);
    }
    this.#fill();
  }

  /** Brings the first message from this sequence on to `offset` pixels below the upper edge. @param {number} sequence @param {number} offset */
  goTo(sequence, offset) {
    const at = this.#rows.findIndex((row) => row.kind === "message" && (row.sequence ?? Infinity) >= sequence);
    const row = this.#rows[at];
    if (!row) return;
    this.#atEnd = false;
    this.#anchor = { key: row.key, top: offset };
    this.#show(at - ROWS_STEP, at + ROWS_STEP);
    this.#scrolled();
  }

  scrollToLatest() {
    this.#atEnd = true;
    this.#show(this.#rows.length - ROWS_STEP, this.#rows.length);
    this.#scrolled();
  }

  /** Whether the unread marker is there but above the view. */
  get markerAbove() {
    const marker = this.#views.get("unread")?.element;
    return !!marker && this.#top(marker) < 0;
  }

  /** @param {boolean} on whether to watch for changes of size */
  watch(on) {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
    this.#older = "idle";
    if (!on) return;
    for (const watched of [this.#list, this.#content]) this.#observer.observe(watched);
    this.settle();
  }

  /** Another room: nothing of the last one stays. */
  clear() {
    clearTimeout(this.#timer);
    this.#older = "idle";
    this.#rows = [];
    this.#index.clear();
    this.#views.clear();
    this.#content.replaceChildren();
    this.#start = this.#end = 0;
    this.#atEnd = true;
    this.unread = 0;
  }

  /** Puts back what has moved though the reader did not move it. */
  settle() {
    const list = this.#list;
    const shown = !this.#seen.height;
    if (!list.clientHeight) return void (this.#seen.height = 0);
    const anchor = this.#views.get(this.#anchor.key);
    if (this.#atEnd) list.scrollTop = list.scrollHeight;
    else if (anchor) list.scrollTop += this.#textTop(anchor.element) - this.#anchor.top;
    this.#seen = { top: list.scrollTop, height: list.clientHeight };
    if (shown) this.#actions.moved(); // what is at the end is read now
  }

  /** Brings the document to the rows from `start` to `end`. @param {number} start @param {number} end */
  #show(start, end) {
    this.#start = start = Math.max(start, 0, this.#atEnd ? end - ROWS_MAX : 0);
    this.#end = end = Math.min(end, this.#rows.length, start + ROWS_MAX);
    const wording = this.#wording;
    if (!wording) return;
    const focused = this.#focused();
    for (const [key, view] of this.#views) {
      const at = this.#index.get(key) ?? -1;
      if (at < start || at >= end) {
        view.element.remove();
        this.#views.delete(key);
      }
    }
    let next = this.#content.firstChild;
    for (const row of this.#rows.slice(start, end)) {
      let view = this.#views.get(row.key);
      if (view) view.update(row);
      else this.#views.set(row.key, (view = new RowView(row, wording)));
      if (view.element === next) next = next.nextSibling;
      else this.#content.insertBefore(view.element, next);
    }
    if (focused && !this.#focused()) this.#list.focus({ preventScroll: true });
    this.settle();
  }

  /** Whether the focus is on something inside a row. */
  #focused() {
    const root = this.#content.getRootNode();
    return root instanceof ShadowRoot && this.#content.contains(root.activeElement);
  }

  /** The reader, or the layout, has scrolled. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    // A change of size that the observer has not told of yet scrolls too; that is not the reader.
    if (!clientHeight) return;
    if (clientHeight !== this.#seen.height) return this.settle();
    const atEnd = this.#end === this.#rows.length && scrollHeight - scrollTop - clientHeight <= END_PX;
    if (atEnd || scrollTop < this.#seen.top) this.#atEnd = atEnd;
    this.#seen.top = scrollTop;
    this.#takeAnchor();
    this.#fill();
    this.#drawButtons();
    this.#actions.moved();
  }

  /** Remembers the message at the top of the view, and where it is. */
  #takeAnchor() {
    const nodes = this.#content.children;
    let [low, high] = [0, nodes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = nodes[middle];
      if (node && this.#top(node) + node.clientHeight <= 0) low = middle + 1;
      else high = middle;
    }
    while (low < nodes.length && this.#rows[this.#start + low]?.kind !== "message") low++;
    const [row, node] = [this.#rows[this.#start + low], nodes[low]];
    if (row && node) this.#anchor = { key: row.key, top: this.#textTop(node) };
  }

  /** How far below the upper edge of the view something is. @param {Element} node */
  #top(node) {
    return node.getBoundingClientRect().top - this.#list.getBoundingClientRect().top;
  }

  /** The same of a message's text: the name above it goes when an older message of its sender is loaded. @param {Element} row */
  #textTop(row) {
    return this.#top(row.querySelector(".line") ?? row);
  }

  /** Slides the window when its edge is near, and loads older messages at the top of everything. */
  #fill() {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    if (!clientHeight) return;
    const near = clientHeight + 400;
    if (scrollTop < near && this.#start > 0) {
      this.#slide(this.#start - ROWS_STEP, this.#end);
    } else if (scrollHeight - scrollTop - clientHeight < near && this.#end < this.#rows.length) {
      this.#slide(Math.max(this.#start, this.#end + ROWS_STEP - ROWS_MAX), this.#end + ROWS_STEP);
    } else if (scrollTop < near && this.#start === 0) {
      this.#loadOlder();
    }
  }

  /** @param {number} start @param {number} end */
  #slide(start, end) {
    if (!this.#atEnd) this.#takeAnchor();
    this.#show(start, end);
  }

  #loadOlder() {
    if (this.#older !== "idle") return;
    const loading = this.#actions.older();
    if (!loading) return;
    this.#older = "loading";
    const done = (/** @type {boolean} */ ok) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(
        () => {
          this.#older = "idle";
          this.#fill();
        },
        ok ? 0 : OLDER_AGAIN_MS,
      );
    };
    loading.then(
      () => done(true),
      () => done(false),
    );
  }

  /** Home and End go to the ends of what is held; the other keys are the browser's. @param {KeyboardEvent} event */
  #key(event) {
    const { key, target } = event;
    if (target !== this.#list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (key !== "End" && key !== "Home") return;
    event.preventDefault();
    if (key === "End") return this.scrollToLatest();
    this.#atEnd = false;
    this.#show(0, ROWS_MAX);
    this.#list.scrollTop = 0;
  }

  #drawButtons() {
    const { strings } = this.#wording ?? {};
    this.#latest.hidden = this.#atEnd;
    this.#pill.hidden = this.#atEnd || !this.#unread;
    if (strings) this.#pill.textContent = strings.pill(this.#unread);
  }
}
