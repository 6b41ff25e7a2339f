"""What must be true at the end of a random run."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.aws_faults.plain_client import PlainClient
from tests.aws_faults.random_run import ROOMS, RandomRun
from tests.aws_faults.rooms import Room
from tests.aws_faults.v1_client import V1Client


async def check(run: RandomRun, last: dict[str, str]) -> list[str]:
    """All that is wrong at the end of a run, in sentences."""
    wrong = [f"{client.name}: {broken}" for client in run.v1 for broken in client.broken]
    wrong += await _check_rows(run)
    for room in ROOMS:
        log = await run.stack.log(room)
        wrong += _check_log(run, room, log)
        wrong += await _check_v1(run, room, log, last[room])
        wrong += await _check_plain(run, room, last[room])
    return wrong


async def _check_rows(run: RandomRun) -> list[str]:
    """Every row belongs to an open connection.

    But for the grant of a connection that was in no room when it vanished: no send meets it, and it ends by its TTL.
    """
    edge = run.stack.edge
    rows = await run.stack.subscribed()
    await run.stack.granted()
    return [f"stale row of {one} in {rows[one]}" for one in rows if not edge.is_open(one)]


def _check_log(run: RandomRun, room: str, log: Sequence[dict[str, Any]]) -> list[str]:
    """No hole, nothing doubled, nothing that nobody sent, and everything that was acknowledged, where it was said to be."""
    wrong = []
    if [one["sequence"] for one in log] != list(range(1, len(log) + 1)):
        wrong.append(f"{room}: the log has holes")
    if len({(one["sender"], one["id"]) for one in log}) != len(log):
        wrong.append(f"{room}: a sender's id is there twice")
    texts = [one["text"] for one in log]
    if len(set(texts)) != len(texts):
        wrong.append(f"{room}: a text is there twice")
    wrong += [f"{room}: nobody sent {one}" for one in log if run.sent[room].get(one["text"]) != one["sender"]]
    at = {(one["sender"], one["id"]): (one["sequence"], one["text"]) for one in log}
    for client in run.v1:
        for (where, number), accepted in client.accepted.items():
            if where == room and at.get((client.user, number)) != accepted:
                wrong.append(f"{room}: {number} was acknowledged as {accepted} and is {at.get((client.user, number))}")
    return wrong


async def _check_v1(run: RandomRun, room: str, log: Sequence[dict[str, Any]], last: str) -> list[str]:
    """Who has joined gets the last push, and after the catch-up has the log from where it joined."""
    wrong = []
    for client in run.v1:
        view = client.rooms.get(room)
        if view is None or view.epoch is None or not view.is_joined:
            continue
        if not await _comes(client, partial(_has_said, view, last)):
            wrong.append(f"{client.name} in {room}: open and joined, and not told of the last message")
        await client.catch_up(room)
        if view.said() != [one["text"] for one in log if one["sequence"] > view.base]:
            wrong.append(f"{client.name} in {room}: what it has differs from the log")
    return wrong


async def _check_plain(run: RandomRun, room: str, last: str) -> list[str]:
    """Every open one gets the last push; none has seen a text twice, its own, or one of another room."""
    wrong = []
    for client in [one for one in run.plain if one.room == room]:
        if not await _comes(client, partial(client.texts.__contains__, last)):
            wrong.append(f"{client.name} in {room}: open, and not told of the last message")
        if len(set(client.texts)) != len(client.texts):
            twice = sorted({text for text in client.texts if client.texts.count(text) > 1})
            wrong.append(f"{client.name} in {room}: saw twice {twice}")
        wrong += [f"{client.name} in {room}: saw {text}" for text in client.texts if text not in run.sent[room]]
        wrong += [f"{client.name}: its own {text}" for text in client.echoed]
    return wrong


async def _comes(client: V1Client | PlainClient, condition: Callable[[], bool]) -> bool:
    """Whether it does, in time."""
    try:
        await client.until(condition)
    except TimeoutError:
        return False
    return True


def _has_said(view: Room, text: str) -> bool:
    return text in view.said()
