"""The key pair for `@connections` of a server that nobody configured: made once, kept beside the database, used on loopback only.

The file has the form that the AWS CLI and the SDKs read from a credential process, so a profile can name it:
`credential_process = cat …/development-key.json` ("Process credential provider" in the AWS SDKs reference guide).
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from talkroom.auth.development_file import DevelopmentFile

ACCESS_KEY_ID_PREFIX: Final = "AKIDTALKROOM"
"""Twenty characters with what follows, as AWS's ids have; those begin with AKIA or ASIA, so this is never one of them."""

_ID_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ID_RANDOM_CHARACTERS: Final = 8
_SECRET_RANDOM_BYTES: Final = 30
_SECRET_CHARACTERS_MIN: Final = 32


@dataclass(frozen=True, slots=True)
class DevelopmentKey:
    """A key pair."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class _Credentials(msgspec.Struct, rename="pascal"):
    """The file's content."""

    version: Literal[1]
    access_key_id: str
    secret_access_key: str


def read_or_create_key(path: Path) -> DevelopmentKey:
    """The key pair in this file, which is made if there is none: a secret of 240 random bits.

    Processes that start at the same time get the same pair. Raises InvalidSettings when the file belongs to somebody else, may be
    read by others, holds something else, or cannot be made.
    """
    file = DevelopmentFile(path, "development key", "can manage connections", "Configure a management access key")
    text = file.read_or_create(_make)
    try:
        found = msgspec.json.decode(text, type=_Credentials)
    except (msgspec.DecodeError, RecursionError):
        raise file.fault("is not a key pair in JSON") from None  # what a decoder says may quote the text
    if not (found.access_key_id.isascii() and found.access_key_id.isalnum()):
        raise file.fault("has an access key id that is not of letters and digits")
    if len(found.secret_access_key) < _SECRET_CHARACTERS_MIN or not found.secret_access_key.isascii():
        raise file.fault(f"has a secret of fewer than {_SECRET_CHARACTERS_MIN} ASCII characters")
    return DevelopmentKey(found.access_key_id, found.secret_access_key)


def _make() -> str:
    random_part = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_RANDOM_CHARACTERS))
    made = _Credentials(1, ACCESS_KEY_ID_PREFIX + random_part, secrets.token_urlsafe(_SECRET_RANDOM_BYTES))
    return msgspec.json.encode(made).decode()
