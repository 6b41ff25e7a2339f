"""Functions that fail, on `talkroom gateway`: what the client gets, what the developer reads, and that the next call works."""

import asyncio
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from websockets.asyncio.client import ClientConnection

from tests.e2e.template_gateway import PATIENCE_S, GatewayProcess, open_connection, put_runtime_client

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Runtime: { Type: String }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $default: { FunctionArn: !GetAtt Kettle.Arn, RouteResponseSelectionExpression: $default }
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute, RouteResponseKey: $default }
  Kettle:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: !Ref Runtime
      Handler: kettle.handler
      CodeUri: src
      Timeout: 2
      Environment: { Variables: { WATER: cold, LEAVES: none } }
"""

PYTHON = """
import os, sys, time

def boil():
    raise LookupError("no such kettle")

def handler(event, context):
    does = event["body"]
    if does == "raise":
        boil()
    if does == "exit":
        os._exit(7)
    if does == "hang":
        time.sleep(60)
    if does == "answer nonsense":
        return {1, 2}
    if does == "print garbage":
        sys.stdout.buffer.write(b"steam \\xff\\xfe\\x00\\r\\x1b[31m")
    return {"statusCode": 200, "body": f"{does}: {os.environ['WATER']}, {os.environ['LEAVES']}"}
"""

NODE = """
function boil() {
  throw new RangeError("no such kettle");
}

export async function handler(event) {
  const does = event.body;
  if (does === "raise") boil();
  if (does === "exit") process.exit(7);
  if (does === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (does === "answer nonsense") return { body: 1n };
  if (does === "print garbage") process.stdout.write(Buffer.from("737465616d20fffe000d1b5b33316d", "hex"));
  return { statusCode: 200, body: `${does}: ${process.env.WATER}, ${process.env.LEAVES}` };
}
"""


class Language(NamedTuple):
    """What the function is written in, and who runs it."""

    runtime: str
    file: str
    source: str
    not_json: str
    """What it says of a result that is not JSON: a set in Python, a bigint in JavaScript."""
    has_runtime_client: bool = False


LANGUAGES = [
    pytest.param(Language("python3.13", "kettle.py", PYTHON, "not JSON serializable"), id="python"),
    pytest.param(Language("nodejs22.x", "kettle.mjs", NODE, "Unable to stringify"), id="our Node worker"),
    pytest.param(
        Language("nodejs22.x", "kettle.mjs", NODE, "Unable to stringify", has_runtime_client=True), id="aws-lambda-ric"
    ),
]


def make_application(language: Language, folder: Path) -> GatewayProcess:
    """The kettle in a language; not yet started."""
    (folder / "src").mkdir()
    (folder / "src" / language.file).write_text(language.source)
    (folder / "template.yaml").write_text(TEMPLATE)
    variables = {"Kettle": {"WATER": "hot"}, "Parameters": {"LEAVES": "some"}}
    (folder / "variables.json").write_text(json.dumps(variables))
    if language.has_runtime_client:
        put_runtime_client(folder)
    options = ("--parameter", f"Runtime={language.runtime}", "--env-vars", str(folder / "variables.json"))
    return GatewayProcess(folder, folder / "template.yaml", *options, environment={})


async def ask(connection: ClientConnection, text: str) -> str:
    """The frame that a message is answered with."""
    await connection.send(text)
    async with asyncio.timeout(PATIENCE_S):
        frame = await connection.recv()
    assert isinstance(frame, str)
    return frame


def failures(log: str) -> list[str]:
    """What was logged of failed invocations, each with the lines of its trace."""
    return re.findall(r"Kettle \S{8} \| failed: (.*(?:\n(?!\d{4}-).*)*)", log)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_function_that_fails_costs_one_message(language: Language, tmp_path: Path) -> None:
    """Raises, exits, hangs, answers nonsense: AWS's frame for the sender, a trace for the developer, and all is well again."""
    in_log = {
        "raise": ["no such kettle", "boil", f"src/{language.file}"],
        "exit": ["exit status 7"],
        "hang": ["Task timed out after 2.00 seconds"],
        "answer nonsense": [language.not_json],
    }
    with make_application(language, tmp_path) as gateway:
        async with open_connection(gateway.url) as client:
            for does in in_log:
                frame = json.loads(await ask(client, does))
                answer = await ask(client, "tea")

                assert "Internal server error" == frame["message"], does
                assert {"message", "connectionId", "requestId"} == set(frame)
                assert "tea: hot, some" == answer, does
        gateway.stop()
        logged = failures(gateway.log)

    assert len(in_log) == len(logged), gateway.log
    for words, failure in zip(in_log.values(), logged, strict=True):
        for word in words:
            assert word in failure


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_function_that_prints_garbage_answers(language: Language, tmp_path: Path) -> None:
    """What it prints is no part of the protocol; the log has what can be read of it."""
    with make_application(language, tmp_path) as gateway:
        async with open_connection(gateway.url) as client:
            answer = await ask(client, "print garbage")
        gateway.stop()

    assert "print garbage: hot, some" == answer
    assert re.search(r"Kettle \S{8} \| steam ", gateway.log)
