"""A plan of chance: what goes wrong with each invocation is drawn from a seed."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from talkroom.contract.events import Event
from tests.aws_faults import faults
from tests.aws_faults.faults import Fault, Request, Rule

SHARE_OF_ORDEALS: Final = 0.3
"""Of the invocations: so many meet anything at all."""
SHARE_OF_KILLS: Final = 0.15
"""Of the ordeals."""
REQUESTS_AFFECTED: Final = 14
"""An ordeal begins before one of so many first requests of an invocation."""
BURST_MAX: Final = 6
"""Requests that a fault strikes one after another: a throttle seldom comes alone."""
SHARE_OF_HANGS: Final = 0.003
"""Of the ordeals; each takes as long as a timeout."""
SHARE_OF_COPIES: Final = 0.04
SHARE_OF_LOST_DISCONNECTS: Final = 0.4
SHARE_OF_COLD_STARTS: Final = 0.03
SHARE_OF_RETIREMENTS: Final = 0.02

# An answer of Lambda's that is lost makes a page be posted twice, which page_handover.py says and plain clients see.
OF_SERVICES: Final[Mapping[str, Sequence[Fault]]] = {
    "dynamodb": (
        faults.THROUGHPUT_EXCEEDED,
        faults.THROTTLED,
        faults.REQUEST_LIMIT_EXCEEDED,
        faults.DYNAMODB_FAILS,
        faults.DYNAMODB_UNAVAILABLE,
        faults.CUT_BEFORE,
        faults.CUT_AFTER,
    ),
    "management": (
        faults.LIMIT_EXCEEDED,
        faults.MANAGEMENT_FAILS,
        faults.MANAGEMENT_UNAVAILABLE,
        faults.CUT_BEFORE,
        faults.CUT_AFTER,
    ),
    "lambda": (faults.TOO_MANY_INVOCATIONS, faults.LAMBDA_FAILS, faults.LOST_BY_LAMBDA, faults.CUT_BEFORE),
    "secretsmanager": (faults.THROTTLED, faults.DYNAMODB_FAILS, faults.CUT_BEFORE, faults.CUT_AFTER),
}
KILLS: Final = (faults.KILLED_BEFORE, faults.KILLED_AFTER)


class Chance:
    """A `Plan` and a `Delivery`. The draws of one connection do not depend on what happens to the others."""

    def __init__(self, seed: int) -> None:
        self.is_calm = False
        """Whether nothing goes wrong any more."""
        self.met: list[tuple[str, Request]] = []
        """The requests that have met a fault, with its name."""
        self._seed = seed
        self._dice: dict[str, Random] = {}

    def begin(self, function: str, event: Any) -> Rule:
        """As a plan does."""
        dice = self._dice_of(f"{function} {_origin(event)}")
        if self.is_calm or dice.random() >= SHARE_OF_ORDEALS:
            return _all_is_well
        return _Ordeal(self, dice)

    def choose(self, function: str, idle: int) -> int | None:
        """As a plan does."""
        dice = self._dice_of(f"environments of {function}")
        if not idle or dice.random() < SHARE_OF_COLD_STARTS:
            return None
        return dice.randrange(idle)

    def retires(self, function: str) -> bool:
        """As a plan does."""
        return self._dice_of(f"ends of {function}").random() < SHARE_OF_RETIREMENTS

    def copies(self, event: Event) -> int:
        """As a delivery does."""
        context = event.request_context
        dice = self._dice_of(f"copies for {context.identity.user_agent}")
        if self.is_calm:
            return 1
        if context.event_type == "DISCONNECT" and dice.random() < SHARE_OF_LOST_DISCONNECTS:
            return 0
        return 2 if dice.random() < SHARE_OF_COPIES else 1

    def note(self, fault: Fault, request: Request) -> None:
        """A request meets it."""
        self.met.append((fault.name, request))

    def _dice_of(self, purpose: str) -> Random:
        dice = self._dice.get(purpose)
        if dice is None:
            dice = self._dice[purpose] = Random(f"{self._seed} {purpose}")
        return dice


class _Ordeal:
    """What an invocation meets: one fault, from one of its requests on."""

    def __init__(self, chance: Chance, dice: Random) -> None:
        self._chance = chance
        self._before = dice.randrange(REQUESTS_AFFECTED)
        self._left = 1 if dice.random() < 0.6 else dice.randint(2, BURST_MAX)
        self._kill = dice.choice(KILLS) if dice.random() < SHARE_OF_KILLS else None
        self._hangs = dice.random() < SHARE_OF_HANGS
        self._pick = dice.random()

    def __call__(self, request: Request) -> Fault | None:
        self._before -= 1
        if self._before >= 0 or not self._left or self._chance.is_calm:
            return None
        self._left -= 1
        fault = self._kill or self._fault_for(request)
        if fault.hangs:
            self._left = 0
        self._chance.note(fault, request)
        return fault

    def _fault_for(self, request: Request) -> Fault:
        if self._hangs:
            # What is carried out late must not undo what came after it: only messages are safe from that.
            is_message = request.table.startswith("messages")
            return faults.LATE if is_message and self._pick < 0.5 else faults.HANGING
        choices = OF_SERVICES[request.service]
        return choices[int(self._pick * len(choices))]


def _all_is_well(_request: Request) -> None:
    return None


def _origin(event: Any) -> str:
    """What the draws of an invocation go by: connection ids are random, so it is who is behind them."""
    context = event.get("requestContext")
    if context is None:
        return "pages"
    agent: str = context["identity"].get("userAgent", "")
    return agent.partition("/")[0]
