import { expiresAt } from "./token.js";

/** @import {Diagnosis, DiagnosisParts, RefusalReason} from "./types.js" */

const DEADLINE_MS = 10_000;

/** @param {RefusalReason} reason @param {string} detail @returns {Diagnosis} */
const refused = (reason, detail) => ({ name: "refused", reason, detail });

/** What the answer to `GET /<stage>` means. @param {number} status @param {any} body @returns {Diagnosis} */
export function explain(status, body) {
  if (status === 426) return { name: "acceptable" };
  const detail = typeof body?.detail === "string" ? body.detail : `The server answers ${status}.`;
  const known = ["tokenExpired", "invalidToken", "originNotAllowed", "unavailable"].includes(body?.name);
  const reason = status === 401 ? "invalidToken" : status === 429 || status >= 500 ? "unavailable" : "unknown";
  return refused(known ? body.name : reason, detail);
}

/**
 * Why a handshake was refused: browsers do not say, so the server is asked over HTTP. One without CORS (API Gateway) shows only that it is there.
 *
 * @param {DiagnosisParts} parts @returns {Promise<Diagnosis>}
 */
export async function diagnose({ fetch, url, token, clock, signal }) {
  if (expiresAt(token) <= clock.now()) return refused("tokenExpired", "The token has expired.");
  if (!fetch) return refused("unknown", "There is no fetch to ask why.");
  const target = url.replace("ws", "http");
  const limit = new AbortController();
  const timer = clock.setTimeout(() => limit.abort(), DEADLINE_MS);
  /** @type {RequestInit} */
  const init = { credentials: "omit", cache: "no-store", signal: AbortSignal.any([signal, limit.signal]) };
  try {
    // A redirect would carry the token elsewhere.
    const response = await fetch(target, { ...init, redirect: "error", headers: { Authorization: `Bearer ${token}` } });
    return explain(response.status, await response.json().catch(() => null));
  } catch {
    try {
      await fetch(target, { ...init, mode: "no-cors" });
      return refused("unknown", "The server is there, and does not say why.");
    } catch {
      return { name: "unreachable" };
    }
  } finally {
    clock.clearTimeout(timer);
  }
}
