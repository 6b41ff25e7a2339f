// A label that begins Latin stays so, and the last one is Latin: Japanese that follows a host is not part of it.
const LATIN = String.raw`[a-z\d_\u00c0-\u024f][a-z\d_\u00c0-\u024f-]*`;
const OTHER = String.raw`(?=[^\0-\u024f])[\p{L}\p{N}][\p{L}\p{N}\p{M}-]*`;
const HOST = new RegExp(String.raw`(?<![a-z\d_+])https?://(?:(?:${LATIN}|${OTHER})\.)*${LATIN}(?::\d+)?`, "giu");
// "https://bank.example@evil.example" is there to deceive: no link.
const USER = /[^\s/?#@"<>\x80-\uffff]*@/y;
const CHARACTER = /[a-z\d.~:/?#[\]@!$&'()*+,;=%_-]/i;

/**
 * Which parts of a text are links, http and https only. After the host only ASCII belongs to a link, but no bracket that it does not open,
 * and no punctuation at its end. Takes time in proportion to the text.
 *
 * @param {string} text
 * @returns {Array<{text: string, href?: string}>} all of the text as it was written, in order
 */
export function linkify(text) {
  /** @type {Array<{text: string, href?: string}>} */
  const parts = [];
  let end = 0;
  for (const { 0: host, index } of text.matchAll(HOST)) {
    USER.lastIndex = index + host.length;
    if (index < end || USER.test(text)) continue;
    const written = text.slice(index, endOf(text, index + host.length));
    if (!URL.canParse(written)) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: written, href: new URL(written).href });
    end = index + written.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** @param {string} text @param {number} end of the host */
function endOf(text, end) {
  if (!/[/?#]/.test(text.charAt(end))) return end;
  const open = { "(": 0, "[": 0 };
  for (; CHARACTER.test(text.charAt(end)); end++) {
    const character = text[end];
    if (character === "(" || character === "[") open[character]++;
    if ((character === ")" && --open["("] < 0) || (character === "]" && --open["["] < 0)) break;
  }
  while (/[.,:;!?'*([]/.test(text.charAt(end - 1))) end--;
  return end;
}
