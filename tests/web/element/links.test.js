import assert from "node:assert/strict";
import { test } from "node:test";

import { linkify } from "../../../web/element/links.js";

/** The links of a text, as they are written. @param {string} text */
const written = (text) =>
  linkify(text)
    .filter(({ href }) => href !== undefined)
    .map((part) => part.text);

/** [what, text, its links] @type {[string, string, string[]][]} */
const CASES = [
  ["a link alone", "https://example.com/a?b=1#c", ["https://example.com/a?b=1#c"]],
  ["http and capitals", "HTTP://EXAMPLE.com/A", ["HTTP://EXAMPLE.com/A"]],
  ["two of them", "https://a.example, https://b.example.", ["https://a.example", "https://b.example"]],
  ["a port", "see http://localhost:8080/x!", ["http://localhost:8080/x"]],
  ["punctuation at the end", "Really? https://example.com/a?!...", ["https://example.com/a"]],
  ["a query without a value", "https://example.com/?q=", ["https://example.com/?q="]],
  ["brackets around it", "(https://example.com/a)", ["https://example.com/a"]],
  ["brackets in it", "https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"]],
  ["both", "(https://en.wikipedia.org/wiki/A_(b)).", ["https://en.wikipedia.org/wiki/A_(b)"]],
  ["markdown", "[one](https://a.example/x)[two](https://b.example/y)", ["https://a.example/x", "https://b.example/y"]],
  [
    "angle brackets and quotes",
    '<https://a.example/x> "https://b.example/y"',
    ["https://a.example/x", "https://b.example/y"],
  ],
  ["hiragana directly after the path", "https://example.com/aを見てください", ["https://example.com/a"]],
  ["hiragana directly after the host", "https://example.comを見て", ["https://example.com"]],
  ["hiragana directly after the port", "https://example.com:8080です", ["https://example.com:8080"]],
  ["Japanese directly before it", "詳細はhttps://example.com/a", ["https://example.com/a"]],
  [
    "Japanese punctuation",
    "https://a.example/x、https://b.example/y。",
    ["https://a.example/x", "https://b.example/y"],
  ],
  [
    "Japanese brackets",
    "「https://a.example/x」（https://b.example/y）！",
    ["https://a.example/x", "https://b.example/y"],
  ],
  ["an ideographic space", "https://a.example/x　次", ["https://a.example/x"]],
  [
    "a percent-encoded path",
    "https://ja.wikipedia.org/wiki/%E6%9D%B1%E4%BA%AC",
    ["https://ja.wikipedia.org/wiki/%E6%9D%B1%E4%BA%AC"],
  ],
  ["a Japanese host", "https://日本語.jpです", ["https://日本語.jp"]],
  ["a host with an umlaut", "https://bücher.example/a", ["https://bücher.example/a"]],
  ["no host", "https:// http:///x https://をみて", []],
  ["another scheme", "javascript:alert(1) data:text/html,x ftp://example.com file:///etc", []],
  ["a scheme that only ends like it", "xhttps://example.com git+https://example.com", []],
  ["an impossible port", "https://example.com:99999/", []],
  ["a user in the authority", "https://bank.example@evil.example/ https://a:b@evil.example/", []],
  ["an @ in the path", "https://example.com/@alice", ["https://example.com/@alice"]],
  ["a backslash", "https://a.example\\b https://a.example\\@b.example", ["https://a.example"]],
  ["a control of direction", "https://example.com/\u202emoc.live", ["https://example.com/"]],
  ["an invisible character in the host", "https://exam\u200bple.com", ["https://exam"]],
  ["markup", "https://example.com/<img src=x onerror=alert(1)>", ["https://example.com/"]],
];

for (const [what, text, links] of CASES)
  test(`finds ${JSON.stringify(links)}: ${what}`, () => assert.deepEqual(written(text), links));

test("the parts are the whole text, as it was written", () => {
  for (const [, text] of CASES)
    assert.equal(
      linkify(text)
        .map((part) => part.text)
        .join(""),
      text,
    );
});

test("a text without a link is one part, and no text is none", () => {
  assert.deepEqual(linkify("hello <b>"), [{ text: "hello <b>" }]);
  assert.deepEqual(linkify(""), []);
});

test("the href of a host in another script is its ASCII form", () => {
  assert.equal(linkify("https://日本語.jp")[0]?.href, "https://xn--wgv71a119e.jp/");
});

test("whatever is written, a link leads to http or https and to the host that is seen", () => {
  let seed = 11;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  const pieces = [
    "https://",
    "http://",
    "javascript:",
    "@",
    ":",
    "/",
    "\\",
    "a",
    "evil.example",
    "。",
    "を",
    "日本",
    ".",
    "(",
    ")",
    "[",
    "]",
    "\u202e",
    " ",
    "\n",
    "%2f",
    "?",
    "#",
    "80",
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + random(12) }, () => pieces[random(pieces.length)]).join("");
    const parts = linkify(text);
    assert.equal(parts.map((part) => part.text).join(""), text);
    for (const { text: shown, href } of parts) {
      if (href === undefined) continue;
      const url = new URL(href);
      assert.match(url.protocol, /^https?:$/);
      assert.equal(url.username + url.password, "", text);
      assert.equal(new URL(shown.match(/^https?:\/\/[^/?#]*/i)?.[0] ?? "").host, url.host);
      assert.doesNotMatch(shown, /[\u202e\s。]/u);
    }
  }
});

for (const piece of [
  "https://",
  "https://a",
  "https://a.",
  "https://a)",
  "https://a/)",
  "https://a/(",
  "https://a:",
  "https://a@",
  "https://a,",
  "https://あ.",
  "あ",
  "a.",
  "(",
  ".",
])
  test(`takes time in proportion to the text: ${piece} again and again`, () => {
    // A million characters in the wrong order of growth would take hours.
    const text = "https://a/" + piece.repeat(1_000_000 / piece.length);
    assert.equal(
      linkify(text).reduce((length, part) => length + part.text.length, 0),
      text.length,
    );
    linkify("https://" + piece.repeat(1_000_000 / piece.length) + "@");
  });
