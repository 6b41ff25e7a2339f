"""That the functions behind this machine's gateway are the built ones under Lambda's runtime client; the suite does the rest."""

from tests.aws.runtime_client import RuntimeClientGateway
from tests.chat.looking import members_become

HANDLERS = ("authorizer", "connect", "default", "disconnect", "messages")


async def test_every_function_answers_under_the_runtime_client(
    runtime_client_gateway: RuntimeClientGateway, room: str
) -> None:
    """One connection's life needs them all."""
    host = runtime_client_gateway.host
    async with await host.open("alice", room) as alice, await host.open("bob", room) as bob:
        await alice.do("sendmessage", roomId=room, message="through awslambdaric")
        heard = await bob.said()
        await alice.connection.close()
        await members_become(bob, room, ["bob"])
        commands = runtime_client_gateway.commands

    assert "through awslambdaric" == heard
    assert set(HANDLERS) == {command.split(".")[-1].strip() for command in commands}
    assert all(" -m awslambdaric talkroom.entrypoints.aws_lambda." in command for command in commands)
