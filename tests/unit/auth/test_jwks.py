"""Keys from a provider over HTTP: a real one on loopback that answers, fails, changes its keys and hangs on demand."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from talkroom.auth.jwks import FETCH_INTERVAL_S, JWKS_BYTES_MAX, KEYS_AGE_MAX_S, JwksUrl
from talkroom.chat.model.errors import Unavailable
from tests.unit.auth.support import StoppedClock, jwks, key_pair

FIRST = jwks({**key_pair("ES256", "first").jwk, "kid": "first"})
SECOND = jwks({**key_pair("ES256", "second").jwk, "kid": "second"})


class Provider:
    """What the provider answers, and how often it was asked."""

    def __init__(self) -> None:
        self.requests = 0
        self.status = 200
        self.body = FIRST
        self.headers: dict[str, str] = {}
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()
        self.url = ""

    async def handle(self, _request: web.Request) -> web.Response:
        """Answer one request, when it is time."""
        self.requests += 1
        self.asked.set()
        await self.answers.wait()
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """One that is listening."""
    provider = Provider()
    application = web.Application()
    application.router.add_get("/keys", provider.handle)
    async with TestServer(application, host="127.0.0.1") as server:
        provider.url = str(server.make_url("/keys"))
        yield provider
        provider.answers.set()


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of `keys`."""
    return StoppedClock()


@pytest.fixture
async def keys(provider: Provider, clock: StoppedClock) -> AsyncIterator[JwksUrl]:
    """The keys of the provider."""
    keys = JwksUrl(provider.url, ["ES256"], monotonic=clock.monotonic)
    yield keys
    await keys.close()


async def names(keys: JwksUrl, kid: str | None) -> list[str | None]:
    """The names of the keys that a token with this `kid` may be signed with."""
    return [key.kid for key in await keys.find("ES256", kid)]


async def settled(keys: JwksUrl, kid: str) -> list[str | None]:
    """The keys after a fetch in the background has ended; an unknown name waits for the fetch under way."""
    await names(keys, "unknown")
    return await names(keys, kid)


async def test_nothing_is_fetched_before_the_first_token(provider: Provider, keys: JwksUrl) -> None:
    """The server starts while the provider is down."""
    before = provider.requests

    found = await names(keys, "first")

    assert (0, ["first"], 1) == (before, found, provider.requests)


async def test_known_keys_are_not_fetched_again(provider: Provider, keys: JwksUrl) -> None:
    """Handshakes come by the thousand, keys by the month."""
    for _ in range(100):
        await names(keys, "first")

    assert 1 == provider.requests


async def test_a_token_that_names_no_key_may_mean_any(keys: JwksUrl) -> None:
    """Some providers leave `kid` out."""
    assert ["first"] == await names(keys, None)


async def test_an_unknown_name_fetches_the_keys_again(provider: Provider, keys: JwksUrl, clock: StoppedClock) -> None:
    """The provider has begun to sign with a new key."""
    await names(keys, "first")
    provider.body = SECOND
    clock.advance(FETCH_INTERVAL_S)

    assert ["second"] == await names(keys, "second")


async def test_invented_names_do_not_reach_the_provider(provider: Provider, keys: JwksUrl, clock: StoppedClock) -> None:
    """A thousand of them within the interval cost it nothing, and each is answered at once."""
    await names(keys, "first")
    clock.advance(FETCH_INTERVAL_S - 0.001)

    found = [await names(keys, f"invented-{number}") for number in range(1000)]

    assert [[]] * 1000 == found
    assert 1 == provider.requests


async def test_all_who_need_the_keys_share_one_fetch(provider: Provider, keys: JwksUrl) -> None:
    """A hundred handshakes at the start ask once."""
    found = await asyncio.gather(*(names(keys, "first") for _ in range(100)))

    assert [["first"]] * 100 == found
    assert 1 == provider.requests


async def test_a_handshake_that_is_abandoned_leaves_the_fetch_to_the_others(provider: Provider, keys: JwksUrl) -> None:
    """Its time-out must not cost them theirs."""
    provider.answers.clear()
    abandoned = asyncio.create_task(names(keys, "first"))
    other = asyncio.create_task(names(keys, "first"))
    await provider.asked.wait()

    abandoned.cancel()
    provider.answers.set()

    assert ["first"] == await other
    assert 1 == provider.requests


async def test_old_keys_are_fetched_again_while_they_still_count(
    provider: Provider, keys: JwksUrl, clock: StoppedClock
) -> None:
    """No handshake waits for it."""
    await names(keys, "first")
    provider.answers.clear()
    provider.asked.clear()
    clock.advance(KEYS_AGE_MAX_S)

    assert ["first"] == await names(keys, "first")
    await asyncio.wait_for(provider.asked.wait(), 5)


async def test_a_withdrawn_key_stops_counting(provider: Provider, keys: JwksUrl, clock: StoppedClock) -> None:
    """Once the keys were old enough to be fetched again."""
    await names(keys, "first")
    provider.body = SECOND
    clock.advance(KEYS_AGE_MAX_S)
    await names(keys, "first")

    assert [] == await settled(keys, "first")


async def test_keys_are_kept_while_the_provider_fails(
    provider: Provider, keys: JwksUrl, clock: StoppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """People whose tokens are good get in; a warning says that something is wrong."""
    await names(keys, "first")
    provider.status = 500
    clock.advance(KEYS_AGE_MAX_S)

    with caplog.at_level(logging.WARNING, "talkroom.auth"):
        await names(keys, "first")
        with pytest.raises(Unavailable):
            await names(keys, "unknown")

    assert ["first"] == await names(keys, "first")
    assert ["cannot fetch"] == [record.getMessage()[:12] for record in caplog.records]


async def test_an_unknown_key_is_unavailable_while_the_provider_fails(
    provider: Provider, keys: JwksUrl, clock: StoppedClock
) -> None:
    """It may be a good new one: nobody can tell, so the token is not called invalid."""
    await names(keys, "first")
    provider.status = 503
    clock.advance(FETCH_INTERVAL_S)

    with pytest.raises(Unavailable, match="answered 503"):
        await names(keys, "second")


async def test_a_provider_that_recovers_is_believed_again(
    provider: Provider, keys: JwksUrl, clock: StoppedClock
) -> None:
    """At the first fetch after the interval; what it does not publish is unknown again, and no longer unavailable."""
    provider.status = 500
    with pytest.raises(Unavailable):
        await names(keys, "first")
    provider.status = 200
    clock.advance(FETCH_INTERVAL_S)

    assert ["first"] == await names(keys, "first")
    assert [] == await names(keys, "invented")


async def test_a_provider_that_fails_is_not_asked_more_often(provider: Provider, keys: JwksUrl) -> None:
    """All handshakes of the interval share its failure."""
    provider.status = 500
    for _ in range(10):
        with pytest.raises(Unavailable):
            await names(keys, "first")

    assert 1 == provider.requests


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>sorry</html>", b'{"keys":[]}', FIRST + b" " * JWKS_BYTES_MAX],
    ids=["empty", "page", "no keys", "huge"],
)
async def test_an_answer_without_usable_keys_is_a_failure(provider: Provider, keys: JwksUrl, body: bytes) -> None:
    """Status 200 alone proves nothing."""
    provider.body = body

    with pytest.raises(Unavailable):
        await names(keys, "first")


async def test_an_answer_of_the_greatest_size_is_read(provider: Provider, keys: JwksUrl) -> None:
    """The limit is inclusive."""
    provider.body = FIRST + b" " * (JWKS_BYTES_MAX - len(FIRST))

    assert ["first"] == await names(keys, "first")


async def test_a_compressed_answer_is_a_failure(provider: Provider, keys: JwksUrl) -> None:
    """It was asked not to: a few bytes could become gigabytes."""
    provider.body = gzip.compress(FIRST)
    provider.headers = {"Content-Encoding": "gzip"}

    with pytest.raises(Unavailable):
        await names(keys, "first")


async def test_a_redirect_is_a_failure(provider: Provider, keys: JwksUrl) -> None:
    """It could lead from https to http, or to another host."""
    provider.status = 302
    provider.headers = {"Location": provider.url}

    with pytest.raises(Unavailable, match="answered 302"):
        await names(keys, "first")


async def test_a_provider_that_does_not_answer_is_a_failure(provider: Provider) -> None:
    """After the time-out, which the handshake survives."""
    provider.answers.clear()
    keys = JwksUrl(provider.url, ["ES256"], timeout_s=0.05)

    with pytest.raises(Unavailable, match=r"no answer within 0\.05 s"):
        await names(keys, "first")


async def test_a_provider_that_is_not_there_is_a_failure() -> None:
    """Nobody listens at the address."""
    keys = JwksUrl(f"http://127.0.0.1:{unused_port()}/keys", ["ES256"])

    with pytest.raises(Unavailable, match="cannot be fetched"):
        await names(keys, "first")


async def test_closing_ends_the_fetch_under_way(provider: Provider, keys: JwksUrl) -> None:
    """Who waits for it is told at once."""
    provider.answers.clear()
    waiting = asyncio.create_task(names(keys, "first"))
    await provider.asked.wait()

    await keys.close()

    with pytest.raises(Unavailable, match="closing"):
        await waiting


async def test_after_closing_nothing_is_fetched(provider: Provider, keys: JwksUrl) -> None:
    """Closing twice is no error."""
    await keys.close()
    await keys.close()

    with pytest.raises(Unavailable, match="closing"):
        await names(keys, "first")
    assert 0 == provider.requests
