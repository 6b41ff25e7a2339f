"""Bytes that a process prints, as lines."""

from hypothesis import given
from hypothesis import strategies as st

from talkroom.functions.output import CUT_MARK, LINE_BYTES_MAX, LineCutter


def cut(*pieces: bytes) -> list[str]:
    """The lines of what came in these pieces, the last one included."""
    cutter = LineCutter()
    lines = [line for piece in pieces for line in cutter.feed(piece)]
    return [*lines, *cutter.flush()]


def test_a_line_is_given_when_it_is_complete() -> None:
    """And not before."""
    cutter = LineCutter()
    assert [] == list(cutter.feed(b"one"))
    assert ["one two"] == list(cutter.feed(b" two\nthr"))
    assert ["three"] == list(cutter.feed(b"ee\n"))


def test_the_last_line_need_not_end() -> None:
    """It is given at the end, once."""
    cutter = LineCutter()
    list(cutter.feed(b"one\ntwo"))
    assert (["two"], []) == (list(cutter.flush()), list(cutter.flush()))


def test_an_empty_line_is_a_line() -> None:
    """Who prints one wants to see one."""
    assert ["one", "", "two"] == cut(b"one\n\ntwo\n")


def test_a_character_may_come_in_two_pieces() -> None:
    """Bytes are decoded by line."""
    assert ["日本"] == cut(b"\xe6\x97", b"\xa5\xe6", b"\x9c\xac\n")


def test_what_is_no_text_is_replaced() -> None:
    """A function may print anything."""
    assert ["a\ufffdb"] == cut(b"a\xffb\n")


def test_carriage_returns_within_a_line_keep_a_message_together() -> None:
    """As Lambda's runtime clients print the lines of a trace; one before the end is Windows's."""
    assert ["[ERROR] KeyError\nTraceback", "plain"] == cut(b"[ERROR] KeyError\rTraceback\nplain\r\n")


def test_a_line_of_64_kib_is_kept() -> None:
    """Its end is not counted."""
    assert ["x" * LINE_BYTES_MAX] == cut(b"x" * LINE_BYTES_MAX + b"\n")


def test_a_longer_line_is_cut_with_a_mark() -> None:
    """The next line is whole."""
    assert ["x" * LINE_BYTES_MAX + CUT_MARK, "next"] == cut(b"x" * (LINE_BYTES_MAX + 1) + b"\nnext\n")


def test_an_endless_line_takes_no_more_memory() -> None:
    """The rest of it is dropped as it comes."""
    piece = b"x" * 10_000
    assert ["x" * LINE_BYTES_MAX + CUT_MARK, "next"] == cut(*[piece] * 50, b"x\nnext\n")


def test_a_line_that_follows_an_endless_one_after_a_flush_is_given() -> None:
    """The flush was the end of what was cut."""
    cutter = LineCutter()
    list(cutter.feed(b"x" * (LINE_BYTES_MAX + 1)))
    list(cutter.flush())
    assert ["next"] == list(cutter.feed(b"next\n"))


@given(st.lists(st.binary(max_size=40).filter(lambda line: not set(line) & set(b"\r\n"))), st.data())
def test_lines_are_the_same_in_whatever_pieces_they_come(lines: list[bytes], data: st.DataObject) -> None:
    """A pipe cuts where it likes."""
    whole = b"".join(line + b"\n" for line in lines)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    pieces = [whole[begin:end] for begin, end in zip([0, *places], [*places, len(whole)], strict=True)]
    assert [line.decode(errors="replace") for line in lines] == cut(*pieces)
