"""Secrets by ARN, from a server that answers as the two services do."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from talkroom.aws.endpoints import ServiceEndpoints
from talkroom.aws.secrets import SecretUnreadable, read_secret
from talkroom.aws.signed_http import SignedHttp
from tests.adapters.scripted_http import Deed, ScriptedServer, raw, reset, scripted, signed, status

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:talkroom/token-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-central-1:123456789012:parameter/talkroom/token"


@asynccontextmanager
async def services() -> AsyncIterator[tuple[ScriptedServer, SignedHttp, ServiceEndpoints]]:
    """Both on one address, as an emulator has them."""
    async with scripted() as server, signed() as http:
        yield server, http, ServiceEndpoints({"AWS_ENDPOINT_URL": server.origin})


def answer(body: object, code: int = 200) -> Deed:
    """JSON."""
    return status(code, body=msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("arn", "target", "asked", "answered"),
    [
        (
            SECRET,
            "secretsmanager.GetSecretValue",
            {"SecretId": SECRET},
            {"SecretString": "hidden", "Name": "talkroom/token"},
        ),
        (
            PARAMETER,
            "AmazonSSM.GetParameter",
            {"Name": PARAMETER, "WithDecryption": True},
            {"Parameter": {"Value": "hidden"}},
        ),
    ],
)
async def test_reads_a_secret(arn: str, target: str, asked: object, answered: object) -> None:
    """In the ARN's region, which need not be ours."""
    async with services() as (server, http, endpoints):
        server.otherwise = answer(answered)
        assert "hidden" == await read_secret(http, arn, endpoints)

    (request,) = server.received
    assert (target, asked) == (request.headers["x-amz-target"], msgspec.json.decode(request.body))
    assert f"/eu-central-1/{arn.split(':')[2]}/aws4_request" in request.headers["authorization"]


@pytest.mark.parametrize("fault", [status(500), answer({"__type": "ThrottlingException"}, 400), reset, raw(b"")])
async def test_a_fault_is_repeated(fault: Deed) -> None:
    """Reading twice does no harm."""
    async with services() as (server, http, endpoints):
        server.tell("", fault, answer({"SecretString": "hidden"}))
        assert "hidden" == await read_secret(http, SECRET, endpoints)


@pytest.mark.parametrize(
    ("arn", "said", "advice"),
    [
        (
            SECRET,
            answer({"__type": "AccessDeniedException", "Message": "no"}, 400),
            "AccessDeniedException.*secretsmanager:Get",
        ),
        (
            SECRET,
            answer({"__type": "com.aws#ResourceNotFoundException"}, 400),
            "400 ResourceNotFoundException.*eu-central-1",
        ),
        (PARAMETER, answer({"__type": "ParameterNotFound"}, 400), "ParameterNotFound.*ssm:GetParameter"),
        (SECRET, answer({"SecretBinary": "aGlkZGVu"}), "holds no text"),
        (PARAMETER, answer({"Parameter": ["hidden"]}), "holds no text"),
        (SECRET, answer({"SecretString": ""}), "holds no text"),
        (SECRET, status(200, body=b'"hidden'), "holds no text"),
        (SECRET, status(404), "404 without a name"),
    ],
)
async def test_what_cannot_be_read_says_what_to_do(
    arn: str, said: Deed, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With the ARN, and nothing of an answer."""
    caplog.set_level(logging.DEBUG)
    async with services() as (server, http, endpoints):
        server.otherwise = said
        with pytest.raises(SecretUnreadable, match=advice) as unreadable:
            await read_secret(http, arn, endpoints)

    assert arn in str(unreadable.value)
    assert "hidden" not in str(unreadable.value) + caplog.text


@pytest.mark.parametrize(
    "arn",
    [
        "hidden",
        "",
        "arn:aws:s3:::hidden",
        "arn:aws:ssm:eu-west-1:1:document/hidden",
        "arn:aws:secretsmanager::1:secret:x",
    ],
)
async def test_what_is_no_arn_is_not_repeated(arn: str) -> None:
    """It may be the secret itself, put into the wrong variable."""
    async with services() as (server, http, endpoints):
        with pytest.raises(SecretUnreadable, match="arn:aws:secretsmanager:") as unreadable:
            await read_secret(http, arn, endpoints)

    assert "hidden" not in str(unreadable.value)
    assert [] == server.received
