import assert from "node:assert/strict";
import { test } from "node:test";

import { NONE, afterConnection, decide } from "../../../web/client/lifecycle.js";

const facts = { renewable: true, offline: false, random: () => 0.5 };
const refused = (reason) => ({ name: "refused", reason, detail: "" });

/** What is done after these outcomes, one after the other. */
function stepsAfter(outcomes, more = {}) {
  let attempts = NONE;
  return outcomes.map((outcome) => {
    const [after, step] = decide(attempts, outcome, { ...facts, ...more });
    attempts = after;
    return step;
  });
}

for (const reason of ["tokenExpired", "invalidToken"]) {
  test(`${reason}: another token once, then nothing until somebody acts`, () => {
    const [first, second] = stepsAfter([refused(reason), refused(reason)]);
    assert.deepEqual(first, { ms: 0, state: null });
    assert.equal(second.ms, null);
    assert.equal(second.state.reason, reason);
  });

  test(`${reason} of a token that is all there is: nothing until somebody acts`, () => {
    assert.equal(stepsAfter([refused(reason)], { renewable: false })[0].ms, null);
  });
}

test("a page whose origin is refused asks for no other token", () => {
  const [step] = stepsAfter([refused("originNotAllowed")]);
  assert.deepEqual([step.state.reason, step.ms], ["originNotAllowed", null]);
});

test("an unknown refusal: another token once, then 30 s doubled to 5 minutes", () => {
  const steps = stepsAfter(Array(7).fill(refused("unknown")));
  assert.deepEqual(
    steps.map((step) => (step.state === null ? "renew" : step.ms)),
    ["renew", 30_000, 60_000, 120_000, 240_000, 300_000, 300_000],
  );
});

test("unavailable: 30 s doubled to 5 minutes, and no other token", () => {
  const steps = stepsAfter(Array(5).fill(refused("unavailable")));
  assert.deepEqual(
    steps.map(({ ms }) => ms),
    [30_000, 60_000, 120_000, 240_000, 300_000],
  );
});

test("getToken failing: 5 s doubled to 5 minutes", () => {
  const steps = stepsAfter(Array(8).fill({ name: "noToken", detail: "" }));
  assert.deepEqual(
    steps.map(({ ms }) => ms),
    [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000],
  );
});

test("unreachable: waiting by backoff", () => {
  const steps = stepsAfter(Array(7).fill({ name: "unreachable" }));
  assert.deepEqual(
    steps.map(({ ms }) => ms),
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000],
  );
  assert.equal(steps[0].state.reason, "unreachable");
});

test("without a network the reason is that", () => {
  assert.equal(stepsAfter([{ name: "unreachable" }], { offline: true })[0].state.reason, "offline");
});

test("a server that says yes and refuses again and again is an unknown refusal", () => {
  const steps = stepsAfter(Array(4).fill({ name: "acceptable" }));
  assert.deepEqual(
    steps.map((step) => (step.state === null ? "renew" : step.state.name)),
    ["waiting", "waiting", "renew", "refused"],
  );
});

test("a connection that has lasted a minute ends the failures, a shorter one does not", () => {
  const attempts = { ...NONE, failures: 4, renewed: true, refusals: 2 };
  assert.deepEqual(afterConnection(attempts, 60_000), NONE);
  assert.deepEqual(afterConnection(attempts, 59_999), { ...NONE, failures: 4 });
});
