/** @import {Principal} from "./types.js" */

/** What a token says of itself, unverified. @param {string} token @returns {{sub?: unknown, name?: unknown, exp?: unknown}} */
function payload(token) {
  try {
    const base64 = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/** @param {string} token @returns {Principal | null} */
export function principal(token) {
  const { sub, name } = payload(token);
  if (typeof sub !== "string") return null;
  return { id: sub, name: typeof name === "string" && name.trim() ? name : sub };
}

/** In milliseconds since 1970; Infinity when it does not say. @param {string} token */
export function expiresAt(token) {
  const { exp } = payload(token);
  return typeof exp === "number" ? exp * 1000 : Infinity;
}

/** In how many milliseconds to go on with the next: a minute before it expires, or at half of a short life. @param {string} token @param {number} now */
export function refreshAfter(token, now) {
  const left = expiresAt(token) - now;
  return left < 120_000 ? left / 2 : left - 60_000;
}

/** Whether it can be a subprotocol: a `WebSocket` throws for others, and its error repeats them. @param {string} token */
export const isSendable = (token) => /^[\w!#$%&'*+.^`|~-]+$/.test(token);
