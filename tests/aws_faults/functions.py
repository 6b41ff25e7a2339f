"""Lambda in miniature: execution environments that handle one invocation at a time, begin cold, and can be killed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from talkroom.aws_bootstrap import AwsApplication
from talkroom.chat.protocol.push_page import decode_page
from talkroom.contract.authorizer import decode_authorizer_event
from talkroom.contract.authorizer import encode_result as encode_authorizer_result
from talkroom.contract.errors import ContractError, Unauthorized
from talkroom.contract.events import decode_event
from talkroom.contract.integration import encode_result
from tests.aws_faults.faults import CUT_BEFORE, Fault, Request, Rule

AUTHORIZER, CONNECT, MESSAGES, DEFAULT, DISCONNECT, FAN_OUT = (
    "authorizer",
    "connect",
    "messages",
    "default",
    "disconnect",
    "fan_out",
)

Handler = Callable[[AwsApplication, Any, Callable[[], int]], Awaitable[Any]]


class FunctionFailed(ContractError):
    """The function raised or its environment was killed; API Gateway sees no difference."""


class Plan(Protocol):
    """Chooses what chance chooses on AWS."""

    def begin(self, function: str, event: Any) -> Rule:
        """An invocation begins; what is to happen to its requests."""
        ...

    def choose(self, function: str, idle: int) -> int | None:
        """Which of the idle environments takes the next invocation; None: a new one."""
        ...

    def retires(self, function: str) -> bool:
        """Whether an environment ends after an invocation that went well."""
        ...


class Environment:
    """An execution environment."""

    def __init__(self, function: str, name: str, application: AwsApplication) -> None:
        self.function = function
        self.name = name
        self.application = application
        self.rule: Rule | None = None
        """Of the invocation in hand."""
        self.task: asyncio.Task[Any] | None = None
        self.is_dead = False


class Functions:
    """All functions of the stack."""

    def __init__(self, make_application: Callable[[str], AwsApplication], plan: Plan, clock: Callable[[], int]) -> None:
        """`make_application` is given the name of the environment that it is for; its requests carry it."""
        self.plan = plan
        self.invocations: dict[str, int] = dict.fromkeys(HANDLERS, 0)
        """How many there were of each function."""
        self.most_at_once: dict[str, int] = dict.fromkeys(HANDLERS, 0)
        """How many of each function were in hand at the same time."""
        self.failures: list[BaseException] = []
        """What handlers raised, kills not counted."""
        self._make_application = make_application
        self._clock = clock
        self._environments: dict[str, Environment] = {}
        self._idle: dict[str, list[Environment]] = {function: [] for function in HANDLERS}
        self._made = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def invoke(self, function: str, event: bytes) -> Any:
        """The decoded result. Raises Unauthorized of an authorizer, and FunctionFailed."""
        environment = self._take(function)
        decoded = json.loads(event)
        environment.rule = self.plan.begin(function, decoded)
        self._count(function)
        work = HANDLERS[function](environment.application, decoded, self._clock)
        environment.task = asyncio.ensure_future(work)
        try:
            result = await environment.task
        except Unauthorized:
            raise
        except asyncio.CancelledError:
            if not environment.is_dead:
                raise
            raise FunctionFailed(f"{function} was killed") from None
        except Exception as error:
            self.failures.append(error)
            raise FunctionFailed(f"{function} raised {type(error).__name__}") from error
        finally:
            await self._release(environment)
        return json.loads(json.dumps(result))

    def queue(self, function: str, event: bytes) -> None:
        """An asynchronous invocation: it is not repeated when it fails."""

        async def invoke() -> None:
            try:
                await self.invoke(function, event)
            except FunctionFailed:
                pass

        self._spawn(invoke())

    def rule(self, request: Request) -> Fault | None:
        """What happens to a request: the dead do not speak."""
        environment = self._environments.get(request.environment)
        if environment is None or environment.is_dead or environment.rule is None:
            return CUT_BEFORE
        return environment.rule(request)

    def kill(self, name: str) -> None:
        """An environment ends where it is."""
        environment = self._environments[name]
        environment.is_dead = True
        if environment.task is not None:
            environment.task.cancel()

    async def settle(self) -> None:
        """Return when no asynchronous invocation is in hand."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """End all environments."""
        await self.settle()
        for environment in list(self._environments.values()):
            await self._bury(environment)

    def _count(self, function: str) -> None:
        self.invocations[function] += 1
        in_hand = sum(
            one.function == function and one.rule is not None and not one.is_dead for one in self._environments.values()
        )
        self.most_at_once[function] = max(self.most_at_once[function], in_hand)

    def _take(self, function: str) -> Environment:
        idle = self._idle[function]
        chosen = self.plan.choose(function, len(idle))
        if chosen is not None:
            return idle.pop(chosen)
        self._made += 1
        name = f"environment-{self._made}"
        environment = Environment(function, name, self._make_application(name))
        self._environments[name] = environment
        return environment

    async def _release(self, environment: Environment) -> None:
        if environment.is_dead or self.plan.retires(environment.function):
            await self._bury(environment)
        else:
            # What it asks from now on was begun by nobody: nothing may be under way after the return.
            environment.rule = environment.task = None
            self._idle[environment.function].append(environment)

    async def _bury(self, environment: Environment) -> None:
        environment.is_dead = True
        self._environments.pop(environment.name, None)
        await environment.application.close()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _authorize(application: AwsApplication, event: Mapping[str, object], _clock: Callable[[], int]) -> Any:
    return encode_authorizer_result(await application.authorizer(decode_authorizer_event(event)))


async def _chat(application: AwsApplication, event: Mapping[str, object], _clock: Callable[[], int]) -> Any:
    return encode_result(await application.chat.invoke(decode_event(event)))


async def _fan_out(application: AwsApplication, event: Mapping[str, object], clock: Callable[[], int]) -> Any:
    page = decode_page(event)
    await application.chat.fan_out.deliver(page.connection_ids, page.payload.encode(), clock())


HANDLERS: Mapping[str, Handler] = {
    AUTHORIZER: _authorize,
    CONNECT: _chat,
    MESSAGES: _chat,
    DEFAULT: _chat,
    DISCONNECT: _chat,
    FAN_OUT: _fan_out,
}
"""As entrypoints/aws_lambda.py has them, but for its own event loop."""
