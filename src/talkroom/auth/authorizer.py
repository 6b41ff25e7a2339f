"""The authorizer of `$connect`: a token in, a policy and a context out.

What a client is answered, and why:

| situation | answer |
| --- | --- |
| no token, or one that is invalid or has expired | 401: raise Unauthorized |
| a page whose origin is not on the list; a room id that cannot be; a room that the token does not cover | 403: deny |
| the token is good and the offer around it is not, say no room on a plain connection | allow: `$connect` answers 400 |
| keys cannot be fetched | 500: Unavailable is raised |

The third row is here because a REQUEST authorizer can say 401, 403 and 500 and nothing else (section 3 of the contract
page).
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from talkroom.auth.origins import Origins
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.room import parse_room_id
from talkroom.chat.model.subscription import Kind
from talkroom.chat.ports import TokenVerifier
from talkroom.chat.protocol.context import encode_context
from talkroom.chat.protocol.offer import parse_offer
from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult, allow, deny
from talkroom.contract.errors import Unauthorized
from talkroom.contract.events import find_header
from talkroom.contract.quotas import AUTHORIZER_RESULT_BYTES_MAX

ANONYMOUS: Final = "anonymous"
"""The principal of a handshake that is denied before its token is looked at; the contract wants one."""

ORIGIN_NOT_ALLOWED: Final = "originNotAllowed"
"""A name that no command is answered with, because nobody gets so far."""

log = logging.getLogger("talkroom.auth")


class Presented(msgspec.Struct, frozen=True):
    """What `Sec-WebSocket-Protocol` says, as far as it can be told."""

    kind: Kind
    token: str
    room: str | None = None
    fault: ClientError | None = None
    """What is wrong around the token."""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Presented({self.kind!r}, …)"


class Explanation(msgspec.Struct, frozen=True):
    """Why a handshake is refused, for the client that made it."""

    status: int
    """401: another token may help; 403: not from this page; 503: later."""
    name: str
    """Of docs/protocol.md section 2.5."""
    detail: str
    """A sentence for developers."""


class ChatAuthorizer:
    """An `Authorizer` of the contract. Refusals are logged at `info` with their reason and never with the token."""

    def __init__(self, verifier: TokenVerifier, limits: Limits, origins: Iterable[str] = ()) -> None:
        """`origins` as in `Origins`; none admits all. Raises InvalidSettings."""
        self._verifier = verifier
        self._limits = limits
        self._origins = Origins(origins)

    async def __call__(self, event: AuthorizerEvent) -> AuthorizerResult:
        """Raises Unauthorized, Unavailable."""
        if not self._origins.admit(find_header(event.headers, "Origin")):
            return _deny(event, ANONYMOUS, "the page's Origin is not on the list")
        presented = read_presented(find_header(event.headers, "Sec-WebSocket-Protocol") or "")
        if not presented.token:
            raise _unauthorized(event, "Sec-WebSocket-Protocol holds no token")
        try:
            grant = await self._verifier.verify(presented.token)
        except ClientError as error:
            raise _unauthorized(event, error.detail) from error
        reason = self._find_refusal(presented, grant)
        if reason is not None:
            return _deny(event, grant.principal_id, reason)
        result = _allow(grant, presented.kind, event.method_arn)
        size = _measure(result)
        if size > AUTHORIZER_RESULT_BYTES_MAX:
            return _deny_oversized(event, grant, size)
        return result

    async def explain(self, token: str, origins: Sequence[str], method_arn: str) -> Explanation | None:
        """Why a handshake with this token and no room would be refused; None when it would be let through.

        It is what `__call__` decides, in the same order, said to the client in place of the log. `origins` is where the page may be
        from, as far as it can be told; none is a program that is no browser. Raises Unavailable.
        """
        if origins and not any(self._origins.admit(origin) for origin in origins):
            return Explanation(
                403,
                ORIGIN_NOT_ALLOWED,
                f"The server's list of origins (--origins) does not have {' or '.join(origins)}.",
            )
        if not token:
            return Explanation(401, ErrorCode.INVALID_TOKEN.wire_name, "There is no token.")
        try:
            grant = await self._verifier.verify(token)
        except ClientError as error:
            return Explanation(401, error.code.wire_name, error.detail)
        if _measure(_allow(grant, Kind.V1, method_arn)) > AUTHORIZER_RESULT_BYTES_MAX:
            # The handshake's 403 is said as 401 here: what helps is another token, and not another page.
            return Explanation(
                401,
                ErrorCode.INVALID_TOKEN.wire_name,
                "The token names more rooms than fit: name them by a prefix that ends in *.",
            )
        return None

    def _find_refusal(self, presented: Presented, grant: Grant) -> str | None:
        if presented.fault is not None:
            return presented.fault.detail if presented.fault.code is ErrorCode.INVALID_ROOM_ID else None
        if presented.room is None:
            return None
        try:
            room = parse_room_id(presented.room, self._limits.room_id_bytes_max)
        except ClientError as error:
            return error.detail
        return None if grant.covers(room) else "the token's `rooms` do not cover the room"


def read_presented(header: str) -> Presented:
    """The parsed offer; of one that is malformed at least the token, where it would stand, or an empty one."""
    try:
        offer = parse_offer(header)
    except ClientError as fault:
        values = [value.strip() for value in header.split(",")]
        if values[0] == Kind.V1:
            return Presented(Kind.V1, values[1] if len(values) > 1 else "", fault=fault)
        return Presented(Kind.PLAIN, values[0], fault=fault)
    return Presented(offer.kind, offer.token, offer.room)


def _allow(grant: Grant, kind: Kind, method_arn: str) -> AuthorizerResult:
    return allow(grant.principal_id, method_arn, encode_context(grant, kind))


def _measure(result: AuthorizerResult) -> int:
    """In bytes of JSON, as API Gateway limits it."""
    return len(msgspec.json.encode(result))


def _unauthorized(event: AuthorizerEvent, reason: str) -> Unauthorized:
    log.info("handshake refused with 401: %s", reason, extra={"connection_id": event.request_context.connection_id})
    return Unauthorized(reason)


def _deny(event: AuthorizerEvent, principal_id: str, reason: str) -> AuthorizerResult:
    log.info(
        "handshake of %s refused with 403: %s",
        principal_id,
        reason,
        extra={"connection_id": event.request_context.connection_id, "principal_id": principal_id},
    )
    return deny(principal_id, event.method_arn)


def _deny_oversized(event: AuthorizerEvent, grant: Grant, size: int) -> AuthorizerResult:
    # A warning: the user can do nothing about it, whoever issues the tokens can. On AWS the handshake would fail with
    # 500 and no cause in any log.
    log.warning(
        "handshake of %s refused with 403: with the token's %d rooms the authorizer's result has %d bytes, "
        "and API Gateway takes %d; name rooms by a prefix that ends in *",
        grant.principal_id,
        len(grant.rooms),
        size,
        AUTHORIZER_RESULT_BYTES_MAX,
        extra={"connection_id": event.request_context.connection_id, "principal_id": grant.principal_id},
    )
    return deny(grant.principal_id, event.method_arn)
