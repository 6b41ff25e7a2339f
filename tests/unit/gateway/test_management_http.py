"""The management API over HTTP: its paths, its answers, and what it logs."""

import logging

import pytest

from tests.unit.gateway.management_served import (
    BROKEN,
    CLOSED,
    ENCODED,
    KEY,
    MALFORMED,
    OPEN,
    PATH,
    SLOW,
    Served,
    head_of,
    raw,
    read_status,
    serve,
    talk,
)

# the wire


@pytest.mark.parametrize(
    "target", [PATH, ENCODED, "/prod/@connections/R0oXAdfD0kwCH6w%3D", "/prod/%40connections/R0oXAdfD0kwCH6w="]
)
async def test_accepts_plain_and_encoded_paths(served: Served, target: str) -> None:
    """Each signed and sent as it is."""
    async with served.request("POST", target, b"hi") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    assert served.management.posts == [(OPEN, b"hi")]


async def test_accepts_a_path_that_the_http_client_decodes(served: Served) -> None:
    """aiohttp's client sends `@` for the `%40` that was signed."""
    async with served.http.post(
        f"http://127.0.0.1:{served.port}{ENCODED}", data=b"hi", headers=served.sign("POST", ENCODED, b"hi")
    ) as answer:
        assert (answer.status, answer.request_info.url.raw_path) == (200, PATH)


async def test_answers_get_in_the_names_of_the_wire(served: Served) -> None:
    """Lower camel case, milliseconds with Z, null for no user agent."""
    async with served.request("GET", ENCODED) as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == {
            "connectedAt": "2022-01-25T18:50:04.673Z",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": None},
            "lastActiveAt": "2022-01-25T18:50:07.642Z",
        }


async def test_answers_delete_with_nothing(served: Served) -> None:
    """204, no body."""
    async with served.request("DELETE", ENCODED) as answer:
        assert (answer.status, await answer.read()) == (204, b"")


@pytest.mark.parametrize(
    ("connection_id", "status", "name", "message"),
    [
        (CLOSED, 410, "GoneException", f"connection {CLOSED} is not open"),
        (SLOW, 429, "LimitExceededException", "the client does not read"),
        (MALFORMED, 400, "BadRequestException", f"Invalid connectionId: {MALFORMED}"),
        ("%E2%98%83", 400, "BadRequestException", "Invalid connectionId: ☃"),
        ("%FF", 400, "BadRequestException", "Invalid connectionId: \ufffd"),
    ],
)
async def test_answers_an_error_by_header_and_message(
    served: Served, connection_id: str, status: int, name: str, message: str
) -> None:
    """SDKs read the header, people the body."""
    async with served.request("POST", f"/prod/@connections/{connection_id}", b"hi") as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, name)
        assert await answer.json() == {"message": message}


@pytest.mark.parametrize(
    ("method", "target"), [("POST", PATH), ("DELETE", PATH), ("POST", PATH + "x"), ("GET", "/prod/@connections")]
)
async def test_every_answer_has_a_request_id(served: Served, method: str, target: str) -> None:
    """Success or not."""
    async with served.request(method, target) as answer:
        assert answer.headers["x-amzn-RequestId"] == "request-1"


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("GET", "/prod/@connections", "@connections"),
        ("GET", "/prod/@connections/", "@connections/"),
        ("POST", PATH + "/more", f"@connections/{OPEN}/more"),
        ("POST", PATH + "%2Fmore", f"@connections/{OPEN}/more"),
        ("PUT", PATH, f"@connections/{OPEN}"),
    ],
)
async def test_other_calls_find_no_method(served: Served, method: str, target: str, route: str) -> None:
    """In AWS's words."""
    async with served.request(method, target) as answer:
        assert answer.status == 404
        assert await answer.json() == {"message": f"No method found matching route {route} for http method {method}."}
    assert served.management.calls == 0


async def test_a_head_request_finds_no_method_either(served: Served) -> None:
    """And its answer has no body, which would be taken for the next answer."""
    async with served.request("HEAD", PATH) as answer:
        assert (404, b"") == (answer.status, await answer.read())


@pytest.mark.parametrize("headers", [None, {}])
@pytest.mark.parametrize("target", [PATH.removeprefix("/prod"), PATH.replace("prod", "test"), "/test" + PATH])
async def test_a_path_that_misses_the_stage_is_forbidden(
    served: Served, target: str, headers: dict[str, str] | None
) -> None:
    """As observed on AWS; here whether it is signed or not."""
    async with served.request("POST", target, headers=headers) as answer:
        assert (403, "ForbiddenException") == (answer.status, answer.headers["x-amzn-ErrorType"])
        assert {"message": "Forbidden"} == await answer.json()


@pytest.mark.parametrize(
    "target", ["/", "/prod", PATH.replace("@", "%2540"), PATH.replace("@connections", "@connection")]
)
async def test_other_paths_are_not_ours(served: Served, target: str) -> None:
    """They are for the other pages of the server."""
    async with served.request("POST", target) as answer:
        assert answer.status == 404
        assert "x-amzn-RequestId" not in answer.headers


# custom domains: E.107 of the contract page

DOMAINS = {"chat.example.com": "room", "ws.example.com": ""}


async def call(served: Served, host: str, target: str) -> tuple[int, str]:
    """The status and the message that a post to a host is answered with."""
    headers = served.sign_for(host, "POST", target, b"hi")
    async with served.request("POST", target, b"hi", headers=headers) as answer:
        return answer.status, (await answer.json())["message"] if answer.status != 200 else ""


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("ws.example.com", ""),
        ("WS.example.com:443", ""),
        ("chat.example.com", "/room"),
        ("other.example.com", "/prod"),
        ("127.0.0.1:8080", "/prod"),
    ],
)
@pytest.mark.parametrize("rest", [f"/@connections/{OPEN}", "/%40connections/R0oXAdfD0kwCH6w%3D"])
async def test_on_a_custom_domain_the_mapping_stands_in_for_the_stage(host: str, base: str, rest: str) -> None:
    """And on every other host the path names the stage."""
    async with serve(custom_domains=DOMAINS) as served:
        assert (200, "") == await call(served, host, base + rest)


@pytest.mark.parametrize(("host", "base"), [("ws.example.com", ""), ("chat.example.com", "/room")])
async def test_on_a_custom_domain_the_stage_is_no_part_of_the_path(host: str, base: str) -> None:
    """In the words captured by somebody who had left it there."""
    async with serve(custom_domains=DOMAINS, stage="test0") as served:
        answer = await call(served, host, f"{base}/test0/@connections/PxWP8cfSDoECFYw=")

    words = "No method found matching route test0/@connections/PxWP8cfSDoECFYw= for http method POST."
    assert (404, words) == answer


@pytest.mark.parametrize("path", ["/prod", "", "/roo", "/rooms"])
async def test_a_path_without_the_mapping_s_key_is_forbidden(path: str) -> None:
    """It leads to nothing on that domain."""
    async with serve(custom_domains=DOMAINS) as served:
        assert (403, "Forbidden") == await call(served, "chat.example.com", f"{path}/@connections/{OPEN}")


# connections that are used again


async def test_many_posts_share_one_tcp_connection(served: Served) -> None:
    """A sender does not pay for a new one each time, whatever the answers are."""
    posts = [(PATH, b"one"), (PATH.replace(OPEN, CLOSED), b"two"), (PATH, b"three")]
    async with talk(served, b"") as (reader, writer):
        statuses = []
        for target, body in posts:
            headers = served.sign("POST", target, body) | {"Content-Length": str(len(body))}
            writer.write(head_of("POST", target, headers) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            statuses.append(int(head.split()[1]))
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))

    assert [200, 410, 200] == statuses
    assert [b"one", b"three"] == [payload for _, payload in served.management.posts]


async def test_a_call_without_a_host_is_answered(served: Served) -> None:
    """HTTP/1.0 needs none; a signature does."""
    async with talk(served, f"POST {PATH} HTTP/1.0\r\n\r\n".encode()) as (reader, _):
        assert 403 == await read_status(reader)


# absurd ids


@pytest.mark.parametrize(
    ("spelled", "shown"),
    [
        ("x" * 7_000, "x" * 7_000),
        ("%00", "\0"),
        ("%F0%9F%98%80", "\U0001f600"),
        ("..%2E", "..."),
        ("%22%3Cb%3E%0D%0A", '"<b>\r\n'),
        ("R0oXAdfD0kwCH6w==", "R0oXAdfD0kwCH6w=="),
    ],
)
async def test_an_absurd_id_is_a_malformed_one(served: Served, spelled: str, shown: str) -> None:
    """And is shown in JSON, where it does no harm."""
    target = f"/prod/@connections/{spelled}"
    async with served.request("POST", target, b"hi") as answer:
        assert (400, {"message": f"Invalid connectionId: {shown}"}) == (answer.status, await answer.json())


async def test_two_hosts_are_refused(served: Served) -> None:
    """No signer has signed two."""
    headers = served.sign("POST", PATH) | {"Content-Length": "0"}
    head = head_of("POST", PATH, headers).replace(b"Host: ", b"Host: evil.example.com\r\nHost: ")
    assert await raw(served, head) in (400, 403)
    assert served.management.calls == 0


# faults and logs


async def test_a_fault_is_answered_without_its_trace(served: Served) -> None:
    """The caller is told that it was not its fault, and no more."""
    async with served.request("POST", f"/prod/@connections/{BROKEN}", b"a secret word") as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (500, "InternalServerErrorException")
        assert await answer.json() == {"message": "Internal server error"}


async def test_a_fault_is_logged_with_its_place_and_without_the_payload(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The exception quotes the payload; the log does not quote the exception."""
    async with served.request("POST", f"/prod/@connections/{BROKEN}", b"a secret word"):
        pass
    assert "management request request-1 failed: RuntimeError" in caplog.text
    assert "in post_to_connection" in caplog.text
    assert "a secret word" not in caplog.text


async def test_neither_payload_nor_signature_is_logged(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """At any level, accepted or refused."""
    caplog.set_level(logging.DEBUG)
    headers = served.sign("POST", PATH, b"a secret word")
    caplog.clear()
    async with served.request("POST", PATH, b"a secret word", headers=headers) as accepted:
        assert accepted.status == 200
    async with served.request("POST", PATH, b"another word", headers=headers) as rejected:
        assert rejected.status == 403
    for hidden in ("a secret word", "another word", headers["Authorization"][-64:], KEY.secret_access_key):
        assert hidden not in caplog.text
