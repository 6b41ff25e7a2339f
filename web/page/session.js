/** What the page remembers, as JSON: who I am for this tab; open rooms and settings for all tabs. */

import { SafeStorage } from "../client/storage.js";
import { isRoomId } from "../client/wire.js";

/** @param {SafeStorage} storage @param {string} name @returns {any} an object; empty when nothing was kept */
export function recall(storage, name) {
  try {
    return Object(JSON.parse(storage.get("talkroom." + name) ?? ""));
  } catch {
    return {};
  }
}

/** @param {SafeStorage} storage @param {string} name @param {object} value */
export const remember = (storage, name, value) => storage.set("talkroom." + name, JSON.stringify(value));

/** Rooms that were kept as `{rooms}`; 50 at most. @param {any} kept @returns {string[]} */
export const roomsOf = ({ rooms }) =>
  [rooms]
    .flat()
    .filter((room) => typeof room === "string" && isRoomId(room))
    .slice(0, 50);

/** The room that a URL's fragment names, or "". @param {string} hash with its `#` */
export function roomOf(hash) {
  try {
    const room = decodeURIComponent(hash.slice(1)).trim();
    return isRoomId(room) ? room : "";
  } catch {
    return ""; // a percent sign that encodes nothing
  }
}
