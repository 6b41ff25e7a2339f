"""Ids have the shape of those that API Gateway makes: section 2 of the contract page."""

import pytest

from talkroom.contract.ids import ENTROPY_BYTES, encode_id, is_well_formed

ENTROPY = bytes(range(1, ENTROPY_BYTES + 1))


def test_an_id_is_fifteen_characters_and_an_equals_sign():
    """Eleven bytes in base64 end in one padding character."""
    assert "beAaBAECAwQFBgc=" == encode_id(1_764_072_000_123, ENTROPY)


def test_an_id_uses_the_url_safe_alphabet():
    """`-` and `_` stand where plain base64 has `+` and `/`, because ids travel in paths."""
    assert "AAAAAP__-_7__v4=" == encode_id(0, bytes.fromhex("ffff fbfe fffe fe"))


def test_ids_of_the_same_tick_share_the_clock_and_differ_by_entropy():
    """The first four bytes tick every 25 ms; what makes ids unique is the rest."""
    first, second = encode_id(50, bytes(7)), encode_id(74, ENTROPY)

    assert (first[:5], True) == (second[:5], first != second)


def test_the_clock_ticks_every_25_milliseconds():
    """A later tick is a larger number in the first four bytes."""
    assert ["AAAAAAAAAAAAAAA=", "AAAAAQAAAAAAAAA="] == [encode_id(24, bytes(7)), encode_id(25, bytes(7))]


def test_the_clock_wraps_after_four_bytes():
    """Every 3.4 years ids begin again, which is why nobody may rely on their order."""
    assert encode_id(0, bytes(7)) == encode_id(2**32 * 25, bytes(7))


@pytest.mark.parametrize("text", ["R0oXAdfD0kwCH6w=", "Mg_ugfpqPHcCIVA=", "Jx-TaE0_GjQFvSw=", encode_id(0, ENTROPY)])
def test_captured_and_made_ids_are_well_formed(text: str):
    """Ids from AWS's guide and captures, and our own."""
    assert True is is_well_formed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cjy8i76bx002884le6n17d49b",
        "R0oXAdfD0kwCH6w",
        "R0oXAdfD0kwCH6w==",
        "R0oXAdfD0kwCH6w=\n",
        "\nR0oXAdfD0kwCH6w=",
        "R0oXAdfD0kwCH6+=",
        "R0oXAdfD0kwCH6/=",
        "R0oXAdfD0kwCH=w=",
        "Ｒ0oXAdfD0kwCH6w=",
        "R0oXAdfD0kwCH6w=R0oXAdfD0kwCH6w=",
    ],
)
def test_garbage_is_not_well_formed(text: str):
    """Other lengths, alphabets and padding could not have come from API Gateway."""
    assert False is is_well_formed(text)
