"""The one table of errors."""

import pytest

from talkroom.chat.model.errors import ChatError, ClientError, ErrorCode, Unavailable


def test_names_on_the_wire_are_unique():
    """A client can tell every error from every other."""
    assert len(ErrorCode) == len({code.wire_name for code in ErrorCode})


@pytest.mark.parametrize("code", ErrorCode)
def test_an_error_without_detail_says_its_code_s_sentence(code: ErrorCode):
    """Every code has a sentence that ends."""
    assert (code.sentence, ".") == (ClientError(code).detail, code.sentence[-1])


def test_a_detail_takes_the_place_of_the_sentence():
    """It is more exact."""
    assert "Why." == ClientError(ErrorCode.FORBIDDEN, "Why.").detail


def test_an_error_in_a_log_has_its_name_and_detail():
    """What `str` gives."""
    assert "forbidden: Why." == str(ClientError(ErrorCode.FORBIDDEN, "Why."))


def test_only_what_may_pass_by_itself_is_to_be_retried():
    """The same command succeeds later only if nothing in it is wrong."""
    assert {ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE} == {code for code in ErrorCode if code.retry}


@pytest.mark.parametrize("error", [ClientError, Unavailable])
def test_every_error_belongs_to_the_one_tree(error: type[Exception]):
    """So that one clause catches what may be answered."""
    assert True is issubclass(error, ChatError)
