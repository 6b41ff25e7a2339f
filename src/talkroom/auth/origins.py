"""Which web pages may connect: the allow-list that a browser's `Origin` is compared with.

A browser opens a WebSocket to any host for any page and leaves it to the server to mind where the page came from (RFC
6455 section 10.2). Here the token is the key and no cookie is, so the list is a second lock: it keeps a token that
leaked from being used on someone else's page. Programs that are not browsers send no Origin, or any they like, and are
judged by their token alone.
"""

import re
from collections.abc import Iterable
from typing import Final

from talkroom.auth.errors import InvalidSettings


class Origins:
    """An allow-list; empty, it admits every origin."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Entries such as `https://example.com`, `http://localhost:3000`, `https://*.example.com` (any name below, not
        itself).

        Raises InvalidSettings.
        """
        normalized = [_normalize(entry) for entry in entries]
        self._exact = frozenset(entry for entry in normalized if "*" not in entry)
        self._below = tuple(_Below(entry) for entry in normalized if "*" in entry)

    def admit(self, origin: str | None) -> bool:
        """Whether a handshake with this `Origin`, or with none, may go on."""
        if origin is None or not (self._exact or self._below):
            return True
        lowered = origin.lower()
        return lowered in self._exact or any(below.matches(lowered) for below in self._below)


class _Below:
    """Every host under a domain, with the scheme and the port as written."""

    def __init__(self, entry: str) -> None:
        self._start, self._end = entry.split("*")

    def matches(self, origin: str) -> bool:
        if not (origin.startswith(self._start) and origin.endswith(self._end)):
            return False
        # Only host labels between the two: `https://evil.net/.example.com` also starts and ends as it should.
        return _LABELS.fullmatch(origin, len(self._start), len(origin) - len(self._end)) is not None


def _normalize(entry: str) -> str:
    """As browsers write origins: lower case, the scheme's own port left out (RFC 6454 section 6.2)."""
    match = _ENTRY.fullmatch(entry.lower())
    if match is None:
        raise InvalidSettings(
            f"{entry!r} is not an origin: give scheme, host and port only, as in https://example.com or https://*.example.com."
        )
    scheme, host, port = match.groups()
    return f"{scheme}://{host}" + ("" if port is None or port == _DEFAULT_PORTS.get(scheme) else f":{port}")


_ENTRY: Final = re.compile(r"([a-z][a-z0-9+.-]*)://((?:\*\.)?[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?")
_LABELS: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
