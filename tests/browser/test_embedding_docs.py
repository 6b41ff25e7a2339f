"""docs/howto/embed-the-chat.md in Chromium: what it shows works as it is pasted, from a site of another origin than the chat's."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import WebSocket, expect

from tests.browser.complaints import REFUSAL
from tests.browser.conftest import Serve
from tests.browser.docs_site import STRICT, TAG, DocsSite
from tests.browser.person import People
from tests.docs.embedding import BACK_ENDS, EXAMPLES, NODE_MODULES, PAGE, a_back_end
from tests.docs.support import DEADLINE_S, ROOT, SECRET, Fence, fences
from tests.e2e.server import ServerProcess

FRAMEWORKS = {"react": "react.jsx", "vue": "vue.js"}
HERE = Path(__file__).parent
NO_ICON = r"status of 404 .*favicon\.ico"

Show = Callable[[ServerProcess], Awaitable[DocsSite]]


def block(language: str, holding: str) -> Fence:
    """The one block of a language on the page that holds a text."""
    (found,) = [fence for fence in fences(PAGE) if fence.language == language and holding in fence.text]
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def show(people: People) -> AsyncIterator[Show]:
    """Opens a site for a server, and lets people talk to both."""
    async with AsyncExitStack() as stack:

        async def open_site(server: ServerProcess) -> DocsSite:
            site = await stack.enter_async_context(DocsSite(server))
            people.may_talk_to(site.origin, site.chat)
            return site

        yield open_site


# The five lines, behind each back end.


@pytest.mark.parametrize("name", BACK_ENDS)
async def test_two_people_sign_in_and_chat(name: str, people: People, serve: Serve, tmp_path: Path) -> None:
    """With the page and the back end as they are shown, each under its own policy."""
    server = serve(secret=SECRET)
    with a_back_end(name, tmp_path, f"127.0.0.1:{server.port}") as url:
        people.may_talk_to(url.removeprefix("http://"), f"127.0.0.1:{server.port}")
        alice, bob = await people.meet("alice"), await people.meet("bob")
        for person, button in ((alice, "Sign in as アリス"), (bob, "Sign in as ボブ")):
            person.complaints.expect(NO_ICON)
            await person.open(url)
            await person.page.get_by_role("button", name=button).click()
            await person.chat.connected()
        await alice.chat.say("おはよう")
        await bob.chat.sees("おはよう")

        await expect(bob.chat.part("sender")).to_have_text("アリス")


# Properties and events.


async def test_the_script_of_the_page_asks_for_a_token_and_tells_of_messages(
    people: People, server: ServerProcess, show: Show, room: str
) -> None:
    """By `getToken`, with its header, and by an event for each message."""
    site = await show(server)
    script = block("js", 'document.querySelector("talk-room")').text
    site.body = (
        TAG.replace("lobby", room).replace(' token-url="/chat-token"', "")
        + f'<script type="module">const csrfToken = "from the page";\n{script}</script>'
    )
    alice = await people.meet()
    await alice.open(site.url)
    await alice.chat.connected()
    async with alice.page.expect_console_message(lambda one: bool(one.text == "Alice: hello")):
        await alice.chat.say("hello")

    assert "from the page" == site.token_headers[0]["X-CSRF-Token"]


# Looks.


async def test_the_theme_of_the_page_is_taken(people: People, server: ServerProcess, show: Show, room: str) -> None:
    """Variables and parts reach what they name, in the light and in the dark."""
    site = await show(server)
    site.body = TAG.replace("lobby", room)
    site.styles = block("css", "--talkroom-accent").text + block("css", "::part(time)").text
    colours = {}
    for scheme in ("light", "dark"):
        site.styles += f"\n:root {{ color-scheme: {scheme}; }}"
        alice = await people.meet(reduced_motion="reduce")
        await alice.open(site.url)
        await alice.chat.say("hello")
        await expect(alice.chat.texts.last).to_be_visible()
        await alice.chat.input.fill("more")
        await expect(alice.chat.part("time").last).not_to_be_visible()
        await expect(alice.chat.send_button).to_have_css("border-radius", "999px")
        # The colour changes in a moment; where less motion is wanted it does at once.
        colours[scheme] = await alice.chat.send_button.evaluate("(button) => getComputedStyle(button).backgroundColor")

    assert {"light": "rgb(180, 35, 90)", "dark": "rgb(255, 143, 181)"} == colours


async def test_the_element_has_the_height_that_it_is_given(people: People, server: ServerProcess, show: Show) -> None:
    """By the page's own style sheet, without anything else being said."""
    site = await show(server)
    site.styles = block("css", "height: 32rem").text
    alice = await people.meet()
    await alice.open(site.url)
    await alice.chat.connected()
    box = await alice.chat.element.bounding_box()

    assert box is not None
    assert 32 * 16 == box["height"]


# Policies and origins.


def policy(*, script: str = "") -> str:
    """That of the page, and nothing else allowed."""
    (line,) = block("text", "Content-Security-Policy:").text.splitlines()
    shown = line.partition(": ")[2]
    if script:
        shown = f"script-src {script}; {shown.partition('; ')[2]}"
    return f"default-src 'none'; {shown}; style-src 'self'; img-src data:; require-trusted-types-for 'script'"


@pytest.mark.parametrize("script", ["", "'nonce-abc123' 'strict-dynamic'"])
async def test_the_policy_of_the_page_is_enough(
    people: People, server: ServerProcess, show: Show, room: str, script: str
) -> None:
    """Nothing is violated, and messages come and go; with hosts, and with a nonce."""
    site = await show(server)
    site.policy = policy(script=script)
    site.body = TAG.replace("lobby", room).replace("<script", '<script nonce="abc123"' if script else "<script")
    alice = await people.meet()
    await alice.open(site.url)
    await alice.chat.say("hello")
    await alice.chat.sees("hello")
    await alice.chat.is_quiet()


async def test_a_page_of_another_origin_is_told_so(people: People, serve: Serve, show: Show) -> None:
    """In words."""
    site = await show(serve("--origins", "https://www.example.com,https://*.example.org"))
    alice = await people.meet()
    alice.complaints.expect(*REFUSAL)
    await alice.open(site.url)

    await expect(alice.chat.element.get_by_text("This page may not use the chat server.").first).to_be_visible()


# Other ways.


@pytest.fixture
def public_folder(tmp_path: Path) -> Path:
    """Of a site into which the page's commands have copied the files."""
    (tmp_path / "web").symlink_to(ROOT / "web")
    subprocess.run(["bash", "-e"], input=block("sh", "cp web").text, text=True, cwd=tmp_path, check=True)
    return tmp_path / "public"


async def test_the_files_may_be_served_from_elsewhere(
    people: People, server: ServerProcess, show: Show, public_folder: Path
) -> None:
    """From another host than the chat's."""
    site = await show(server)
    site.files = public_folder
    site.body = block("html", "execute-api").text
    site.policy = STRICT.replace("script-src 'self' 'unsafe-inline' https://chat.example.com", "script-src 'self'")
    alice = await people.meet()
    await alice.open(site.url)
    await alice.chat.connected()


async def test_another_language_is_spoken(people: People, server: ServerProcess, show: Show) -> None:
    """Where it has words; elsewhere English."""
    site = await show(server)
    site.body = block("html", "addLanguage").text
    alice = await people.meet()
    await alice.open(site.url)
    await alice.chat.connected()

    await expect(alice.chat.input).to_have_attribute("placeholder", "Écrire un message")
    await expect(alice.chat.send_button).to_have_accessible_name("Envoyer")
    await expect(alice.chat.input).to_have_accessible_name("Message")


async def test_the_client_works_without_the_element(
    people: People, server: ServerProcess, show: Show, room: str
) -> None:
    """As it is shown: what is typed is seen once, as text."""
    site = await show(server)
    site.body = block("html", "new ChatClient").text.replace("lobby", room)
    alice = await people.meet()
    await alice.open(site.url)
    await alice.page.locator("#text").fill("<b>hi</b>")
    await alice.page.locator("#text").press("Enter")

    await expect(alice.page.locator("#messages li")).to_have_text(["Alice: <b>hi</b>"])


# Frameworks.


@pytest.fixture(scope="session", params=FRAMEWORKS)
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with app.js: the page's component in an application, built with esbuild."""
    assert (NODE_MODULES / "esbuild").exists(), "esbuild is missing: `make test` installs it"
    folder = tmp_path_factory.mktemp(request.param)
    sources = HERE / "frameworks"
    subprocess.run(
        [
            *("node", sources / "build.mjs", NODE_MODULES, sources / FRAMEWORKS[request.param]),
            *(EXAMPLES / request.param, folder / "app.js"),
        ],
        check=True,
        timeout=DEADLINE_S,
    )
    return folder


async def test_a_framework_sends_hears_and_lets_go(
    people: People, server: ServerProcess, show: Show, room: str, application: Path
) -> None:
    """One connection for as long as the component is there, however often it is drawn again; none afterwards."""
    site = await show(server)
    site.files = application
    site.body = f"""<div id="app" data-url="ws://localhost:8080/prod" data-token-url="/chat-token" data-room="{room}"></div>
<script type="module" src="http://localhost:8080/talk-room.js"></script>
<script type="module" src="/app.js"></script>"""
    alice, bob = await people.meet("alice"), await people.meet("bob")
    await bob.context.add_cookies([{"name": "user", "value": "bob", "url": site.url}])
    sockets: list[WebSocket] = []
    alice.page.on("websocket", lambda socket: sockets.append(socket))
    for person in (alice, bob):
        await person.open(site.url)
        await person.chat.connected()
    await alice.chat.say("hello")
    await bob.chat.sees("hello")
    await bob.chat.say("hi")
    await expect(alice.page.locator("li")).to_have_text(["hello", "hi"])
    (socket,) = sockets
    async with socket.expect_event("close"):
        await alice.page.get_by_role("button", name="Leave").click()

    await expect(alice.chat.element).to_have_count(0)
    assert 1 == len(sockets)
