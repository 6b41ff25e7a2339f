/** A command that was not done. `retry`: the same may succeed later. */
export class CommandError extends Error {
  /** @param {string} name docs/protocol.md section 6.1; our own: `timeout`, `disconnected`, `queueFull` @param {string} detail @param {boolean} [retry] */
  constructor(name, detail, retry = false) {
    super(`${name}: ${detail}`);
    this.name = name;
    this.detail = detail;
    this.retry = retry;
  }
}

/** The objects of one frame, in order; none of what cannot be read. @param {unknown} frame @returns {any[]} */
export function unpack(frame) {
  try {
    return [JSON.parse(/** @type {string} */ (frame))].flat().filter((item) => item && typeof item === "object");
  } catch {
    return [];
  }
}

/** The length that the server counts. @param {string} text */
export const codePoints = (text) => [...text].length;

/** Of UTF-8. @param {string} text */
export const bytes = (text) => new TextEncoder().encode(text).length;

/** Whether a room may be called this: 1 to 128 bytes of visible text. @param {string} text */
export const isRoomId = (text) =>
  /^(?:[^\p{Cc}\p{Cf}\p{Cs}\p{Z}]|[ \u3000\u200c\u200d])+$/u.test(text) && text === text.trim() && bytes(text) <= 128;

/** `ws` or `wss` for `http` or `https`. Throws TypeError for what is no such URL. @param {string} text */
export function webSocketUrl(text) {
  const url = text.replace(/^http/i, "ws");
  if (!/^wss?:/i.test(url) || !URL.canParse(url))
    throw new TypeError(`Not a server's URL: ${text}. It looks like wss://host/stage.`);
  return new URL(url).href.replace(/#.*/, "");
}
