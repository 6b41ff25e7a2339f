/** The open rooms in the sidebar, and a `<talk-room>` for each of them, of which one is shown. */

import { element } from "../element/dom.js";
import "../element/talk-room.js";

/** Members that are shown by name. */
const MEMBERS_MAX = 200;

/** An element of index.html. @param {string} id @returns {any} */
export const part = (id) => document.getElementById(id);

/** @param {string} room */
const hashOf = (room) => "#" + encodeURIComponent(room);

export class Chat {
  /** By room, the oldest first. @type {Map<string, {view: any, item: any, link: any, badge: any, leave: any}>} */
  #rooms = new Map();
  #current = "";
  #client;
  /** @type {Record<string, string>} */
  #strings = {};
  #properties = {};
  #keep;
  #membersAt = 0;

  /**
   * @param {import("../client/client.js").ChatClient} client
   * @param {(rooms: string[]) => void} keep is told the open rooms when they change
   */
  constructor(client, keep) {
    this.#client = client;
    this.#keep = keep;
    client.addEventListener("state", () => this.#render());
    setInterval(() => document.hidden || this.#readMembers(), 20_000);
    part("members").onclick = () => this.#readMembers();
  }

  /** @param {Record<string, string>} strings @param {object} properties of each `<talk-room>` */
  apply(strings, properties) {
    this.#strings = strings;
    this.#properties = properties;
    for (const { view } of this.#rooms.values()) Object.assign(view, properties);
    this.#render();
  }

  /** Opens a room, unless it is open. @param {string} room */
  open(room) {
    if (this.#rooms.has(room)) return;
    const badge = element("span", { class: "badge" });
    const link = element("a", { href: hashOf(room) }, room, badge);
    const leave = element("button", {}, "×");
    const item = element("li", {}, link, leave);
    const view = Object.assign(document.createElement("talk-room"), {
      client: this.#client,
      room,
      ...this.#properties,
    });
    this.#rooms.set(room, { view, item, link, badge, leave });
    leave.onclick = () => this.#leave(room);
    view.addEventListener("unread", () => this.#render());
    this.#client.room(room).addEventListener("change", () => {
      if (room === this.#current && Date.now() - this.#membersAt > 5000) this.#readMembers();
    });
    part("room-list").append(item);
    part("stack").append(view);
    this.#keep([...this.#rooms.keys()]);
  }

  /** @param {string} room */
  show(room) {
    this.open(room);
    this.#current = room;
    history.replaceState(null, "", hashOf(room));
    part("count").textContent = "";
    this.#readMembers();
    this.#render();
    if (matchMedia("(pointer: fine)").matches) this.focus();
  }

  focus() {
    this.#rooms.get(this.#current)?.view.focus();
  }

  /** @param {string} room */
  #leave(room) {
    this.#rooms.get(room)?.view.remove();
    this.#rooms.get(room)?.item.remove();
    this.#rooms.delete(room);
    this.#client.leave(room);
    this.#keep([...this.#rooms.keys()]);
    this.show(room === this.#current ? ([...this.#rooms.keys()].at(-1) ?? room) : this.#current);
  }

  #render() {
    const strings = this.#strings;
    const { name, reason } = /** @type {any} */ (this.#client.state);
    let total = 0;
    let elsewhere = 0;
    for (const [room, { view, link, badge, leave }] of this.#rooms) {
      const current = room === this.#current;
      view.hidden = !current;
      link.ariaCurrent = current ? "page" : null;
      link.ariaLabel = view.unread ? `${room}, ${view.unread} ${strings.unread}` : room;
      leave.ariaLabel = `${strings.leave} ${room}`;
      badge.textContent = view.unread || "";
      total += view.unread;
      if (!current) elsewhere += view.unread;
    }
    part("elsewhere").textContent = elsewhere || "";
    part("members").className = name;
    part("again").hidden = !/Token|Exp/.test(reason);
    part("title").textContent = this.#current;
    document.title = (total ? `(${total}) ` : "") + this.#current + " – Talkroom";
  }

  async #readMembers() {
    const room = this.#current;
    this.#membersAt = Date.now();
    try {
      const members = await this.#client.room(room).members();
      if (room !== this.#current) return;
      part("count").textContent = members.length;
      part("member-list").replaceChildren(
        ...members.slice(0, MEMBERS_MAX).map((member) => element("li", {}, member.name)),
      );
    } catch {
      this.#membersAt = 0; // the room changes when it is connected again
    }
  }
}
