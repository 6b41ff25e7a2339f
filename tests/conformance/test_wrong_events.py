"""Checks of events bite: gateways whose events are those of other emulators depart from them."""

from functools import partial
from pathlib import Path

from tests.conformance import emulators
from tests.conformance.wrong_gateway import Distortion, departures, departures_of, distort, gateway_here

WRONG: dict[Distortion, dict[int, str]] = {
    emulators.serverless_offline: {
        37: "integrationLatency of CONNECT is a number, and this is '42'",
        45: "has also messageId",
        53: "has not disconnectReason, disconnectStatusCode",
        54: "disconnectStatusCode is an integer, and this is None",
        55: "connectionId of CONNECT is 15 characters",
        56: "extendedRequestId, as requestId",
        59: "identity of CONNECT",
        61: "apiId",
        62: "stageVariables of CONNECT",
        64: "DISCONNECT is not Powertools' APIGatewayWebSocketDisconnectEventModel",
    },
    emulators.ministack: {
        37: "integrationLatency of CONNECT is a number, and this is None",
        45: "CONNECT has also body, multiValueQueryStringParameters, queryStringParameters",
        46: "CONNECT of a handshake without a query has multiValueQueryStringParameters",
        48: "what was sent, among ['cookie', 'headerauth1'",
        50: "Host: API Gateway's is",
        51: "requestContext of MESSAGE has not messageDirection",
        53: "DISCONNECT has not headers, multiValueHeaders and has also body",
        55: "connectionId of CONNECT is 15 characters",
        56: "extendedRequestId, as requestId",
        58: "connectedAt of",
        59: "has null at queryStringParameters",
        62: "stageVariables of CONNECT",
        63: "'messageDirection': None",
        64: "CONNECT is not Powertools' APIGatewayWebSocketConnectEventModel",
    },
    emulators.sandbox: {
        53: "requestContext of DISCONNECT has not disconnectStatusCode",
        54: "disconnectStatusCode is an integer, and this is None",
        55: "requestId of CONNECT is 15 characters",
        56: "different request ids",
        64: "disconnectStatusCode",
    },
    emulators.as_an_http_api: {
        34: "has also isBase64Encoded",
        35: "has no connectionId",
        47: "multiValueQueryStringParameters",
        49: "CONNECT has the headers Connection",
        51: "MESSAGE has also headers, stageVariables",
        52: "body: API Gateway's is",
        57: "requestTimeEpoch of CONNECT is an integer",
        60: "has accountId, httpMethod, resourcePath",
        62: "has stageVariables",
        64: "requestTimeEpoch is 1",
    },
}


async def test_the_events_of_others_depart(tmp_path: Path) -> None:
    """From each check that the contract page names for them, and for that reason; and ours from none."""
    async with gateway_here(tmp_path) as options:
        right = await departures(options, range(45, 65))
        seen = {
            distortion.__name__: await departures_of(partial(distort, distortion=distortion), expected, options)
            for distortion, expected in WRONG.items()
        }

    assert {} == right
    assert {distortion.__name__: expected for distortion, expected in WRONG.items()} == seen
