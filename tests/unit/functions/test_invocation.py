"""What an invocation is made of."""

import re
from uuid import UUID

from talkroom.functions.invocation import make_invocation


def test_an_invocation_has_an_id_of_its_own() -> None:
    """A UUID, as on Lambda."""
    one, two = (make_invocation(b"{}", "arn", 3, None) for _ in range(2))
    assert str(UUID(one.request_id)) == one.request_id
    assert one.request_id != two.request_id


def test_an_invocation_is_part_of_the_caller_s_trace() -> None:
    """When there is one."""
    assert "Root=1-a-b" == make_invocation(b"{}", "arn", 3, "Root=1-a-b").trace_id


def test_an_invocation_has_a_trace_otherwise() -> None:
    """Of the form that X-Ray's tracing header has."""
    trace = make_invocation(b"{}", "arn", 3, None).trace_id
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", trace)
