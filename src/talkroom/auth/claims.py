"""The claims of a chat token, and the grant that they make.

docs/topics/tokens.md shows them as a table for those who issue tokens; `issue.py` writes what this module reads.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from talkroom.auth.compact import invalid_token
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Capability, Grant
from talkroom.chat.model.room import is_displayable

SUBJECT_CHARACTERS_MAX: Final = 128
"""Code points of `sub`; a longer one makes the token invalid."""

NAME_CHARACTERS_MAX: Final = 64
"""Code points of `name`; a longer one makes the token invalid. A `sub` that stands in for it is cut."""

SECONDS_MAX: Final = 253_402_300_799
"""The end of the year 9999, where most libraries' dates end; `exp`, `nbf`, `iat` past it make the token invalid."""

DEFAULT_CAN: Final = ("read", "send")

NumericDate = int | float
"""Seconds since the epoch, fractions allowed (RFC 7519 section 2)."""


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a chat token says; other claims are ignored. Of a claim given twice the last counts (RFC 7519 section 4)."""

    sub: str
    """The principal: your own id of the user, the same in every token of that user."""
    exp: NumericDate
    aud: str | list[str] | UnsetType = UNSET
    iss: str | UnsetType = UNSET
    nbf: NumericDate | UnsetType = UNSET
    iat: NumericDate | UnsetType = UNSET
    name: str | UnsetType = UNSET
    """Shown beside messages; `sub` when absent or blank."""
    rooms: list[str] | UnsetType = UNSET
    """Room ids, or prefixes that end in `*`; absent means no room."""
    can: list[str] | UnsetType = UNSET
    """Capabilities; absent means `DEFAULT_CAN`. Unknown ones are ignored, so that tokens may be ahead of servers."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What every token must agree with."""

    audience: str = "talkroom"
    issuer: str | None = None
    """None accepts tokens with any issuer, or none: the key says who issued them."""
    leeway_s: int = 30
    """How far the issuer's clock and ours may differ: tokens count until this long after `exp`."""


def decode_claims(payload: bytes) -> Claims:
    """Raises ClientError (`invalidToken`) with a sentence that names the claim which has the wrong type."""
    try:
        return _DECODER.decode(payload.decode())
    except msgspec.ValidationError as error:
        raise invalid_token(_describe(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid_token("The token's claims are not a JSON object in UTF-8.") from None


def encode_claims(claims: Claims) -> bytes:
    """The payload of a token; claims that are not set are left out."""
    return msgspec.json.encode(claims)


def read_grant(claims: Claims, expectation: Expectation, now_ms: int) -> Grant:
    """What a token allows whose signature is verified.

    Raises ClientError: `invalidToken` for what a new token of the same kind would not mend, `tokenExpired` when only
    its age is wrong. So that a connection never has a grant which is refused at its first command, the grant ends when
    the token does: `leeway_s` after `exp`.
    """
    _check_audience(claims, expectation)
    leeway_ms = expectation.leeway_s * 1000
    expires_at_ms = _milliseconds(claims.exp, "exp") + leeway_ms
    for name, date in (("nbf", claims.nbf), ("iat", claims.iat)):
        if date is not UNSET and _milliseconds(date, name) > now_ms + leeway_ms:
            raise invalid_token(f"The token is not valid yet: its `{name}` is in the future. Compare the clocks.")
    subject = _checked_subject(claims.sub)
    grant = Grant(
        principal_id=subject,
        name=_checked_name(claims.name, subject),
        rooms=_checked_rooms(claims.rooms),
        can=_DEFAULT_CAN if claims.can is UNSET else _KNOWN.intersection(claims.can),
        expires_at_ms=expires_at_ms,
    )
    if now_ms >= expires_at_ms:
        raise ClientError(
            ErrorCode.TOKEN_EXPIRED, f"The token expired {(now_ms - expires_at_ms + leeway_ms) // 1000} s ago."
        )
    return grant


def _check_audience(claims: Claims, expectation: Expectation) -> None:
    # The audience that is expected is named: the issuer's developer needs it, and it is no secret.
    if claims.aud is UNSET:
        raise invalid_token(f'The token has no `aud`; this server needs "{expectation.audience}".')
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if expectation.audience not in audiences:
        raise invalid_token(f'The token is for another audience: its `aud` must be or hold "{expectation.audience}".')
    if expectation.issuer is not None and claims.iss != expectation.issuer:
        raise invalid_token(f'The token is from another issuer: its `iss` must be "{expectation.issuer}".')


def _milliseconds(date: NumericDate, claim: str) -> int:
    if not 0 <= date <= SECONDS_MAX:
        raise invalid_token(f"The token's claim `{claim}` is no date: give seconds since 1970, not milliseconds.")
    return int(date * 1000)


def _checked_subject(subject: str) -> str:
    if not 1 <= len(subject) <= SUBJECT_CHARACTERS_MAX:
        raise invalid_token(
            f"The token's claim `sub` needs 1 to {SUBJECT_CHARACTERS_MAX} characters and has {len(subject)}."
        )
    # Spaces at an end would let one principal look like another.
    if not subject.isprintable() or subject != subject.strip():
        raise invalid_token("The token's claim `sub` holds a control character, or a space at either end.")
    return subject


def _checked_name(name: str | UnsetType, subject: str) -> str:
    shown = "" if name is UNSET else name.strip()
    if not shown:
        return subject[:NAME_CHARACTERS_MAX]
    if len(shown) > NAME_CHARACTERS_MAX:
        raise invalid_token(
            f"The token's claim `name` has {len(shown)} characters; at most {NAME_CHARACTERS_MAX} are allowed."
        )
    # `isprintable` also refuses what people's names do hold: the full-width space of 山田　太郎, and the joiners of
    # Persian, of several Indian scripts and of emoji. What reverses the text after it stays refused.
    if not shown.isprintable():
        visible = shown.translate(_ALLOWED_IN_NAMES)
        if not visible.isprintable() or not visible.strip():
            raise invalid_token("The token's claim `name` holds a control character, or nothing that can be seen.")
    return shown


def _checked_rooms(rooms: Sequence[str] | UnsetType) -> tuple[str, ...]:
    if rooms is UNSET:
        return ()
    for index, room in enumerate(rooms):
        if not room or not is_displayable(room):
            raise invalid_token(
                f"The token's claim `rooms[{index}]` is empty, or holds a control character, or a space at either end."
            )
    return tuple(rooms)


def _describe(error: msgspec.ValidationError) -> str:
    # What msgspec says holds no value of a claim: "Expected `str`, got `int` - at `$.rooms[0]`".
    problem, _, path = str(error).partition(" - at `$.")
    problem = problem[0].lower() + problem[1:]
    return (
        f"The token's claim `{path.rstrip('`')}` is wrong: {problem}."
        if path
        else f"The token's claims are wrong: {problem}."
    )


_DECODER: Final = msgspec.json.Decoder(Claims)
_KNOWN: Final = frozenset(capability.value for capability in Capability)
_DEFAULT_CAN: Final = frozenset(DEFAULT_CAN)
_ALLOWED_IN_NAMES: Final = str.maketrans(
    dict.fromkeys("\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}", " ")
)
