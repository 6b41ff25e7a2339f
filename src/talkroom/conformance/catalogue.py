"""The 126 behaviours of API Gateway's WebSocket APIs that the suite looks at, from section 9 of the contract page.

The weight says what a difference costs: 3, working handlers or clients break; 2, errors and observation are wrong; 1, looks. The
evidence says how it is known: D, AWS documents it; O, somebody published that they observed it on AWS; O?, one weak or contradicted
observation; I, inferred; U, unknown. Only D and O count in the score.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

SECTIONS: Final[Mapping[str, str]] = {
    "A": "Endpoint and handshake",
    "B": "Authorizer",
    "C": "Events",
    "D": "Messages",
    "E": "@connections",
    "F": "Life time",
}

SCORED: Final = frozenset({"D", "O"})
"""The evidence that counts."""


class Behaviour(msgspec.Struct, frozen=True):
    """One row of the catalogue."""

    number: int
    section: str
    weight: int
    evidence: str
    title: str

    @property
    def is_scored(self) -> bool:
        """Whether it counts in the score."""
        return self.evidence in SCORED


CATALOGUE: Final[Mapping[int, Behaviour]] = {
    row[0]: Behaviour(*row)
    for row in (
        (1, "A", 3, "D", "a handshake on `/{stage}` of an API without `$connect` is answered 101"),
        (2, "A", 1, "D", "a slash after the stage makes no difference"),
        (3, "A", 2, "O", 'an unknown stage is 403 `{"message":"Forbidden"}`, and no function is invoked'),
        (4, "A", 1, "O", "a GET without Upgrade is 426"),
        (5, "A", 3, "D", "`sec-websocket-accept` answers the key, and `Sec-WebSocket-Version: 13` is required"),
        (6, "A", 3, "D", "101 is not sent before `$connect` has returned"),
        (7, "A", 3, "O", "`$connect` that returns 200 or 201 opens the connection"),
        (8, "A", 3, "D", "`$connect` that returns 400 is a handshake answered 400"),
        (9, "A", 3, "O", "`$connect` that returns 401, 403 or 501 is a handshake answered so"),
        (10, "A", 1, "O", "`$connect` that returns 301 is a handshake answered 301, and there is no connection"),
        (11, "A", 3, "O", "`$connect` that raises is 502"),
        (12, "A", 2, "O?", "`$connect` that returns nothing, or no `statusCode`, is 502"),
        (13, "A", 2, "I", "`$connect` that takes longer than its timeout is 504"),
        (14, "A", 3, "I", "after a refused `$connect` the management API says 410 of its id"),
        (15, "A", 2, "I", "`$disconnect` is not invoked after a refused `$connect`"),
        (16, "A", 3, "D", "PostToConnection inside `$connect` is 410 GoneException"),
        (17, "A", 3, "O", "PostToConnection right after the 101 is 200, and arrives"),
        (18, "A", 2, "O", "body and headers of the result of `$connect` do not reach the client"),
        (19, "A", 3, "D", "the `Sec-WebSocket-Protocol` that `$connect` returns is in the 101"),
        (20, "A", 3, "O", "the client offers subprotocols and `$connect` returns none: 101 without the header"),
        (21, "A", 2, "D", "of several offered subprotocols none is chosen by the gateway itself"),
        (22, "A", 2, "O", "`$connect` sees the offered list as it was sent, under `Sec-WebSocket-Protocol`"),
        (23, "A", 1, "O", "offering `permessage-deflate` never breaks the connection"),
        (24, "A", 2, "D", "a handshake never goes to `$default`, and ignores the route selection expression"),
        (25, "B", 3, "D", "the authorizer is asked before `$connect`, and `$connect` is not invoked when it refuses"),
        (26, "B", 3, "D", "a missing identity source is 401, and the authorizer is not invoked"),
        (27, "B", 3, "O", "an empty identity source is 401"),
        (28, "B", 3, "D", "of two identity sources both are needed"),
        (29, "B", 3, "D", 'an authorizer that raises `Exception("Unauthorized")` is 401'),
        (30, "B", 3, "D", "a policy with Deny is 403"),
        (31, "B", 3, "O", "an Allow for another ARN is 403; `…/stage/*` matches, `…/stage/*/*` does not"),
        (32, "B", 2, "O", "an authorizer that raises anything else, or returns a malformed result, is 500"),
        (33, "B", 3, "D", "`methodArn` ends with `/{stage}/$connect`, without an HTTP method"),
        (
            34,
            "B",
            3,
            "D",
            "the authorizer's event has `type` REQUEST, `Connection` and `Upgrade`, `stageVariables`, and no `isBase64Encoded`",
        ),
        (35, "B", 2, "O", "`connectionId` and `requestId` of the authorizer's event are those of the CONNECT event"),
        (36, "B", 3, "D", "numbers and booleans of the authorizer's context arrive as strings"),
        (37, "B", 2, "O", "`integrationLatency` is a number in the CONNECT event, and absent from MESSAGE"),
        (38, "B", 3, "O", "`authorizer` with `principalId` is in MESSAGE and DISCONNECT"),
        (39, "B", 2, "D", "the authorizer is invoked once for every handshake: nothing is cached"),
        (40, "B", 1, "D", "an authorizer's context with a nested object refuses the handshake with 500"),
        (41, "B", 1, "O", "statements for other routes have no effect after the handshake"),
        (42, "B", 1, "D", "an authorizer on a route other than `$connect` is rejected when it is deployed"),
        (43, "B", 1, "O", "the body of a refusal has `message`, `connectionId` and `requestId`"),
        (
            44,
            "B",
            1,
            "O",
            "AWS_IAM: unsigned is 403 `Missing Authentication Token`; signed by headers or by query is 101",
        ),
        (45, "C", 3, "O", "CONNECT has exactly the keys of the captures, and no `body`"),
        (46, "C", 3, "O", "without a query string CONNECT has no `queryStringParameters`"),
        (
            47,
            "C",
            3,
            "I",
            "of a repeated query key the single map has the last value and the multi map all, percent-decoded",
        ),
        (48, "C", 2, "O", "header names are as the client wrote them"),
        (49, "C", 2, "O", "`Connection`, `Upgrade` and `content-length` are absent from CONNECT"),
        (50, "C", 2, "O", "`X-Forwarded-For`, `-Port`, `-Proto`, `X-Amzn-Trace-Id` and `Host` are in CONNECT"),
        (51, "C", 3, "O", "MESSAGE has exactly `requestContext`, `body` and `isBase64Encoded`, and no headers"),
        (52, "C", 3, "O", "`body` is the text as it was sent"),
        (53, "C", 3, "O", "DISCONNECT has the four headers `Host`, `x-api-key`, `X-Forwarded-For` and `x-restapi`"),
        (54, "C", 3, "O", "DISCONNECT has an integer `disconnectStatusCode` and a string `disconnectReason`"),
        (55, "C", 2, "O", "ids are 15 characters of URL-safe base64 and `=`; a `connectionId` is unique"),
        (
            56,
            "C",
            2,
            "D",
            "`requestId` equals `extendedRequestId` and is new in every event; `messageId` is another, in MESSAGE only",
        ),
        (57, "C", 2, "O", "`requestTime` is in CLF and agrees with `requestTimeEpoch`"),
        (58, "C", 3, "O", "`connectedAt` is the same in all events of a connection"),
        (59, "C", 2, "O", "`identity` has `sourceIp`, and `userAgent` only when the client sent one; no key is null"),
        (60, "C", 2, "O", "no `accountId`, `httpMethod`, `resourcePath` or `path` in `requestContext`"),
        (61, "C", 3, "O", "`https://{domainName}/{stage}` of an event is a working `@connections` endpoint"),
        (62, "C", 2, "D", "`stageVariables` are in events when the stage has some, and absent otherwise"),
        (63, "C", 2, "O", "`messageDirection` is IN, `eventType` is the kind, `isBase64Encoded` is false"),
        (64, "C", 2, "O", "events validate with Powertools' models, and fit the types of aws-lambda-go"),
        (65, "D", 3, "D", '`{"action":"sendmessage"}` goes to the route `sendmessage`, and the event says so'),
        (66, "D", 3, "D", "an unknown action goes to `$default`, and the event says `$default`"),
        (67, "D", 3, "D", "text that is not JSON goes to `$default`"),
        (68, "D", 2, "D", "JSON without the path, or that is no object, goes to `$default`"),
        (69, "D", 2, "D", "a number selects the route of its digits, an array the route `[a, b]`"),
        (70, "D", 2, "D", "nested paths and composed expressions select routes"),
        (71, "D", 3, "O", "no route and no `$default`: a `Forbidden` frame, and the connection stays open"),
        (72, "D", 1, "O", "the `Forbidden` frame is byte for byte the captured one"),
        (73, "D", 3, "O", "a handler that raises: an `Internal server error` frame, and the connection stays open"),
        (
            74,
            "D",
            2,
            "O",
            "a handler that takes too long: an `Endpoint request timed out` frame, and the connection stays open",
        ),
        (75, "D", 3, "D", "without a route response a handler's result sends nothing"),
        (76, "D", 3, "O", "without a route response `statusCode` 500 sends nothing and closes nothing"),
        (77, "D", 3, "D", "with a route response the result's `body` is sent as one text message"),
        (78, "D", 2, "O?", "with a route response and `statusCode` 500 the body is still sent"),
        (79, "D", 3, "O", "messages of one connection are handled concurrently"),
        (80, "D", 2, "D", "replies of concurrent handlers may overtake each other"),
        (81, "D", 3, "D", "a binary frame closes with 1003"),
        (82, "D", 3, "D", "a frame of 32 769 bytes closes with 1009"),
        (83, "D", 2, "D", "100 KB in frames of at most 32 KB are one MESSAGE"),
        (84, "D", 2, "D", "a message of 131 073 bytes in frames closes with 1009"),
        (85, "D", 2, "D", "a frame of exactly 32 768 bytes is accepted"),
        (86, "D", 1, "O?", "an empty text message goes to `$default` with an empty `body`"),
        (87, "D", 1, "D", "a message that its route's model refuses: a `Bad request body` frame with `messageId`"),
        (88, "E", 3, "D", "a post is 200 with an empty body, and the client gets the bytes as text"),
        (89, "E", 2, "O", "a post is a text frame whatever its `Content-Type`"),
        (90, "E", 1, "O", "bytes that are not UTF-8 are replaced as in the table measured on AWS"),
        (91, "E", 3, "D", "a post to a closed id is 410, GoneException in the SDK"),
        (92, "E", 3, "O", "a post to a well-formed unknown id is 410"),
        (93, "E", 2, "O", "a post to a malformed id is 400 `Invalid connectionId: …`"),
        (94, "E", 3, "D", "`%40connections/…%3D` and `@connections/…=` are both accepted"),
        (95, "E", 2, "D", "a post of 131 073 bytes is 413 PayloadTooLargeException"),
        (96, "E", 2, "D", "a post of 100 KB is 200, and the client gets one message"),
        (97, "E", 3, "D", "GET is 200 with the four fields, times in ISO 8601 with milliseconds"),
        (98, "E", 2, "D", "`lastActiveAt` advances with traffic, `connectedAt` stays"),
        (99, "E", 2, "D", "GET of a client without User-Agent has `userAgent` null"),
        (100, "E", 3, "D", "DELETE is 204, and the client gets close code 1000"),
        (101, "E", 3, "O", "after DELETE `$disconnect` is told 1000 `Connection Closed Normally`"),
        (102, "E", 2, "D", "DELETE and GET of a closed id are 410"),
        (103, "E", 2, "D", "unsigned is 403; signed without permission is 403 ForbiddenException"),
        (104, "E", 2, "D", "the service of the signature must be `execute-api`"),
        (105, "E", 2, "D", "a client that does not read: a post is 429 at last, and others are unaffected"),
        (106, "E", 2, "D", "more requests than the stage's throttle allows are 429"),
        (107, "E", 2, "O", "a mapped domain works without the stage in the path, and not with it"),
        (108, "E", 2, "O", "whoever has credentials can post, not only the handler"),
        (109, "E", 2, "O", "posts that are awaited one after the other arrive in order"),
        (110, "F", 3, "D", "without traffic the server closes after the idle timeout"),
        (111, "F", 2, "O", "`$disconnect` of an idle connection is told 1001 `Going away`"),
        (112, "F", 3, "O", "a message to the client resets the idle timer"),
        (113, "F", 3, "D", "a message of the client resets the idle timer"),
        (114, "F", 2, "O", "a ping is answered by a pong with its payload"),
        (115, "F", 2, "O", "a ping of the client resets the idle timer"),
        (116, "F", 1, "O", "no handler sees pings and pongs"),
        (117, "F", 1, "O", "the server sends no pings"),
        (118, "F", 3, "D", "the server closes after the connection duration however busy the connection is"),
        (119, "F", 3, "O", "a close frame without code: 1005 `Client-side close frame status not set`"),
        (120, "F", 3, "I", "a close frame with 4001 `bye`: `$disconnect` is told so"),
        (121, "F", 2, "O", "a browser that navigates away: 1001 and an empty reason"),
        (
            122,
            "F",
            2,
            "I",
            "a socket that dies without close frame: `$disconnect` comes, at the latest after the idle timeout",
        ),
        (123, "F", 3, "D", "`$disconnect` is invoked exactly once, and its errors reach no client"),
        (124, "F", 2, "D", "an API without `$disconnect` closes silently"),
        (125, "F", 2, "D", "a deployment does not drop open connections"),
        (126, "F", 2, "O", "work that a handler left un-awaited does not go on after it returned"),
    )
}
"""Every behaviour by its number."""
