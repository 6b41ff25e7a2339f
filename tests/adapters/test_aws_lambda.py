"""The functions' handlers as Lambda calls them: JSON in, JSON out, in one process that goes on from invocation to invocation.

DynamoDB is DynamoDB Local. How they do behind a gateway is in tests/aws and tests/aws_faults.
"""

import asyncio
import io
import json
import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from talkroom.auth.issue import TokenIssuer
from talkroom.contract.authorizer import (
    AuthorizerEvent,
    AuthorizerRequestContext,
    context_for_events,
    decode_result,
    encode_authorizer_event,
)
from talkroom.contract.events import Identity, encode_event
from talkroom.entrypoints import aws_lambda
from talkroom.entrypoints.aws_lambda import ExecutionEnvironment
from talkroom.entrypoints.logs import JsonFormatter
from talkroom.settings import ConfigError
from talkroom.testing import a_connect_event, a_disconnect_event, a_message_event
from tests.adapters.aws_services import AwsServices
from tests.dynamodb.local import REGION, DynamoDbLocal

SECRET = "the secret of these tests, long enough"
ARN = f"arn:aws:execute-api:{REGION}:123456789012:a1b2c3d4e5/prod/$connect"
ALICE, BOB = "alice-connection=", "bob-connection="


@pytest.fixture
def services() -> Iterator[AwsServices]:
    """With the secret that tokens are signed with."""
    with AwsServices(SECRET) as running:
        yield running


@pytest.fixture
def variables(services: AwsServices, dynamodb_local: DynamoDbLocal, connections: str, messages: str) -> dict[str, str]:
    """What Lambda gives the functions."""
    return {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
        "AWS_LAMBDA_FUNCTION_NAME": "chat-messages",
        "AWS_ENDPOINT_URL": services.endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_local.endpoint,
        "TALKROOM_CONNECTIONS_TABLE": connections,
        "TALKROOM_MESSAGES_TABLE": messages,
        "TALKROOM_MANAGEMENT_ENDPOINT": f"{services.endpoint}/prod",
        "TALKROOM_TOKEN_SECRET_ARN": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:talkroom-AbCdEf",
    }


@pytest.fixture
def environment(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutionEnvironment]:
    """The one that the handlers run in."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    environment = ExecutionEnvironment(variables)
    monkeypatch.setattr(aws_lambda, "_environment", lambda: environment)
    yield environment
    environment.close()
    root.handlers[:], root.level = handlers, level


class Lambda:
    """Calls handlers as Lambda's runtime does."""

    def __init__(self) -> None:
        self.context = SimpleNamespace(aws_request_id="request-1")

    def authorize(self, offered: str) -> dict[str, Any]:
        """The authorizer's answer to a handshake."""
        headers = {"Host": "x", "Sec-WebSocket-Protocol": offered}
        event = AuthorizerEvent(
            method_arn=ARN,
            headers=headers,
            multi_value_headers={name: [value] for name, value in headers.items()},
            request_context=AuthorizerRequestContext(
                extended_request_id="r",
                request_time="",
                stage="prod",
                connected_at_ms=0,
                request_at_ms=0,
                identity=Identity(),
                request_id="r",
                domain_name="x",
                connection_id=ALICE,
                api_id="a1b2c3d4e5",
            ),
        )
        return aws_lambda.authorizer(json.loads(encode_authorizer_event(event)), self.context)

    def connect(self, connection_id: str, user: str, room: str = "lobby", protocol: str = "talkroom.v1") -> Any:
        """Authorizer and `$connect`; the answer of the latter."""
        offered = ", ".join(part for part in (protocol, a_token(user), room) if part)
        context = context_for_events(decode_result(self.authorize(offered)))
        self.contexts = {**getattr(self, "contexts", {}), connection_id: context}
        event = a_connect_event(offered=offered, authorizer=context, connection_id=connection_id, at_ms=now_ms())
        return aws_lambda.connect(json.loads(encode_event(event)), self.context)

    def say(self, connection_id: str, action: str, **data: object) -> Any:
        """`sendmessage` or, by `$default`, another command; the reply if there is one."""
        body = json.dumps({"action": action, "ref": "1", "data": data})
        event = a_message_event(
            body, authorizer=self.contexts[connection_id], connection_id=connection_id, message_id=f"m-{time.time_ns()}"
        )
        handler = aws_lambda.messages if action == "sendmessage" else aws_lambda.default
        answer = handler(json.loads(encode_event(event)), self.context)
        assert answer["statusCode"] == 200
        return json.loads(answer["body"]) if "body" in answer else None


@pytest.fixture
def function(environment: ExecutionEnvironment) -> Lambda:
    """All handlers, in one environment."""
    return Lambda()


def now_ms() -> int:
    """The handlers have the real clock."""
    return time.time_ns() // 1_000_000


def a_token(user: str) -> str:
    """Signed with the secret, for every room."""
    return TokenIssuer(SECRET).issue(user, now_ms=now_ms(), rooms=["*"])


class TestAuthorizer:
    """The function behind API Gateway's REQUEST authorizer."""

    def test_a_good_token_is_admitted(self, function: Lambda):
        """With a policy for this handshake and the context that later events carry."""
        result = decode_result(function.authorize(f"talkroom.v1, {a_token('alice')}, lobby"))

        assert ("alice", "Allow", ARN) == (
            result.principal_id,
            result.policy_document.statement[0].effect,
            result.policy_document.statement[0].resource,
        )

    def test_a_bad_token_is_401(self, function: Lambda):
        """API Gateway looks for exactly this text."""
        with pytest.raises(Exception) as refusal:  # noqa: PT011  # which class it is does not matter to Lambda
            function.authorize("talkroom.v1, not-a-token, lobby")

        assert "Unauthorized" == str(refusal.value)

    def test_it_needs_no_table(self, variables: dict[str, str], environment: ExecutionEnvironment):
        """It is given the secret and nothing else."""
        own = {name: value for name, value in variables.items() if "TABLE" not in name and "ENDPOINT" not in name}
        own["AWS_ENDPOINT_URL"] = variables["AWS_ENDPOINT_URL"]
        alone = ExecutionEnvironment(own)

        async def verify(application: Any) -> str:
            return (await application.authorizer._verifier.verify(a_token("alice"))).principal_id

        assert "alice" == alone.run(verify, "r")
        alone.close()


class TestRoutes:
    """The functions behind the routes."""

    def test_connecting_selects_the_protocol(self, function: Lambda):
        """And joins the room of the offer."""
        answer = function.connect(ALICE, "alice")

        assert {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "talkroom.v1"}} == answer
        assert ["alice"] == [one["id"] for one in function.say(ALICE, "members", roomId="lobby")["data"]["members"]]

    def test_a_message_is_answered_and_posted_to_the_room(self, function: Lambda, services: AwsServices):
        """To everyone, the sender's own connection too, because that is `talkroom.v1`."""
        function.connect(ALICE, "alice")
        function.connect(BOB, "bob")

        reply = function.say(ALICE, "sendmessage", roomId="lobby", message="こんにちは")

        assert ("reply", 1) == (reply["type"], reply["data"]["sequence"])
        assert {ALICE, BOB} == {connection_id for connection_id, _ in services.posts}
        assert {"こんにちは"} == {json.loads(text)["message"] for _, text in services.posts}

    def test_a_plain_connection_gets_raw_text_and_no_reply(self, function: Lambda, services: AwsServices):
        """The article's interface."""
        function.connect(ALICE, "alice", protocol="")
        function.connect(BOB, "bob", protocol="")

        assert None is function.say(ALICE, "sendmessage", roomId="lobby", message="hi")
        assert [(BOB, "hi")] == services.posts

    def test_history_is_read_by_the_default_route(self, function: Lambda):
        """Every other command goes there."""
        function.connect(ALICE, "alice")
        function.say(ALICE, "sendmessage", roomId="lobby", message="hi")

        assert ["hi"] == [one["message"] for one in function.say(ALICE, "history", roomId="lobby")["data"]["messages"]]

    def test_a_bad_command_is_answered_by_name(self, function: Lambda):
        """As on one machine."""
        function.connect(ALICE, "alice")

        assert "unknownAction" == function.say(ALICE, "dance")["name"]

    def test_disconnecting_forgets_the_connection(self, function: Lambda, services: AwsServices):
        """Nothing is posted to it any more."""
        function.connect(ALICE, "alice")
        function.connect(BOB, "bob")
        event = a_disconnect_event(authorizer=function.contexts[BOB], connection_id=BOB)

        answer = aws_lambda.disconnect(json.loads(encode_event(event)), function.context)
        function.say(ALICE, "sendmessage", roomId="lobby", message="hi")

        assert ({"statusCode": 200}, {ALICE}) == (answer, {connection_id for connection_id, _ in services.posts})

    def test_a_page_of_a_push_is_posted(self, function: Lambda, services: AwsServices):
        """What the function for large rooms is given."""
        aws_lambda.fan_out({"connectionIds": [ALICE, BOB], "payload": "hi"}, function.context)

        assert [(ALICE, "hi"), (BOB, "hi")] == sorted(services.posts)

    def test_another_kind_of_event_is_refused(self, function: Lambda):
        """A function behind the wrong trigger fails at once, and says why."""
        with pytest.raises(msgspec.ValidationError):
            aws_lambda.messages({"Records": []}, function.context)
        with pytest.raises(msgspec.ValidationError):
            aws_lambda.fan_out({"Records": []}, function.context)


class TestEnvironment:
    """What lives from one invocation to the next."""

    def test_nothing_is_under_way_after_a_return(self, function: Lambda, environment: ExecutionEnvironment):
        """Lambda freezes the process then."""
        function.connect(ALICE, "alice")
        function.say(ALICE, "sendmessage", roomId="lobby", message="hi")

        async def others(_: object) -> int:
            return len(asyncio.all_tasks() - {asyncio.current_task()})

        assert 0 == environment.run(others, "r")

    def test_what_goes_on_beside_the_answer_ends_before_the_return(self, environment: ExecutionEnvironment):
        """Such as the fetching of keys that are old."""
        done: list[str] = []

        async def fetch() -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            done.append("fetched")

        async def handle(_: object) -> asyncio.Task[None]:
            return asyncio.get_running_loop().create_task(fetch())

        environment.run(handle, "r")

        assert ["fetched"] == done

    def test_loop_and_parts_are_made_once(self, function: Lambda, environment: ExecutionEnvironment):
        """Connections to AWS are too slow to be made for every message."""

        async def look(application: Any) -> tuple[int, int]:
            return id(asyncio.get_running_loop()), id(application.chat)

        first = environment.run(look, "r1")
        function.connect(ALICE, "alice")

        assert first == environment.run(look, "r2")

    def test_a_missing_variable_is_named(self, variables: dict[str, str], environment: ExecutionEnvironment):
        """In the log of the function that needs it."""
        del variables["TALKROOM_MESSAGES_TABLE"]
        broken = ExecutionEnvironment(variables)

        async def look(application: Any) -> object:
            return application.chat

        with pytest.raises(ConfigError, match="TALKROOM_MESSAGES_TABLE"):
            broken.run(look, "r")
        broken.close()

    def test_a_secret_is_never_taken_for_an_unknown_variable(self, variables: dict[str, str]):
        """A misspelt variable stops the function, and its value is not repeated."""
        with pytest.raises(ConfigError) as refusal:
            ExecutionEnvironment({**variables, "TALKROOM_TOKEN_SECRET": SECRET})

        assert "TALKROOM_TOKEN_SECRET" in str(refusal.value)
        assert SECRET not in str(refusal.value)


class TestLogs:
    """What CloudWatch gets."""

    def test_metrics_are_lines_of_the_log(self, function: Lambda, capsys: pytest.CaptureFixture[str]):
        """In the embedded metric format, by the function's name."""
        function.connect(ALICE, "alice")
        function.connect(BOB, "bob")
        capsys.readouterr()

        function.say(ALICE, "sendmessage", roomId="lobby", message="hi")

        (line,) = capsys.readouterr().out.splitlines()
        metrics = json.loads(line)
        (directive,) = metrics["_aws"]["CloudWatchMetrics"]
        assert ("Talkroom", "chat-messages", [1.0], [2.0]) == (
            directive["Namespace"],
            metrics["function"],
            metrics["Messages"],
            metrics["Deliveries"],
        )
        assert {"Messages", "Deliveries", "FanOutTime"} == {one["Name"] for one in directive["Metrics"]}

    def test_an_invocation_that_did_nothing_logs_no_metric(self, function: Lambda, capsys: pytest.CaptureFixture[str]):
        """Each line costs."""
        function.connect(ALICE, "alice")
        capsys.readouterr()

        function.say(ALICE, "ping")

        assert "" == capsys.readouterr().out

    def test_records_name_the_request_and_hold_no_token(self, function: Lambda):
        """One JSON object a line."""
        stream = io.StringIO()
        (handler,) = [one for one in logging.getLogger().handlers if isinstance(one.formatter, JsonFormatter)]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream)
        token = a_token("alice") + "x"
        with pytest.raises(aws_lambda.RefusedHandshake):
            function.authorize(f"talkroom.v1, {token}, lobby")

        (line,) = stream.getvalue().splitlines()
        assert "request-1" == json.loads(line)["request_id"]
        assert token not in line
