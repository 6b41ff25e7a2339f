"""The APIs of the probe application, as its template makes them, and how a message selects a route of each.

main       every lifecycle route, `$default`; `perform`, `sendmessage`, `5`, `[a, b]` (no route response), `reply` (route
           response), `brittle` (its function ends after 3 s at most, so that it may be killed or left hanging), `hasty` (the
           integration times out after 1 s), `linger` (a function of its own, for what goes on after a return), `recall`, `describe`
guarded    REQUEST authorizer with the identity sources `route.request.header.Authorization` and `route.request.querystring.key`
bare       no `$connect`, `$disconnect` or `$default`
composed   `${request.body.a}/${request.body.b}`; the stage has the variables `colour` and `size`
nested     `$request.body.service.do`; `$default`, but no `$connect` and no `$disconnect`
signed     AWS_IAM on `$connect`
throttled  the stage takes 2 requests a second, in bursts of 4
slow       `$connect` times out after 500 ms
modelled   the route `perform` takes objects with a text `title` and, if there is one, an integer `count`
"""

from collections.abc import Mapping
from typing import Final

import msgspec


class ProbeApi(msgspec.Struct, frozen=True):
    """What the suite has to know of one API."""

    has_connect: bool = True
    perform: str = "perform"
    """The route that performs instructions and has no route response."""
    reply: str = "reply"
    """The route that performs instructions and has a route response."""

    def select(self, route: str) -> Mapping[str, object]:
        """The part of a message that selects a route."""
        return {"action": route}


class ComposedApi(ProbeApi, frozen=True):
    """A route key has two parts."""

    def select(self, route: str) -> Mapping[str, object]:
        """As ProbeApi says."""
        a, _, b = route.partition("/")
        return {"a": a, "b": b}


class NestedApi(ProbeApi, frozen=True):
    """The route key lies deeper."""

    def select(self, route: str) -> Mapping[str, object]:
        """As ProbeApi says."""
        return {"service": {"do": route}}


APIS: Final[Mapping[str, ProbeApi]] = {
    "main": ProbeApi(),
    "guarded": ProbeApi(),
    "bare": ProbeApi(has_connect=False),
    "composed": ComposedApi(perform="perform/now", reply="reply/now"),
    "nested": NestedApi(has_connect=False),
    "signed": ProbeApi(),
    "throttled": ProbeApi(),
    "slow": ProbeApi(),
    "modelled": ProbeApi(),
}
"""By the name that `describe` answers."""
