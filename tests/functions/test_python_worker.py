"""Python functions, as far as they differ from others."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from talkroom.functions.commands import PYTHON_WORKER
from talkroom.functions.failures import FunctionFailed
from tests.functions.kit import Records, a_spec, hosting


async def run(folder: Path, source: str, *, event: Any = None, file: str = "app.py", **fields: Any) -> Any:
    """The result of a function of this source. Raises FunctionFailed."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    async with hosting(a_spec(folder, **fields)) as host:
        return json.loads(await host.invoke(json.dumps(event).encode()))


async def fail(folder: Path, source: str, **options: Any) -> FunctionFailed:
    """Why such a function fails."""
    with pytest.raises(FunctionFailed) as raised:
        await run(folder, source, **options)
    return raised.value


# handlers


@pytest.mark.parametrize("handler", ["src/app.handler", "src.app.handler"])
async def test_a_handler_may_be_in_a_package(tmp_path: Path, handler: str) -> None:
    """With slashes or with dots, and its neighbours can be imported."""
    (tmp_path / "shared.py").write_text("ANSWER = 42")
    source = "import shared\ndef handler(event, context):\n    return shared.ANSWER"
    assert 42 == await run(tmp_path, source, file="src/app.py", handler=handler)


async def test_a_module_of_the_worker_s_name_is_the_function_s(tmp_path: Path) -> None:
    """The worker's own folder is not searched."""
    source = "def handler(event, context):\n    return __file__"
    file = "python_worker.py"
    assert str(tmp_path / file) == await run(tmp_path, source, file=file, handler="python_worker.handler")


async def test_a_built_in_module_is_no_handler(tmp_path: Path) -> None:
    """Python would import its own."""
    failed = await fail(tmp_path, "", file="time.py", handler="time.handler")
    assert "Runtime.BuiltInModuleConflict" == failed.error_type


async def test_a_missing_module_is_told_in_lambda_s_words(tmp_path: Path) -> None:
    """Which developers search for."""
    failed = await fail(tmp_path, "import nowhere_to_be_found")
    assert "Unable to import module 'app': No module named 'nowhere_to_be_found'" == failed.message
    assert 'app.py", line 1, in <module>' in failed.describe()


async def test_an_error_at_the_import_keeps_its_type(tmp_path: Path) -> None:
    """Such as a variable that is not set."""
    failed = await fail(tmp_path, "import os\nTABLE = os.environ['TABLE']")
    assert ("KeyError", "'TABLE'") == (failed.error_type, failed.message)


async def test_a_layer_can_be_imported(tmp_path: Path) -> None:
    """The later one of two that have the same module."""
    for number in (1, 2):
        folder = tmp_path / f"layer{number}/python"
        folder.mkdir(parents=True)
        (folder / "shared.py").write_text(f"NUMBER = {number}")
    source = "import shared\ndef handler(event, context):\n    return shared.NUMBER"
    layers = (tmp_path / "layer1", tmp_path / "layer2")
    assert 2 == await run(tmp_path / "code", source, layers=layers)


# results


async def test_decimal_numbers_and_bytes_are_encoded(tmp_path: Path) -> None:
    """As awslambdaric does: DynamoDB's numbers come as decimals."""
    source = """
from decimal import Decimal
def handler(event, context):
    return {"whole": Decimal("12345678901234567890"), "part": Decimal("10.50"), "bytes": b"text"}
"""
    assert {"whole": 12345678901234567890, "part": 10.5, "bytes": "text"} == await run(tmp_path, source)


async def test_what_is_not_a_number_has_no_json(tmp_path: Path) -> None:
    """Python would write NaN."""
    failed = await fail(tmp_path, "def handler(event, context):\n    return float('nan')")
    assert "Runtime.MarshalError" == failed.error_type


@pytest.mark.parametrize(("status", "message"), [("1", "exit status 1"), ("", "without providing a reason")])
async def test_sys_exit_ends_the_process(tmp_path: Path, status: str, message: str) -> None:
    """It is not an error of the handler's."""
    failed = await fail(tmp_path, f"import sys\ndef handler(event, context):\n    sys.exit({status})")
    assert "Runtime.ExitError" == failed.error_type
    assert message in failed.message


# traces


async def test_a_trace_tells_the_cause(tmp_path: Path) -> None:
    """As Python prints it."""
    source = """
def handler(event, context):
    try:
        {}["table"]
    except KeyError as error:
        raise RuntimeError("no table") from error
"""
    failed = await fail(tmp_path, source)
    told = failed.describe()
    assert told.startswith("Traceback (most recent call last):")
    assert "The above exception was the direct cause of the following exception:" in told
    assert told.endswith("RuntimeError: no table")


async def test_a_long_trace_is_shortened(tmp_path: Path) -> None:
    """Of an endless recursion through two functions."""
    source = """
def handler(event, context):
    return again(event)
def again(event):
    return handler(event, None)
"""
    failed = await fail(tmp_path, source)
    assert ("RecursionError", 201) == (failed.error_type, len(failed.trace))


async def test_an_error_that_cannot_be_printed_is_told_nevertheless(tmp_path: Path) -> None:
    """By its type."""
    source = """
class Odd(Exception):
    def __str__(self):
        raise ValueError("no")
def handler(event, context):
    raise Odd()
"""
    failed = await fail(tmp_path, source)
    assert "Odd" == failed.error_type


# logging and context


async def test_the_root_logger_prints_warnings_as_on_lambda(tmp_path: Path, records: Records) -> None:
    """With level, time and request; what is below a warning is not printed."""
    source = """
import logging
def handler(event, context):
    logging.info("not this")
    logging.warning("one\\ntwo")
    return context.aws_request_id
"""
    request_id = await run(tmp_path, source)
    printed = next(text for text in records.texts if "one" in text)
    level, time, request, message = printed.split("\t")
    assert ("[WARNING]", request_id, "one\ntwo") == (level, request, message)
    assert len("2026-01-01T00:00:00.000Z") == len(time)
    assert records.find("not this") is None


async def test_a_function_may_set_its_own_level(tmp_path: Path, records: Records) -> None:
    """As the Lambda guide shows it."""
    source = """
import logging
logger = logging.getLogger()
logger.setLevel("INFO")
def handler(event, context):
    logger.info("now this")
"""
    await run(tmp_path, source)
    assert records.find("[INFO]") is not None


async def test_the_context_can_log(tmp_path: Path, records: Records) -> None:
    """As it is."""
    await run(tmp_path, "def handler(event, context):\n    context.log('plain')")
    assert "plain" in records.texts


async def test_the_context_has_what_is_documented(tmp_path: Path) -> None:
    """For code that looks at who invoked it."""
    source = """
def handler(event, context):
    return [context.client_context, context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]
"""
    assert [None, None, None] == await run(tmp_path, source)


# the worker


def test_the_worker_is_a_program_for_python_3_9() -> None:
    """The developer's interpreter may be that old."""
    ast.parse(PYTHON_WORKER.read_text(), feature_version=(3, 9))


def test_the_worker_needs_the_standard_library_alone() -> None:
    """The developer's interpreter has nothing of ours."""
    tree = ast.parse(PYTHON_WORKER.read_text())
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert set() == {name.partition(".")[0] for name in plain | of} - sys.stdlib_module_names
