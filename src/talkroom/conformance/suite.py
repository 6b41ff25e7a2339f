"""The registry of checks, and how to write one.

A check is one numbered behaviour of `catalogue.py`, in the module of its section below `checks/`. It is given a `Target`, with
connections and a case of its own, and it says nothing when the behaviour is API Gateway's:

    @check(19)
    async def connect_chooses_the_subprotocol(target: Target) -> None:
        connection = await target.connect("main", do="subprotocol:myprotocol", protocols="other, myprotocol")
        expect("myprotocol", connection.accepted.headers.get("sec-websocket-protocol"), "subprotocol of the 101")

What it may do:

- `raise Departure("what was seen instead")`, mostly by `expect(expected, seen, what)` and `require(condition, sentence)`.
- `raise NotRun("why: what to give")` when the run was not given something, such as credentials without permission.
- Let anything else be raised: a TimeoutError is reported as "nothing came within 10 s", a KeyError as the key that is absent.

A check that has to wait says for how long, so that its deadline follows the target's limits, and so that nobody waits for two hours
who did not ask for it: `@check(118, waits=lambda limits: limits.connection_duration_s)`. One that runs a command, which may take
its time, says so too: `@check(125, takes_s=COMMAND_TIMEOUT_S)`.

Verbs (`target.py`, `connection.py`, `management.py`; `apis.py` lists the APIs of the probe application):

    connection = await target.connect(api, do=…, bye=…, query=…, headers=…, protocols=…, signed=…)    101, or a Departure
    response   = await target.refused(api, do=…, auth=…, …)         any HTTP response but 101: status, headers, body
    response   = await target.handshake(api, …)                     whichever
    record     = await target.run_inside_connect("post:hello")      the ended record of `$connect`
    records    = await target.events(case=…, connection_id=…, kind="MESSAGE", at_least=2, ended=True)
    record     = await target.event(…)                              the one of that kind; two are a Departure
    await target.no_event(case=…, kind="DISCONNECT")                none, and one of a later connection is there
    await target.a_later_life()                                     what was due until now is recorded, if it ever is
    target.new_case()                                               for messages and handshakes made by hand
    target.limits.idle_timeout_s, target.options                    what the target was configured to, and what the run was given
    await target.command("redeploy", target.options.redeploy, …)    runs a command that the run was given
    management = await target.management(api)
    answer     = await management.post(connection_id, b"…")         also get, delete: status, error, message, data
    response   = await management.request("POST", "/%40connections/…", b"…", signed=False)    as it is spelled

    connection_id = await connection.connection_id()
    case   = connection.perform("status:500")                       a message to the route that answers nothing
    record = await connection.performed("sleep:1")                  … and its ended record
    text   = await connection.reply("body:hello")                   a message to the route with a route response, and its text
    record = await connection.event("DISCONNECT")                   what the functions recorded of this connection
    await connection.nothing_came()                                 no frame before one that is posted now
    connection.send(frame(…)), send_text, text(), message(), frame(), closed(), rest(), drop(), reset()    of wire.Wire

Records (`recall.py`) have the event as the function got it, times of start and end, and notes: `notes["post"]["status"]`. What may
stand in `do`, `bye` and `auth` is in `probe/handlers/__init__.py`.

A check must not depend on another check, on their order, or on being alone; connections are dropped when it ends.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Final

import msgspec

from talkroom.conformance.catalogue import CATALOGUE, Behaviour
from talkroom.conformance.options import Limits, Options
from talkroom.conformance.target import Target

CheckFunction = Callable[[Target], Awaitable[None]]
Waits = Callable[[Limits], float]

DEADLINE_S: Final = 60.0
"""How long a check may take beside what it says that it waits."""

MODULES: Final = (
    "handshake",
    "authorizer",
    "authorizer_policies",
    "authorizer_deployment",
    "events",
    "event_context",
    "event_types",
    "messages",
    "frames",
    "management",
    "management_access",
    "life_time",
    "endings",
)
"""Of `checks/`, in the order of the sections."""


class Check(msgspec.Struct, frozen=True):
    """A behaviour and the function that looks at it."""

    behaviour: Behaviour
    run: CheckFunction
    waits: Waits
    takes_s: float = 0.0

    @property
    def number(self) -> int:
        """Of the behaviour."""
        return self.behaviour.number


_registry: dict[int, Check] = {}


def check(
    number: int, *, waits: Waits = lambda _limits: 0.0, takes_s: float = 0.0
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check of this behaviour. Raises ValueError when there is one, or no such behaviour."""

    def register(function: CheckFunction) -> CheckFunction:
        if number not in CATALOGUE:
            raise ValueError(f"check {number}: there is no behaviour of this number in catalogue.py")
        if number in _registry:
            raise ValueError(f"check {number} is there already: {_registry[number].run}")
        _registry[number] = Check(CATALOGUE[number], function, waits, takes_s)
        return function

    return register


def all_checks() -> Mapping[int, Check]:
    """Every check by its number, in order."""
    for module in MODULES:
        import_module(f"talkroom.conformance.checks.{module}")
    return dict(sorted(_registry.items()))


def deadline_s(one: Check, options: Options) -> float:
    """Seconds after which a check is given up. Raises NotRun when it would wait longer than the run allows."""
    return options.wait(one.waits(options.limits)) + one.takes_s + DEADLINE_S
