"""What a client offers in `Sec-WebSocket-Protocol`."""

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.offer import Offer, parse_offer


@pytest.mark.parametrize(
    "header", ["talkroom.v1, tok, lobby", "talkroom.v1,tok,lobby", " talkroom.v1 ,\ttok ,  lobby "]
)
def test_a_v1_offer_names_protocol_token_and_room(header: str):
    """With or without spaces: browsers put one after each comma."""
    assert Offer(Kind.V1, "tok", "lobby", "talkroom.v1") == parse_offer(header)


def test_a_v1_offer_may_lack_a_room():
    """The client joins by command."""
    assert Offer(Kind.V1, "tok", None, "talkroom.v1") == parse_offer("talkroom.v1, tok")


@pytest.mark.parametrize("header", ["tok, lobby", "tok,lobby", "tok ,lobby "])
def test_a_plain_offer_names_token_and_room(header: str):
    """As `wscat -s <token> -s <roomId>` sends it; the token is selected, as the article does."""
    assert Offer(Kind.PLAIN, "tok", "lobby", "tok") == parse_offer(header)


@pytest.mark.parametrize(
    ("expected", "encoded"),
    [
        ("部屋", "%E9%83%A8%E5%B1%8B"),
        ("部屋", "%e9%83%a8%e5%b1%8b"),
        ("room 1", "room%201"),
        ("a,b", "a%2Cb"),
        ("50%", "50%25"),
        ("a/b", "a%2Fb"),
        ("a+b", "a+b"),
        ("%41", "%2541"),
        ("100%", "100%"),
        ("%zz", "%zz"),
    ],
)
@pytest.mark.parametrize("prefix", ["talkroom.v1, tok", "tok"])
def test_a_room_is_percent_encoded_utf_8(expected: str, encoded: str, prefix: str):
    """A subprotocol must be an HTTP token, which most room ids are not. It is decoded once, and `+` is no space."""
    assert expected == parse_offer(f"{prefix}, {encoded}").room


@pytest.mark.parametrize("encoded", ["%FF", "%E9%83", "a%80", "%C0%AF", "%ED%A0%80"])
@pytest.mark.parametrize("prefix", ["talkroom.v1, tok", "tok"])
def test_a_room_that_is_not_utf_8_is_refused(encoded: str, prefix: str):
    """Cut, overlong and surrogate sequences too: two encodings must never name one room."""
    with pytest.raises(ClientError) as caught:
        parse_offer(f"{prefix}, {encoded}")

    assert ErrorCode.INVALID_ROOM_ID is caught.value.code


def test_a_token_is_not_decoded():
    """It is used as it stands; a percent sign in it is the issuer's business."""
    assert "a%41b" == parse_offer("talkroom.v1, a%41b").token


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        ",",
        "tok",
        "tok,",
        ",lobby",
        "tok,,lobby",
        "talkroom.v1",
        "talkroom.v1,",
        "talkroom.v1, tok,",
        "talkroom.v1, , lobby",
        "talkroom.v1, tok, lobby, more",
        "tok, lobby, more",
        "chat, talkroom.v1, tok",
    ],
)
def test_any_other_form_is_refused(header: str):
    """With a sentence that says what to send."""
    with pytest.raises(ClientError, match="Sec-WebSocket-Protocol") as caught:
        parse_offer(header)

    assert ErrorCode.INVALID_COMMAND is caught.value.code


def test_a_refusal_does_not_repeat_the_token():
    """It may be logged."""
    with pytest.raises(ClientError) as caught:
        parse_offer("secret-token, lobby, more")

    assert False is ("secret-token" in str(caught.value))


def test_the_protocol_s_name_is_compared_exactly():
    """Anything else in the first place is a plain connection's token."""
    assert Kind.PLAIN is parse_offer("TALKROOM.V1, tok").kind
