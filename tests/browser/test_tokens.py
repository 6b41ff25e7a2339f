"""Tokens that expire, are wrong or do not come: who can do something about it is told, and the server is not hammered."""

import time

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.complaints import REFUSAL
from tests.browser.conftest import Connect, Embed, Serve
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import People, Person
from tests.browser.wire import Wire
from tests.e2e.server import ServerProcess, issue

EXPIRED = "Your sign-in has expired. Please sign in again."
NOT_ACCEPTED = "Your sign-in is not accepted here. Please sign in again."
HANDSHAKES_MAX = 2
"""Of one refusal: with the token at hand, and once more with a fresh one."""


@pytest_asyncio.fixture(loop_scope="session")
async def wire(server: ServerProcess, connect: Connect) -> Wire:
    """To the machine; counts handshakes."""
    return await connect(server)


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, wire: Wire, embed: Embed) -> EmbeddingSite:
    """Embeds the chat at the other end of the wire."""
    return await embed(server, f"ws://{wire.origin}/prod")


@pytest_asyncio.fixture(loop_scope="session")
async def alice(people: People) -> Person:
    """Whose tokens are not right. The browser says so on its console, whatever the page does."""
    person = await people.meet("alice")
    person.complaints.expect(*REFUSAL)
    return person


def expired() -> str:
    """A token of an hour ago."""
    return issue("alice", ttl_s=60, at_s=time.time() - 3600)


async def is_refused(chat: Conversation, text: str) -> None:
    """Wait until the banner says why, and the client has come to rest."""
    await expect(chat.banner).to_contain_text(text)
    await expect(chat.element).to_have_js_property("state.name", "refused")


async def test_an_expired_token_is_replaced(alice: Person, site: EmbeddingSite, wire: Wire, room: str) -> None:
    """With a back end that gives another one, nobody notices."""
    given = iter([expired()])
    site.issue = lambda user: next(given, issue(user))
    chat = await alice.visit(site, room)
    await chat.say("here I am")

    await chat.is_quiet()
    assert 2 == site.tokens_issued
    assert wire.handshakes <= HANDSHAKES_MAX


async def test_an_expired_token_without_a_back_end_is_said(
    alice: Person, site: EmbeddingSite, wire: Wire, room: str
) -> None:
    """A page that gave a token and no way to get another has to sign its user in again; then it goes on."""
    await alice.open(site.page(room=room, token_url=None, token=expired()))
    await is_refused(alice.chat, EXPIRED)
    assert wire.handshakes <= HANDSHAKES_MAX
    await alice.chat.element.evaluate("(element, token) => { element.token = token; }", issue("alice"))

    await alice.chat.connected()
    await alice.chat.say("signed in again")
    await alice.chat.is_quiet()


async def test_a_token_that_expires_is_said(people: People, serve: Serve, embed: Embed, room: str) -> None:
    """In the middle of a conversation, when there is no way to get another: what is written waits for a new sign-in."""
    site = await embed(serve("--token-leeway-s", "0"))
    alice = await people.meet("alice")
    alice.complaints.expect(*REFUSAL)
    lasts_s = 4
    await alice.open(site.page(room=room, token_url=None, token=issue("alice", ttl_s=lasts_s)))
    await alice.chat.connected()
    expires_at_ms = (int(time.time()) + lasts_s + 1) * 1000
    await alice.page.wait_for_function("(at) => Date.now() > at", arg=expires_at_ms)
    await alice.chat.say("too late?")
    await is_refused(alice.chat, EXPIRED)
    await expect(alice.chat.unsent).to_have_count(1)
    await alice.chat.element.evaluate("(element, token) => { element.token = token; }", issue("alice"))

    await alice.chat.is_quiet()
    await alice.chat.sees("too late?")


async def test_tokens_are_renewed_before_they_expire(
    people: People, serve: Serve, embed: Embed, connect: Connect
) -> None:
    """On the same connection, so that nobody notices: there is one handshake for all of them."""
    server = serve("--token-leeway-s", "0")
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    site.issue = lambda user: issue(user, ttl_s=6)
    alice = await people.meet("alice")
    chat = await alice.visit(site, "lobby")
    await site.has_issued(4)
    await chat.say("still here")

    await chat.is_quiet()
    assert 1 == wire.handshakes
    assert {"name": "open"} == await chat.property("state")


@pytest.mark.parametrize("where", ["attribute", "back end"])
async def test_a_wrong_token_is_said(alice: Person, site: EmbeddingSite, wire: Wire, room: str, where: str) -> None:
    """One that another secret has signed."""
    wrong = issue("alice", secret="a secret of somebody else's, also long enough")
    site.issue = lambda user: wrong
    from_attribute = {"token_url": None, "token": wrong} if where == "attribute" else {}
    await alice.open(site.page(room=room, **from_attribute))

    await is_refused(alice.chat, NOT_ACCEPTED)
    assert wire.handshakes <= HANDSHAKES_MAX
    assert site.tokens_issued == (0 if where == "attribute" else 2)


async def test_what_is_no_token_is_said(alice: Person, site: EmbeddingSite, wire: Wire, room: str) -> None:
    """Say, a template whose placeholder nobody has filled."""
    await alice.open(site.page(room=room, token_url=None, token="{{ token }}"))

    await is_refused(alice.chat, NOT_ACCEPTED)
    assert wire.handshakes <= HANDSHAKES_MAX


async def test_a_forbidden_room_is_said(people: People, site: EmbeddingSite, room: str) -> None:
    """The token is good, but not for this room. No handshake is refused for it."""
    site.issue = lambda user: issue(user, rooms=["another"])
    alice = await people.meet("alice")
    await alice.open(site.page(room=room))

    await expect(alice.chat.element.get_by_text("You may not read this room.").filter(visible=True)).to_be_visible()
    assert {"name": "open"} == await alice.chat.property("state")


async def test_a_back_end_that_fails_is_said(alice: Person, site: EmbeddingSite, wire: Wire, room: str) -> None:
    """And asked again when the user wants."""
    alice.complaints.expect("status of 500")
    site.refuses = True
    await alice.open(site.page(room=room))
    await is_refused(alice.chat, "You could not be signed in to the chat.")
    assert 0 == wire.handshakes
    site.refuses = False
    await alice.chat.banner.get_by_role("button", name="Try now").click()

    await alice.chat.connected()
    await expect(alice.chat.banner.filter(visible=True)).to_have_count(0)


async def test_a_get_token_that_throws_is_said(alice: Person, site: EmbeddingSite, room: str) -> None:
    """An error in the page's own function is not an error of the chat's, and leaves no unhandled rejection."""
    await alice.open(site.bare_page)
    await alice.make(site, {"url": site.url, "room": room}, get_token="() => { throw new Error('no session') }")

    await is_refused(alice.chat, "You could not be signed in to the chat.")


async def test_a_page_of_a_foreign_origin_is_told(people: People, serve: Serve, embed: Embed, connect: Connect) -> None:
    """The server takes handshakes from one origin, and this page is of another."""
    server = serve("--origins", "https://chat.example.com")
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    alice = await people.meet("alice")
    alice.complaints.expect(*REFUSAL)
    await alice.open(site.page())

    await is_refused(alice.chat, "This page may not use the chat server.")
    assert wire.handshakes <= HANDSHAKES_MAX
