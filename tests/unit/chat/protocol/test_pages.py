"""Pages that fit into one message, and the cursors between them."""

from base64 import urlsafe_b64encode

import msgspec
import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import Message, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.protocol.frames import message_body
from talkroom.chat.protocol.pages import (
    Cursor,
    Direction,
    MemberCursor,
    encode_cursor,
    find_next_cursor,
    fit_page,
    parse_cursor,
    parse_member_cursor,
)

LOBBY = RoomId("lobby")
AFTER, BEFORE = Direction.AFTER, Direction.BEFORE


def a_page(first: int, last: int, *, more: bool = False, text: str = "hi") -> Page:
    """The messages from one sequence to another."""
    messages = tuple(
        Message(
            room=LOBBY, epoch="e1", sequence=n, id=f"m{n}", sender="alice", name="Alice", sent_at_ms=1000, text=text
        )
        for n in range(first, last + 1)
    )
    return Page(Position("e1", 100, 1), messages, more)


def encoded(value: object) -> str:
    """A cursor that the server did not make."""
    return urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


SIZE = len(msgspec.json.encode(message_body(a_page(1, 1).messages[0]))) + 1


class TestFitting:
    """A page ends at a number of messages or of bytes."""

    @pytest.mark.parametrize("direction", Direction)
    @pytest.mark.parametrize("more", [True, False])
    def test_a_page_that_fits_is_whole(self, direction: Direction, more: bool):
        """And goes on if the log does."""
        bodies, goes_on = fit_page(a_page(1, 3, more=more), direction, 10_000)

        assert ([1, 2, 3], more) == ([body.sequence for body in bodies], goes_on)

    @pytest.mark.parametrize("direction", Direction)
    def test_a_page_of_exactly_the_limit_is_whole(self, direction: Direction):
        """Each message counts with its comma."""
        bodies, goes_on = fit_page(a_page(1, 3), direction, 3 * SIZE)

        assert ([1, 2, 3], False) == ([body.sequence for body in bodies], goes_on)

    def test_reading_forwards_keeps_the_oldest(self):
        """The rest comes after them."""
        bodies, goes_on = fit_page(a_page(1, 3), AFTER, 3 * SIZE - 1)

        assert ([1, 2], True) == ([body.sequence for body in bodies], goes_on)

    def test_reading_backwards_keeps_the_newest_in_ascending_order(self):
        """The rest comes before them."""
        bodies, goes_on = fit_page(a_page(1, 3), BEFORE, 3 * SIZE - 1)

        assert ([2, 3], True) == ([body.sequence for body in bodies], goes_on)

    @pytest.mark.parametrize(("expected", "direction"), [(1, AFTER), (3, BEFORE)])
    def test_one_message_is_kept_however_large(self, expected: int, direction: Direction):
        """Or paging would never end."""
        bodies, goes_on = fit_page(a_page(1, 3, text="x" * 1000), direction, 10)

        assert ([expected], True) == ([body.sequence for body in bodies], goes_on)

    def test_bytes_count_and_not_characters(self):
        """Japanese takes three a character."""
        page = a_page(1, 2, text="あ" * 100)

        assert 1 == len(fit_page(page, AFTER, 2 * (SIZE - 2 + 100))[0])

    def test_escapes_count(self):
        """A control character takes six bytes of JSON."""
        page = a_page(1, 2, text="\x01" * 100)

        assert 1 == len(fit_page(page, AFTER, 2 * (SIZE - 2 + 100))[0])

    @pytest.mark.parametrize("direction", Direction)
    def test_an_empty_page_is_empty(self, direction: Direction):
        """There is nothing to fit."""
        assert ([], False) == fit_page(Page(Position("e1", 0, 1), (), False), direction, 10)


class TestNextCursor:
    """The cursor goes on at the edge of what was shown."""

    @pytest.mark.parametrize(("expected", "direction"), [(3, AFTER), (1, BEFORE)])
    def test_a_cursor_starts_at_the_edge(self, expected: int, direction: Direction):
        """The last message forwards, the first backwards."""
        page = a_page(1, 3, more=True)
        bodies, more = fit_page(page, direction, 10_000)

        cursor = find_next_cursor(page, LOBBY, direction, bodies, more)

        assert cursor is not None
        assert Cursor("lobby", "e1", direction, expected) == parse_cursor(cursor, LOBBY)

    @pytest.mark.parametrize(("expected", "direction"), [(2, AFTER), (2, BEFORE)])
    def test_a_page_cut_by_bytes_goes_on_where_it_was_cut(self, expected: int, direction: Direction):
        """Nothing is skipped."""
        page = a_page(1, 3)
        bodies, more = fit_page(page, direction, 2 * SIZE)

        cursor = find_next_cursor(page, LOBBY, direction, bodies, more)

        assert cursor is not None
        assert expected == parse_cursor(cursor, LOBBY).sequence

    @pytest.mark.parametrize("direction", Direction)
    def test_the_last_page_has_no_cursor(self, direction: Direction):
        """That is how a client knows."""
        page = a_page(1, 3)
        bodies, more = fit_page(page, direction, 10_000)

        assert None is find_next_cursor(page, LOBBY, direction, bodies, more)

    @pytest.mark.parametrize("direction", Direction)
    def test_paging_by_cursors_shows_every_message_once(self, direction: Direction):
        """However the pages are cut."""
        log = a_page(1, 10)
        seen: list[int] = []
        page = log
        while page.messages:
            bodies, more = fit_page(page, direction, 3 * SIZE)
            seen = seen + [body.sequence for body in bodies]
            cursor = find_next_cursor(page, LOBBY, direction, bodies, more)
            if cursor is None:
                break
            edge = parse_cursor(cursor, LOBBY).sequence
            page = a_page(edge + 1, 10) if direction is AFTER else a_page(1, edge - 1)

        assert list(range(1, 11)) == sorted(seen)


class TestCursors:
    """To clients opaque texts; what comes back may be anything."""

    @pytest.mark.parametrize("room", ["lobby", "部屋 1", "🦊", 'a"b'])
    def test_a_cursor_survives_the_way_to_the_client(self, room: str):
        """In an alphabet that needs no escaping anywhere."""
        cursor = Cursor(room, "e1", AFTER, 7)
        text = encode_cursor(cursor)

        assert (cursor, True) == (parse_cursor(text, RoomId(room)), text.replace("-", "").replace("_", "").isalnum())

    def test_a_member_cursor_survives_the_way_to_the_client(self):
        """The other kind."""
        cursor = MemberCursor("lobby", "アリス")

        assert cursor == parse_member_cursor(encode_cursor(cursor), LOBBY)

    @pytest.mark.parametrize("cursor", [Cursor("other", "e1", AFTER, 7), Cursor("lobby2", "e1", AFTER, 7)])
    def test_a_cursor_of_another_room_is_refused(self, cursor: Cursor):
        """It would read where the client did not ask."""
        with pytest.raises(ClientError, match="The cursor belongs to another room") as caught:
            parse_cursor(encode_cursor(cursor), LOBBY)

        assert ErrorCode.INVALID_CURSOR is caught.value.code

    def test_a_member_cursor_of_another_room_is_refused(self):
        """Likewise."""
        with pytest.raises(ClientError, match="The cursor belongs to another room"):
            parse_member_cursor(encode_cursor(MemberCursor("other", "alice")), LOBBY)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "x",
            "????",
            "あ",
            "\ud800",
            "=" * 100,
            encoded(None),
            encoded([]),
            encoded({}),
            encoded("text"),
            encoded(["lobby"]),
            encoded(["lobby", "e1", "a"]),
            encoded(["lobby", "e1", "sideways", 7]),
            encoded(["lobby", "e1", "a", "7"]),
            encoded(["lobby", "e1", "a", 7.5]),
            encoded(["lobby", "e1", "a", -1]),
            encoded(["lobby", "e1", "a", 2**53]),
            encoded(["lobby", "e1", "a", 2**70]),
            encoded(["lobby", 5, "a", 7]),
            encoded(["lobby", "e1", "a", 7, "more"]),
            encoded(["lobby", "alice"]),
            urlsafe_b64encode(b"[" * 100_000).decode(),
            urlsafe_b64encode(b"\xff\xff\xff").decode(),
            urlsafe_b64encode(b'["lobby","\xff","a",7]').decode(),
        ],
    )
    def test_a_cursor_that_the_server_did_not_give_is_refused(self, text: str):
        """Whatever it holds; a sequence no log can have must not reach the log."""
        with pytest.raises(ClientError) as caught:
            parse_cursor(text, LOBBY)

        assert ErrorCode.INVALID_CURSOR is caught.value.code

    @pytest.mark.parametrize(
        "text", ["", "x", encoded(["lobby"]), encoded(["lobby", 5]), encoded(["lobby", "e1", "a", 7])]
    )
    def test_a_member_cursor_that_the_server_did_not_give_is_refused(self, text: str):
        """A cursor of history is not one of members."""
        with pytest.raises(ClientError) as caught:
            parse_member_cursor(text, LOBBY)

        assert ErrorCode.INVALID_CURSOR is caught.value.code
