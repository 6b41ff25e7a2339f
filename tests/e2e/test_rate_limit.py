"""Commands that come faster than a server's own limits: refused, then the connection is closed."""

from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import issue


async def test_commands_faster_than_the_limit(serve: Serve) -> None:
    """An error that may be retried, for a while; then the connection is closed. Others are not touched."""
    server = serve("--commands-per-s", "0.01", "--commands-burst", "5", "--refused-commands-max", "3")
    async with (
        await Client.open(server.port, issue()) as fast,
        await Client.open(server.port, issue()) as other,
    ):
        answers = [await fast.ask("ping") for _ in range(8)]
        await fast.send("ping")
        closed = await fast.closed()

        assert ["reply"] * 5 + ["error"] * 3 == [answer["type"] for answer in answers]
        assert [("rateLimited", True)] * 3 == [(answer["name"], answer["retry"]) for answer in answers[5:]]
        assert (1000, "Connection Closed Normally") == closed
        assert "reply" == (await other.ask("ping"))["type"]


async def test_the_limit_forgives(serve: Serve) -> None:
    """Who slows down is served again."""
    server = serve("--commands-per-s", "20", "--commands-burst", "2", "--refused-commands-max", "1000000")
    async with await Client.open(server.port, issue()) as client:
        answers = [await client.ask("ping") for _ in range(3)]
        while answers[-1]["type"] == "error":
            answers.append(await client.ask("ping"))

        assert "rateLimited" in {answer.get("name") for answer in answers}
