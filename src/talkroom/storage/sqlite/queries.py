"""Reads queries.sql: each statement by its name, for as many rows as it is given."""

import functools
import re
from collections.abc import Sequence
from importlib import resources
from typing import Final

_ROW: Final = re.compile(r"VALUES (\(\?(?:, \?)*\))")


def statement(name: str) -> str:
    """The statement of that name. Raises KeyError when there is none."""
    return _statements()[name]


def statement_for_rows(name: str, rows: Sequence[Sequence[object]], *rest: object) -> tuple[str, list[object]]:
    """The statement with place for these rows, and the parameters: the rows one after another, then the rest.

    The number of places is the next power of two, and the places left over are filled with NULL. That leaves SQLite a dozen
    statements to prepare and keep instead of one for each size of a group.
    """
    places = 1 << (len(rows) - 1).bit_length()
    parameters: list[object] = []
    for row in rows:
        parameters += row
    parameters += [None] * (len(rows[0]) * (places - len(rows)))
    parameters += rest
    return _with_places(name, places), parameters


@functools.cache
def _with_places(name: str, places: int) -> str:
    return _ROW.sub(lambda match: "VALUES " + ", ".join([match[1]] * places), statement(name), count=1)


@functools.cache
def _statements() -> dict[str, str]:
    text = resources.files("talkroom.storage.sqlite").joinpath("queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
