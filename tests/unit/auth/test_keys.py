"""Keys are bound to one algorithm, and keys that cannot be trusted are refused when they are configured."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from talkroom.auth.errors import InvalidSettings, UnusableKeys
from talkroom.auth.keys import (
    ASYMMETRIC,
    FixedKeys,
    VerificationKey,
    check_secret,
    parse_private_key,
    parse_public_keys,
    secret_key,
    select,
)
from tests.unit.auth.support import OTHER_SECRET, SECRET, key_pair, private_pem, public_pem


def test_a_secret_of_32_bytes_is_accepted() -> None:
    """RFC 7518 section 3.2: as long as the hash."""
    assert b"x" * 32 == check_secret("x" * 32)


@pytest.mark.parametrize("secret", ["", "secret", "x" * 31])
def test_a_short_secret_is_refused_with_a_way_to_make_one(secret: str) -> None:
    """It could be guessed from one token; the message holds its length and not the secret."""
    with pytest.raises(InvalidSettings) as refused:
        check_secret(secret)

    assert f"has {len(secret)} bytes" in str(refused.value)
    assert "openssl rand" in str(refused.value)
    assert not secret or f"{secret!r}" not in str(refused.value)


def test_a_secret_is_measured_in_bytes() -> None:
    """Eleven characters of three bytes are 33."""
    assert 33 == len(check_secret("秘" * 11))


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
def test_a_public_key_is_refused_as_a_secret(algorithm: str) -> None:
    """Everybody has it, so everybody could sign."""
    with pytest.raises(InvalidSettings, match="public key"):
        check_secret(key_pair(algorithm).public_pem)


def test_a_private_key_is_refused_as_a_secret() -> None:
    """It would have to be given to every server that verifies."""
    with pytest.raises(InvalidSettings) as refused:
        check_secret(key_pair("ES256").private_pem)

    assert "BEGIN" not in str(refused.value)


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
def test_a_public_key_is_bound_to_the_algorithm_that_it_fits(algorithm: str) -> None:
    """Whichever others are configured beside it."""
    keys = parse_public_keys(key_pair(algorithm).public_pem.encode(), ASYMMETRIC)

    assert [algorithm] == [key.algorithm for key in keys]


def test_one_text_may_hold_several_keys() -> None:
    """The old key and the new one, with any text between them."""
    both = key_pair("ES256", "old").public_pem + "\n# since June\n" + key_pair("ES256", "new").public_pem

    assert 2 == len(parse_public_keys(both.encode(), ["ES256"]))


def test_a_public_key_of_another_algorithm_is_refused() -> None:
    """The message says which kind is needed."""
    with pytest.raises(UnusableKeys, match="RS256 needs an RSA key"):
        parse_public_keys(key_pair("ES256").public_pem.encode(), ["RS256"])


def test_a_private_key_is_refused_where_a_public_one_belongs() -> None:
    """A server that verifies must not be able to sign."""
    with pytest.raises(UnusableKeys, match="private key") as refused:
        parse_public_keys(key_pair("RS256").private_pem.encode(), ["RS256"])

    assert "BEGIN" not in str(refused.value)


def test_a_certificate_is_refused_with_the_command_that_takes_its_key() -> None:
    """Some providers publish certificates."""
    certificate = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

    with pytest.raises(UnusableKeys, match="openssl x509"):
        parse_public_keys(certificate, ["RS256"])


@pytest.mark.parametrize("pem", [b"", b"not a key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused(pem: bytes) -> None:
    """With a sentence, not with the exception of a library."""
    with pytest.raises(UnusableKeys):
        parse_public_keys(pem, ["RS256"])


def test_an_rsa_key_under_2048_bits_is_refused() -> None:
    """RFC 7518 section 3.3."""
    small = public_pem(rsa.generate_private_key(65537, 1024))  # noqa: S505  # which is why

    with pytest.raises(UnusableKeys, match="the key has 1024"):
        parse_public_keys(small.encode(), ["RS256"])


def test_another_curve_than_p_256_is_refused() -> None:
    """RFC 7518 section 3.4: the algorithm names the curve."""
    with pytest.raises(UnusableKeys, match="P-256 and the key has secp384r1"):
        parse_public_keys(public_pem(ec.generate_private_key(ec.SECP384R1())).encode(), ["ES256"])


def test_ed448_is_refused() -> None:
    """EdDSA is Ed25519 here."""
    with pytest.raises(UnusableKeys, match="Ed25519"):
        parse_public_keys(public_pem(ed448.Ed448PrivateKey.generate()).encode(), ["EdDSA"])


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
def test_a_private_key_is_read_for_its_algorithm(algorithm: str) -> None:
    """And comes back as the same key."""
    key = parse_private_key(key_pair(algorithm).private_pem, algorithm)

    assert key_pair(algorithm).private_pem == private_pem(key)


@pytest.mark.parametrize("pem", ["", "secret", key_pair("RS256").public_pem])
def test_what_is_no_private_key_is_refused(pem: str) -> None:
    """A public key cannot sign."""
    with pytest.raises(UnusableKeys, match="must be PEM"):
        parse_private_key(pem, "RS256")


def test_a_private_key_of_another_algorithm_is_refused() -> None:
    """The message says which kind is needed."""
    with pytest.raises(UnusableKeys, match="EdDSA needs an Ed25519 key"):
        parse_private_key(key_pair("RS256").private_pem, "EdDSA")


def test_keys_are_chosen_by_algorithm_and_name() -> None:
    """A nameless key may be meant by any name, and a token without a name may mean any key."""
    named = VerificationKey("HS256", b"", "a")
    other = VerificationKey("HS256", b"", "b")
    nameless = VerificationKey("HS256", b"")
    keys = [named, other, nameless, VerificationKey("RS256", b"", "a")]

    assert [named, nameless] == select(keys, "HS256", "a")
    assert [nameless] == select(keys, "HS256", "c")
    assert [named, other, nameless] == select(keys, "HS256", None)


async def test_fixed_keys_are_found_after_closing_too() -> None:
    """They hold nothing that could be closed."""
    keys = FixedKeys([secret_key(SECRET), secret_key(OTHER_SECRET)])

    await keys.close()

    assert 2 == len(await keys.find("HS256", "any"))


def test_a_key_does_not_show_itself() -> None:
    """A traceback or a log of it holds no secret."""
    assert SECRET not in repr(secret_key(SECRET))
