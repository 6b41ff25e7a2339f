"""The HS256 secret of a server that nobody configured: made once, kept beside the database, used on loopback only."""

import secrets
from pathlib import Path

from talkroom.auth.development_file import DevelopmentFile
from talkroom.auth.keys import SECRET_BYTES_MIN


def read_or_create_secret(path: Path) -> str:
    """The secret in this file, which is made if there is none: 256 random bits in base64url.

    Processes that start at the same time get the same secret. Raises InvalidSettings when the file belongs to somebody
    else, may be read by others, holds too little, or cannot be made.
    """
    file = DevelopmentFile(path, "development secret", "can issue tokens", "Configure a token secret")
    secret = file.read_or_create(lambda: secrets.token_urlsafe(32))
    if len(secret.encode()) < SECRET_BYTES_MIN:
        raise file.fault(f"has fewer than {SECRET_BYTES_MIN} bytes")
    return secret
