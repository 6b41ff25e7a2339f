"""What is in the certificates: an authority that can vouch for this machine and no other, and a server's certificate."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from talkroom.local_tls.errors import InvalidName

Host: TypeAlias = str | IPv4Address | IPv6Address
"""A host name in lower case, `*.` before it for the names one level below; or an address."""

AUTHORITY_VALIDITY: Final = timedelta(days=3650)

SERVER_VALIDITY: Final = timedelta(days=397)
"""Apple's systems refuse more than 825 days whoever issued the certificate (support.apple.com/en-us/103769), and more than 398 of
the authorities that they come with. A server asks for a new certificate whenever it starts, so the shorter one costs nothing.
"""

BACKDATED: Final = timedelta(days=1)
"""Validity begins so long ago: clocks of containers and virtual machines run behind."""

ALWAYS: Final[tuple[Host, ...]] = ("localhost", IPv4Address("127.0.0.1"), IPv6Address("::1"))
"""What every server certificate is for."""

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

# Underscores are in no host name of the Internet, but in many of Docker's.
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_HOST_NAME_CHARACTERS_MAX = 253


def parse_host(text: str) -> Host:
    """A host name, which may begin with `*.`, or an IP address with or without the brackets of a URL. Raises InvalidName."""
    host = text.strip().lower().removesuffix(".")
    try:
        return ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        pass
    if len(host) > _HOST_NAME_CHARACTERS_MAX or _HOST_NAME.fullmatch(host) is None:
        raise InvalidName(
            f"{text!r} is neither a host name nor an IP address: write it without scheme, port and path, "
            "and with xn-- where it is not ASCII"
        )
    return host


def is_local(host: Host) -> bool:
    """Whether it names this machine wherever it is looked up (RFC 6761 section 6.3)."""
    if isinstance(host, str):
        return host == "localhost" or host.endswith(".localhost")
    return host.is_loopback


def make_authority(hosts: Sequence[Host], now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A new key and its own certificate, which can vouch for this machine's names, these hosts, and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own for each: two with one name and different keys in one bundle confuse those who look for the issuer by name.
    subject = _common_name(f"Talkroom local authority {secrets.token_hex(4)}")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        # The constraints below say nothing of people and programs; this keeps it from vouching for any.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(constraints(hosts), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def make_server_certificate(
    authority_key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, hosts: Sequence[Host], now: datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A new key and a certificate for these hosts, which the authority's constraints must allow."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host) for host in hosts]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )
    certificate = (
        x509.CertificateBuilder(
            authority.subject, _common_name("Talkroom local server"), key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + SERVER_VALIDITY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return key, certificate


def constraints(hosts: Sequence[Host]) -> x509.NameConstraints:
    """What an authority for these hosts may vouch for (RFC 5280 section 4.2.1.10).

    A name stands for itself and for everything below it: `localhost` allows `api.localhost`.
    """
    names = ["localhost", *(host.removeprefix("*.") for host in hosts if isinstance(host, str))]
    networks: list[IPv4Network | IPv6Network] = [*LOOPBACK]
    networks += [ip_network(host) for host in hosts if not isinstance(host, str)]
    permitted = [*(x509.DNSName(name) for name in names), *(x509.IPAddress(network) for network in networks)]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
