"""Bundles of certificates: what a program trusts that is told to trust one file and nothing else."""

import logging
import re
import ssl
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

BUNDLE_VARIABLES: Final = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Of the AWS SDKs and the AWS CLI; of OpenSSL and Go; of requests; of curl. What they name replaces the usual roots."""

NODE_VARIABLE: Final = "NODE_EXTRA_CA_CERTS"
"""Of Node.js; what it names is added to the roots that Node has built in."""

VARIABLES: Final = (*BUNDLE_VARIABLES, NODE_VARIABLE)

BUNDLE_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of one file of certificates; the usual ones have a quarter of a megabyte. A larger one is left out."""

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")

log = logging.getLogger("talkroom.tls")


def bundle(own: bytes, more: Sequence[Path]) -> bytes:
    """The authority's own certificate, the machine's usual roots and those of `more` files, each once, as PEM."""
    found = [own.strip()]
    for path in (*_usual_files(), *more):
        found += _find_certificates(path)
    return b"\n".join((*dict.fromkeys(found), b""))


def _find_certificates(path: Path) -> list[bytes]:
    """Those in the file; none, and a warning, when it cannot be read: the server can do without."""
    try:
        with path.open("rb") as file:
            content = file.read(BUNDLE_BYTES_MAX + 1)
    except OSError as error:
        log.warning("functions will not trust the certificates of %s: %s", path, error.strerror)
        return []
    if len(content) > BUNDLE_BYTES_MAX:
        log.warning("functions will not trust the certificates of %s: more than %d bytes", path, BUNDLE_BYTES_MAX)
        return []
    return _CERTIFICATE.findall(content.replace(b"\r\n", b"\n"))


def _usual_files() -> Iterator[Path]:
    """OpenSSL's file of this machine, where a company's own roots are, and Mozilla's list as botocore ships it.

    Both, because not every machine has the first: Python from python.org for macOS comes without.
    """
    system = ssl.get_default_verify_paths().cafile
    if system is not None:
        yield Path(system)
    shipped = find_spec("botocore")
    if shipped is not None and shipped.origin is not None:
        yield Path(shipped.origin).with_name("cacert.pem")
