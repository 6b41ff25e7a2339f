"""Functions that bring their own runtime client, and runtimes that the developer says how to start."""

import json
import sys
from pathlib import Path

import pytest

from talkroom.functions.failures import FunctionFailed
from tests.functions.kit import Records, a_spec, call, hosting

CLIENT = f"""#!{sys.executable}
import http.client
import json
import os
import sys

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
print("bootstrap", *sys.argv[1:], flush=True)


def call(method, path, body=None, headers={{}}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer, answer.read()


while True:
    invocation, body = call("GET", "invocation/next")
    event = json.loads(body)
    path = "invocation/" + invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    if event["do"] == "raise":
        call("POST", path + "/error", "oops", {{"Lambda-Runtime-Function-Error-Type": "Function.Odd"}})
    else:
        variables = {{name: os.environ.get(name) for name in ("_HANDLER", "AWS_EXECUTION_ENV")}}
        result = json.dumps({{"event": event, **variables}}).encode()
        call("POST", path + "/response", iter([result[:3], result[3:]]))
"""


def write_client(file: Path, mode: int = 0o755) -> None:
    """The program above."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CLIENT)
    file.chmod(mode)


async def test_a_bootstrap_runs_the_function(tmp_path: Path) -> None:
    """Its results come in chunks here."""
    write_client(tmp_path / "bootstrap")
    async with hosting(a_spec(tmp_path, runtime="provided.al2023", handler="anything")) as host:
        result = await call(host, "echo")
    assert {"event": {"do": "echo"}, "_HANDLER": "anything", "AWS_EXECUTION_ENV": None} == result


async def test_a_bootstrap_s_error_is_the_failure(tmp_path: Path) -> None:
    """Even when it says little."""
    write_client(tmp_path / "bootstrap")
    async with hosting(a_spec(tmp_path, runtime="provided.al2023")) as host:
        with pytest.raises(FunctionFailed) as raised:
            await host.invoke(b'{"do": "raise"}')
    assert "Function.Odd" == raised.value.error_type


async def test_a_bootstrap_may_be_in_a_layer(tmp_path: Path) -> None:
    """As runtimes are shared."""
    write_client(tmp_path / "layer/bootstrap")
    (tmp_path / "code").mkdir()
    spec = a_spec(tmp_path / "code", runtime="provided.al2023", layers=(tmp_path / "layer",))
    async with hosting(spec) as host:
        assert {"do": "echo"} == (await call(host, "echo"))["event"]


async def test_a_bootstrap_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    """Its first line names an interpreter that is not there."""
    (tmp_path / "bootstrap").write_text("#!/nowhere/sh\n")
    (tmp_path / "bootstrap").chmod(0o755)
    async with hosting(a_spec(tmp_path, runtime="provided.al2023")) as host:
        with pytest.raises(FunctionFailed) as raised:
            await host.invoke(b"{}")
    assert f"Echo: {tmp_path}/bootstrap cannot be started" in raised.value.message


async def test_a_runtime_s_command_runs_the_function(tmp_path: Path, records: Records) -> None:
    """With the handler and the code's folder where the command names them."""
    write_client(tmp_path / "client.py", 0o644)
    commands = {"java": "false", "java21": f"{sys.executable} {{code}}/client.py '--handler={{handler}}'"}
    spec = a_spec(tmp_path, runtime="java21", handler="chat.Handler::run")
    async with hosting(spec, runtime_commands=commands) as host:
        result = json.loads(await host.invoke(b'{"do": "echo"}'))
    assert "AWS_Lambda_java21" == result["AWS_EXECUTION_ENV"]
    assert "bootstrap --handler=chat.Handler::run" in records.texts
