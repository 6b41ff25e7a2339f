"""The verifier whose secret may change while the process runs."""

import pytest

from talkroom.auth.rotating import MAX_AGE_MS, MIN_AGE_MS, RotatingVerifier
from talkroom.auth.settings import TokenSettings, make_verifier
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.model.errors import ClientError, Unavailable
from tests.unit.auth.support import NOW_S, StoppedClock, good_claims, sign

OLD, NEW = "o" * 32, "n" * 32


def a_token(secret: str) -> str:
    """Alice's, good for an hour."""
    return sign(good_claims(exp=NOW_S + 3600), secret)


class SecretStore:
    """Holds a secret that others may change."""

    def __init__(self, clock: StoppedClock) -> None:
        self.secret = OLD
        self.previous = ""
        self.reads = 0
        self.is_broken = False
        self._clock = clock

    async def load(self) -> JwtVerifier:
        """What the verifier is given."""
        self.reads += 1
        if self.is_broken:
            raise OSError("the store does not answer")
        settings = TokenSettings(secret=self.secret, previous_secret=self.previous)
        return make_verifier(settings, self._clock)


@pytest.fixture
def clock() -> StoppedClock:
    """Stands still."""
    return StoppedClock()


@pytest.fixture
def store(clock: StoppedClock) -> SecretStore:
    """Holds OLD."""
    return SecretStore(clock)


@pytest.fixture
def verifier(store: SecretStore, clock: StoppedClock) -> RotatingVerifier:
    """Has read nothing yet."""
    return RotatingVerifier(store.load, clock)


async def test_nothing_is_read_before_it_is_needed(verifier: RotatingVerifier, store: SecretStore):
    """Most functions verify no token, and have no right to the secret."""
    assert store.reads == 0


async def test_the_secret_is_read_once(verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock):
    """However many tokens are verified."""
    for _ in range(3):
        await verifier.verify(a_token(OLD))

    assert store.reads == 1


async def test_a_changed_secret_is_noticed_in_time(verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock):
    """A token of the old one is refused as soon as the new one has been read."""
    await verifier.verify(a_token(OLD))
    store.secret = NEW
    clock.advance(seconds=MAX_AGE_MS / 1000)

    with pytest.raises(ClientError):
        await verifier.verify(a_token(OLD))


async def test_a_token_of_the_new_secret_makes_it_be_read(
    verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock
):
    """Nobody waits for the old one to age."""
    await verifier.verify(a_token(OLD))
    store.secret, store.previous = NEW, OLD
    clock.advance(seconds=MIN_AGE_MS / 1000)

    assert "alice" == (await verifier.verify(a_token(NEW))).principal_id
    assert "alice" == (await verifier.verify(a_token(OLD))).principal_id


async def test_bad_tokens_do_not_make_it_be_read_again_and_again(
    verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock
):
    """Anybody can send them."""
    await verifier.verify(a_token(OLD))
    clock.advance(seconds=MIN_AGE_MS / 1000)

    for _ in range(5):
        with pytest.raises(ClientError):
            await verifier.verify(a_token("x" * 32))

    assert store.reads == 2


async def test_without_any_secret_it_is_unavailable(
    verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock
):
    """And the next token tries again."""
    store.is_broken = True
    with pytest.raises(Unavailable):
        await verifier.verify(a_token(OLD))
    store.is_broken = False

    assert "alice" == (await verifier.verify(a_token(OLD))).principal_id


async def test_the_secret_before_goes_on_when_the_store_fails(
    verifier: RotatingVerifier, store: SecretStore, clock: StoppedClock
):
    """A store that is down for a while stops no handshake."""
    await verifier.verify(a_token(OLD))
    store.is_broken = True
    clock.advance(seconds=MAX_AGE_MS / 1000)

    assert "alice" == (await verifier.verify(a_token(OLD))).principal_id


async def test_closing_what_was_never_used_is_harmless(verifier: RotatingVerifier):
    """There is nothing to release."""
    await verifier.close()
