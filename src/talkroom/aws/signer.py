"""AWS Signature Version 4, made by botocore's signer: the one that boto3 and the AWS CLI sign with.

Nothing of the algorithm is written here. What this adds is memory: of a thousand posts of one payload only the path differs, so the
parts that botocore would compute again for each of them (the signing key, the hash of the body, the canonical headers) are kept for
as long as they hold. docs/topics/delivery.md says what that is worth. `add_auth` is not called, because it logs the session token
when the root logger is at DEBUG; the steps that it is made of are.
"""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest

from talkroom.aws.credentials import Credentials

HOST: Final = "Host"
DATE: Final = "X-Amz-Date"
TOKEN: Final = "X-Amz-Security-Token"  # noqa: S105  # the header's name

_KEYS_MAX: Final = 64
"""Intermediate keys kept: three for each day, region and service."""


class RequestSigner:
    """Signs requests to one service in one region; not for several threads."""

    def __init__(
        self, credentials: Credentials, service: str, region: str, *, clock_s: Callable[[], float] = time.time
    ) -> None:
        """`service` is the signing name (`execute-api`, `lambda`); `clock_s` gives seconds since the epoch."""
        key = _Key(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
        self._token = credentials.session_token
        self._signer = _RememberingSigner(key, service, region)
        self._clock_s = clock_s
        self._shared: _Shared | None = None

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers to send: the given ones, of which `Host` must be one, and what the signature adds.

        `url` is signed as it is spelled, so it must be sent as it is spelled.
        """
        second = int(self._clock_s())
        shared = self._shared
        if shared is None or second != shared.second or body is not shared.body or headers != shared.headers:
            shared = self._shared = self._share(second, headers, body)
        request = shared.request
        request.method, request.url = method, url
        signer = self._signer
        to_sign = signer.string_to_sign(request, signer.canonical_request(request))
        signature = signer.signature(to_sign, request)
        return {**shared.sent, "Authorization": f"{shared.claim}{signature}"}

    def _share(self, second: int, headers: Mapping[str, str], body: bytes) -> "_Shared":
        """What all requests of this second with these headers and this body have in common."""
        timestamp = time.strftime(SIGV4_TIMESTAMP, time.gmtime(second))
        sent = {**headers, DATE: timestamp}
        if self._token is not None:
            sent[TOKEN] = self._token
        request = AWSRequest(headers=sent)
        request.context["timestamp"] = timestamp
        signed_headers = self._signer.remember(request, body)
        claim = f"AWS4-HMAC-SHA256 Credential={self._signer.scope(request)}, SignedHeaders={signed_headers}, Signature="
        return _Shared(second, dict(headers), body, request, sent, claim)


class _Shared(msgspec.Struct, frozen=True):
    second: int
    headers: Mapping[str, str]
    body: bytes
    request: Any
    """botocore's, of which method and URL are replaced for each signature."""
    sent: Mapping[str, str]
    claim: str
    """The Authorization header up to the signature."""


class _Key(NamedTuple):
    """botocore's credentials as its signer reads them; its own class would import its configuration and providers too."""

    access_key: str
    secret_key: str
    token: str | None


class _RememberingSigner(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """botocore's signer, with what `remember` was told in place of computing it for each request."""

    def __init__(self, key: _Key, service: str, region: str) -> None:
        super().__init__(key, service, region)
        self._keys: dict[tuple[bytes, str], Any] = {}

    def remember(self, request: Any, body: bytes) -> str:
        """Headers and body of the requests that follow; returns the names of the headers that are signed."""
        self._to_sign = super().headers_to_sign(request)
        self._canonical_headers = super().canonical_headers(self._to_sign)
        self._body_hash = sha256(body).hexdigest()
        names: str = super().signed_headers(self._to_sign)
        self._signed_headers = names
        return names

    def headers_to_sign(self, request: Any) -> Any:
        return self._to_sign

    def canonical_headers(self, headers_to_sign: Any) -> Any:
        return self._canonical_headers

    def signed_headers(self, headers_to_sign: Any) -> str:
        return self._signed_headers

    def payload(self, request: Any) -> str:
        return self._body_hash

    def _sign(self, key: bytes, msg: str, hex: bool = False) -> Any:  # noqa: A002  # botocore's name
        # Private to botocore: if it ever goes, this is not called, and signatures only become slower.
        if hex:
            return super()._sign(key, msg, hex)
        found = self._keys.get((key, msg))
        if found is None:
            if len(self._keys) >= _KEYS_MAX:
                self._keys.clear()
            found = self._keys[key, msg] = super()._sign(key, msg)
        return found
