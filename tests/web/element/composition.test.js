/** What keys do, also in the event orders of real browsers and input methods, which key-sequences.json lists with their sources. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Composition } from "../../../web/element/composition.js";

const DESKTOP = { sendKey: "enter", touch: false };
const PHONE = { sendKey: "enter", touch: true };
const MODIFIER = { sendKey: "modifier-enter", touch: false };

/** @param {object} [more] */
const enter = (more) => ({ type: "keydown", key: "Enter", keyCode: 13, isComposing: false, ...more });

const { events: EVENTS, sequences } = JSON.parse(readFileSync(new URL("key-sequences.json", import.meta.url), "utf8"));
const { letter, begins, changes, ends, up } = EVENTS;

for (const { name, events, sendKey = "enter", touch = false, sends } of sequences)
  test(`sends ${sends}: ${name}`, () => {
    const composition = new Composition();
    const decisions = events.map((/** @type {string} */ event) => {
      assert.ok(EVENTS[event], event);
      return composition.handle(EVENTS[event], { sendKey, touch });
    });
    assert.equal(decisions.filter((/** @type {string} */ decision) => decision === "send").length, sends);
  });

/** @param {object} event @param {typeof DESKTOP} [mode] */
const decide = (event, mode = DESKTOP) => new Composition().handle(event, mode);

test("Enter sends", () => assert.equal(decide(enter()), "send"));
test("Enter of the keypad sends", () => assert.equal(decide(enter({ code: "NumpadEnter", location: 3 })), "send"));
test("Shift+Enter makes a new line by itself", () => assert.equal(decide(enter({ shiftKey: true })), "leave"));
test("Alt+Enter makes a new line", () => assert.equal(decide(enter({ altKey: true })), "line"));
test("Ctrl+Enter sends", () => assert.equal(decide(enter({ ctrlKey: true })), "send"));
test("Enter on a phone makes a new line", () => assert.equal(decide(enter(), PHONE), "leave"));
test("Ctrl+Enter sends on a tablet with a keyboard", () =>
  assert.equal(decide(enter({ ctrlKey: true }), PHONE), "send"));
test("Enter makes a new line when a modifier sends", () => assert.equal(decide(enter(), MODIFIER), "leave"));
test("Ctrl+Enter sends when a modifier sends", () => assert.equal(decide(enter({ ctrlKey: true }), MODIFIER), "send"));
test("⌘+Enter sends when a modifier sends", () => assert.equal(decide(enter({ metaKey: true }), MODIFIER), "send"));
test("an Enter that is held makes no lines", () => assert.equal(decide(enter({ repeat: true })), "ignore"));
test("an Enter that is held makes lines on a phone", () =>
  assert.equal(decide(enter({ repeat: true }), PHONE), "leave"));
test("other keys are the browser's", () =>
  assert.equal(decide({ type: "keydown", key: "a", keyCode: 65, ctrlKey: true }), "leave"));

test("it is active from the beginning of a composition to its end", () => {
  const composition = new Composition();
  const active = [letter, begins, changes, ends].map((event) => {
    composition.handle(event, DESKTOP);
    return composition.active;
  });
  assert.deepEqual(active, [false, true, true, false]);
});

test("Safari's inputs, which do not say that they are composing, do not end a composition", () => {
  const composition = new Composition();
  for (const inputType of ["insertCompositionText", "deleteCompositionText", "insertFromComposition", "", undefined]) {
    composition.handle(begins, DESKTOP);
    composition.handle({ type: "input", ...(inputType === undefined ? {} : { inputType }) }, DESKTOP);
    assert.equal(composition.active, true);
  }
});

test("whatever order events come in, no Enter sends between the beginning of a composition and its end", () => {
  let seed = 5;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  const keys = [
    enter(),
    enter({ keyCode: 229 }),
    enter({ isComposing: true }),
    enter({ ctrlKey: true }),
    enter({ metaKey: true }),
  ];
  const events = [begins, ends, changes, letter, up, ...keys];
  const composition = new Composition();
  let composing = false;
  for (let step = 0; step < 20_000; step++) {
    const event = /** @type {{type: string, keyCode?: number, isComposing?: boolean}} */ (
      events[random(events.length)]
    );
    const decision = composition.handle(event, DESKTOP);
    if (event.type === "compositionstart") composing = true;
    if (event.type === "compositionend") composing = false;
    const foreign = composing || event.isComposing || event.keyCode === 229;
    if (event.type === "keydown" && foreign) assert.equal(decision, "leave");
    assert.equal(composition.active, composing);
  }
});
