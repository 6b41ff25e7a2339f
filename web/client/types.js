/**
 * The types of the client, for those who read it and for `tsc`. Nothing here exists at run time, and browsers do not load it:
 * other modules refer to it in comments only.
 *
 * @module
 */

/**
 * A message that the server has stored (docs/protocol.md section 5.1).
 *
 * @typedef {object} Message
 * @property {number} sequence its number in the room: 1, 2, 3, … without holes
 * @property {string} id its sender's name for it
 * @property {string} sender the principal's id
 * @property {string} name the sender's name, for people
 * @property {number} sentAt milliseconds since 1970; messages are ordered by `sequence`, never by this
 * @property {string} message the text
 */

/**
 * A message of one's own that the server has not acknowledged yet.
 *
 * @typedef {object} Outgoing
 * @property {string} id a UUID; the same in every attempt, so that the message is stored once
 * @property {string} text
 * @property {number} at when it was written, in milliseconds since 1970 by this machine's clock
 * @property {"queued" | "sending" | "failed"} status `queued` waits for a connection or for its turn; `failed` waits for the user
 * @property {Failure | null} failure why it failed
 * @property {number | null} retryAfter the last sequence that was known when it was first sent; null before that
 * @property {string | null} epoch of `retryAfter`
 */

/**
 * Why something was not done: an error of the server (docs/protocol.md section 6.1) or of this client (`timeout`, `disconnected`, `queueFull`).
 *
 * @typedef {object} Failure
 * @property {string} name
 * @property {string} detail a sentence for developers
 */

/**
 * What is known of one room. A value: every change makes another.
 *
 * @typedef {object} RoomState
 * @property {"joining" | "live" | "refused"} phase `joining` until the first answer; `live` also while the connection is away
 * @property {Failure | null} refusal why the room cannot be joined, when `refused`
 * @property {string | null} user the principal's id: the sender of one's own messages; null until it is known
 * @property {string | null} epoch of all that is held
 * @property {readonly Message[]} messages ascending and without duplicates. Nothing is missing between two of them, but where `breaks` says so
 * @property {readonly Message[]} ahead ascending: what came after a gap that is still being filled; not to be shown yet
 * @property {readonly number[]} breaks sequences of `messages` before which some are gone for ever
 * @property {boolean} restarted whether the log began again while it was shown, so that earlier messages may be missing
 * @property {number} last the highest sequence that is known to be stored
 * @property {number} oldest the log's oldest sequence that is kept
 * @property {readonly Outgoing[]} outgoing in the order in which they were written
 */

/**
 * Whether the client can talk to the server, and if not, why and until when.
 *
 * @typedef {{readonly name: "connecting"}
 *   | {readonly name: "open"}
 *   | {readonly name: "waiting", readonly reason: "offline" | "unreachable" | "lost", readonly until: number}
 *   | {readonly name: "refused", readonly reason: RefusalReason, readonly detail: string, readonly until: number | null}
 *   | {readonly name: "closed"}} ClientState
 *
 * `until` is in milliseconds since 1970: when the next attempt begins. It is null when there is none until somebody acts: a new
 * token, or `retry()`.
 */

/**
 * @typedef {"tokenExpired" | "invalidToken" | "originNotAllowed" | "noToken" | "unavailable" | "unknown"} RefusalReason
 *
 * `noToken`: `getToken` failed. `unavailable`: the server refuses everybody for now. `unknown`: the server is there, refuses, and there is no
 * way to find out why (API Gateway on AWS).
 */

/**
 * Why `getToken` is called: for the first handshake, because the last one was refused or its token has expired, or to go on with a
 * new token before the old one expires.
 *
 * @typedef {{reason: "connect" | "refused" | "refresh"}} TokenRequest
 */

/**
 * @callback GetToken
 * @param {TokenRequest} request
 * @returns {string | Promise<string>}
 */

/**
 * What keeps unsent messages over a reload: `localStorage`, or anything like it.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} KeyValueStorage
 */

/**
 * The clock and the timers that a client uses. The default is the platform's.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970
 * @property {(action: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: unknown) => void} clearTimeout
 */

/**
 * @typedef {object} ChatClientOptions
 * @property {string} url of the server with its stage, say `wss://chat.example.com/prod`; `http` and `https` are taken for `ws` and `wss`
 * @property {string} [token] a chat token; or `getToken`
 * @property {GetToken} [getToken] fetches one; called again before a token expires, so with it a client can go on for days
 * @property {typeof WebSocket} [WebSocket] for Node 20, which has none: that of the package `ws`
 * @property {typeof fetch} [fetch] finds out why a handshake was refused
 * @property {KeyValueStorage | null} [storage] where unsent messages are kept; `localStorage` by default; null keeps them in memory
 * @property {Clock} [clock]
 * @property {() => number} [random] in [0, 1), for the jitter of waiting
 * @property {number} [rotateAfterMs] the age at which a connection is replaced by the next; a random one of 100 to 110 minutes by default
 * @property {() => string} [newId] names messages; 128 random bits in hexadecimal by default
 */

/**
 * One connection, as a room sees it: commands go out, one reply comes back for each.
 *
 * @typedef {object} Link
 * @property {(action: string, data: object) => Promise<any>} command resolves with the reply's `data`; rejects with a `CommandError`
 */

/**
 * Whom a token is for, by its payload.
 *
 * @typedef {{id: string, name: string}} Principal
 */

/**
 * What a connection is made of, and whom it tells: `onPushes` of the pushes of one frame, `onExpired` that a command was answered
 * `tokenExpired`.
 *
 * @typedef {object} ConnectionParts
 * @property {string} url
 * @property {string} token
 * @property {typeof WebSocket} WebSocket
 * @property {Clock} clock
 * @property {(pushes: any[]) => void} onPushes
 * @property {() => void} onExpired
 */

/**
 * What `diagnose` works with; `signal` ends it early.
 *
 * @typedef {object} DiagnosisParts
 * @property {string} url
 * @property {string} token
 * @property {typeof fetch | undefined} fetch
 * @property {Clock} clock
 * @property {AbortSignal} signal
 */

/**
 * Why a handshake was refused. `acceptable`: the same would be accepted now.
 *
 * @typedef {{name: "acceptable"} | {name: "unreachable"} | {name: "refused", reason: RefusalReason, detail: string}} Diagnosis
 */

/**
 * How an attempt, or a connection (`lost`), ended.
 *
 * @typedef {Diagnosis | {name: "lost", code: number | undefined} | {name: "noToken", detail: string}} Outcome
 */

/**
 * What has failed since all was well. `puzzles`: handshakes in a row that were refused and would be accepted. `renewed`: a token was asked
 * for because of a refusal.
 *
 * @typedef {{failures: number, refusals: number, tokenFailures: number, puzzles: number, renewed: boolean}} Attempts
 */

/**
 * What to do next: with `state` null, ask for another token and try at once; else show the state, whose `until` is yet to be set, and try again
 * in `ms`, or never when that is null.
 *
 * @typedef {{ms: number | null, state: ClientState & {until: unknown} | null}} Step
 */

/**
 * What a session works with, and for. `identify` is told the token before each handshake.
 *
 * @typedef {object} Surroundings
 * @property {string} url
 * @property {typeof WebSocket} WebSocket
 * @property {typeof fetch | undefined} fetch
 * @property {Clock} clock
 * @property {() => number} random
 * @property {number | undefined} rotateAfterMs
 * @property {import("./token-source.js").TokenSource} tokens
 * @property {ReadonlyMap<string, import("./room.js").Room>} rooms
 * @property {(token: string) => void} identify
 * @property {(state: ClientState) => void} report
 */

/**
 * What keeps a token good.
 *
 * @typedef {object} RenewalParts
 * @property {Clock} clock
 * @property {import("./token-source.js").TokenSource} tokens
 * @property {AbortSignal} signal ends it
 * @property {(outcome: Outcome | null) => void} restart looks for another connection; null: without an outcome to wait for
 * @property {() => void} rejoin the token is good again after it was not
 */

export {};
