import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { languageOf, languages } from "../../../web/page/strings.js";

const html = readFileSync(new URL("../../../web/page/index.html", import.meta.url), "utf8");

for (const [tags, language] of /** @type {const} */ ([
  [["ja"], "ja"],
  [["ja-JP", "en"], "ja"],
  [["en-GB", "ja"], "en"],
  [["fr-FR", "ja-JP", "en"], "ja"],
  [["fr"], "en"],
  [[], "en"],
  [["constructor", "__proto__"], "en"],
])) {
  test(`the page speaks ${language} to who reads ${tags.join(", ") || "nothing"}`, () => {
    assert.equal(languageOf(tags), language);
  });
}

test("every language says everything that English says", () => {
  for (const strings of Object.values(languages)) {
    assert.deepEqual(Object.keys(strings), Object.keys(languages.en ?? {}));
    assert.deepEqual(
      Object.values(strings).filter((text) => !text.trim()),
      [],
    );
  }
});

test("all texts that the page asks for exist", () => {
  const asked = [...html.matchAll(/data-(?:text|label)="(\w+)"/g)].map((match) => match[1] ?? "");
  assert.ok(asked.length > 20);
  assert.deepEqual(
    asked.filter((name) => !languages.en?.[name]),
    [],
  );
});

test("the page has no script, style or address of its own", () => {
  assert.deepEqual(html.match(/\sstyle=|<style|\son\w+=|https?:|<script>/g), null);
  assert.deepEqual(new Set(html.match(/\{\{\w+\}\}/g)), new Set(["{{settings}}", "{{base}}"]));
});
