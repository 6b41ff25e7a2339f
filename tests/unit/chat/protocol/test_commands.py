"""Commands: what a client asks."""

import msgspec
import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.protocol.commands import (
    COMMANDS,
    MESSAGE_ID_CHARACTERS_MAX,
    REF_CHARACTERS_MAX,
    Command,
    Envelope,
    History,
    Join,
    Leave,
    Members,
    Ping,
    Refresh,
    SendMessage,
    check_message_id,
    find_command,
    parse_data,
    parse_envelope,
)

DEEP = 100_000


def parse(text: str) -> Command:
    """A whole command."""
    envelope = parse_envelope(text)
    return parse_data(envelope, find_command(envelope.action))


def refusal(text: str) -> ClientError:
    """The error that a command is refused with."""
    with pytest.raises(ClientError) as caught:
        parse(text)
    return caught.value


def outcome(text: str) -> type[Command] | ErrorCode:
    """What a command is read as, or why not."""
    try:
        return type(parse(text))
    except ClientError as error:
        return error.code


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (SendMessage("lobby", "hi"), '{"action":"sendmessage","data":{"message":"hi","roomId":"lobby"}}'),
        (
            SendMessage("lobby", "hi", "i1", 7, "e1"),
            '{"action":"sendmessage","data":{"roomId":"lobby","message":"hi","id":"i1","retryAfter":7,"epoch":"e1"}}',
        ),
        (Join("lobby"), '{"action":"join","data":{"roomId":"lobby"}}'),
        (Join("lobby", 0, "e1"), '{"action":"join","data":{"roomId":"lobby","after":0,"epoch":"e1"}}'),
        (Leave("lobby"), '{"action":"leave","data":{"roomId":"lobby"}}'),
        (History("lobby"), '{"action":"history","data":{"roomId":"lobby"}}'),
        (
            History("lobby", 9, 1, "c", 5, "e1"),
            '{"action":"history","data":{"roomId":"lobby","before":9,"after":1,"cursor":"c","limit":5,"epoch":"e1"}}',
        ),
        (Members("lobby", "c", 5), '{"action":"members","data":{"roomId":"lobby","cursor":"c","limit":5}}'),
        (Ping(), '{"action":"ping"}'),
        (Ping(), '{"action":"ping","data":{}}'),
        (Refresh("tok"), '{"action":"refresh","data":{"token":"tok"}}'),
    ],
)
def test_a_command_is_read(expected: Command, text: str):
    """Every action with the least and with all of its fields."""
    assert expected == parse(text)


@pytest.mark.parametrize("ref", ["a", "", 0, 7, -7, 2**53 - 1, -(2**53) + 1, "あ" * REF_CHARACTERS_MAX])
def test_a_ref_is_a_text_or_an_integer(ref: str | int):
    """Whatever the client counts with."""
    assert ref == parse_envelope(msgspec.json.encode({"action": "ping", "ref": ref}).decode()).ref


def test_a_ref_may_be_left_out():
    """Then the reply has none either."""
    assert Envelope("ping") == parse_envelope('{"action":"ping"}')


@pytest.mark.parametrize(
    "ref", ["1.5", "true", "[]", "{}", str(2**53), str(-(2**53)), "1" * 30, "1" * 5000, f'"{"x" * 129}"']
)
def test_any_other_ref_is_refused(ref: str):
    """Among them integers that not every JSON reader keeps exact, because the answer could not be told by them."""
    assert ErrorCode.INVALID_COMMAND is refusal(f'{{"action":"ping","ref":{ref}}}').code


@pytest.mark.parametrize(
    "text",
    [
        '{"version":2,"action":"join","data":{"roomId":"lobby","after":null,"newer":{"a":[1]}}}',
        '{"action":"join","data":{"roomId":"other","roomId":"lobby"}}',
    ],
)
def test_unknown_fields_are_ignored(text: str):
    """So that a newer client can talk to an older server; of a field given twice the last counts."""
    assert Join("lobby") == parse(text)


@pytest.mark.parametrize(
    "text", ["", "hello", "{", '{"action":"ping"', "{'action':'ping'}", '{"action":"ping"} x', "nul"]
)
def test_text_that_is_not_json_is_refused(text: str):
    """With `invalidJson`, and without repeating it."""
    assert ErrorCode.INVALID_JSON is refusal(text).code


@pytest.mark.parametrize("text", ["[]", '"ping"', "5", "true", "null", '[{"action":"ping"}]'])
def test_json_that_is_not_an_object_is_refused(text: str):
    """With `invalidJson`, whose meaning is that the frame is not one JSON object."""
    error = refusal(text)

    assert (ErrorCode.INVALID_JSON, "The frame is not a JSON object.") == (error.code, error.detail)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("The command is malformed: Object missing required field `action`.", "{}"),
        ("The command is malformed: Expected `str`, got `int` - at `$.action`.", '{"action":5}'),
        ("The command is malformed: Expected `str`, got `null` - at `$.action`.", '{"action":null}'),
        ("join: Object missing required field `roomId`.", '{"action":"join"}'),
        ("join: Expected `str`, got `int` - at `$.data.roomId`.", '{"action":"join","data":{"roomId":5}}'),
        ("join: Expected `object`, got `null`.", '{"action":"join","data":null}'),
        ("join: Expected `object`, got `str`.", '{"action":"join","data":"lobby"}'),
        ("join: Expected `object`, got `array`.", '{"action":"join","data":["lobby"]}'),
        ("refresh: Expected `str`, got `array` - at `$.data.token`.", '{"action":"refresh","data":{"token":[]}}'),
        (
            "sendmessage: Expected `str`, got `object` - at `$.data.message`.",
            '{"action":"sendmessage","data":{"roomId":"lobby","message":{}}}',
        ),
        (
            "history: Expected `int | null`, got `str` - at `$.data.after`.",
            '{"action":"history","data":{"roomId":"lobby","after":"5"}}',
        ),
    ],
)
def test_a_wrong_or_missing_field_is_named(expected: str, text: str):
    """The developer of the client learns which and why, in the client's own terms."""
    error = refusal(text)

    assert (ErrorCode.INVALID_COMMAND, expected) == (error.code, error.detail)


@pytest.mark.parametrize("number", ["-1", str(2**53), "1" * 30, "9" * 5000, "1.5", "1e400", "true", "-0.5"])
@pytest.mark.parametrize(
    "field",
    [
        '{"action":"join","data":{"roomId":"lobby","after":%s}}',
        '{"action":"history","data":{"roomId":"lobby","before":%s}}',
        '{"action":"history","data":{"roomId":"lobby","after":%s}}',
        '{"action":"history","data":{"roomId":"lobby","limit":%s}}',
        '{"action":"members","data":{"roomId":"lobby","limit":%s}}',
        '{"action":"sendmessage","data":{"roomId":"lobby","message":"hi","retryAfter":%s}}',
    ],
)
def test_a_number_out_of_range_is_refused(field: str, number: str):
    """Negative, fractional, and larger than every JSON reader keeps exact."""
    assert ErrorCode.INVALID_COMMAND is refusal(field % number).code


@pytest.mark.parametrize("action", ["history", "members"])
def test_a_page_of_nothing_is_refused(action: str):
    """A `limit` of 0 would page for ever."""
    assert ErrorCode.INVALID_COMMAND is refusal(f'{{"action":"{action}","data":{{"roomId":"lobby","limit":0}}}}').code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * DEEP, id="arrays, not closed"),
        pytest.param('{"action":"ping","data":' + "[" * DEEP + "]" * DEEP + "}", id="arrays in data"),
        pytest.param('{"action":"ping","data":{"x":' + '{"a":' * DEEP + "1" + "}" * DEEP + "}}", id="objects in data"),
        pytest.param('{"x":' + "[" * DEEP + "]" * DEEP + ',"action":"ping"}', id="an unknown field"),
    ],
)
def test_nesting_too_deep_is_refused(text: str):
    """With `invalidJson`; a client cannot exhaust the stack."""
    assert ErrorCode.INVALID_JSON is refusal(text).code


@pytest.mark.parametrize("action", ["ping", "join", "sendmessage"])
@pytest.mark.parametrize("depth", [300, 700, 950, 1000, 1100, 5000])
def test_nesting_about_as_deep_as_can_be_read_does_not_raise_anything_else(action: str, depth: int):
    """Envelope and data are read one after the other, from different depths of the stack."""
    text = f'{{"action":"{action}","data":{{"roomId":"lobby","message":"hi","x":{"[" * depth}{"]" * depth}}}}}'

    assert outcome(text) in (COMMANDS[action], ErrorCode.INVALID_JSON)


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udc00 and more"', '"\\ud800\\u0041 and more"'])
def test_a_lone_surrogate_is_refused(text: str):
    """It cannot be stored or sent on."""
    error = refusal(f'{{"action":"sendmessage","data":{{"roomId":"lobby","message":{text}}}}}')

    assert ErrorCode.INVALID_JSON is error.code


@pytest.mark.parametrize("action", ["", "Join", "join ", "$connect", "$default", "toString", "sendMessage", "x" * 1000])
def test_an_unknown_action_is_refused(action: str):
    """Actions are compared exactly."""
    assert ErrorCode.UNKNOWN_ACTION is refusal(f'{{"action":"{action}"}}').code


def test_the_refusal_of_an_unknown_action_names_those_there_are():
    """And does not repeat what the client sent."""
    assert (
        "There is no such action; the actions are history, join, leave, members, ping, refresh, sendmessage."
        == refusal('{"action":"nope"}').detail
    )


@pytest.mark.parametrize("message_id", ["a", "x" * MESSAGE_ID_CHARACTERS_MAX, "あ" * MESSAGE_ID_CHARACTERS_MAX])
def test_a_message_id_within_the_limit_is_unchanged(message_id: str):
    """128 characters of any script."""
    assert message_id == check_message_id(message_id)


@pytest.mark.parametrize("message_id", ["", "x" * (MESSAGE_ID_CHARACTERS_MAX + 1)])
def test_a_message_id_out_of_range_is_refused(message_id: str):
    """An empty one would make all messages one."""
    with pytest.raises(ClientError, match="must have 1 to 128 characters") as caught:
        check_message_id(message_id)

    assert ErrorCode.INVALID_COMMAND is caught.value.code


def test_a_refusal_never_repeats_a_text_or_a_token():
    """Errors go to logs and to support tickets."""
    texts = [
        '{"action":"sendmessage","data":{"roomId":5,"message":"secret"}}',
        '{"action":"sendmessage","data":{"message":"secret"}}',
        '{"action":"refresh","data":{"token":["secret"]}}',
        '{"action":"secret"}',
        "secret",
        '"secret"',
    ]

    assert [False] * 6 == ["secret" in str(refusal(text)) for text in texts]
