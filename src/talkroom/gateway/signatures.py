"""Who may call the management API over HTTP: AWS Signature Version 4, checked against one key pair.

What is refused, and in which words, follows AWS ("Troubleshoot Signature Version 4 signing of AWS API requests" in the
IAM user guide, and what API Gateway answers). The signature itself is computed by botocore's signer, the one that boto3
and the AWS CLI sign with.

Any region is accepted, because one machine has none. So is a session token, because none belongs to this key: who has
the secret may have it in an environment where AWS left a token. Signatures in the query string, which AWS accepts too,
are not read: no SDK makes them for these calls, and a URL that is a credential ends up in the logs of every proxy.
"""

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from talkroom.contract.errors import Forbidden

SERVICE: Final = "execute-api"
"""The signing name of the management API, whatever the SDK calls its client."""

CLOCK_SKEW_MS_MAX: Final = 5 * 60 * 1000
"""By how much the caller's clock may differ from ours, either way; beyond it the signature is refused."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TERMINATOR: Final = "aws4_request"
_TIMESTAMP: Final = "%Y%m%dT%H%M%SZ"
_TIMESTAMP_SHAPE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_.~/@=-]*")
_BASE_URL: Final = "http://gateway"
"""Of a URL only path and query are signed; the host is signed as the header that came, whatever our name is."""


class SignatureRefused(Forbidden):
    """The root of the refusals below: 403 all, in AWS's names and words."""


class MissingAuthenticationToken(SignatureRefused):
    """There is no Authorization header."""

    name = "MissingAuthenticationTokenException"


class IncompleteSignature(SignatureRefused):
    """The Authorization header, or the date beside it, is not of the form that Signature Version 4 gives it."""

    name = "IncompleteSignatureException"


class UnrecognizedClient(SignatureRefused):
    """The access key id is not the configured one."""

    name = "UnrecognizedClientException"


class InvalidSignature(SignatureRefused):
    """Signed for something else, at another time, or with another secret."""

    name = "InvalidSignatureException"


@dataclass(frozen=True, slots=True)
class ManagementKey:
    """The key pair that may manage connections."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class RequestToVerify(msgspec.Struct, frozen=True):
    """A request as it came over the wire, but for its body."""

    method: str
    target: str
    """Path and query with every percent sign that the caller sent: what was signed is the spelling, not the meaning."""
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """All values of a header, which is named in lower case."""
        return [value for key, value in self.headers if key.lower() == name]


class Claim(msgspec.Struct, frozen=True):
    """What an Authorization header says: this signature is the key's, over these headers, for this scope and time."""

    access_key_id: str
    scope_date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str


class SignatureVerifier:
    """Checks requests against one key, by a clock of epoch milliseconds.

    In two steps, so that a caller who cannot be right is refused before its body is read.
    """

    def __init__(self, key: ManagementKey, clock: Callable[[], int]) -> None:
        self._key = key
        self._clock = clock
        self._sign = _load_signer(key)

    def read_claim(self, request: RequestToVerify) -> Claim:
        """The first step: everything but the signature. Raises SignatureRefused."""
        claim = read_claim(request)
        if not hmac.compare_digest(claim.access_key_id.encode(), self._key.access_key_id.encode()):
            raise UnrecognizedClient("The security token included in the request is invalid.")
        check_scope(claim)
        check_time(claim.timestamp, self._clock())
        return claim

    def verify(self, claim: Claim, request: RequestToVerify, body: bytes) -> None:
        """The second step: that the request and its body are what was signed. Raises InvalidSignature."""
        try:
            matches = any(
                hmac.compare_digest(self._sign(claim, request, target, body), claim.signature.encode())
                for target in spellings(request.target)
            )
        except UnicodeEncodeError:
            # Bytes that are not UTF-8 reach us as surrogates; no signer can have signed them.
            matches = False
        if not matches:
            raise InvalidSignature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
                " Access Key and signing method. Consult the service documentation for details."
            )


def read_claim(request: RequestToVerify) -> Claim:
    """What the request's headers claim. Raises MissingAuthenticationToken or IncompleteSignature.

    No message repeats what was sent: AWS stopped doing so as well, and a proxy's log is no place for half a signature.
    """
    given = request.values("authorization")
    if not given:
        raise MissingAuthenticationToken("Missing Authentication Token")
    algorithm, _, rest = given[0].partition(" ")
    if len(given) > 1 or not given[0].isascii() or algorithm != _ALGORITHM:
        raise IncompleteSignature(f"Authorization must be one header that begins with '{_ALGORITHM}'.")
    parameters = _parse_parameters(rest)
    credential = parameters["Credential"].split("/")
    if len(credential) != 5 or not all(credential):
        raise IncompleteSignature("Credential must have exactly 5 elements, e.g. keyid/date/region/service/term.")
    access_key_id, scope_date, region, service, terminator = credential
    return Claim(
        access_key_id=access_key_id,
        scope_date=scope_date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=tuple(parameters["SignedHeaders"].split(";")),
        signature=parameters["Signature"],
        timestamp=_read_timestamp(request),
    )


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
    signed_ms, now, minutes = _epoch_ms(timestamp), _format(now_ms), CLOCK_SKEW_MS_MAX // 60_000
    earliest_ms, latest_ms = now_ms - CLOCK_SKEW_MS_MAX, now_ms + CLOCK_SKEW_MS_MAX
    if signed_ms < earliest_ms:
        than = f"{_format(earliest_ms)} ({now} - {minutes} min.)"
        raise InvalidSignature(f"Signature expired: {timestamp} is now earlier than {than}")
    if signed_ms > latest_ms:
        than = f"{_format(latest_ms)} ({now} + {minutes} min.)"
        raise InvalidSignature(f"Signature not yet current: {timestamp} is still later than {than}")


def spellings(target: str) -> Iterator[str]:
    """The ways in which the path may have been spelled where it was signed: as it came, plain, and percent-encoded.

    Signers and HTTP clients are different programs. botocore signs and sends `%40connections/…%3D`; others sign the
    plain form and let their client encode it, or sign the encoded form and their client decodes it, as aiohttp's does.
    Other spellings are tried only for paths of plain characters, as stages and ids are: all mean the same connection.
    """
    yield target
    path, mark, query = target.partition("?")
    plain = unquote(path)
    if _PLAIN_PATH.fullmatch(plain):
        for other in (plain, quote(plain, safe="/-_.~")):
            if other != path:
                yield other + mark + query


def _parse_parameters(text: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name in parameters:
            raise IncompleteSignature("Authorization header has the same parameter twice.")
        parameters[name] = value
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parameters.get(name):
            raise IncompleteSignature(f"Authorization header requires '{name}' parameter.")
    return parameters


def _read_timestamp(request: RequestToVerify) -> str:
    """X-Amz-Date, which every SDK sends; the `Date` header, which AWS would read in its place, is not."""
    given = request.values("x-amz-date")
    if len(given) != 1:
        raise IncompleteSignature("Authorization header requires existence of a 'X-Amz-Date' header.")
    try:
        _epoch_ms(given[0])
    except ValueError:
        raise IncompleteSignature("Date must be in ISO-8601 'basic format'.") from None
    return given[0]


def _epoch_ms(timestamp: str) -> int:
    if _TIMESTAMP_SHAPE.fullmatch(timestamp) is None:
        raise ValueError("not of the form 20060102T150405Z")
    return int(datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=UTC).timestamp()) * 1000


def _format(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime(_TIMESTAMP)


def _load_signer(key: ManagementKey) -> Callable[[Claim, RequestToVerify, str, bytes], bytes]:
    """What makes the signature that the key's owner would have made, for a target in one spelling.

    botocore takes a fifth of a second to import; a server without a key never comes here.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    class NamedHeadersSigner(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
        """Signs the headers that the claim names: botocore never chooses User-Agent, for one, and other signers may."""

        def headers_to_sign(self, request: Any) -> Any:
            return request.headers

    credentials = Credentials(key.access_key_id, key.secret_access_key)

    def sign(claim: Claim, request: RequestToVerify, target: str, body: bytes) -> bytes:
        signable = AWSRequest(request.method, _BASE_URL + target, data=body)
        signable.context["timestamp"] = claim.timestamp
        for name, value in request.headers:
            if name.lower() in claim.signed_headers:
                value.encode()  # raises for a surrogate; the mapping would accept one and answer with something else
                signable.headers[name.lower()] = value
        signer = NamedHeadersSigner(credentials, SERVICE, claim.region)
        body_hash = signer.payload(signable)
        # A signer takes this header's word for the hash, `UNSIGNED-PAYLOAD` included; who verifies must not.
        if signable.headers.get("x-amz-content-sha256", body_hash) != body_hash:
            return b""
        signature: str = signer.signature(signer.string_to_sign(signable, signer.canonical_request(signable)), signable)
        return signature.encode()

    return sign
