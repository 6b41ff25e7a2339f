"""The server goes away and comes back, in different ways. Nothing is lost, nothing is there twice."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.complaints import OUTAGE
from tests.browser.conftest import Connect, Embed, Serve
from tests.browser.conversation import Conversation
from tests.browser.person import People
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

NO_CONNECTION = "No connection."
OFFLINE = "You are offline. Messages are sent when you are back."


async def server_client(server: ServerProcess) -> Client:
    """Somebody who sees the log itself."""
    return await Client.open(server.port, issue("bob", name="Bob"))


async def texts_of(chat: Conversation) -> list[str]:
    """All that the element holds, shown or not."""
    texts: list[str] = await chat.element.evaluate(
        "(element) => element.chatRoom.state.messages.map((one) => one.message)"
    )
    return texts


async def stored_texts(server: ServerProcess, room: str) -> list[str]:
    """All that the log has, in order."""
    # The room's log is asked, not a page: a page could hide what is there twice.
    async with await server_client(server) as client:
        return [one["message"] for one in (await client.do("history", roomId=room, limit=100))["messages"]]


@pytest.mark.parametrize("stop", [ServerProcess.kill, ServerProcess.stop], ids=["kill -9", "SIGTERM"])
async def test_a_restart_loses_nothing(
    people: People, serve: Serve, embed: Embed, stop: Callable[[ServerProcess], object]
) -> None:
    """What was written while the server was away is sent once, in order; the banner comes and goes."""
    server = serve()
    site = await embed(server)
    alice, bob = await people.meet("alice"), await people.meet("bob")
    for person in (alice, bob):
        person.complaints.expect(*OUTAGE)
    hers, his = await alice.visit(site, "lobby"), await bob.visit(site, "lobby")
    await hers.say("before")
    await his.sees("before")
    stop(server)
    await expect(hers.banner).to_contain_text(NO_CONNECTION)
    for text in ("one", "two", "three"):
        await hers.say(text)
    await hers.sees("before", "one", "two", "three")
    await expect(hers.unsent).to_have_count(3)
    server.start()
    await his.say("welcome back")

    await expect(hers.texts).to_have_count(5)
    await expect(his.texts).to_have_count(5)
    for chat in (hers, his):
        await chat.is_quiet()
    stored = await stored_texts(server, "lobby")
    assert ["before", "one", "two", "three"] == [text for text in stored if text != "welcome back"]
    await hers.sees(*stored)
    await his.sees(*stored)


async def test_a_kill_in_the_middle_of_a_rush(people: People, serve: Serve, embed: Embed) -> None:
    """Thirty messages are under way when the server is killed: some are stored, some answered, some neither."""
    server = serve()
    site = await embed(server)
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    chat = await alice.visit(site, "lobby")
    texts = [f"message {number}" for number in range(30)]
    await chat.element.evaluate("(element, texts) => { for (const text of texts) element.send(text); }", texts)
    await expect(chat.element.locator("[data-sequence]").nth(5)).to_be_attached()
    server.kill()
    server.start()

    await chat.sees(*texts)
    await chat.is_quiet()
    assert texts == await stored_texts(server, "lobby")


async def test_a_server_that_is_killed_often(people: People, serve: Serve, embed: Embed) -> None:
    """A reader who was at the end sees all of it, once, after every time."""
    server = serve()
    site = await embed(server)
    alice, bob = await people.meet("alice"), await people.meet("bob")
    for person in (alice, bob):
        person.complaints.expect(*OUTAGE)
    hers, his = await alice.visit(site, "lobby"), await bob.visit(site, "lobby")
    said = []
    for number in range(3):
        server.kill()
        server.start()
        # They wait longer every time, since no connection lasted: as if the network told them that it is there.
        for person in (alice, bob):
            await person.page.evaluate("dispatchEvent(new Event('online'))")
        said.append(f"after kill {number}")
        await his.say(said[-1])
        await hers.sees(*said)

    assert said == await stored_texts(server, "lobby")


async def test_offline_messages_wait(people: People, serve: Serve, embed: Embed, connect: Connect) -> None:
    """Who is offline is told so, can write, and everything is sent once when they are back."""
    server = serve()
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    chat = await alice.visit(site, "lobby")
    await alice.context.set_offline(True)
    wire.cut()
    await expect(chat.banner).to_contain_text(OFFLINE)
    await chat.say("from a tunnel")
    await chat.say("still there")
    await expect(chat.unsent.locator('[part~="status"]')).to_have_text(["Waiting to be sent"] * 2)
    await wire.mend()
    await alice.context.set_offline(False)

    await chat.is_quiet()
    await chat.sees("from a tunnel", "still there")
    assert ["from a tunnel", "still there"] == await stored_texts(server, "lobby")


async def test_unsent_messages_survive_a_reload(people: People, serve: Serve, embed: Embed, connect: Connect) -> None:
    """They are shown before there is a connection, and sent once in their order when there is one."""
    server = serve()
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    chat = await alice.visit(site, "lobby")
    wire.cut()
    await expect(chat.banner).to_contain_text(NO_CONNECTION)
    for text in ("one", "two", "three"):
        await chat.say(text)
    await alice.reload()
    await chat.sees("one", "two", "three")
    await expect(chat.unsent).to_have_count(3)
    await wire.mend()

    await chat.is_quiet()
    await chat.sees("one", "two", "three")
    assert ["one", "two", "three"] == await stored_texts(server, "lobby")


async def test_a_lost_answer_makes_no_second_message(
    people: People, serve: Serve, embed: Embed, connect: Connect
) -> None:
    """The server has stored it and says so into the void: the repetition has the same id."""
    server = serve()
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    alice, bob = await people.meet("alice"), await people.meet("bob")
    alice.complaints.expect(*OUTAGE)
    hers = await alice.visit(site, "lobby")
    site.also_connects_to.add(f"127.0.0.1:{server.port}")
    his = await bob.visit(site, "lobby", url=f"ws://127.0.0.1:{server.port}/prod")
    await hers.is_quiet()
    wire.loses_answers = True
    await hers.say("did you get this?")
    await his.sees("did you get this?")
    await wire.has_lost()
    wire.cut()
    await expect(hers.unsent).to_have_count(1)
    await wire.mend()

    await hers.is_quiet()
    await hers.sees("did you get this?")
    await his.sees("did you get this?")
    assert ["did you get this?"] == await stored_texts(server, "lobby")


async def test_what_others_said_meanwhile_is_caught_up(
    people: People, serve: Serve, embed: Embed, connect: Connect
) -> None:
    """More than a page of it, in order and without a hole, and the unread marker where it begins."""
    server = serve()
    wire = await connect(server)
    site = await embed(server, f"ws://{wire.origin}/prod")
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    chat = await alice.visit(site, "lobby")
    await chat.say("before")
    await chat.is_quiet()
    wire.cut()
    await expect(chat.banner).to_contain_text(NO_CONNECTION)
    said = [f"message {number}" for number in range(150)]
    async with await server_client(server) as bob:
        for text in said:
            await bob.do("sendmessage", roomId="lobby", message=text)
    await wire.mend()

    await chat.sees_last(said[-1])
    await chat.is_quiet()
    assert ["before", *said] == await texts_of(chat)
