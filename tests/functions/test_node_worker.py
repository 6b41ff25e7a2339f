"""Node.js functions, as far as they differ from others."""

import json
from pathlib import Path
from typing import Any

import pytest

from talkroom.functions.failures import FunctionFailed
from tests.functions.kit import Records, a_spec, hosting


async def run(folder: Path, source: str, *, event: Any = None, file: str = "app.js", **fields: Any) -> Any:
    """The result of a function of this source. Raises FunctionFailed."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    async with hosting(a_spec(folder, **{"runtime": "nodejs20.x", **fields})) as host:
        return json.loads(await host.invoke(json.dumps(event).encode()))


async def fail(folder: Path, source: str, **options: Any) -> FunctionFailed:
    """Why such a function fails."""
    with pytest.raises(FunctionFailed) as raised:
        await run(folder, source, **options)
    return raised.value


# modules

ESM = "import path from 'node:path';\nexport const handler = async () => path.basename(import.meta.url);"
CJS = "const path = require('node:path');\nexports.handler = async () => path.basename(__filename);"


@pytest.mark.parametrize(
    ("file", "source", "kind"),
    [
        ("app.mjs", ESM, None),
        ("app.cjs", CJS, None),
        ("app.js", CJS, None),
        ("app.js", CJS, "commonjs"),
        ("app.js", ESM, "module"),
        ("app.cjs", CJS, "module"),
    ],
)
async def test_modules_of_both_systems_are_loaded(tmp_path: Path, file: str, source: str, kind: str | None) -> None:
    """By the file's ending, and by the nearest package.json's type."""
    if kind is not None:
        (tmp_path / "package.json").write_text(json.dumps({"type": kind}))
    assert file == await run(tmp_path, source, file=file)


async def test_a_handler_may_be_in_a_folder(tmp_path: Path) -> None:
    """And in an object that the module exports."""
    source = "exports.api = { handler: async () => 42 };"
    assert 42 == await run(tmp_path, source, file="src/routes/app.js", handler="src/routes/app.api.handler")


async def test_a_package_beside_the_code_is_found(tmp_path: Path) -> None:
    """In node_modules."""
    package = tmp_path / "node_modules/shared"
    package.mkdir(parents=True)
    (package / "index.js").write_text("module.exports = 42;")
    assert 42 == await run(tmp_path, "const answer = require('shared');\nexports.handler = async () => answer;")


async def test_a_layer_s_package_is_found(tmp_path: Path) -> None:
    """On NODE_PATH, which `require` searches."""
    package = tmp_path / "layer/nodejs/node_modules/shared"
    package.mkdir(parents=True)
    (package / "index.js").write_text("module.exports = 42;")
    source = "const answer = require('shared');\nexports.handler = async () => answer;"
    assert 42 == await run(tmp_path / "code", source, layers=(tmp_path / "layer",))


async def test_a_missing_package_of_an_es_module_is_an_import_error(tmp_path: Path) -> None:
    """As of CommonJS."""
    failed = await fail(tmp_path, "import x from 'nowhere_to_be_found';", file="app.mjs")
    assert "Runtime.ImportModuleError" == failed.error_type


async def test_what_is_no_function_is_no_handler(tmp_path: Path) -> None:
    """Exported all the same."""
    failed = await fail(tmp_path, "exports.handler = 42;")
    assert ("Runtime.HandlerNotFound", "app.handler is not a function") == (failed.error_type, failed.message)


async def test_an_error_at_the_import_keeps_its_type(tmp_path: Path) -> None:
    """With the place."""
    failed = await fail(tmp_path, "throw new RangeError('no table');")
    assert ("RangeError", "no table") == (failed.error_type, failed.message)
    assert str(tmp_path / "app.js") in failed.describe()


# callbacks


async def test_a_callback_gives_the_result(tmp_path: Path) -> None:
    """Of a handler that returns nothing."""
    source = "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 42), 1); };"
    assert 42 == await run(tmp_path, source)


async def test_a_callback_gives_the_error(tmp_path: Path) -> None:
    """Here one that is no Error."""
    failed = await fail(tmp_path, "exports.handler = (event, context, callback) => callback('Unauthorized');")
    assert ("string", "Unauthorized") == (failed.error_type, failed.message)


async def test_a_callback_waits_for_the_event_loop(tmp_path: Path) -> None:
    """Until it is empty, as Lambda does."""
    source = """
const seen = [];
exports.handler = (event, context, callback) => {
  setTimeout(() => seen.push('later'), 20);
  callback(null, seen);
};
"""
    assert ["later"] == await run(tmp_path, source)


async def test_a_callback_need_not_wait(tmp_path: Path) -> None:
    """With callbackWaitsForEmptyEventLoop: a connection to a database stays open."""
    source = """
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setInterval(() => {}, 1000);
  callback(null, 42);
};
"""
    assert 42 == await run(tmp_path, source)


async def test_the_first_callback_counts(tmp_path: Path) -> None:
    """And what the handler's promise comes to does not."""
    source = (
        "exports.handler = async (event, context, callback) => { callback(null, 1); callback(null, 2); return 3; };"
    )
    assert 1 == await run(tmp_path, source)


@pytest.mark.parametrize("end", ["context.succeed(42)", "context.done(null, 42)"])
async def test_a_context_gives_the_result(tmp_path: Path, end: str) -> None:
    """As in the days of Node.js 0.10."""
    assert 42 == await run(tmp_path, f"exports.handler = (event, context) => {{ {end}; }};")


async def test_a_handler_that_gives_nothing_gives_null(tmp_path: Path) -> None:
    """When there is nothing left to do."""
    assert await run(tmp_path, "exports.handler = () => {};") is None


async def test_a_promise_that_is_never_settled_fails(tmp_path: Path) -> None:
    """When there is nothing left to do."""
    failed = await fail(tmp_path, "exports.handler = async () => new Promise(() => {});")
    assert "Runtime.NodeJsExit" == failed.error_type


async def test_callbacks_have_gone_from_node_24(tmp_path: Path) -> None:
    """So a function that would fail on Lambda fails here."""
    source = "exports.handler = (event, context, callback) => callback(null, 42);"
    failed = await fail(tmp_path, source, runtime="nodejs24.x")
    assert "Runtime.CallbackHandlerDeprecated" == failed.error_type


# errors


async def test_a_promise_that_nobody_awaits_fails_its_invocation(tmp_path: Path) -> None:
    """When it is rejected, and the next call works."""
    source = """
exports.handler = async (event) => {
  if (event) Promise.reject(new Error('nobody awaits this'));
  await new Promise((resolve) => setTimeout(resolve, event ? 10_000 : 0));
  return 42;
};
"""
    (tmp_path / "app.js").write_text(source)
    async with hosting(a_spec(tmp_path, runtime="nodejs20.x"), concurrency_max=1) as host:
        with pytest.raises(FunctionFailed) as raised:
            await host.invoke(b"true")
        assert "Runtime.UnhandledPromiseRejection" == raised.value.error_type
        assert "Error: nobody awaits this" == raised.value.message
        assert str(tmp_path / "app.js") in raised.value.describe()
        assert b"42" == await host.invoke(b"false")


async def test_an_exception_that_nobody_catches_fails_its_invocation(tmp_path: Path) -> None:
    """In a callback of a timer."""
    source = """
exports.handler = async () => {
  setTimeout(() => { throw new RangeError('nobody catches this'); }, 1);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
};
"""
    failed = await fail(tmp_path, source)
    assert ("RangeError", "nobody catches this") == (failed.error_type, failed.message)


async def test_an_exception_at_the_import_that_nobody_catches_fails_the_invocation(tmp_path: Path) -> None:
    """In a promise that the module makes, while it is still being loaded."""
    source = "Promise.reject(new RangeError('no table'));\nawait new Promise((resolve) => setTimeout(resolve, 10_000));"
    failed = await fail(tmp_path, source, file="app.mjs")
    assert "Runtime.UnhandledPromiseRejection" == failed.error_type


async def test_a_trace_tells_the_cause(tmp_path: Path) -> None:
    """With its own stack."""
    source = """
exports.handler = async () => {
  throw new Error('no room', { cause: new RangeError('no table') });
};
"""
    told = (await fail(tmp_path, source)).describe()
    assert told.startswith("Error: no room\n    at ")
    assert "[cause]: RangeError: no table\n    at " in told


@pytest.mark.parametrize("thrown", ["undefined", "null", "42", "'text'", "({ toString() { throw 1; } })"])
async def test_anything_may_be_thrown(tmp_path: Path, thrown: str) -> None:
    """It need not be an Error, nor have any text."""
    failed = await fail(tmp_path, f"exports.handler = async () => {{ throw {thrown}; }};")
    assert failed.error_type in {"string", "number", "handled"}


# the console


async def test_the_console_prints_as_on_lambda(tmp_path: Path, records: Records) -> None:
    """With time, request and level; a message of several lines is one."""
    source = """
exports.handler = async (event, context) => {
  console.warn('one\\ntwo', { a: 1 });
  return context.awsRequestId;
};
"""
    request_id = await run(tmp_path, source)
    printed = next(text for text in records.texts if "one" in text)
    time, request, level, message = printed.split("\t")
    assert (request_id, "WARN", "one\ntwo { a: 1 }") == (request, level, message)
    assert len("2026-01-01T00:00:00.000Z") == len(time)
