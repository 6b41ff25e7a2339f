"""Read a signed token's compact form: `header.payload.signature`, each in base64url without padding (RFC 7515 section
7.1).

PyJWT could do this too, and its answer is the reference: a test changes tokens at random and compares. It takes 20 to
37 µs where this takes 3, because it looks at every character in Python and prepares the key anew each time, and a
handshake as a whole has a budget of about 30. Signatures are PyJWT's business (keys.py); nothing here is cryptography.
"""

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from talkroom.chat.model.errors import ClientError, ErrorCode

TOKEN_CHARACTERS_MAX: Final = 8 * 1024
"""Length of a token; a longer one is refused before any work. nginx, as it comes, takes no longer header line."""


class Compact(msgspec.Struct, frozen=True):
    """A token taken apart; nothing in it can be trusted before its signature is verified."""

    algorithm: str
    kid: str | None
    signing_input: bytes
    payload: bytes
    signature: bytes

    def __repr__(self) -> str:
        """Without the token, so that no log and no traceback shows one."""
        return "Compact(…)"


class _Header(msgspec.Struct, frozen=True):
    """The header parameters that mean anything to us. `jwk`, `jku`, `x5c` and `x5u` bring the sender's own key and are
    not read.
    """

    alg: str
    kid: str | UnsetType = UNSET
    crit: object = UNSET
    b64: bool = True


def parse_compact(token: str) -> Compact:
    """Raises ClientError (`invalidToken`)."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise invalid_token(f"The token is longer than {TOKEN_CHARACTERS_MAX} characters.")
    try:
        encoded = token.encode("ascii")
    except UnicodeEncodeError:
        raise invalid_token("The token is not a JWT: it holds characters outside of ASCII.") from None
    parts = encoded.split(b".")
    if len(parts) != 3:
        raise invalid_token("The token is not a signed JWT: it needs three parts with dots between them.")
    header = _parse_header(_decode_part(parts[0], "header"))
    return Compact(
        algorithm=header.alg,
        kid=header.kid if isinstance(header.kid, str) else None,
        signing_input=encoded[: -len(parts[2]) - 1],
        payload=_decode_part(parts[1], "payload"),
        signature=_decode_part(parts[2], "signature"),
    )


def invalid_token(reason: str) -> ClientError:
    """The error for any token that cannot be accepted, whatever its age."""
    return ClientError(ErrorCode.INVALID_TOKEN, reason)


def _parse_header(header: bytes) -> _Header:
    try:
        parsed = _HEADER.decode(header.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid_token("The token's header is not a JSON object with an `alg`.") from None
    # RFC 7515 section 4.1.11: what a header calls critical must be understood, or the token refused. We understand no
    # extension, `b64` (RFC 7797) included.
    if parsed.crit is not UNSET or not parsed.b64:
        raise invalid_token("The token's header asks for an extension (`crit`), and none is supported.")
    return parsed


def _decode_part(part: bytes, name: str) -> bytes:
    standard = part.translate(_TO_STANDARD) + _PADDING[len(part) % 4]
    try:
        decoded = a2b_base64(standard)
        # The decoder skips what it does not know and ignores spare bits; only what it would write itself is accepted.
        if b2a_base64(decoded, newline=False) == standard:
            return decoded
    except Base64Error:
        pass
    raise invalid_token(f"The token's {name} is not base64url.")


# base64url to base64; the two characters that only base64 has, and padding, become one that neither has.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING: Final = (b"", b"!", b"==", b"=")
_HEADER: Final = msgspec.json.Decoder(_Header)
