import assert from "node:assert/strict";
import { test } from "node:test";

import { en } from "../../../web/element/strings/en.js";
import { addLanguage, stringsFor } from "../../../web/element/strings/index.js";
import { ja } from "../../../web/element/strings/ja.js";

/** Every name with its kind, at any depth. @param {object} strings @returns {string[]} */
const names = (strings, prefix = "") =>
  Object.entries(strings)
    .flatMap(([name, value]) =>
      typeof value === "object" ? names(value, `${prefix}${name}.`) : [`${prefix}${name}: ${typeof value}`],
    )
    .sort();

test("Japanese says everything that English says", () => assert.deepEqual(names(ja), names(en)));

test("Japanese is not English", () => {
  const say = (/** @type {any} */ value) => (typeof value === "function" ? value(2, "") : value);
  for (const [name, value] of Object.entries(ja).filter(([, value]) => typeof value !== "object"))
    assert.match(say(value), /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u, name);
});

test("English knows one from many", () => {
  assert.equal(en.left(1), "1 character left");
  assert.equal(en.left(2), "2 characters left");
  assert.equal(en.pill(1), "1 new message");
});

test("a language is found by its tag, its beginning, and in any case", () => {
  for (const lang of ["ja", "ja-JP", "JA-jp"]) assert.equal(stringsFor(lang), ja);
  for (const lang of ["en", "en-GB"]) assert.equal(stringsFor(lang), en);
});

test("a language that nobody has added is English", () => {
  for (const lang of ["fr", "", "-", "constructor", "__proto__", null, undefined]) assert.equal(stringsFor(lang), en);
});

test("a language can be added, and what it does not say is said in English", () => {
  addLanguage("pt-BR", { send: "Enviar", refused: { ...en.refused, forbidden: "Não" }, failures: {} });
  const strings = stringsFor("pt-br");
  assert.equal(strings.send, "Enviar");
  assert.equal(strings.retry, en.retry);
  assert.equal(strings.refused.forbidden, "Não");
  assert.equal(strings.failures.other, en.failures.other);
  assert.equal(stringsFor("pt"), en);
});
