"""Plans without chance: everything goes well, but for what a test has asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from talkroom.contract.events import DisconnectEvent, Event
from tests.aws_faults.faults import Fault, Request, Rule


@dataclass
class _Order:
    """A fault for some requests to come."""

    fault: Fault
    matches: Callable[[str, Request], bool]
    skipped: int
    times: int
    met: asyncio.Event


class Script:
    """A `Plan` and a `Delivery` in which a test writes what is to go wrong."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Request]] = []
        """Every request with the function that made it, in order."""
        self.met: list[str] = []
        """The names of the faults that requests have met."""
        self.copies_of_messages = 1
        self.copies_of_connects = 1
        self.copies_of_disconnects = 1
        self.is_cold = False
        """Whether every invocation has an environment of its own."""
        self._orders: list[_Order] = []

    def strike(
        self,
        fault: Fault,
        *,
        function: str = "",
        service: str = "",
        action: str = "",
        table: str = "",
        target: str = "",
        after: int = 0,
        times: int = 1,
    ) -> asyncio.Event:
        """The next `times` requests that are like this meet the fault, when `after` of them have passed.

        The event is set when the first of them does.
        """
        wanted = {"service": service, "action": action, "table": table, "target": target}

        def matches(made_by: str, request: Request) -> bool:
            named = function in ("", made_by)
            return named and all(value in ("", getattr(request, name)) for name, value in wanted.items())

        order = _Order(fault, matches, after, times, asyncio.Event())
        self._orders.append(order)
        return order.met

    def forgive(self) -> None:
        """From now on all is well."""
        self._orders.clear()

    def begin(self, function: str, _event: Any) -> Rule:
        """As a plan does."""
        return lambda request: self._decide(function, request)

    def choose(self, _function: str, idle: int) -> int | None:
        """As a plan does."""
        return idle - 1 if idle and not self.is_cold else None

    def retires(self, _function: str) -> bool:
        """As a plan does."""
        return self.is_cold

    def copies(self, event: Event) -> int:
        """As a delivery does."""
        match event.request_context.event_type:
            case "CONNECT":
                return self.copies_of_connects
            case "MESSAGE":
                return self.copies_of_messages
        assert isinstance(event, DisconnectEvent)
        return self.copies_of_disconnects

    def _decide(self, function: str, request: Request) -> Fault | None:
        self.requests.append((function, request))
        for order in self._orders:
            if not order.times or not order.matches(function, request):
                continue
            if order.skipped:
                order.skipped -= 1
                continue
            order.times -= 1
            order.met.set()
            self.met.append(order.fault.name)
            return order.fault
        return None
