import { ChatClient } from "../client/index.js";
import { composerStyles } from "./composer-styles.js";
import { RoomView } from "./room-view.js";
import { styles } from "./styles.js";
import { fetchToken } from "./token-url.js";
export { addLanguage } from "./strings/index.js";
/** @import {ClientState, GetToken} from "../client/types.js" */

const sheets = [styles, composerStyles].map((text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
});

/** In characters (code points), as the server's default. */
const TEXT_MAX = 4000;
/** @type {ClientState} */
const CLOSED = Object.freeze({ name: "closed" });
const PROPERTIES = ["url", "room", "token", "tokenUrl", "theme", "sendKey", "maxlength", "getToken", "client"];

/**
 * `<talk-room url room token>`: a room to read and to write in. Attributes, properties, events, parts and CSS variables are
 * described in docs/talk-room.md.
 */
export class TalkRoom extends HTMLElement {
  static observedAttributes = ["url", "room", "token", "token-url", "lang", "theme", "send-key", "maxlength"];

  /** @type {GetToken | null} */
  #getToken = null;
  /** @type {string | null} */
  #token = null;
  /** @type {ChatClient | null} */
  #shared = null;
  /** @type {ChatClient | null} */
  #client = null;
  /** What the own client was made of; null when it is shared. @type {string | null} */
  #made = null;
  #usedToken = "";
  #planned = false;
  #view = new RoomView((name, detail) => this.dispatchEvent(new CustomEvent(name, { detail })));

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = sheets;
    shadow.append(this.#view.element);
  }

  get url() {
    return this.getAttribute("url") ?? "";
  }
  set url(value) {
    this.#reflect("url", value);
  }
  get room() {
    return this.getAttribute("room") ?? "";
  }
  set room(value) {
    this.#reflect("room", value);
  }
  get tokenUrl() {
    return this.getAttribute("token-url") ?? "";
  }
  set tokenUrl(value) {
    this.#reflect("token-url", value);
  }
  get theme() {
    return this.getAttribute("theme") ?? "auto";
  }
  set theme(value) {
    this.#reflect("theme", value);
  }
  get sendKey() {
    return this.getAttribute("send-key") === "modifier-enter" ? "modifier-enter" : "enter";
  }
  set sendKey(value) {
    this.#reflect("send-key", value);
  }
  /** In characters (code points). */
  get maxlength() {
    return Number(this.getAttribute("maxlength")) || TEXT_MAX;
  }
  set maxlength(value) {
    this.#reflect("maxlength", value);
  }
  /** A token that was set here is not written into the document. */
  get token() {
    return this.#token ?? this.getAttribute("token") ?? "";
  }
  set token(value) {
    this.#token = value;
    this.#plan();
  }
  /** Wins over `tokenUrl`, which wins over `token`. Another function is used from the next time on. */
  get getToken() {
    return this.#getToken;
  }
  set getToken(value) {
    this.#getToken = value;
    this.#plan();
  }
  /** A client to share. The element neither connects nor closes it, and leaves no room of it. */
  get client() {
    return this.#shared;
  }
  set client(value) {
    this.#shared = value;
    this.#plan();
  }

  /** The client's room, or null before there is one. */
  get chatRoom() {
    return this.#view.room;
  }
  get state() {
    return this.#client?.state ?? CLOSED;
  }
  /** The number of others' messages that are not read. */
  get unread() {
    return this.#view.unread;
  }

  /**
   * @param {string} text
   * @returns {string} the message's id
   * @throws {CommandError} `queueFull`, `textEmpty`; `disconnected` when the element has no room yet
   */
  send(text) {
    return this.#view.send(text);
  }

  /** Puts the cursor into the field. @override */
  focus() {
    this.#view.composer.focus();
  }

  scrollToLatest() {
    this.#view.list.scrollToLatest();
  }

  connectedCallback() {
    // Properties that were set before the element was defined hide the accessors.
    for (const name of PROPERTIES) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (!own) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, own.value);
    }
    this.#plan();
  }

  disconnectedCallback() {
    this.#plan();
  }

  attributeChangedCallback() {
    this.#plan();
  }

  /** @param {string} name @param {unknown} value */
  #reflect(name, value) {
    if (value === null || value === undefined || value === "") this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  /** All that is set in one turn takes effect together, after it. */
  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#apply();
    });
  }

  #apply() {
    const view = this.#view;
    view.lang = this.lang || this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    view.composer.sendKey = this.sendKey;
    view.composer.limit = this.maxlength;
    const before = this.#client;
    const own = this.#made !== null;
    const client = this.isConnected && this.room ? this.#findClient() : null;
    if (client !== before || client === null || view.room?.id !== this.room) {
      const left = view.room;
      view.enter(client, this.room);
      if (own && before && before !== client) before.close();
      else if (own && left) before?.leave(left.id);
      this.#client = client;
      if (client && client !== before && client !== this.#shared) client.connect();
    }
    view.watch(this.isConnected);
  }

  /** The client that the settings ask for, or null when they are not complete. */
  #findClient() {
    const { url, token, tokenUrl } = this;
    const source = this.#getToken ? "function" : tokenUrl || (token && "token");
    const made = this.#shared || !url || !source ? null : `${url} ${source}`;
    const before = this.#made;
    this.#made = made;
    if (made === null) return this.#shared;
    const renewed = source === "token" && token !== this.#usedToken;
    this.#usedToken = token;
    if (this.#client && made === before) {
      if (renewed) this.#client.token = token;
      return this.#client;
    }
    /** @param {import("../client/types.js").TokenRequest} request */
    const getToken = (request) => (this.#getToken ? this.#getToken(request) : fetchToken(tokenUrl));
    try {
      return new ChatClient(source === "token" ? { url, token } : { url, getToken });
    } catch (error) {
      console.error(error);
      return (this.#made = null);
    }
  }
}

if (!customElements.get("talk-room")) customElements.define("talk-room", TalkRoom);
