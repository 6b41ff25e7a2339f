"""The chat on AWS in miniature: our gateway, DynamoDB Local and the functions' own code, with HTTP between them.

Every part is real but Lambda itself.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from talkroom.auth.issue import TokenIssuer
from talkroom.aws_bootstrap import AwsApplication
from talkroom.aws_config import AwsConfig
from talkroom.gateway.api import GatewayLimits
from talkroom.settings import PREFIX
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.schema import CONNECTION_ID, EXPIRES_AT, GENERATION_SPAN, GRANT_ROOM, POSITION, ROOM_ID
from tests.aws_faults.edge import KEY, STAGE, Edge
from tests.aws_faults.front import Front
from tests.aws_faults.functions import FAN_OUT, Functions, Plan
from tests.dynamodb.local import REGION
from tests.dynamodb.tables import rows

SECRET: Final = "the secret of the chat tokens of the stack in miniature"
SECRET_ARN: Final = f"arn:aws:secretsmanager:{REGION}:000000000000:secret:talkroom-AbCdEf"
FAN_OUT_FUNCTION: Final = "talkroom-fan-out"
HANDSHAKE_S: Final = 40.0
"""Longer than a handshake can be pending: a connection of that age may be reaped."""


class Stack:
    """What a template would make, and the looks that a test takes at it."""

    def __init__(
        self, dynamodb: DynamoDbClient, connections: str, messages: str, plan: Plan, settings: dict[str, str]
    ) -> None:
        """`dynamodb` is a client without faults, `connections` and `messages` are its tables; `settings` are variables without
        their prefix."""
        self.connections = connections
        self.messages = messages
        self.dynamodb = dynamodb
        self._settings = settings
        self._variables: dict[str, str] = {}
        self.edge = Edge(GatewayLimits(), plan)
        self.functions = Functions(self._make_application, plan, self.edge.clock.wall_ms)
        self.edge.functions = self.functions
        self._services = web.AppRunner(_make_services(self.functions), access_log=None)
        self._fronts: list[Front] = []

    @property
    def url(self) -> str:
        """Of the WebSocket."""
        return f"ws://127.0.0.1:{self.edge.port}/{STAGE}"

    def now_ms(self) -> int:
        """The stack's time, which `skip` puts forward."""
        return self.edge.clock.wall_ms()

    async def skip(self, seconds: float) -> None:
        """Put the clock of the gateway and of the functions forward."""
        await self.edge.skip(seconds)

    def issue(self, user: str, *, ttl_s: int = 3600) -> str:
        """A token for all rooms."""
        return TokenIssuer(SECRET).issue(user, now_ms=self.now_ms(), rooms=["*"], can=["read", "send"], ttl_s=ttl_s)

    async def settle(self) -> None:
        """Return when nothing is under way any more: no invocation, no request."""
        await self.edge.settle()
        await self.functions.settle()
        for front in self._fronts:
            await front.settle()

    async def until_handled(self, messages: int) -> None:
        """Return when so many messages of clients have come, and nothing is under way any more."""
        await self.edge.until_received(messages)
        await self.settle()

    # What is stored.

    async def subscribed(self) -> dict[str, set[str]]:
        """Connection ids and their rooms, from the table itself; refreshed grants are not among them."""
        found: dict[str, set[str]] = {}
        for row in await rows(self.dynamodb, self.connections):
            if row[ROOM_ID]["S"] != GRANT_ROOM:
                found.setdefault(row[CONNECTION_ID]["S"], set()).add(row[ROOM_ID]["S"])
        return found

    async def granted(self) -> set[str]:
        """Connection ids that have a refreshed grant."""
        listed = [row for row in await rows(self.dynamodb, self.connections) if row[ROOM_ID]["S"] == GRANT_ROOM]
        assert all(EXPIRES_AT in row for row in listed), "a grant without an end"
        return {row[CONNECTION_ID]["S"] for row in listed}

    async def log(self, room: str) -> list[dict[str, Any]]:
        """The messages of a room as the table has them, ascending: sequence, sender, id and text."""
        found = []
        for row in await rows(self.dynamodb, self.messages):
            generation, sequence = divmod(int(row[POSITION]["N"]), GENERATION_SPAN)
            if row[ROOM_ID]["S"] == room and sequence and "text" in row:
                assert generation == 0, f"the log of {room} began again, and nothing was to be removed from it"
                found.append({"sequence": sequence, **{name: row[name]["S"] for name in ("sender", "id", "text")}})
        return sorted(found, key=lambda each: each["sequence"])

    # Its life.

    async def start(self, dynamodb_port: int) -> None:
        """Listen."""
        await self.edge.start()
        await self._services.setup()
        site = web.TCPSite(self._services, "127.0.0.1", 0)
        await site.start()
        services_port = self._services.addresses[0][1]
        dynamodb = await self._front("dynamodb", dynamodb_port)
        management = await self._front("management", self.edge.port)
        functions = await self._front("lambda", services_port)
        secrets = await self._front("secretsmanager", services_port)
        self._variables = {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY.access_key_id,
            "AWS_SECRET_ACCESS_KEY": KEY.secret_access_key,
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
            "AWS_ENDPOINT_URL_LAMBDA": functions,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets,
            "TALKROOM_CONNECTIONS_TABLE": self.connections,
            "TALKROOM_MESSAGES_TABLE": self.messages,
            "TALKROOM_MANAGEMENT_ENDPOINT": f"{management}/{STAGE}",
            "TALKROOM_TOKEN_SECRET_ARN": SECRET_ARN,
            **{f"{PREFIX}{name.upper()}": value for name, value in self._settings.items()},
        }

    async def stop(self) -> None:
        """Release everything."""
        await self.edge.stop()
        await self.functions.stop()
        for front in self._fronts:
            await front.stop()
        await self._services.cleanup()
        await self.edge.release()

    async def _front(self, service: str, port: int) -> str:
        front = Front(service, port, self.functions.rule, self.functions.kill)
        self._fronts.append(front)
        return await front.start()

    def _make_application(self, environment: str) -> AwsApplication:
        variables = {**self._variables, "AWS_SESSION_TOKEN": environment}
        config = AwsConfig.read({name: value for name, value in variables.items() if name.startswith(PREFIX)})
        return AwsApplication(config, variables, clock=self.now_ms)


def _make_services(functions: Functions) -> web.Application:
    """Lambda's Invoke and Secrets Manager's GetSecretValue, as far as they are used."""

    async def invoke(request: web.Request) -> web.Response:
        assert request.headers["X-Amz-Invocation-Type"] == "Event"
        assert request.match_info["name"] == FAN_OUT_FUNCTION
        functions.queue(FAN_OUT, await request.read())
        return web.Response(status=202)

    async def get_secret(request: web.Request) -> web.Response:
        assert (await request.json()) == {"SecretId": SECRET_ARN}
        return web.json_response({"ARN": SECRET_ARN, "SecretString": SECRET})

    application = web.Application()
    application.router.add_post("/2015-03-31/functions/{name}/invocations", invoke)
    application.router.add_post("/", get_secret)
    return application


@contextlib.asynccontextmanager
async def running(
    dynamodb: DynamoDbClient, connections: str, messages: str, plan: Plan, **settings: object
) -> AsyncIterator[Stack]:
    """A stack over these tables."""
    stack = Stack(dynamodb, connections, messages, plan, {name: str(value) for name, value in settings.items()})
    assert dynamodb.endpoint is not None
    port = dynamodb.endpoint.port
    assert port is not None
    try:
        await stack.start(port)
        yield stack
    finally:
        await stack.stop()
