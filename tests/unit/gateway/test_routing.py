"""Which route takes a message."""

import pytest

from talkroom.contract.routes import InvalidExpression
from talkroom.gateway.api import Route
from talkroom.gateway.routing import Routing
from tests.gateway.kit import Probe

SEND, DEFAULT, CONNECT = Route(Probe()), Route(Probe()), Route(Probe())
EXPRESSION = "$request.body.action"


def test_the_selected_route_comes_with_its_key() -> None:
    """An exact match."""
    routing = Routing({"sendmessage": SEND, "$default": DEFAULT}, EXPRESSION)

    assert ("sendmessage", SEND) == routing.find('{"action":"sendmessage"}')


@pytest.mark.parametrize("text", ['{"action":"other"}', '{"action":"Sendmessage"}', "{}", "no JSON", "[1]", "", "null"])
def test_anything_else_goes_to_default(text: str) -> None:
    """Under the key `$default`."""
    routing = Routing({"sendmessage": SEND, "$default": DEFAULT}, EXPRESSION)

    assert ("$default", DEFAULT) == routing.find(text)


@pytest.mark.parametrize("text", ['{"action":"other"}', "no JSON"])
def test_without_default_nothing_is_found(text: str) -> None:
    """The gateway then answers Forbidden."""
    assert Routing({"sendmessage": SEND}, EXPRESSION).find(text) is None


@pytest.mark.parametrize("key", ["$connect", "$disconnect", "$default"])
def test_a_client_cannot_name_a_reserved_route(key: str) -> None:
    """It selects nothing."""
    routing = Routing({"$connect": CONNECT, "$disconnect": CONNECT, "$default": DEFAULT}, EXPRESSION)

    assert ("$default", DEFAULT) == routing.find(f'{{"action":"{key}"}}')


def test_a_reserved_key_without_default_finds_nothing() -> None:
    """Not even the route of that name."""
    assert Routing({"$connect": CONNECT}, EXPRESSION).find('{"action":"$connect"}') is None


def test_a_route_with_an_empty_key_is_not_selected_by_a_missing_path() -> None:
    """There is no such route key on AWS, so a missing path always means `$default`."""
    assert ("$default", DEFAULT) == Routing({"$default": DEFAULT}, EXPRESSION).find('{"action":""}')


def test_an_expression_that_reads_anything_but_the_body_is_refused_at_once() -> None:
    """When the API is made, and not at its first message."""
    with pytest.raises(InvalidExpression):
        Routing({}, "$request.header.action")
