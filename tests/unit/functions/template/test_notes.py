"""Notes, and how long messages may become."""

from talkroom.functions.template.errors import NAMES_MAX, QUOTE_CHARACTERS_MAX, enumerate_names, quote
from talkroom.functions.template.notes import NOTES_MAX, Notes


def test_a_sentence_is_noted_once() -> None:
    """In the order in which the sentences were first said."""
    notes = Notes()
    for sentence in ("b", "a", "b"):
        notes.add(sentence)

    assert ("b", "a") == notes.all()


def test_what_does_not_fit_is_noted_as_such() -> None:
    """Once."""
    notes = Notes()
    for index in range(NOTES_MAX + 5):
        notes.add(str(index))
    notes.add("0")

    assert NOTES_MAX + 1 == len(notes.all())
    assert "There is more that is not served than these notes can hold." == notes.all()[-1]


def test_names_are_listed_as_one_would_say_them() -> None:
    """And not all of very many."""
    assert ["none", "a", "a and b", "a, b and c"] == [enumerate_names(names) for names in ("", "a", "ab", "abc")]
    assert enumerate_names(map(str, range(NAMES_MAX + 7))).endswith("19 and 7 more")


def test_text_is_quoted_on_one_line_and_cut() -> None:
    """A template may hold anything."""
    assert "'a\\nb'" == quote("a\nb")
    assert f"'{'x' * QUOTE_CHARACTERS_MAX}...'" == quote("x" * 1000)
