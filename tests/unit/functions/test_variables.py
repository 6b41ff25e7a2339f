"""The environment variables of functions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from talkroom.functions.settings import Credentials, inherit_variables
from talkroom.functions.variables import WORKERS, make_variables
from tests.functions.kit import a_spec, some_settings

INHERITED = {"PATH": "/usr/bin:/bin", "HOME": "/home/developer", "TMPDIR": "/home/developer/tmp"}


def variables(settings: dict[str, Any] | None = None, **fields: Any) -> dict[str, str]:
    """Of a function in /code."""
    return make_variables(
        a_spec(Path("/code"), **fields),
        some_settings(**{"inherited": INHERITED, **(settings or {})}),
        code=Path("/code"),
        runtime_api="127.0.0.1:9001",
        now=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_a_function_has_lambda_s_variables_and_no_others() -> None:
    """Those of "Using Lambda environment variables"."""
    given = variables(memory_mb=256)
    stream = given.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert stream.startswith("2026/01/02/[$LATEST]")
    assert len("2026/01/02/[$LATEST]") + 32 == len(stream)
    assert given == {
        **INHERITED,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_NAME": "echo-function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/echo-function",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "LAMBDA_TASK_ROOT": "/code",
        "LAMBDA_RUNTIME_DIR": str(WORKERS),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a secret of the tests",
    }


def test_a_session_token_is_given_when_there_is_one() -> None:
    """The SDKs sign with it then."""
    credentials = Credentials(access_key_id="A", secret_access_key="B", session_token="C")
    assert "C" == variables({"credentials": credentials})["AWS_SESSION_TOKEN"]


def test_an_os_only_runtime_has_no_execution_environment() -> None:
    """As the guide says."""
    assert "AWS_EXECUTION_ENV" not in variables(runtime="provided.al2023")


def test_the_nearest_value_of_a_variable_counts() -> None:
    """Every function's, the function's own, its overrides; and what Lambda reserves above all."""
    settings = {
        "environment": {"A": "all", "B": "all", "C": "all"},
        "overrides": {"Echo": {"C": "override", "AWS_REGION": "nowhere"}, "Other": {"A": "other"}},
    }
    given = variables(settings, environment={"B": "own", "C": "own", "TZ": "Asia/Tokyo"})
    assert ("all", "own", "override") == (given["A"], given["B"], given["C"])
    assert ("Asia/Tokyo", "us-east-1") == (given["TZ"], given["AWS_REGION"])


def test_layers_are_found_by_every_language(tmp_path: Path) -> None:
    """The later one first, and only what is there."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in ("python", "nodejs/node_modules", "bin", "lib"):
        (one / folder).mkdir(parents=True)
    for folder in ("python/lib/python3.12/site-packages", "python", "bin"):
        (two / folder).mkdir(parents=True, exist_ok=True)
    given = variables(layers=(one, two), environment={"PYTHONPATH": "/code/shared"})
    assert given["PYTHONPATH"].split(":") == [
        "/code/shared",
        f"{two}/python/lib/python3.12/site-packages",
        f"{two}/python",
        f"{one}/python",
    ]
    assert f"{one}/nodejs/node_modules" == given["NODE_PATH"]
    assert f"{one}/lib" == given["LD_LIBRARY_PATH"]
    assert f"{two}/bin:{one}/bin:/usr/bin:/bin" == given["PATH"]


def test_a_layer_for_one_version_of_node_is_found(tmp_path: Path) -> None:
    """Before what is for all of them."""
    for folder in ("nodejs/node22/node_modules", "nodejs/node_modules"):
        (tmp_path / folder).mkdir(parents=True)
    given = variables(runtime="nodejs22.x", layers=(tmp_path,))
    assert f"{tmp_path}/nodejs/node22/node_modules:{tmp_path}/nodejs/node_modules" == given["NODE_PATH"]


def test_nothing_but_paths_is_inherited() -> None:
    """What is not set is not there."""
    developers = {"PATH": "/bin", "HOME": "/home/developer", "SECRET": "no"}

    assert {"PATH": "/bin", "HOME": "/home/developer"} == inherit_variables(developers)


def test_secrets_are_not_shown() -> None:
    """Settings are printed when something is wrong."""
    settings = some_settings(environment={"TOKEN": "hidden"}, overrides={"Echo": {"TOKEN": "hidden"}})
    assert "secret of the tests" not in repr(settings)
    assert "hidden" not in repr(settings)
