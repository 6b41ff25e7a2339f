"""Writes docs/gateway-conformance.md: the conformance suite's result for our own gateway, with our notes (`make conformance`)."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from talkroom.conformance.matrix import make_matrix
from talkroom.conformance.report import Report
from talkroom.conformance.runner import run
from talkroom.entrypoints.conformance_command import make_options
from talkroom.entrypoints.own_gateway import own_gateway

PAGE: Final = Path(__file__).parents[1] / "docs" / "gateway-conformance.md"

INTRODUCTION: Final = """\
# What the gateway does as AWS does

Made by `make conformance`, which runs `talkroom conformance` on `talkroom gateway`; a test in CI runs it again and compares.
Each row is one behaviour of Amazon API Gateway for WebSocket APIs, checked from outside by URL; the same checks run on any
other gateway ([how](howto/run-your-api-gateway-app-locally.md#measure-another-gateway)).

Evidence: **D** documented by AWS, **O** observed on AWS by somebody who published it, **O?** one weak or contradicted observation,
**I** inferred from the RFC or from logic. Nothing here was measured on AWS by us. D and O make the score; the others are what we
assume until somebody measures. Weight: 3 when working clients or functions break if it is wrong, 2 for error paths and what can be
seen from outside, 1 for the rest. Limits that AWS sets in minutes and hours were shortened by configuration for the run.

"""

NOTES: Final[Mapping[int, str]] = {
    7: "204 opens the connection too (inferred).",
    13: "The status is that of REST APIs; AWS's was never published.",
    15: "AWS says nothing of it. Handlers should bear both.",
    23: "Declined; AWS accepts some offers.",
    32: "Also 500: a result without policyDocument, nothing, and what HTTP APIs take (`isAuthorized`).",
    34: "Without a query string the two maps are empty objects here; whether AWS leaves them out is unknown.",
    36: "Values that are null are left out; AWS's way is unknown.",
    43: "The texts of a Deny are the captured ones with a reason; the suite also takes the shorter one of REST APIs. That of"
    " a 500 is null.",
    44: "Any region is accepted. X-Amz-Expires is ignored, as on AWS: five minutes either way.",
    47: "The rule of REST APIs; no WebSocket capture has a repeated parameter. A plus is read as a space, and a name without an"
    " equals sign as empty: both unknown on AWS.",
    48: "A standard name that a client writes in lower case stays so; AWS's way is unknown, and the suite takes either.",
    50: "X-Forwarded-Port and -Proto say how the client connected here; on AWS they are always 443 and https.",
    57: "A handshake's time is when it came, before the authorizer, as in a capture.",
    61: "domainName has the port of this machine, so that the URL works; http and https answer on it.",
    72: "The spacing of published captures.",
    78: "One observation; some emulators treat 400 and above as an error.",
    79: "AWS promises no order. Another emulator's authors say that AWS serialises, without evidence.",
    86: "The guide's walk through route responses suggests it.",
    90: "Nine of the 25 measured rows are published; the others follow from the published rule.",
    92: "Tried with ids from captures of other APIs.",
    93: "What has not the shape of an id (15 characters and `=`) is malformed; where AWS draws the line is not known exactly.",
    95: "131,072 bytes are accepted here; whether AWS takes them was not looked at.",
    96: "Sent in frames of at most 32 KB; AWS's framing is unknown.",
    98: "Posts and pings count too here, looking does not; on AWS only messages of the client are known to.",
    105: "256 KiB wait beside the socket's buffers; AWS's size is unknown.",
    106: "A stage's throttle counts posts too here; AWS says so of the account's, so the suite also takes 429 on handshakes.",
    107: "404 here; AWS's words were captured, its status was not.",
    110: "A close frame with 1001; AWS was seen to do that and to end without one, and the suite takes either"
    " (`--idle-close abrupt`).",
    115: "Whether the ping or its pong does it, no client can tell.",
    117: "Watched for a minute, or for most of a shortened life.",
    118: "1001 here; AWS's code is not known, and an end without a close frame passes too.",
    120: "Passed through (inferred).",
    122: "1006 and an empty reason at once here; a client that vanishes without a reset is noticed by the idle timer, with"
    " 1001. The suite takes either.",
    125: "Code is replaced while connections stay, the authorizer's too.",
    126: "With `--freeze`; without it such work goes on.",
}
"""Deliberate choices and differences, beside their rows."""


CHOICES: Final[Sequence[tuple[str, str]]] = (
    ("an empty body of PostToConnection", "the client gets an empty text message, and the call is 200"),
    ("how a message over 32 KB is sent to the client", "in frames of at most 32 KB"),
    ("the status of `No method found matching route …`", "404"),
    ("a stage that does not exist in a path of `@connections`", '403 `{"message":"Forbidden"}`, whether signed or not'),
    (
        "the name of the error when a key lacks the permission",
        "`ForbiddenException`, as the SDK's model has it; people have posted `AccessDeniedException`",
    ),
    ("`queryStringParameters` of the authorizer's event without a query", "there, and empty"),
    ("names in identity sources", "headers in any case, query parameters as they are spelled"),
    ("names of headers in lower case", "kept as the client sent them"),
    ("a subprotocol of `$connect` that the client did not offer", "passed on; the client has to fail"),
    ("a route response on `$connect`", "its body is not sent"),
    (
        "a client that leaves while `$connect` is at work",
        "`$connect` is not stopped; if it succeeds, `$disconnect` follows with 1006",
    ),
    ("a message whose value is `$connect` or `$disconnect`", "goes to `$default`: reserved keys are not selected"),
    ("with a route response, a result without `statusCode` or with a body that is no text", "`Internal server error`"),
    ("`isBase64Encoded` in a result", "not looked at: the body is sent as it stands"),
    ("the text of the frame of a throttled message", "`Too Many Requests`, in the form of the other error frames"),
    (
        "what a stage's throttle counts",
        "handshakes (429), messages (the frame above) and calls of `@connections` (429) together",
    ),
    ("how an idle connection ends", "close frame 1001; `--idle-close abrupt` drops it, which has been seen too"),
    ("how a connection ends that is two hours old", "close frame 1001 `Going away`"),
    ("`disconnectReason` of 1003, 1009 and 1006", "what the close frame said; empty when there was none"),
    ("how much waits for a client that does not read", "256 KiB (`--outbox-bytes-max`), then 429"),
    ("identity fields of connections with AWS_IAM", "none: no capture is known"),
    ("whether the API may invoke the function (`AWS::Lambda::Permission`)", "not looked at: it may"),
    ("API keys", "a template that requires one is refused, because the route would be open here"),
)
"""What AWS does is unknown or not said, and this is what the gateway does."""


def make_page(report: Report) -> str:
    """The whole page."""
    rows = [f"| {question} | {answer} |" for question, answer in CHOICES]
    choices = [
        "",
        "## Where AWS's behaviour is unknown",
        "",
        "Nobody has published what AWS does, or what was published contradicts itself. Functions and clients should bear either.",
        "",
        "| what | here |",
        "| --- | --- |",
        *rows,
    ]
    return INTRODUCTION + make_matrix(report, NOTES) + "\n".join(choices) + "\n"


def measure() -> Report:
    """The suite's report on our own gateway."""
    with TemporaryDirectory(prefix="talkroom-conformance-") as folder, own_gateway(Path(folder)) as own:
        return asyncio.run(run(make_options(own)))


def main() -> None:
    """Measure and write."""
    report = measure()
    PAGE.write_text(make_page(report), encoding="utf-8")
    print(report.to_text())


if __name__ == "__main__":
    main()
