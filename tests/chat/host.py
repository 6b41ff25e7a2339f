"""Where the chat runs that a test speaks to: a URL and what makes tokens for it. Nothing here knows what is behind the URL."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect

from talkroom.auth.issue import TokenIssuer
from tests.e2e.client import PATIENCE_S, Client


class Ability(StrEnum):
    """In what hosts may differ. A test that needs one is not run on a host that lacks it."""

    FRAME_RULES = "frame-rules"
    """API Gateway's limits of frames and messages, and the codes with which it closes."""
    RATE_LIMIT = "rate-limit"
    """A client can send faster than its connection's bucket is refilled, and all of its commands are counted in one place."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A running chat."""

    url: str
    """Of its WebSocket, with the stage."""
    secret: str = field(repr=False)
    """Signs its tokens (HS256)."""
    token_leeway_s: int = 30
    """For so long after a token's `exp` it still accepts it."""
    management_endpoint: str | None = None
    """Of `@connections`, when the tests may call it."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self | None:
        """From TALKROOM_TEST_URL, _SECRET, _LEEWAY_S and _MANAGEMENT_ENDPOINT; None without a URL."""
        url = environment.get("TALKROOM_TEST_URL")
        if not url:
            return None
        assert "TALKROOM_TEST_SECRET" in environment, (
            "TALKROOM_TEST_URL needs TALKROOM_TEST_SECRET: the secret with which that host's tokens are signed"
        )
        return cls(
            url=url.rstrip("/"),
            secret=environment["TALKROOM_TEST_SECRET"],
            token_leeway_s=int(environment.get("TALKROOM_TEST_LEEWAY_S", cls.token_leeway_s)),
            management_endpoint=environment.get("TALKROOM_TEST_MANAGEMENT_ENDPOINT"),
        )

    def issue(
        self,
        user: str = "alice",
        rooms: Sequence[str] = ("*",),
        *,
        can: Sequence[str] = ("read", "send"),
        ttl_s: int = 3600,
        at_s: float | None = None,
        name: str | None = None,
        audience: str = "talkroom",
    ) -> str:
        """A token as a back end would issue it, now or at another time."""
        now_ms = round((time.time() if at_s is None else at_s) * 1000)
        return TokenIssuer(self.secret, audience=audience).issue(
            user, now_ms=now_ms, name=name, rooms=rooms, can=can, ttl_s=ttl_s
        )

    def issue_lapsing(self, user: str, rooms: Sequence[str] = ("*",), *, lasts_s: int) -> str:
        """A token that the host accepts for `lasts_s` more: its `exp` has passed, the leeway has not."""
        age_s = 60 + self.token_leeway_s
        return self.issue(user, rooms, ttl_s=60 + lasts_s, at_s=time.time() - age_s)

    async def open(self, user: str = "alice", room: str | None = None, **grant: Any) -> Client:
        """A `talkroom.v1` connection with a fresh token; `grant` goes to `issue`."""
        return await self.open_with(self.issue(user, **grant), room)

    async def open_with(self, token: str, room: str | None = None) -> Client:
        """A `talkroom.v1` connection with a token."""
        return await Client.connect(self.url, token, room)

    async def open_plain(self, token: str, room: str) -> ClientConnection:
        """A plain connection, as the article has it."""
        offer = [token, quote(room, safe="")]
        return await connect(self.url, subprotocols=offer, compression=None, open_timeout=PATIENCE_S)


def read_lacking(environment: Mapping[str, str]) -> frozenset[Ability]:
    """What the host at TALKROOM_TEST_URL lacks: TALKROOM_TEST_LACKS, names of abilities separated by commas."""
    names: Iterable[str] = environment.get("TALKROOM_TEST_LACKS", "").split(",")
    return frozenset(Ability(name.strip()) for name in names if name.strip())
