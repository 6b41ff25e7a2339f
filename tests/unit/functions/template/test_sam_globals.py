"""SAM's Globals."""

from typing import Any

import pytest

from talkroom.functions.template.sam_globals import merge
from tests.unit.functions.template.kit import change, read_send, refuse_changed


def test_maps_merge_lists_add_up_and_the_rest_is_overridden() -> None:
    """At every depth."""
    common: Any = {"a": {"b": {"c": "1", "d": "1"}, "e": ["1"]}, "f": "1", "g": "1"}
    own: Any = {"a": {"b": {"d": "2"}, "e": ["2"]}, "f": "2", "h": "2"}

    expected = {"a": {"b": {"c": "1", "d": "2"}, "e": ["1", "2"]}, "f": "2", "g": "1", "h": "2"}
    assert expected == merge(common, own)


@pytest.mark.parametrize(
    ("common", "own"),
    [
        ({"Ref": "X"}, {"A": "a"}),
        ({"A": "a"}, {"Fn::If": ["C", "a", "b"]}),
        ({"A": "a"}, ["a"]),
        (["a"], {"A": "a"}),
        ("a", {"A": "a"}),
        ({"A": "a"}, None),
    ],
)
def test_functions_and_other_kinds_are_overridden(common: Any, own: Any) -> None:
    """What a function comes to is not known yet."""
    assert {"key": own} == merge({"key": common}, {"key": own})


def test_a_function_has_what_globals_say() -> None:
    """Its own properties first."""
    common = {
        "Timeout": 60,
        "MemorySize": 512,
        "Handler": "common.handler",
        "Environment": {"Variables": {"ONE": "common", "TWO": "common"}},
    }
    changes = {"Send.Environment.Variables": {"TWO": "own"}, "Send.Timeout": 5}

    send = read_send(changes, Globals={"Function": common})

    assert ("app.handler", 5, 512) == (send.handler, send.timeout_s, send.memory_mb)
    assert {"ONE": "common", "TWO": "own"} == send.environment


@pytest.mark.parametrize(("ignored", "expected"), [("*", (3, 128)), (["Timeout"], (3, 512))])
def test_a_resource_can_ignore_globals(ignored: Any, expected: tuple[int, int]) -> None:
    """All or some."""
    function = {
        "Type": "AWS::Serverless::Function",
        "IgnoreGlobals": ignored,
        "Properties": {"CodeUri": ".", "Handler": "a.b", "Runtime": "python3.13"},
    }

    send = read_send({"Send": function}, Globals={"Function": {"Timeout": 60, "MemorySize": 512}})

    assert expected == (send.timeout_s, send.memory_mb)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (["Function"], "Globals: must be a map, not a list"),
        ({"Function": "a"}, "Globals.Function: must be a map, not text"),
        (
            {"Function": {"FunctionName": "a"}},
            "Globals.Function.FunctionName: belongs into each resource; SAM does not take it here",
        ),
        (
            {"WebSocketApi": {"Routes": {}}},
            "Globals.WebSocketApi.Routes: belongs into each resource; SAM does not take it here",
        ),
    ],
)
def test_globals_of_another_shape_are_refused(section: Any, said: str) -> None:
    """As SAM refuses them."""
    assert said == refuse_changed({}, Globals=section)


def test_globals_of_other_kinds_are_left_alone() -> None:
    """They are about resources that are not served."""
    assert "Send" in change({}, Globals={"Api": {"Cors": "*"}, "HttpApi": {}})
    assert 3 == read_send({}, Globals={"Api": {"Cors": "*"}, "HttpApi": {}}).timeout_s


def test_ignoring_what_globals_do_not_have_is_refused() -> None:
    """It is misspelt."""
    function = {"Type": "AWS::Serverless::Function", "IgnoreGlobals": ["Timeuot"], "Properties": {}}

    said = refuse_changed({"Send": function}, Globals={"Function": {"Timeout": 60}})

    assert "Send.IgnoreGlobals: Globals has no Timeuot" == said
