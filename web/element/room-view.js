import { CommandError } from "../client/index.js";
import { Announcer } from "./announcer.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { element, icon } from "./dom.js";
import { MessageList } from "./message-list.js";
import { ReadingPlace } from "./reading-place.js";
import { rowsOf } from "./rows.js";
import { stringsFor } from "./strings/index.js";
/** @import {ChatClient} from "../client/index.js" */
/** @import {ClientState, Message, RoomState} from "../client/types.js" */
/** @import {Wording} from "./message-view.js" */
/** @typedef {ReturnType<ChatClient["room"]>} Room */

/** Older messages are loaded for the reader's place up to so many pages of this size. */
const PLACE_PAGES_MAX = 20;
const PLACE_PAGE = 100;
/** The unread marker is shown so far below the upper edge when the room is opened, in CSS pixels. */
const MARKER_PX = 96;
const SAVE_AFTER_MS = 250;
const BUBBLE = "M20 4H4v12h4v4l5-4h7Z";

/** @param {RoomState} state whether it is known what the newest messages are */
const isLoaded = ({ phase, messages, last, oldest }) => phase === "live" && (messages.length > 0 || last < oldest);

/** What is inside the element: one room of one client at a time, drawn and read. */
export class RoomView {
  /** @type {ChatClient | null} */
  #client = null;
  /** @type {Room | null} */
  #room = null;
  /** @type {ReadingPlace | null} */
  #reading = null;
  /** Whether the reader has been brought to their place. */
  #opened = false;
  /** Messages that are known to have failed. @type {Set<string> | null} */
  #failed = null;
  /** What else went wrong, until the next message is sent. @type {string | null} */
  #trouble = null;
  /** @type {(() => void) | null} */
  #drawing = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;
  #unread = 0;
  #lang = "";
  #strings = stringsFor("en");
  /** @type {Wording | null} */
  #wording = null;
  /** Ends the listeners on the page. @type {AbortController | null} */
  #page = null;
  /** Ends the listeners on client and room. */
  #talk = new AbortController();
  #emit;

  #announcer = new Announcer();
  #banner = new Banner(() => this.#client?.retry());
  #centerText = element("p");
  #center = element("div", { hidden: "" }, icon(BUBBLE), this.#centerText);
  list = new MessageList({
    older: () => (this.#room?.hasOlder && this.#opened ? this.#room.loadOlder() : null),
    moved: () => this.#moved(),
    failed: (action, id) => this.#room?.[action](id),
  });
  composer = new Composer({
    strings: this.#strings,
    sendKey: "enter",
    limit: 4000,
    onSend: (text) => this.#submit(text),
  });
  element = element("div", { class: "root" }, this.list.element, this.composer.element, this.#announcer.element);

  /** @param {(name: string, detail: unknown) => void} emit tells the page */
  constructor(emit) {
    this.#emit = emit;
    this.list.element.append(this.#center, this.#banner.element);
  }

  get room() {
    return this.#room;
  }

  get unread() {
    return this.#unread;
  }

  set lang(/** @type {string} */ lang) {
    if (lang === this.#lang) return;
    this.#lang = this.element.lang = lang;
    this.#strings = this.composer.strings = stringsFor(lang);
    this.#wording = {
      strings: this.#strings,
      time: new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" }),
      moment: new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" }),
    };
  }

  /** Ends with the last room and begins with this one. @param {ChatClient | null} client @param {string} id */
  enter(client, id) {
    this.#save();
    this.#talk.abort();
    this.#talk = new AbortController();
    const { signal } = this.#talk;
    this.#client = client;
    this.#room = this.#reading = this.#failed = this.#trouble = null;
    this.#opened = false;
    this.list.clear();
    this.#banner.stop();
    this.#announcer.stop();
    this.#count();
    if (!client) return;
    const room = (this.#room = client.room(id));
    const changed = () => {
      this.#emit("state", client.state);
      this.#draw();
    };
    client.addEventListener("state", changed, { signal });
    room.addEventListener("change", () => this.#draw(), { signal });
    room.addEventListener("message", (event) => this.#arrived(event), { signal });
  }

  /** @param {string} text @returns {string} the message's id */
  send(text) {
    if (!this.#room) throw new CommandError("disconnected", "the element needs url, room and token first", true);
    const id = this.#room.send(text);
    this.#trouble = null;
    this.#reading?.leave();
    this.list.scrollToLatest();
    this.#emit("sent", { id, text });
    return id;
  }

  /** Draws, and watches the page while the element is in it. @param {boolean} here */
  watch(here) {
    this.list.watch(here);
    if (!here) {
      this.#page?.abort();
      this.#page = null;
      return;
    }
    this.render();
    if (this.#page) return;
    this.#page = new AbortController();
    const { signal } = this.#page;
    document.addEventListener("visibilitychange", () => this.#shown(), { signal });
    addEventListener("pagehide", () => this.#save(), { signal });
    for (const type of ["resize", "scroll"]) {
      visualViewport?.addEventListener(type, () => this.#raise(), { signal });
    }
  }

  render() {
    this.#drawing = null;
    const room = this.#room;
    // Before the room is loaded: what is written meanwhile is a draft, too.
    if (room?.user)
      this.composer.room = [this.#client?.url ?? "", room.user, room.id].map(encodeURIComponent).join("/");
    if (room?.user && !this.#reading && isLoaded(room.state)) void this.#open(room, room.user);
    this.#count();
    if (this.#wording && (!this.#reading || this.#opened || !this.#reading.place)) this.#drawList(this.#wording);
    this.#drawState();
    this.#tellFailures();
  }

  /** @param {Wording} wording */
  #drawList(wording) {
    const room = this.#room;
    const reading = {
      user: room?.user ?? null,
      unreadAfter: this.#reading?.unreadAfter ?? null,
      hasOlder: room?.hasOlder ?? false,
      now: Date.now(),
      lang: this.#lang,
      strings: this.#strings,
    };
    this.list.render(room ? rowsOf(room.state, reading) : [], wording);
  }

  /** Brings the reader to where they were, else to what is new. @param {Room} room @param {string} user */
  async #open(room, user) {
    const whose = { url: this.#client?.url ?? "", user, room: room.id };
    const reading = (this.#reading = new ReadingPlace(whose, room.state));
    const { place } = reading;
    const isBelow = () => place !== null && (room.state.messages[0]?.sequence ?? 0) > place.sequence;
    try {
      for (let page = 0; page < PLACE_PAGES_MAX && isBelow() && room.hasOlder; page++) await room.loadOlder(PLACE_PAGE);
    } catch {
      // Then the reader begins with what is there.
    }
    if (this.#reading !== reading || !this.#wording) return;
    this.#drawList(this.#wording);
    if (place) this.list.goTo(place.sequence, place.offset);
    else if (this.list.markerAbove) this.list.goTo((reading.unreadAfter ?? 0) + 1, MARKER_PX);
    this.#opened = true;
    this.#moved();
    this.#drawState();
  }

  /** The reader has scrolled, or the list was opened. */
  #moved() {
    if (!this.#opened) return;
    this.#count();
    this.#saving ??= setTimeout(() => this.#save(), SAVE_AFTER_MS);
  }

  #shown() {
    if (document.hidden) {
      this.#reading?.leave();
      this.#save();
    }
    this.render();
  }

  #save() {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    if (this.#reading && this.#opened) this.#reading.place = this.list.place;
  }

  /** Counts what is unread, and tells the pill and the page. */
  #count() {
    const reading = this.#reading;
    if (reading && this.#room) {
      reading.update(this.#room.state, this.#opened && this.list.atLatest && !document.hidden);
    }
    const unread = reading?.unread ?? 0;
    if (unread === this.#unread) return;
    this.list.unread = this.#unread = unread;
    this.#emit("unread", unread);
  }

  /** @param {Event} event */
  #arrived(event) {
    const { detail } = /** @type {CustomEvent<Message>} */ (event);
    this.#emit("message", detail);
    if (detail.sender !== this.#room?.user) this.#announcer.message(detail.name, detail.message, this.#strings);
  }

  /** Draws with the next frame; a page that is hidden has none. */
  #draw() {
    if (this.#drawing) return;
    const draw = (this.#drawing = () => {
      if (this.#drawing === draw) this.render();
    });
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  }

  /** Banner, and what stands in the middle when there are no messages. */
  #drawState() {
    const client = this.#client;
    const room = this.#room?.state;
    const { refused, empty, loading } = this.#strings;
    const bare = !room || !(room.messages.length || room.outgoing.length) || (!!this.#reading && !this.#opened);
    const refusal = !client
      ? refused["configuration"]
      : room?.refusal && (refused[room.refusal.name] ?? refused["other"]);
    const opened = room && isLoaded(room) && this.#opened;
    const alive = client?.state.name === "connecting" || client?.state.name === "open";
    const [part, text] = refusal ? ["error", refusal] : opened ? ["empty", empty] : ["loading", alive ? loading : ""];
    this.#center.hidden = !bare || !text;
    this.#center.className = `center ${part}`;
    this.#center.part.value = part;
    if (this.#centerText.textContent !== text) this.#centerText.textContent = text ?? "";
    this.composer.disabled = !!refusal;
    const trouble = this.#trouble ?? (bare ? null : (refusal ?? null));
    this.#banner.show(client?.state ?? { name: "open" }, trouble, this.#strings);
  }

  /** Says what has failed since the last time. */
  #tellFailures() {
    const outgoing = this.#room?.state.outgoing ?? [];
    const failed = outgoing.filter((entry) => entry.status === "failed");
    const { failures, failed: words } = this.#strings;
    for (const { id, failure } of failed) {
      if (this.#failed && !this.#failed.has(id))
        this.#announcer.failure(`${words}: ${failures[failure?.name ?? ""] ?? failures["other"]}`);
    }
    this.#failed = new Set(failed.map((entry) => entry.id));
  }

  /** @param {string} text */
  #submit(text) {
    try {
      this.send(text);
      return true;
    } catch (error) {
      const { failures } = this.#strings;
      this.#trouble = (error instanceof CommandError && failures[error.name]) || failures["other"] || "";
      this.#announcer.failure(this.#trouble);
      this.#drawState();
      return false;
    }
  }

  /** Keeps the field above a phone's keyboard where the browser lays the keyboard over the page. */
  #raise() {
    const view = visualViewport;
    const { bottom, height } = this.element.getBoundingClientRect();
    const covered =
      view && view.scale === 1 && this.element.matches(":focus-within") ? bottom - view.offsetTop - view.height : 0;
    this.element.style.paddingBottom = `${Math.max(0, Math.min(covered, height / 2))}px`;
  }
}
