"""What the authority may vouch for, as OpenSSL sees it, and what names are."""

import ssl
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from talkroom.local_tls import InvalidName
from talkroom.local_tls.certificates import ALWAYS, is_local, make_authority, make_server_certificate, parse_host
from tests.unit.local_tls.given import issued, shake_hands

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["localhost", "api.localhost", "a.b.localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_an_authority_vouches_for_this_machine(tmp_path: Path, name: str) -> None:
    """By whatever name it has on every machine."""
    server, client = issued(tmp_path, [name], [])

    assert shake_hands(server, client, name).version() is not None


@pytest.mark.parametrize("name", ["chat.example.test", "api.chat.example.test", "192.168.1.5", "fd00::5"])
def test_an_authority_vouches_for_what_it_was_asked_for(tmp_path: Path, name: str) -> None:
    """And for what is below such a name."""
    server, client = issued(tmp_path, [name], ["chat.example.test", "192.168.1.5", "fd00::5"])

    assert shake_hands(server, client, name).version() is not None


def test_a_wildcard_is_for_the_names_below(tmp_path: Path) -> None:
    """API Gateway has custom domains of this kind."""
    server, client = issued(tmp_path, ["*.example.test"], ["*.example.test"])

    assert shake_hands(server, client, "chat.example.test").version() is not None


@pytest.mark.parametrize("asked", [[], ["chat.example.test", "192.168.1.5"]], ids=["nothing", "names"])
@pytest.mark.parametrize(
    "name",
    [
        "example.com",
        "amazonaws.com",
        "example.test",
        "localhost.example.com",
        "notlocalhost",
        "10.0.0.1",
        "192.168.1.6",
        "::2",
    ],
)
def test_an_authority_cannot_vouch_for_anybody_else(tmp_path: Path, name: str, asked: list[str]) -> None:
    """Whoever has its key gains nothing with it on the Internet."""
    server, client = issued(tmp_path, [name], asked)

    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(server, client, name)


def test_an_authority_cannot_make_authorities(tmp_path: Path) -> None:
    """Nor vouch for people or programs."""
    _, authority = make_authority([], NOW)
    find = authority.extensions.get_extension_for_class

    assert x509.BasicConstraints(ca=True, path_length=0) == find(x509.BasicConstraints).value
    assert [ExtendedKeyUsageOID.SERVER_AUTH] == list(find(x509.ExtendedKeyUsage).value)
    assert find(x509.NameConstraints).critical


def test_a_server_certificate_is_what_systems_accept() -> None:
    """No longer than 398 days, which is the shortest limit (Apple's, of public authorities), and within its authority's time."""
    key, authority = make_authority([], NOW)
    _, certificate = make_server_certificate(key, authority, ALWAYS, NOW)

    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days < 398
    assert authority.not_valid_before_utc <= certificate.not_valid_before_utc
    assert certificate.not_valid_after_utc < authority.not_valid_after_utc


def test_two_authorities_have_two_names() -> None:
    """A bundle may hold both, and who looks for an issuer by its name finds the right one."""
    assert make_authority([], NOW)[1].subject != make_authority([], NOW)[1].subject


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("LocalHost", "localhost"),
        ("chat.example.test.", "chat.example.test"),
        ("my_service", "my_service"),
        ("*.Example.test", "*.example.test"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("127.0.0.1", IPv4Address("127.0.0.1")),
        ("::1", IPv6Address("::1")),
        ("[::1]", IPv6Address("::1")),
        (" 10.0.0.1 ", IPv4Address("10.0.0.1")),
    ],
)
def test_hosts_as_people_write_them(text: str, host: object) -> None:
    """One spelling for each."""
    assert host == parse_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "-a",
        "a-",
        "https://a",
        "a:443",
        "a/b",
        "a b",
        "*",
        "*.",
        "a*.b",
        "a.*.b",
        "b\u00fccher.example",
        "a" * 64,
        "a." * 127 + "a",
        "[a]",
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    """With the text in the sentence."""
    with pytest.raises(InvalidName) as refused:
        parse_host(text)

    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost.a", False),
        ("10.0.0.1", False),
    ],
)
def test_what_is_this_machine_everywhere(text: str, expected: bool) -> None:
    """RFC 6761 section 6.3."""
    assert expected == is_local(parse_host(text))
