"""Connections are replaced before the gateway ends them, and nobody notices."""

import re
import urllib.request

import pytest_asyncio

from tests.browser.conftest import Embed, Serve
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import People, Person
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

ROTATE_AFTER_MS = 500
ROTATIONS = 5

OBSERVE = """
(element) => {
  const seen = (globalThis.seen = { states: [], banners: 0, messages: [] });
  element.addEventListener("state", ({ detail }) => seen.states.push(detail.name));
  element.addEventListener("message", ({ detail }) => seen.messages.push(detail.message));
  const banner = element.shadowRoot.querySelector('[part~="banner"]');
  const look = () => { if (banner.checkVisibility()) seen.banners++; };
  new MutationObserver(look).observe(banner, { attributes: true, childList: true, subtree: true, characterData: true });
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def server(serve: Serve) -> ServerProcess:
    """A machine of its own, whose connections are counted."""
    return serve()


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds its chat."""
    return await embed(server)


def metric(server: ServerProcess, name: str) -> int:
    """Its value now."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        text = answer.read().decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, f"{name} is not among the metrics"
    return int(float(found[1]))


def accepted(server: ServerProcess) -> int:
    """Handshakes until now."""
    return metric(server, 'talkroom_handshakes_total{result="accepted"}')


async def rotating(person: Person, site: EmbeddingSite) -> None:
    """A page whose element uses a client that replaces its connection twice a second."""
    await person.open(site.bare_page)
    await person.make(site, {"room": "lobby"}, client={"rotateAfterMs": ROTATE_AFTER_MS})
    await person.chat.connected()


async def test_messages_flow_through_rotations(people: People, server: ServerProcess, site: EmbeddingSite) -> None:
    """In both directions, each once and in order; no banner is shown and no state is told."""
    alice = await people.meet("alice")
    await rotating(alice, site)
    await alice.chat.is_quiet()
    await alice.chat.element.evaluate(OBSERVE)
    said: list[str] = []
    async with await Client.open(server.port, issue("bob", name="Bob"), "lobby") as bob:
        before = accepted(server)
        while accepted(server) < before + ROTATIONS:
            await bob.do("sendmessage", roomId="lobby", message=f"bob {len(said)}")
            said.append(f"bob {len(said)}")
            await alice.chat.element.evaluate("(element, text) => { element.send(text); }", f"alice {len(said)}")
            while (heard := await bob.said()) != f"alice {len(said)}":
                assert heard.startswith("bob "), heard
            said.append(f"alice {len(said)}")
    await alice.chat.is_quiet()
    seen = await alice.page.evaluate("seen")

    assert said == seen["messages"]
    assert [] == seen["states"]
    assert 0 == seen["banners"]
    texts = await alice.chat.element.evaluate("(element) => element.chatRoom.state.messages.map((one) => one.message)")
    assert said == texts


async def test_old_connections_are_closed(people: People, server: ServerProcess, site: EmbeddingSite) -> None:
    """After many rotations there is one connection, or two while the next one is being opened."""
    alice = await people.meet("alice")
    await rotating(alice, site)
    before = accepted(server)
    open_connections = set()
    while accepted(server) < before + ROTATIONS:
        open_connections.add(metric(server, "talkroom_connections_open"))

    assert open_connections <= {1, 2}
    assert 1 in open_connections
