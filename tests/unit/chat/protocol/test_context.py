"""A grant travels as an authorizer context."""

import pytest
from msgspec import UNSET

from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.context import MissingContext, decode_context, encode_context
from talkroom.contract.authorizer import allow, context_for_events


def a_grant(rooms: tuple[str, ...] = ("lobby",), name: str = "Alice") -> Grant:
    """Alice's grant for some rooms."""
    return Grant(
        principal_id="alice", name=name, rooms=rooms, can=frozenset({"read", "send"}), expires_at_ms=1_764_075_600_000
    )


def through_the_gateway(grant: Grant, kind: Kind = Kind.V1) -> tuple[Grant, Kind]:
    """What the chat reads of what the authorizer gave."""
    return decode_context(context_for_events(allow(grant.principal_id, "arn", encode_context(grant, kind))))


def test_a_context_is_flat_text():
    """API Gateway refuses nested contexts and turns every value into a string."""
    assert {
        "name": "Alice",
        "rooms": "lobby team%20red",
        "can": "read send",
        "expiresAt": "1764075600000",
        "protocol": "talkroom.v1",
    } == encode_context(a_grant(("lobby", "team red")), Kind.V1)


@pytest.mark.parametrize(
    "rooms",
    [
        (),
        ("lobby",),
        ("lobby", "other"),
        ("room 1", "room  2"),
        ("*",),
        ("team:*", "t*m"),
        ("部屋", "部屋*"),
        ("50%", "%41", "a%20b"),
        ("a/b", "a+b", "a,b", "a\u3000b", "🦊"),
    ],
)
def test_rooms_survive_the_way_through_the_gateway(rooms: tuple[str, ...]):
    """Spaces, wildcards, percent signs and any script."""
    assert rooms == through_the_gateway(a_grant(rooms))[0].rooms


@pytest.mark.parametrize("name", ["Alice", "アリス", "Alice B.", "", "a\tb", '"', "100"])
def test_a_name_survives_the_way_through_the_gateway(name: str):
    """As it is."""
    assert name == through_the_gateway(a_grant(name=name))[0].name


@pytest.mark.parametrize("kind", Kind)
def test_everything_else_survives_too(kind: Kind):
    """Principal, capabilities, expiry and the kind of connection."""
    assert (a_grant(), kind) == through_the_gateway(a_grant(), kind)


def test_no_capabilities_survive():
    """The empty set is not everything."""
    grant = Grant(principal_id="alice", name="Alice", rooms=("*",), can=frozenset(), expires_at_ms=1)

    assert frozenset() == through_the_gateway(grant)[0].can


def test_the_integration_latency_beside_it_is_ignored():
    """CONNECT has it as a number."""
    context = context_for_events(allow("alice", "arn", encode_context(a_grant(), Kind.V1)))

    assert (a_grant(), Kind.V1) == decode_context({**context, "integrationLatency": 11})


@pytest.mark.parametrize("context", [UNSET, None, "text", []])
def test_no_context_at_all_is_said(context: object):
    """The route has no authorizer: that is an operator's mistake, not a client's."""
    with pytest.raises(MissingContext, match="attach the chat's authorizer to"):
        decode_context(context)


@pytest.mark.parametrize(
    "changes",
    [
        {"principalId": None},
        {"name": None},
        {"rooms": None},
        {"can": None},
        {"expiresAt": None},
        {"protocol": None},
        {"expiresAt": "soon"},
        {"protocol": "other"},
        {"rooms": 5},
        {"can": 5},
    ],
)
def test_another_authorizer_s_context_is_said(changes: dict[str, object]):
    """Something is missing or means nothing."""
    context = {"principalId": "alice", **encode_context(a_grant(), Kind.V1), **changes}
    kept = {key: value for key, value in context.items() if value is not None}

    with pytest.raises(MissingContext, match="the authorizer context is not the chat's"):
        decode_context(kept)
