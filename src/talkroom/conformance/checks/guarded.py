"""Handshakes with the API Guarded, which has two identity sources and an authorizer that does as it is told."""

import json
from typing import Any, Final

from talkroom.conformance.connection import Connection
from talkroom.conformance.errors import Departure
from talkroom.conformance.expectations import expect
from talkroom.conformance.target import Target
from talkroom.conformance.wire import Response

AUTHORIZATION: Final = (("Authorization", "Bearer probe"),)
KEY: Final = (("key", "one"),)
"""The identity sources: a header and a query parameter. The authorizer does not look at them."""


async def open_guarded(target: Target, auth: str = "", **options: Any) -> Connection:
    """A connection that the authorizer admits; both identity sources are there, unless the options replace them."""
    return await target.connect("guarded", auth=auth, **{"headers": AUTHORIZATION, "query": KEY, **options})


async def refused_by(target: Target, status: int, auth: str = "", **options: Any) -> tuple[str, Response]:
    """Case and answer of a handshake that is refused with this status; options are those of `open_guarded`."""
    case = target.new_case()
    given = {"headers": AUTHORIZATION, "query": KEY, **options}
    response = await target.refused("guarded", case=case, auth=auth, **given)
    expect(status, response.status, f"status of a handshake {_describe(auth, options)}")
    return case, response


async def was_asked(target: Target, case: str) -> None:
    """The authorizer was invoked for this handshake: it is its refusal, and not one of something before it."""
    await target.event(case=case, kind="AUTHORIZER")


async def not_invoked(target: Target, case: str, kind: str | None = None) -> None:
    """For this handshake neither function was, or not the one of this kind, although both were for a later one."""
    later = await open_guarded(target)
    await target.event(case=later.case, kind="AUTHORIZER")
    await later.event("CONNECT")
    await target.no_event(case=case, kind=kind)


def object_of(response: Response) -> dict[str, Any]:
    """The body of a refusal. Raises Departure when it is no JSON object."""
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Departure(f"the body of a refusal is a JSON object, and this is {response.body[:200]!r}")
    return body


def _describe(auth: str, options: dict[str, Any]) -> str:
    if auth:
        return f"whose authorizer was told {auth!r}"
    return f"with {', '.join(f'{name} {value!r}' for name, value in options.items())}"
