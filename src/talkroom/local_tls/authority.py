"""The authority of one folder: made on the first start, found again on the next, replaced before it expires."""

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from talkroom.local_tls.certificates import (
    ALWAYS,
    SERVER_VALIDITY,
    Host,
    constraints,
    is_local,
    make_authority,
    make_server_certificate,
    parse_host,
)
from talkroom.local_tls.errors import UnusableAuthority
from talkroom.local_tls.files import locked, make_private, read_private, write_whole
from talkroom.local_tls.trust import BUNDLE_VARIABLES, NODE_VARIABLE, VARIABLES, bundle

RENEWED_BEFORE: Final = SERVER_VALIDITY + timedelta(days=1)
"""An authority with less than this left is replaced, so that it outlives every certificate that it issues."""

KEY_FILE: Final = "authority.pem"
"""The private key and its certificate, in one file so that they always fit."""
CERTIFICATE_FILE: Final = "ca.pem"
BUNDLE_FILE: Final = "bundle.pem"

Clock = Callable[[], datetime]
"""The wall clock, with a time zone."""

log = logging.getLogger("talkroom.tls")


class Pair(NamedTuple):
    """A private key and the certificate of its public key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def to_pem(self) -> bytes:
        """Both."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + to_pem(self.certificate)


class LocalAuthority:
    """Vouches for this machine's names and for those that it was asked for, and for nothing else, whoever gets hold of its key."""

    def __init__(
        self, folder: Path, hosts: Sequence[Host], pair: Pair, variables: Mapping[str, Path], clock: Clock
    ) -> None:
        """What `load_or_create` has found or made."""
        self.certificate_file = folder / CERTIFICATE_FILE
        """The authority's certificate alone: for `curl --cacert`, for a browser's or a system's store."""
        self._folder = folder
        self._hosts = hosts
        self._pair = pair
        self._variables = variables
        self._clock = clock

    @classmethod
    def load_or_create(
        cls,
        folder: Path,
        names: Sequence[str] = (),
        *,
        inherited: Mapping[str, str] | None = None,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> Self:
        """The authority of this folder, which is its own and is made if there is none.

        `names` are host names and IP addresses to vouch for beside `localhost`, `127.0.0.1` and `::1`. What an authority may vouch
        for is in its own certificate, so each set of names that are not this machine's has an authority of its own, in a folder
        below. `inherited` is the environment that programs would have without `environment()`: certificates of the files that it
        names stay trusted, such as those of a company's proxy.

        Processes that start at the same time get the same authority. It waits for the disk: call it before the event loop has
        work. Raises InvalidName, and UnusableAuthority when the folder or a file in it cannot be used.
        """
        folder = folder.absolute()
        hosts = list(dict.fromkeys((*ALWAYS, *map(parse_host, names))))
        foreign = sorted((host for host in hosts if not is_local(host)), key=str)
        home = folder / _folder_name(foreign) if foreign else folder
        try:
            with locked(folder):
                make_private(home)
                pair = _load_or_make(home / KEY_FILE, foreign, clock())
                files = _other_files(inherited or {}, folder)
                variables = _write_trust(home, to_pem(pair.certificate), files)
        except OSError as error:
            raise UnusableAuthority(
                f"The local certificate authority cannot be kept in {folder}: {error.strerror}: {error.filename}. "
                "Let the server write there, or name another folder."
            ) from error
        return cls(home, hosts, pair, variables, clock)

    def server_context(self) -> ssl.SSLContext:
        """For a server at all of the names, with a new key and certificate; TLS 1.2 or newer, and HTTP/1.1 only.

        Raises UnusableAuthority when the folder cannot be written to: OpenSSL takes the key from a file, which is gone at once.
        """
        made = Pair(*make_server_certificate(*self._pair, self._hosts, self._clock()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # So that a client that would rather speak HTTP/2 knows that it cannot.
        context.set_alpn_protocols(["http/1.1"])
        try:
            with NamedTemporaryFile(dir=self._folder, prefix=".server-") as file:  # which only its owner may read
                file.write(made.to_pem())
                file.flush()
                context.load_cert_chain(file.name)
        except OSError as error:
            raise UnusableAuthority(f"Nothing can be written to {self._folder}: {error.strerror}.") from error
        return context

    def environment(self) -> Mapping[str, str]:
        """The variables with which usual clients trust this authority: the AWS SDKs, OpenSSL, Go, requests, curl and Node.js."""
        return {name: str(path) for name, path in self._variables.items()}


def to_pem(certificate: x509.Certificate) -> bytes:
    """As text."""
    return certificate.public_bytes(Encoding.PEM)


def _folder_name(hosts: Sequence[Host]) -> str:
    return sha256(",".join(map(str, hosts)).encode()).hexdigest()[:12]


def _load_or_make(path: Path, hosts: Sequence[Host], now: datetime) -> Pair:
    try:
        pair = _parse(path, read_private(path))
    except FileNotFoundError:
        pass
    else:
        if _is_current(pair.certificate, hosts, now):
            return pair
        log.info("the local certificate authority in %s is replaced: it expires, or allows other names", path.parent)
    pair = Pair(*make_authority(hosts, now))
    write_whole(path, pair.to_pem())
    return pair


def _parse(path: Path, content: bytes) -> Pair:
    """The parsers' own words are left out: they could quote what they have read."""
    try:
        key = load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError):
        raise UnusableAuthority(f"{path} is damaged: delete it to have a new authority made.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise UnusableAuthority(
            f"{path} holds a key that is not its certificate's: delete it to have a new authority made."
        )
    return Pair(key, certificate)


def _is_current(certificate: x509.Certificate, hosts: Sequence[Host], now: datetime) -> bool:
    try:
        allowed = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return allowed == constraints(hosts) and begins <= now <= ends - RENEWED_BEFORE


def _write_trust(folder: Path, own: bytes, inherited: Mapping[str, Path]) -> Mapping[str, Path]:
    """Write the files of certificates, and return which variable names which."""
    write_whole(folder / CERTIFICATE_FILE, own)
    write_whole(folder / BUNDLE_FILE, bundle(own, list(dict.fromkeys(inherited.values()))))
    # Node adds the file to its own roots, so the one certificate is enough, unless it was told to add others already.
    for_node = BUNDLE_FILE if NODE_VARIABLE in inherited else CERTIFICATE_FILE
    return {**dict.fromkeys(BUNDLE_VARIABLES, folder / BUNDLE_FILE), NODE_VARIABLE: folder / for_node}


def _other_files(environment: Mapping[str, str], folder: Path) -> Mapping[str, Path]:
    """The files that these variables name by now; not what we have written: it would bring back authorities that are gone."""
    paths = {name: Path(environment[name]).absolute() for name in VARIABLES if environment.get(name)}
    return {name: path for name, path in paths.items() if not path.is_relative_to(folder)}
