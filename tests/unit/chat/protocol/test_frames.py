"""What the server sends, byte for byte."""

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import Message
from talkroom.chat.model.room import RoomId
from talkroom.chat.protocol.frames import (
    Accepted,
    HistoryPage,
    Joined,
    Left,
    MemberBody,
    MembersPage,
    MessageBody,
    Pong,
    Push,
    Refreshed,
    ReplyData,
    UnsubscribedPush,
    encode_error,
    encode_push,
    encode_reply,
    message_body,
    message_push,
)

MESSAGE = Message(
    room=RoomId("部屋"), epoch="e1", sequence=7, id="i1", sender="alice", name="アリス", sent_at_ms=1000, text='"hi"\n'
)
BODY = '{"sequence":7,"id":"i1","sender":"alice","name":"アリス","sentAt":1000,"message":"\\"hi\\"\\n"}'


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (
            '{"roomId":"部屋","epoch":"e1","sequence":7,"id":"i1","sentAt":1000,"duplicate":false}',
            Accepted("部屋", "e1", 7, "i1", 1000, False),
        ),
        ('{"roomId":"a","epoch":"e1","lastSequence":0,"oldestSequence":1}', Joined("a", "e1", 0, 1)),
        (
            '{"roomId":"a","epoch":"e1","lastSequence":0,"oldestSequence":1,"resumed":true,"messages":[]}',
            Joined("a", "e1", 0, 1, True, None, []),
        ),
        (
            (
                '{"roomId":"a","epoch":"e1","lastSequence":9,"oldestSequence":1,"resumed":true,'
                f'"messages":[{BODY}],"cursor":"c"}}'
            ),
            Joined("a", "e1", 9, 1, True, None, [message_body(MESSAGE)], "c"),
        ),
        (
            '{"roomId":"a","epoch":"e1","lastSequence":0,"oldestSequence":1,"resumed":false,"reason":"ahead"}',
            Joined("a", "e1", 0, 1, False, "ahead"),
        ),
        (
            '{"roomId":"a","epoch":"e1","lastSequence":0,"oldestSequence":1,"messages":[]}',
            HistoryPage("a", "e1", 0, 1, []),
        ),
        (
            f'{{"roomId":"a","epoch":"e1","lastSequence":9,"oldestSequence":1,"messages":[{BODY}],"cursor":"c"}}',
            HistoryPage("a", "e1", 9, 1, [message_body(MESSAGE)], "c"),
        ),
        ('{"roomId":"a","members":[]}', MembersPage("a", [])),
        (
            '{"roomId":"a","members":[{"id":"alice","name":"Alice"}],"cursor":"c"}',
            MembersPage("a", [MemberBody("alice", "Alice")], "c"),
        ),
        ('{"roomId":"a"}', Left("a")),
        ('{"now":1000}', Pong(1000)),
        ('{"expiresAt":1000}', Refreshed(1000)),
    ],
)
def test_a_reply_s_data(expected: str, data: ReplyData):
    """camelCase, in this order, with nothing null."""
    assert f'{{"type":"reply","ref":"r1","data":{expected}}}' == encode_reply("r1", data)


@pytest.mark.parametrize(("expected", "ref"), [('"a"', "a"), ('""', ""), ("7", 7), ("0", 0), ("-7", -7)])
def test_a_ref_comes_back_as_it_was_sent(expected: str, ref: str | int):
    """A number stays a number, and 0 and the empty text are refs too."""
    assert f'{{"type":"reply","ref":{expected},"data":{{"now":1}}}}' == encode_reply(ref, Pong(1))


def test_a_reply_to_a_command_without_ref_has_none():
    """Absent, not null."""
    assert '{"type":"reply","data":{"now":1}}' == encode_reply(None, Pong(1))


@pytest.mark.parametrize(("expected", "code"), [("false", ErrorCode.FORBIDDEN), ("true", ErrorCode.UNAVAILABLE)])
def test_an_error_says_whether_to_retry(expected: str, code: ErrorCode):
    """Always, true or false."""
    assert (
        f'{{"type":"error","ref":"r1","name":"{code.wire_name}","detail":"Why.","retry":{expected}}}'
        == encode_error("r1", ClientError(code, "Why."))
    )


def test_an_error_without_ref_has_none():
    """What could not be read had no ref to repeat."""
    assert '{"type":"error","name":"forbidden","detail":"Why.","retry":false}' == encode_error(
        None, ClientError(ErrorCode.FORBIDDEN, "Why.")
    )


@pytest.mark.parametrize(
    ("expected", "push"),
    [
        (
            (
                '{"type":"message","roomId":"部屋","epoch":"e1","sequence":7,"id":"i1","sender":"alice",'
                '"name":"アリス","sentAt":1000,"message":"\\"hi\\"\\n"}'
            ),
            message_push(MESSAGE),
        ),
        ('{"type":"unsubscribed","roomId":"a","reason":"tokenExpired"}', UnsubscribedPush("a", "tokenExpired")),
    ],
)
def test_a_push(expected: str, push: Push):
    """It has a type and no ref."""
    assert expected.encode() == encode_push(push)


def test_a_message_in_a_page_leaves_out_what_stands_beside_the_page():
    """Room and epoch."""
    assert MessageBody(7, "i1", "alice", "アリス", 1000, '"hi"\n') == message_body(MESSAGE)
