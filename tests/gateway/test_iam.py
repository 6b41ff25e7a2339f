"""AWS_IAM on real sockets: handshakes signed in their headers or in their URL, and what the refused are told."""

import msgspec
import pytest

from talkroom.conformance.wire import Response, Wire, handshake
from talkroom.gateway.iam import IamAuthorization
from talkroom.gateway.permissions import stage_arn
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import RequestToVerify
from tests.gateway.kit import Probe, Serve
from tests.unit.gateway.signed import KEY, SIGNED_AT_MS, sign_handshake, sign_query, with_header, with_target

IAM = IamAuthorization(
    SignatureVerifier([KEY], lambda: SIGNED_AT_MS),
    stage_arn(region="us-east-1", account_id="000000000000", api_id="talkroom00", stage="prod"),
)


async def answer(port: int, request: RequestToVerify) -> Response:
    """To this handshake."""
    async with await Wire.connect(port) as wire:
        wire.send(handshake(request.target, request.headers))
        return await wire.response()


@pytest.mark.parametrize(
    "request_signed",
    [
        sign_handshake(),
        sign_query(),
        sign_query("/prod/?room=caf%C3%A9%20%2B&room=b"),
        sign_handshake("/prod?room=%E3%81%82"),
    ],
    ids=["headers", "query", "query with more", "headers and a query"],
)
async def test_a_signed_handshake_opens_a_connection(serve: Serve, request_signed: RequestToVerify) -> None:
    """C.44: 101."""
    gateway = await serve({}, iam=IAM)
    assert 101 == (await answer(gateway.port, request_signed)).status


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (with_header(sign_handshake(), "Authorization"), "Missing Authentication Token"),
        (with_target(sign_query(), sign_query().target[:-1]), "The request signature we calculated does not match"),
        (with_header(sign_query(), "Host", "other.example.com"), "The request signature we calculated does not match"),
        (
            with_target(sign_query(), sign_query().target.partition("&X-Amz-Signature")[0]),
            "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
        ),
    ],
    ids=["unsigned", "another signature", "another host", "no signature"],
)
async def test_another_handshake_is_refused(serve: Serve, refused: RequestToVerify, message: str) -> None:
    """C.43 and C.44: 403 with the message and two ids; `$connect` is not invoked."""
    connected = Probe()
    gateway = await serve({"$connect": connected}, iam=IAM)
    response = await answer(gateway.port, refused)
    body = msgspec.json.decode(response.body)

    assert 403 == response.status
    assert {"message", "connectionId", "requestId"} == set(body)
    assert body["message"].startswith(message)
    assert [] == connected.events
