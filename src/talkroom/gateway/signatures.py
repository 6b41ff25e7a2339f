"""Who calls: AWS Signature Version 4, checked against a set of keys.

The signature itself is computed by botocore's signers, the ones that boto3 and the AWS CLI sign with; what a request claims is
read by `signed_request.py`, and what a key may do is said by `permissions.py`.

Any region is accepted, because one machine has none. So is a session token with a key that has none: who has the secret may have
it in an environment where AWS left a token. AWS refuses that; it has one more thing to know the key by, and we do not.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from re import compile as compile_pattern
from typing import Any, Final
from urllib.parse import quote, unquote

from talkroom.gateway.signed_request import (
    SIGNATURE_PARAMETER,
    Claim,
    InvalidSignature,
    RequestToVerify,
    UnrecognizedClient,
    epoch_ms,
    format_timestamp,
    read_claim,
)
from talkroom.gateway.signing_keys import ManagementKey

SERVICE: Final = "execute-api"
"""The signing name of the management API and of WebSocket handshakes, whatever the SDK calls its client."""

CLOCK_SKEW_MS_MAX: Final = 5 * 60 * 1000
"""By how much the caller's clock may differ from ours, either way; beyond it the signature is refused.

Of a signature in a query too, whatever its X-Amz-Expires says: section 3 of the contract page.
"""

_TERMINATOR: Final = "aws4_request"
_UNRECOGNIZED: Final = "The security token included in the request is invalid"
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
    " Access Key and signing method. Consult the service documentation for details."
)
_PLAIN_PATH: Final = compile_pattern(r"[A-Za-z0-9_.~/@=-]*")
_BASE_URL: Final = "http://gateway"
"""Of a URL only path and query are signed; the host is signed as the header that came, whatever our name is."""

Query = str | list[tuple[str, str]]
"""As it was sent, or decoded, for botocore to encode."""
Sign = Callable[[Claim, RequestToVerify, str, Query, bytes], bytes]


class SignatureVerifier:
    """Checks requests against keys, by a clock of epoch milliseconds.

    In two steps, so that a caller who cannot be right is refused before its body is read.
    """

    def __init__(self, keys: Iterable[ManagementKey], clock: Callable[[], int]) -> None:
        """Raises ValueError for two keys of one id. Without any key every signature is refused."""
        self._clock = clock
        self._keys: Mapping[str, tuple[ManagementKey, Sign]] = {}
        self.replace_keys(keys)

    def replace_keys(self, keys: Iterable[ManagementKey]) -> None:
        """From now on these keys sign, and no others. Raises ValueError for two keys of one id."""
        replaced: dict[str, tuple[ManagementKey, Sign]] = {}
        for key in keys:
            if key.access_key_id in replaced:
                raise ValueError(f"there are two keys with the access key id {key.access_key_id}")
            replaced[key.access_key_id] = (key, _make_signer(key))
        self._keys = replaced

    def read_claim(self, request: RequestToVerify) -> Claim:
        """The first step: everything but the signature. Raises SignatureRefused."""
        claim = read_claim(request)
        self._get_key(claim)
        check_scope(claim)
        check_time(claim.timestamp, self._clock())
        return claim

    def verify(self, claim: Claim, request: RequestToVerify, body: bytes) -> ManagementKey:
        """The second step: that the request and its body are what was signed; returns whose key has signed it.

        Raises InvalidSignature, or UnrecognizedClient when the key has been replaced meanwhile.
        """
        key, sign = self._get_key(claim)
        try:
            matches = any(
                hmac.compare_digest(sign(claim, request, path, query, body), claim.signature.encode())
                for path in spellings(request.path)
                for query in _queries(claim, request)
            )
        except UnicodeEncodeError:
            # Bytes that are not UTF-8 reach us as surrogates; no signer can have signed them.
            matches = False
        if not matches:
            raise InvalidSignature(_MISMATCH)
        return key

    def _get_key(self, claim: Claim) -> tuple[ManagementKey, Sign]:
        found = self._keys.get(claim.access_key_id)
        if found is None:
            raise UnrecognizedClient(f"{_UNRECOGNIZED}.")
        token = found[0].session_token
        if token is not None:
            # With and without the full stop, as AWS ends them.
            if claim.session_token is None:
                raise UnrecognizedClient(f"{_UNRECOGNIZED}.")
            if not hmac.compare_digest(token.encode(), claim.session_token.encode(errors="surrogatepass")):
                raise UnrecognizedClient(_UNRECOGNIZED)
        return found


def check_scope(claim: Claim) -> None:
    """That it was signed for this service and day, and for the host that was called. Raises InvalidSignature."""
    if claim.service != SERVICE:
        raise InvalidSignature(f"Credential should be scoped to correct service: '{SERVICE}'.")
    if claim.terminator != _TERMINATOR:
        raise InvalidSignature(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'.")
    if claim.scope_date != claim.timestamp[:8]:
        raise InvalidSignature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{claim.scope_date}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
        )
    if "host" not in claim.signed_headers:
        raise InvalidSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")


def check_time(timestamp: str, now_ms: int) -> None:
    """That the signature is neither old nor from the future. Raises InvalidSignature; its words show both clocks."""
    signed_ms, now, minutes = epoch_ms(timestamp), format_timestamp(now_ms), CLOCK_SKEW_MS_MAX // 60_000
    earliest_ms, latest_ms = now_ms - CLOCK_SKEW_MS_MAX, now_ms + CLOCK_SKEW_MS_MAX
    if signed_ms < earliest_ms:
        than = f"{format_timestamp(earliest_ms)} ({now} - {minutes} min.)"
        raise InvalidSignature(f"Signature expired: {timestamp} is now earlier than {than}")
    if signed_ms > latest_ms:
        than = f"{format_timestamp(latest_ms)} ({now} + {minutes} min.)"
        raise InvalidSignature(f"Signature not yet current: {timestamp} is still later than {than}")


def spellings(path: str) -> Iterator[str]:
    """The ways in which the path may have been spelled where it was signed: as it came, plain, and percent-encoded.

    Signers and HTTP clients are different programs. botocore signs and sends `%40connections/…%3D`; others sign the
    plain form and let their client encode it, or sign the encoded form and their client decodes it, as aiohttp's does.
    Other spellings are tried only for paths of plain characters, as stages and ids are: all mean the same connection.
    """
    yield path
    plain = unquote(path)
    if _PLAIN_PATH.fullmatch(plain):
        for other in (plain, quote(plain, safe="/-_.~")):
            if other != path:
                yield other


def _queries(claim: Claim, request: RequestToVerify) -> Iterator[Query]:
    """The query as it came, for which most signers write it as they sign it; and as every signer has to sign it.

    With a signature inside it has come out of a URL that may have been parsed and written again, so that only the latter holds.
    """
    decoded = [pair for pair in request.query if not (claim.in_query and pair[0] == SIGNATURE_PARAMETER)]
    if not claim.in_query:
        yield request.target.partition("?")[2]
    if decoded:
        yield decoded


@cache
def _load_signers() -> tuple[Any, Any, Any, Any]:
    """botocore's request and credentials, and its signers of headers and of queries, made to sign the headers they are given.

    botocore takes a fifth of a second to import; a server without a key never comes here.
    """
    from botocore.auth import SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    class GivenHeaders:
        """botocore never chooses User-Agent, for one, and other signers may: the claim says which are signed."""

        def headers_to_sign(self, request: Any) -> Any:
            return request.headers

    class HeaderSigner(GivenHeaders, SigV4Auth):  # type: ignore[misc]  # botocore ships no types
        pass

    class QuerySigner(GivenHeaders, SigV4QueryAuth):  # type: ignore[misc]  # botocore ships no types
        pass

    return AWSRequest, Credentials, HeaderSigner, QuerySigner


def _make_signer(key: ManagementKey) -> Sign:
    """What makes the signature that the key's owner would have made, for a path and a query in one spelling each."""
    aws_request, make_credentials, header_signer, query_signer = _load_signers()
    credentials = make_credentials(key.access_key_id, key.secret_access_key)

    def sign(claim: Claim, request: RequestToVerify, path: str, query: Query, body: bytes) -> bytes:
        if isinstance(query, str):
            signable = aws_request(request.method, f"{_BASE_URL}{path}?{query}", data=body)
        else:
            signable = aws_request(request.method, _BASE_URL + path, params=query, data=body)
        signable.context["timestamp"] = claim.timestamp
        for name, value in request.headers:
            if name.lower() in claim.signed_headers:
                value.encode()  # raises for a surrogate; the mapping would accept one and answer with something else
                signable.headers[name.lower()] = value
        signer = (query_signer if claim.in_query else header_signer)(credentials, SERVICE, claim.region)
        body_hash = signer.payload(signable)
        # A signer takes this header's word for the hash, `UNSIGNED-PAYLOAD` included; who verifies must not.
        if signable.headers.get("x-amz-content-sha256", body_hash) != body_hash:
            return b""
        signature: str = signer.signature(signer.string_to_sign(signable, signer.canonical_request(signable)), signable)
        return signature.encode()

    return sign
