"""A conversation of 5,000 messages is read from its end to its beginning."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.conftest import Embed
from tests.browser.past import numbered, remember
from tests.browser.person import People
from tests.e2e.server import ServerProcess

MESSAGES = 5000
ROWS_MAX = 400
"""In the document at once, however long the conversation is."""
TURN_PX = 1600
TOLERANCE_PX = 2

TURN_AND_WATCH = """
async (list, turn) => {
  const frame = list.getBoundingClientRect();
  const topOf = (row) => row.getBoundingClientRect().top - frame.top;
  const rows = [...list.querySelectorAll("[data-sequence]")];
  const inView = rows.filter((row) => topOf(row) + row.offsetHeight > 1 && topOf(row) < frame.height - 1);
  const eye = inView[Math.floor(inView.length / 2)];
  const before = topOf(eye);
  const wanted = Math.min(turn, list.scrollTop);
  list.scrollTop -= turn;
  const moved = [];
  for (let frames = 0; frames < 3; frames++) {
    await new Promise(requestAnimationFrame);
    if (eye.isConnected) moved.push(topOf(eye) - before - wanted);
  }
  return {
    jump: Math.max(0, ...moved.map(Math.abs)),
    rows: list.querySelectorAll("[data-sequence]").length,
    seen: inView.map((row) => Number(row.dataset.sequence)),
  };
}
"""
"""Scrolls up, and watches the message under the reader's eye for some frames: it may move by what was scrolled and not more."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def old_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A machine with a long past."""
    folder = tmp_path_factory.mktemp("long")
    await remember(folder / "talkroom.db", "lobby", numbered(MESSAGES))
    with ServerProcess(folder) as running:
        yield running


async def test_5000_messages_scroll(
    people: People, old_server: ServerProcess, embed: Embed, record_property: Any
) -> None:
    """Up to the very first: every message comes by, nothing jumps, and the document stays small."""
    alice = await people.meet("alice", viewport={"width": 1280, "height": 1800})
    chat = await alice.visit(await embed(old_server), "lobby")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
    await alice.page.evaluate(
        """() => {
          globalThis.longTasks = [];
          new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
            .observe({ type: "longtask" });
        }"""
    )
    seen: set[int] = set()
    jumps, rows = [], []
    while 1 not in seen:
        turned = await chat.log.evaluate(TURN_AND_WATCH, TURN_PX)
        assert turned["seen"] == sorted(turned["seen"])
        seen.update(turned["seen"])
        jumps.append(turned["jump"])
        rows.append(turned["rows"])
    long_tasks = await alice.page.evaluate("longTasks.map(Math.round)")
    record_property("turns", len(jumps))
    record_property("long tasks over 50 ms", long_tasks)

    assert set(range(1, MESSAGES + 1)) == seen
    assert max(jumps) <= TOLERANCE_PX
    assert max(rows) <= ROWS_MAX


async def test_the_wheel_scrolls_through_pages(people: People, old_server: ServerProcess, embed: Embed) -> None:
    """The same by a real wheel, whose turns do not wait for what is being loaded: no hole, and no row goes back."""
    alice = await people.meet("alice")
    chat = await alice.visit(await embed(old_server), "lobby")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
    top = MESSAGES
    while top > MESSAGES - 1000:
        await chat.wheel(-700)
        in_view = await chat.sequences_in_view()
        assert list(range(in_view[0], in_view[-1] + 1)) == in_view
        assert in_view[0] <= top
        top = in_view[0]


async def test_back_to_the_end_of_a_long_history(people: People, old_server: ServerProcess, embed: Embed) -> None:
    """By one click, from the very beginning."""
    alice = await people.meet("alice")
    chat = await alice.visit(await embed(old_server), "lobby")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.scroll_to_beginning()
    assert 1 == (await chat.sequences_in_view())[0]
    await chat.part("latest").click()

    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
