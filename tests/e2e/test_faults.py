"""What the machine may refuse: open files and space on the disk. Who is there chats on, and nothing is lost when it has passed."""

import resource

from talkroom.conformance.wire import Wire
from tests.e2e.client import Client, all_of
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

ROOM = "lobby"


def limit(server: ServerProcess, what: int, most: int) -> None:
    """Set a limit of the running process that can be lifted again."""
    resource.prlimit(server.pid, what, (most, resource.RLIM_INFINITY))


async def test_a_server_without_open_files_serves_those_who_are_there(serve: Serve) -> None:
    """And newcomers again, when the silent connections that took the files have been dropped."""
    server = serve("--head-timeout-s", "1")
    _, most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    used = server.open_files
    async with (
        await Client.open(server.port, issue("alice"), ROOM) as alice,
        await Client.open(server.port, issue("bob"), ROOM) as bob,
    ):
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used + 10, most))
        async with all_of(Wire.connect(server.port) for _ in range(50)) as silent:
            await alice.do("sendmessage", roomId=ROOM, message="still here")
            assert "still here" == await bob.said()
            for wire in silent:
                await wire.ended()
        async with await Client.open(server.port, issue("carol"), ROOM) as carol:
            await carol.do("sendmessage", roomId=ROOM, message="back")
        assert "back" == await bob.said()


async def test_a_full_disk_refuses_messages_and_loses_none(serve: Serve) -> None:
    """`unavailable`, to be retried; reading goes on; with space again the same message is stored, once and without a hole."""
    server = serve()
    wal = server.folder / "talkroom.db-wal"
    async with await Client.open(server.port, issue("alice"), ROOM) as alice:
        await alice.do("sendmessage", roomId=ROOM, message="before", id="before")
        limit(server, resource.RLIMIT_FSIZE, wal.stat().st_size + 4096)
        refused = []
        for number in range(20):
            answer = await alice.ask("sendmessage", roomId=ROOM, message="x" * 4000, id=f"{number}")
            if answer["type"] == "error":
                refused.append((number, answer["name"], answer["retry"]))
        stored = 20 - len(refused)
        page = await alice.do("history", roomId=ROOM)
        limit(server, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        again = [
            await alice.do(
                "sendmessage", roomId=ROOM, message="x" * 4000, id=f"{number}", retryAfter=1, epoch=page["epoch"]
            )
            for number in range(20)
        ]
        whole = await alice.do("history", roomId=ROOM)

    assert {("unavailable", True)} == {(name, retry) for _, name, retry in refused}
    assert 1 + stored == page["lastSequence"] == len(page["messages"])
    assert [number not in {one for one, _, _ in refused} for number in range(20)] == [one["duplicate"] for one in again]
    assert list(range(1, 22)) == [message["sequence"] for message in whole["messages"]]
    assert {"before", *map(str, range(20))} == {message["id"] for message in whole["messages"]}
    assert 0 == server.stop()
