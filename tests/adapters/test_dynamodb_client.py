"""What the client does when DynamoDB refuses, fails, hangs or is not there, and what it never tells."""

import asyncio
import dataclasses
import logging
import logging.config
import socket
import traceback
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiodynamo.errors import ConditionalCheckFailed
from aiodynamo.http.types import Request, RequestFailed, Response
from aiohttp import web

from talkroom.chat.model.errors import Unavailable
from talkroom.storage.dynamodb.client import DynamoDbClient, FullJitterRetry, dynamodb_client, within
from tests.dynamodb.faults import answer, faulty, refusal
from tests.dynamodb.tables import CREDENTIALS, connected, rows

TEXT = "nobody else may read this"

TRANSIENT = {
    "the table's throughput": refusal("ProvisionedThroughputExceededException"),
    "a partition's throughput": refusal("ThrottlingException"),
    "the account's throughput": refusal("RequestLimitExceeded"),
    "a failure inside": refusal("InternalServerError", 500),
    "no service": refusal("ServiceUnavailable", 503),
    "a proxy without a server": Response(502, b"<html>Bad Gateway</html>"),
    "a proxy without an answer": Response(504, b""),
    "a connection that broke": RequestFailed(aiohttp.ServerDisconnectedError()),
    "no answer in time": TimeoutError(),
}
FINAL = {
    "UnrecognizedClient: a reason": refusal("UnrecognizedClientException", text=TEXT),
    "AccessDenied: a reason": refusal("AccessDeniedException", text=TEXT),
    "ExpiredToken: a reason": refusal("ExpiredTokenException", text=TEXT),
    "TableNotFound: a reason": refusal("ResourceNotFoundException", text=TEXT),
    "ItemCollectionSizeLimitExceeded": refusal("ItemCollectionSizeLimitExceededException", text=TEXT),
    "ValidationException": refusal("ValidationException", text=TEXT),
    "TransactionCanceled": refusal(
        "TransactionCanceledException", CancellationReasons=[{"Code": "None"}], Item={"text": {"S": TEXT}}
    ),
    "SomethingNewException, HTTP status 400": refusal("SomethingNewException", text=TEXT),
    "UnknownError, HTTP status 404": Response(404, f'{{"__type": "broken, {TEXT}'.encode()),
    "UnknownError, HTTP status 302": Response(302, TEXT.encode()),
    "with no JSON: JSONDecodeError": Response(200, f'{{"Item": {{"text": {{"S": "{TEXT}'.encode()),
    "with no JSON: UnicodeDecodeError": Response(200, b'{"Item": "\xff' + TEXT.encode()),
}


async def nowhere(request: Request) -> Response:
    """Behind the faults of a test that brings enough of them."""
    raise AssertionError(f"there is no DynamoDB here: {request!r}")


@pytest.fixture
async def client() -> AsyncIterator[DynamoDbClient]:
    """A patient client of nothing."""
    async with connected("http://127.0.0.1:1") as client:
        yield dataclasses.replace(client, http=nowhere)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts connections, as its machine does, and never reads from one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def put_text(client: DynamoDbClient) -> dict[str, object]:
    """A request that holds what somebody wrote."""
    item = {"roomId": {"S": "lobby"}, "text": {"S": TEXT}}
    return await client.send_request(action="PutItem", payload={"TableName": "messages", "Item": item})


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
async def test_what_passes_is_tried_again(client: DynamoDbClient, fault: Response | Exception) -> None:
    """Until it has passed; the caller sees nothing of it."""
    client, seen = faulty(client, fault, fault, answer({"Attributes": {}}))

    assert await put_text(client) == {"Attributes": {}}
    assert seen.actions == ["PutItem"] * 3


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
async def test_what_does_not_pass_before_the_deadline_is_unavailable(
    client: DynamoDbClient, fault: Response | Exception
) -> None:
    """A retry after the deadline would be nobody's any more."""
    retry = FullJitterRetry(time_limit_secs=0.1)
    client, _ = faulty(dataclasses.replace(client, throttle_config=retry), *[fault] * 1000)

    with pytest.raises(Unavailable, match=r"^DynamoDB .* PutItem"):
        await put_text(client)


@pytest.mark.parametrize(("sentence", "fault"), FINAL.items(), ids=FINAL)
async def test_what_will_not_pass_is_unavailable_at_once(
    client: DynamoDbClient, sentence: str, fault: Response
) -> None:
    """The sentence names the error; what AWS says is added when it is about roles and tables."""
    client, seen = faulty(client, fault)

    with pytest.raises(Unavailable) as caught:
        await put_text(client)

    assert str(caught.value).endswith(sentence)
    assert seen.actions == ["PutItem"]


@pytest.mark.parametrize("fault", FINAL.values(), ids=FINAL)
async def test_no_failure_tells_what_was_written(client: DynamoDbClient, fault: Response) -> None:
    """Neither its sentence nor the traceback that a log would show."""
    client, _ = faulty(client, fault)

    with pytest.raises(Unavailable) as caught:
        await put_text(client)

    assert TEXT not in "".join(traceback.format_exception(caught.value))


async def test_a_condition_that_does_not_hold_is_an_answer(client: DynamoDbClient) -> None:
    """With the item that stood in its way, when the request asked for it."""
    item = {"text": {"S": TEXT}}
    client, seen = faulty(client, refusal("ConditionalCheckFailedException", Item=item))

    with pytest.raises(ConditionalCheckFailed) as caught:
        await put_text(client)

    assert item == caught.value.args[0]["Item"]
    assert seen.actions == ["PutItem"]


async def test_no_log_tells_what_was_written(client: DynamoDbClient, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level is asked for, and however logging is configured afterwards: aiodynamo prints requests and responses."""
    caplog.set_level(logging.DEBUG)
    client, _ = faulty(client, refusal("ThrottlingException", text=TEXT), answer({"Attributes": {"text": {"S": TEXT}}}))
    levels = {name: {"level": "DEBUG"} for name in ("aiodynamo", "aiodynamo.request", "aiodynamo.response")}
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "loggers": levels})
    try:
        await put_text(client)
    finally:
        for name in levels:
            logging.getLogger(name).setLevel(logging.NOTSET)

    assert "request is sent again: Throttled" in caplog.text
    assert TEXT not in caplog.text


async def test_a_server_that_hangs_is_asked_again_until_the_deadline(silent: str) -> None:
    """An attempt has a time of its own, shorter than that of the whole request."""
    async with connected(silent, request_timeout_s=0.05, deadline_s=2.0) as client:
        client, seen = faulty(client)

        with pytest.raises(Unavailable, match=r"did not finish PutItem within 2 s"):
            await put_text(client)

    assert len(seen.requests) > 1


async def test_an_attempt_is_given_up_at_the_deadline(silent: str) -> None:
    """However much time of its own it has left."""
    async with connected(silent, deadline_s=0.1) as client:
        with pytest.raises(Unavailable, match=r"did not finish PutItem within 0\.1 s"):
            await put_text(client)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    """The cause says where it was looked for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with connected(f"http://127.0.0.1:{port}") as client:
        client = dataclasses.replace(client, throttle_config=FullJitterRetry(time_limit_secs=0.1))
        with pytest.raises(Unavailable, match="cannot be reached for PutItem: ClientConnectorError") as caught:
            await put_text(client)

    assert str(port) in str(caught.value.__cause__)


async def test_after_the_session_is_closed_nothing_is_tried() -> None:
    """A process that is shutting down does not wait for a deadline."""
    async with connected("http://127.0.0.1:1") as client:
        client, seen = faulty(client)

    with pytest.raises(Unavailable, match="the session is closed"):
        await put_text(client)

    assert len(seen.requests) == 1


async def test_a_task_that_is_cancelled_stops_waiting(silent: str) -> None:
    """And is cancelled, not unavailable."""
    async with connected(silent) as client:
        task = asyncio.create_task(put_text(client))
        await asyncio.sleep(0)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


async def test_several_requests_have_one_deadline(silent: str) -> None:
    """Whatever each of them may take."""
    async with connected(silent) as client:
        with pytest.raises(Unavailable, match=r"did not finish the work within 0\.1 s"):
            async with within(0.1, "the work"):
                await put_text(client)


async def test_requests_go_to_the_region_and_carry_the_credentials() -> None:
    """The region's own address, unless another one is given."""
    async with aiohttp.ClientSession() as session:
        credentials = type(CREDENTIALS)("key", "secret", "token")
        made = dynamodb_client(session, credentials, "eu-west-1")
        client, seen = faulty(made, answer({}))
        await put_text(client)
    (request,) = seen.requests

    assert request.url == "https://dynamodb.eu-west-1.amazonaws.com/"
    assert request.headers is not None
    assert request.headers["X-Amz-Security-Token"] == "token"
    assert "Credential=key/" in request.headers["Authorization"]


async def test_a_request_leaves_nothing_for_the_loop_to_do(client: DynamoDbClient) -> None:
    """In Lambda the loop stands still after the answer, and what was left would run with the next one."""
    client, _ = faulty(client, refusal("ThrottlingException"), answer({}))

    await put_text(client)

    assert {asyncio.current_task()} == asyncio.all_tasks()


async def test_the_real_one_answers(dynamodb: DynamoDbClient, connections: str) -> None:
    """Through the same requests, with nothing between."""
    client, seen = faulty(dynamodb)

    assert await rows(client, connections) == []
    assert seen.actions == ["Scan"]


def test_delays_begin_short_and_stay_below_a_second() -> None:
    """Anything between nothing and a limit that doubles: a quarter of a tenth of a second at first."""
    for _ in range(100):
        delays = FullJitterRetry().delays()
        first = [next(delays) for _ in range(2000)]

        assert 0 <= first[0] <= 0.025
        assert 0 <= min(first)
        assert max(first) <= 1


def test_delays_differ() -> None:
    """Those that were throttled together come back apart."""
    assert len({next(FullJitterRetry().delays()) for _ in range(100)}) > 1


async def test_the_host_is_sent_as_it_is_signed() -> None:
    """aiodynamo signs it without a port; whoever checks signatures refuses a request that says another one."""
    hosts: list[str] = []

    async def answer_and_note(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.json_response({})

    application = web.Application()
    application.router.add_post("/", answer_and_note)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with connected(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            await client.send_request(action="ListTables", payload={})
    finally:
        await runner.cleanup()

    assert hosts == ["127.0.0.1"]
