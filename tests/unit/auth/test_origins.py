"""Origins are compared as browsers write them."""

import pytest

from talkroom.auth.errors import InvalidSettings
from talkroom.auth.origins import Origins


@pytest.mark.parametrize("origin", [None, "https://example.com", "null", "nonsense"])
def test_an_empty_list_admits_every_origin(origin: str | None) -> None:
    """The token is the key; the list is a second lock that nobody has to close."""
    assert Origins([]).admit(origin)


def test_a_request_without_an_origin_is_admitted() -> None:
    """It is not from a browser's page."""
    assert Origins(["https://example.com"]).admit(None)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com", "HTTPS://Example.COM"),
        ("HTTPS://EXAMPLE.com", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://*.example.com", "https://chat.example.com"),
        ("https://*.example.com", "https://a.b.example.com"),
        ("https://*.example.com:8443", "https://chat.example.com:8443"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
    ],
)
def test_an_origin_on_the_list_is_admitted(entry: str, origin: str) -> None:
    """Case and the scheme's own port do not matter; a star stands for any name below."""
    assert Origins(["https://unrelated.example", entry]).admit(origin)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://example.com", "http://example.com"),
        ("https://example.com", "https://example.com:8443"),
        ("https://example.com", "https://example.com.evil.net"),
        ("https://example.com", "https://evil-example.com"),
        ("https://example.com", "https://chat.example.com"),
        ("https://example.com", "null"),
        ("https://example.com", ""),
        ("https://*.example.com", "https://example.com"),
        ("https://*.example.com", "https://.example.com"),
        ("https://*.example.com", "https://evilexample.com"),
        ("https://*.example.com", "http://chat.example.com"),
        ("https://*.example.com", "https://chat.example.com:8443"),
        ("https://*.example.com", "https://evil.net/.example.com"),
        ("https://*.example.com", "https://evil.net?.example.com"),
        ("https://*.example.com", "https://evil.net#.example.com"),
        ("https://*.example.com", "https://user@evil.net:1.example.com"),
        ("https://*.example.com", "https://a..example.com"),
        ("https://*.example.com", "https://*.example.com"),
    ],
)
def test_an_origin_that_only_looks_alike_is_refused(entry: str, origin: str) -> None:
    """Other schemes, ports, and hosts that begin or end like ours."""
    assert not Origins([entry]).admit(origin)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "null",
        "example.com",
        "https://",
        "https://example.com/",
        "https://example.com/chat",
        "https://*",
        "https://*example.com",
        "https://chat.*.com",
        "https://a.*.*.example.com",
        "https://日本.example",
        "https://example.com, https://example.org",
        " https://example.com",
    ],
)
def test_an_entry_that_is_no_origin_is_refused(entry: str) -> None:
    """It would silently match nothing, or more than was meant."""
    with pytest.raises(InvalidSettings, match="is not an origin"):
        Origins([entry])
