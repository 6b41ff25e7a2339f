import { doubled, reconnectAfter } from "./backoff.js";

/** @import {Attempts, Outcome, Step} from "./types.js" */

const PUZZLES_MAX = 2;
const LASTING_MS = 60_000;
/** The server, or a person, has disconnected us on purpose: not back at once. */
const NORMAL = 1000;
const DISMISSED_MS = 3000;

/** @type {Attempts} */
export const NONE = { failures: 0, refusals: 0, tokenFailures: 0, puzzles: 0, renewed: false };

/** After a connection of this age. A short one ends no failures: a server may accept and drop. @param {Attempts} attempts @param {number} ageMs @returns {Attempts} */
export const afterConnection = ({ failures }, ageMs) => ({ ...NONE, failures: ageMs < LASTING_MS ? failures : 0 });

/**
 * What to do after an outcome: docs/protocol.md sections 2.4 and 12.
 *
 * @param {Attempts} attempts @param {Outcome} outcome
 * @param {{renewable: boolean, offline: boolean, random: () => number}} facts `renewable`: there is `getToken`
 * @returns {[Attempts, Step]}
 */
export function decide(attempts, outcome, { renewable, offline, random }) {
  if (outcome.name === "noToken") {
    const tokenFailures = attempts.tokenFailures + 1;
    const ms = renewable ? doubled(tokenFailures, 5000, 300_000) : null;
    return [
      { ...attempts, tokenFailures },
      { ms, state: { ...outcome, name: "refused", reason: "noToken", until: null } },
    ];
  }
  const puzzles = outcome.name === "acceptable" ? attempts.puzzles + 1 : 0;
  if (outcome.name !== "refused" && puzzles <= PUZZLES_MAX) {
    const failures = attempts.failures + 1;
    const reason = offline ? "offline" : outcome.name === "lost" ? "lost" : "unreachable";
    const state = /** @type {const} */ ({ name: "waiting", reason, until: 0 });
    const pause = outcome.name === "lost" && outcome.code === NORMAL ? DISMISSED_MS : 0;
    return [
      { ...attempts, failures, puzzles },
      { ms: reconnectAfter(failures, random) + pause, state },
    ];
  }
  const { reason, detail } =
    outcome.name === "refused"
      ? outcome
      : { reason: /** @type {const} */ ("unknown"), detail: "The server would accept the connection, and it fails." };
  const ofToken = reason === "tokenExpired" || reason === "invalidToken";
  if (renewable && !attempts.renewed && (ofToken || reason === "unknown")) {
    return [
      { ...attempts, renewed: true },
      { ms: 0, state: null },
    ];
  }
  const refusals = attempts.refusals + 1;
  const ms = ofToken || reason === "originNotAllowed" ? null : doubled(refusals, 30_000, 300_000);
  return [
    { ...attempts, refusals },
    { ms, state: { name: "refused", reason, detail, until: null } },
  ];
}
