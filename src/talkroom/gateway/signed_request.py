"""What a request's signature claims, before anything is computed: read from its headers, or from its query.

SDKs sign headers. A browser cannot set any on a WebSocket handshake, so there the same parameters are in the URL. Names and
words of the refusals are AWS's ("Troubleshoot Signature Version 4 signing of AWS API requests" in the IAM user guide, section 3
of the contract page; those about a query were captured on DynamoDB, whose front end is the same). None of them repeats what was
sent, because a proxy's log is no place for half a signature.
"""

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

import msgspec

from talkroom.contract.errors import Forbidden

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SIGNATURE_PARAMETER: Final = "X-Amz-Signature"
"""The one parameter of a query that is not signed itself."""

_ALGORITHM_PARAMETER: Final = "X-Amz-Algorithm"
_TOKEN_PARAMETER: Final = "X-Amz-Security-Token"  # noqa: S105  # a name
_QUERY_PARAMETERS: Final = (
    _ALGORITHM_PARAMETER,
    "X-Amz-Credential",
    SIGNATURE_PARAMETER,
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
"""All needed, and named in this order where they are missing. X-Amz-Expires is not read: API Gateway has its own window."""
_TIMESTAMP: Final = "%Y%m%dT%H%M%SZ"
_TIMESTAMP_SHAPE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class SignatureRefused(Forbidden):
    """The root of the refusals below: 403 all, in AWS's names and words."""


class MissingAuthenticationToken(SignatureRefused):
    """There is no signature at all."""

    name = "MissingAuthenticationTokenException"


class IncompleteSignature(SignatureRefused):
    """A part of the signature is missing, or not of the form that Signature Version 4 gives it."""

    name = "IncompleteSignatureException"


class UnrecognizedClient(SignatureRefused):
    """The access key id is none of the configured ones, or its session token is another."""

    name = "UnrecognizedClientException"


class InvalidSignature(SignatureRefused):
    """Signed for something else, at another time, or with another secret."""

    name = "InvalidSignatureException"


class RequestToVerify(msgspec.Struct, frozen=True):
    """A request as it came over the wire, but for its body."""

    method: str
    target: str
    """Path and query with every percent sign that the caller sent: what was signed is the spelling, not the meaning."""
    headers: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """As sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Names and values percent-decoded, in the order sent. A plus is a plus: signers write a space as %20."""
        pairs = (pair.partition("=") for pair in self.target.partition("?")[2].split("&") if pair)
        return tuple((unquote(name), unquote(value)) for name, _, value in pairs)

    def values(self, name: str) -> list[str]:
        """All values of a header, which is named in lower case."""
        return [value for key, value in self.headers if key.lower() == name]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is claimed: this signature is the key's, over these headers, for this scope and time."""

    access_key_id: str
    scope_date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    session_token: str | None
    in_query: bool


def read_claim(request: RequestToVerify) -> Claim:
    """Raises MissingAuthenticationToken, IncompleteSignature, or InvalidSignature for a request that is signed twice."""
    authorizations = request.values("authorization")
    query = request.query
    if any(name == _ALGORITHM_PARAMETER for name, _ in query):
        if authorizations:
            raise InvalidSignature(
                f"Found both '{_ALGORITHM_PARAMETER}' as a query-string param and 'Authorization' as HTTP header."
            )
        return _read_query(query)
    if not authorizations:
        raise MissingAuthenticationToken("Missing Authentication Token")
    return _read_headers(request, authorizations)


def epoch_ms(timestamp: str) -> int:
    """Of a time such as 20060102T150405Z. Raises ValueError."""
    if _TIMESTAMP_SHAPE.fullmatch(timestamp) is None:
        raise ValueError("not of the form 20060102T150405Z")
    return int(datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=UTC).timestamp()) * 1000


def format_timestamp(at_ms: int) -> str:
    """The form that signatures have."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime(_TIMESTAMP)


def _read_headers(request: RequestToVerify, authorizations: list[str]) -> Claim:
    algorithm, _, rest = authorizations[0].partition(" ")
    if len(authorizations) > 1 or not authorizations[0].isascii() or algorithm != ALGORITHM:
        raise IncompleteSignature(f"Authorization must be one header that begins with '{ALGORITHM}'.")
    parameters = _parse_parameters(rest)
    # The `Date` header, which AWS would read where this one is missing, is not: every SDK sends it.
    dates, tokens = request.values("x-amz-date"), request.values("x-amz-security-token")
    if len(dates) != 1:
        raise IncompleteSignature("Authorization header requires existence of a 'X-Amz-Date' header.")
    if len(tokens) > 1:
        raise IncompleteSignature(f"There must be one header '{_TOKEN_PARAMETER}' at most.")
    return _make_claim(
        parameters["Credential"],
        parameters["SignedHeaders"],
        parameters["Signature"],
        dates[0],
        session_token=tokens[0] if tokens else None,
        in_query=False,
    )


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


def _read_query(query: tuple[tuple[str, str], ...]) -> Claim:
    given: dict[str, str] = {}
    for name, value in query:
        if name in (*_QUERY_PARAMETERS, _TOKEN_PARAMETER):
            if name in given:
                raise IncompleteSignature(f"AWS query-string parameters must include '{name}' once.")
            if not value.isascii():
                raise IncompleteSignature(f"AWS query-string parameter '{name}' must be ASCII.")
            given[name] = value
    missing = [
        f"AWS query-string parameters must include '{name}'." for name in _QUERY_PARAMETERS if not given.get(name)
    ]
    if missing:
        raise IncompleteSignature(" ".join((*missing, "Re-examine the query-string parameters.")))
    if given[_ALGORITHM_PARAMETER] != ALGORITHM:
        raise IncompleteSignature(f"{_ALGORITHM_PARAMETER} must be '{ALGORITHM}'.")
    return _make_claim(
        given["X-Amz-Credential"],
        given["X-Amz-SignedHeaders"],
        given[SIGNATURE_PARAMETER],
        given["X-Amz-Date"],
        session_token=given.get(_TOKEN_PARAMETER),
        in_query=True,
    )


def _make_claim(
    credential: str, signed_headers: str, signature: str, timestamp: str, *, session_token: str | None, in_query: bool
) -> Claim:
    scope = credential.split("/")
    if len(scope) != 5 or not all(scope):
        raise IncompleteSignature("Credential must have exactly 5 elements, e.g. keyid/date/region/service/term.")
    try:
        epoch_ms(timestamp)
    except ValueError:
        raise IncompleteSignature("Date must be in ISO-8601 'basic format'.") from None
    access_key_id, scope_date, region, service, terminator = scope
    return Claim(
        access_key_id=access_key_id,
        scope_date=scope_date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=tuple(signed_headers.split(";")),
        signature=signature,
        timestamp=timestamp,
        session_token=session_token,
        in_query=in_query,
    )
