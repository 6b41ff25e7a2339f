"""How long a check may take."""

import msgspec

from talkroom.conformance.catalogue import CATALOGUE
from talkroom.conformance.options import Limits, Options
from talkroom.conformance.suite import DEADLINE_S, Check, all_checks, deadline_s
from talkroom.conformance.target import COMMAND_TIMEOUT_S, Target

OPTIONS = Options(ws="ws://127.0.0.1:9/prod", longest_wait_s=20)


async def says_nothing(_target: Target) -> None:
    """A check."""


def test_what_it_waits_follows_the_limits_of_the_target() -> None:
    """And comes on top of what every check has."""
    one = Check(CATALOGUE[1], says_nothing, lambda limits: limits.idle_timeout_s)
    options = msgspec.structs.replace(OPTIONS, limits=Limits(idle_timeout_s=7))

    assert DEADLINE_S + 7 == deadline_s(one, options)


def test_a_command_may_take_long_whatever_the_longest_wait() -> None:
    """Who gave the command wants it to be run."""
    assert DEADLINE_S + COMMAND_TIMEOUT_S == deadline_s(all_checks()[125], OPTIONS)
