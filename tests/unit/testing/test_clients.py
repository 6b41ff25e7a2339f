"""The far ends: what a client sends and sees."""

import pytest

from talkroom.chat.protocol.frames import Error, MessagePush, Pong, UnsubscribedPush
from talkroom.contract.ids import encode_id
from talkroom.testing import FakeClock, PlainClient, RecordingManagement, V1Client

CONNECTION_ID = encode_id(0, b"aaaaaaa")


class Wire:
    """A client's connection whose other end is the test."""

    def __init__(self) -> None:
        self.management = RecordingManagement(FakeClock())
        self.management.open(CONNECTION_ID)
        self.sent: list[str] = []
        self.v1 = V1Client(CONNECTION_ID, "alice", self.management, self._send)
        self.plain = PlainClient(CONNECTION_ID, "alice", self.management, self._send)

    def receive(self, *texts: str) -> None:
        """Let the server send these."""
        for text in texts:
            self.management.respond(CONNECTION_ID, text)

    async def _send(self, text: str) -> None:
        self.sent.append(text)


@pytest.fixture
def wire() -> Wire:
    """One connection."""
    return Wire()


async def test_a_command_is_sent_with_a_ref_of_its_own(wire: Wire):
    """Counted on the connection."""
    refs = [await wire.v1.send("ping"), await wire.v1.send("join", roomId="部屋")]

    assert (
        ["r1", "r2"],
        ['{"action":"ping","ref":"r1","data":{}}', '{"action":"join","ref":"r2","data":{"roomId":"部屋"}}'],
    ) == (refs, wire.sent)


async def test_a_plain_command_has_no_ref(wire: Wire):
    """Nothing would answer it."""
    await wire.plain.say("lobby", "hi")

    assert ['{"action":"sendmessage","data":{"roomId":"lobby","message":"hi"}}'] == wire.sent


async def test_a_reply_is_found_by_its_ref(wire: Wire):
    """Typed as the command's reply is, in whatever order answers come."""
    first, second = await wire.v1.send("ping"), await wire.v1.send("ping")
    wire.receive(
        '{"type":"reply","ref":"r2","data":{"now":2}}',
        '{"type":"reply","ref":"r1","data":{"now":1}}',
    )

    assert [Pong(1), Pong(2)] == [wire.v1.reply_to(first), wire.v1.reply_to(second)]


async def test_an_error_is_found_by_its_ref(wire: Wire):
    """With its name, detail and whether to retry."""
    ref = await wire.v1.send("ping")
    wire.receive('{"type":"error","ref":"r1","name":"rateLimited","detail":"Slow down.","retry":true}')

    assert Error("r1", "rateLimited", "Slow down.", True) == wire.v1.error_to(ref)


async def test_an_error_where_a_reply_was_expected_fails_with_its_words(wire: Wire):
    """A failing test says why."""
    ref = await wire.v1.send("ping")
    wire.receive('{"type":"error","ref":"r1","name":"rateLimited","detail":"Slow down.","retry":true}')

    with pytest.raises(AssertionError, match=r"ping was refused: rateLimited: Slow down\."):
        wire.v1.reply_to(ref)


async def test_a_reply_where_an_error_was_expected_fails(wire: Wire):
    """With what was replied."""
    ref = await wire.v1.send("ping")
    wire.receive('{"type":"reply","ref":"r1","data":{"now":1}}')

    with pytest.raises(AssertionError, match="ping was not refused"):
        wire.v1.error_to(ref)


@pytest.mark.parametrize(
    ("count", "texts"), [(0, []), (2, ['{"type":"reply","ref":"r1","data":{"now":1}}'] * 2)], ids=["none", "two"]
)
async def test_a_command_has_one_answer(wire: Wire, count: int, texts: list[str]):
    """None and two are failures."""
    ref = await wire.v1.send("ping")
    wire.receive(*texts)

    with pytest.raises(AssertionError, match=f"the command r1 has {count} answers"):
        wire.v1.reply_to(ref)


def test_pushes_are_what_came_unasked(wire: Wire):
    """Typed, in the order they came; an array holds several."""
    message = '{"type":"message","roomId":"a","epoch":"e1","sequence":1,"id":"i","sender":"b","name":"B","sentAt":5,"message":"hi"}'
    unsubscribed = '{"type":"unsubscribed","roomId":"a","reason":"tokenExpired"}'
    wire.receive(f"[{message},{unsubscribed}]", '{"type":"reply","ref":"r1","data":{"now":1}}')

    push = MessagePush("a", "e1", 1, "i", "b", "B", 5, "hi")
    assert ([push, UnsubscribedPush("a", "tokenExpired")], [push]) == (wire.v1.pushes, wire.v1.messages)


def test_errors_without_ref_are_seen(wire: Wire):
    """What could not be read is answered too."""
    wire.receive('{"type":"error","name":"invalidJson","detail":"No.","retry":false}')

    assert [Error(None, "invalidJson", "No.", False)] == wire.v1.errors


def test_what_was_seen_can_be_forgotten(wire: Wire):
    """A test looks at what comes after its preparation."""
    wire.receive("one", "two")
    wire.plain.forget()
    wire.receive("three")

    assert ["three"] == wire.plain.texts


async def test_answers_are_found_although_forgotten(wire: Wire):
    """The ref says which."""
    ref = await wire.v1.send("ping")
    wire.receive('{"type":"reply","ref":"r1","data":{"now":1}}')
    wire.v1.forget()

    assert ([], Pong(1)) == (wire.v1.frames, wire.v1.reply_to(ref))
