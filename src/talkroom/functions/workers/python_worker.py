"""Runs a Python function as AWS Lambda's Python runtime does: a program of its own, for Python 3.9 and newer.

The developer's interpreter starts it, so it uses the standard library alone, and as little of that as it can, because every
new environment waits for it: HTTP is spoken here in a few lines, since `http.client` takes longer to import than all else.

What errors are called, how results are encoded and how the root logger looks follows AWS's awslambdaric. What differs: an
error's report has a field `trace` too, the traceback as Python prints it with its causes, for the log of whoever runs us.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import socket
import sys
import time

TYPE_CHECKING = False  # as type checkers know it: `typing` is not worth its import here
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Fault(Exception):
    """Something that has a name on Lambda is wrong."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class RuntimeApi:
    """One connection to the Lambda Runtime API. When it breaks nobody needs this process any more, and it ends."""

    def __init__(self, address: str) -> None:
        self._address = address
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.settimeout(None)  # whatever the function's modules make the default
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = self._socket.makefile("rb")

    def next(self) -> tuple[dict[str, str], bytes]:
        """The next invocation's headers, with names in lower case, and its body, however long it takes to come."""
        status, headers, body = self._call("GET", "invocation/next")
        if status != 200:
            os._exit(1)
        return headers, body

    def post(self, path: str, body: bytes, error_type: str | None = None) -> None:
        """Report a result or an error, after everything that was printed."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110  # it is the function's to replace or close
                pass
        headers = "" if error_type is None else f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n"
        self._call("POST", path, headers + "Content-Type: application/json\r\n", body)

    def _call(self, method: str, path: str, headers: str = "", body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        line = f"{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {self._address}\r\n"
        try:
            self._socket.sendall(f"{line}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return self._read_answer()
        except OSError:
            os._exit(0)

    def _read_answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self._read_line().split(" ")[1])
        headers = {}
        line = self._read_line()
        while line:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
            line = self._read_line()
        return status, headers, self._received.read(int(headers.get("content-length", 0)))

    def _read_line(self) -> str:
        line = self._received.readline()
        if not line:
            raise ConnectionError("the Runtime API has closed the connection")
        return line.decode("latin-1").strip()


class CognitoIdentity:
    """Who invoked, when the AWS Mobile SDK did."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")


class Client:
    """The application that invoked, when the AWS Mobile SDK did."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, fields.get(name))


class ClientContext:
    """What the AWS Mobile SDK says of itself."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        self.client = None if fields.get("client") is None else Client(fields["client"])


class LambdaContext:
    """ "Using the Lambda context object to retrieve Python function information" in the Lambda developer guide."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.identity = CognitoIdentity(json.loads(headers.get("lambda-runtime-cognito-identity", "{}")))
        context = headers.get("lambda-runtime-client-context")
        self.client_context = None if context is None else ClientContext(json.loads(context))
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is ended; never less than 0."""
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        """Print it as it is."""
        sys.stdout.write(f"{message}\n")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"LambdaContext({shown})"


class LambdaHandler(logging.Handler):
    """What the root logger has on Lambda. Lines of one message stay together, which is what a carriage return says."""

    def __init__(self) -> None:
        super().__init__()
        self.request_id = ""
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        self.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
        logging.Formatter.converter = time.gmtime

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        try:
            record.aws_request_id = self.request_id
            sys.stdout.write(self.format(record).replace("\n", "\r") + "\n")
        except Exception:
            self.handleError(record)


def load(name: str) -> Callable[[Any, LambdaContext], Any]:
    """The handler of a name such as `app.handler` or `src/app.handler`. Raises Fault, or what its module raises."""
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': there is no module in it")
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        handler: Callable[[Any, LambdaContext], Any] = getattr(module, function_name)
        return handler
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None


def encode(result: object) -> bytes:
    """A result's JSON; bytes are taken as they are. Raises Fault."""
    if isinstance(result, bytes):
        return result
    try:
        return json.dumps(result, default=_encode_other).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _encode_other(value: object) -> object:
    """What Lambda encodes and `json` does not: decimal numbers, such as those of DynamoDB, and bytes as text."""
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if is_whole else float(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def describe(error: Exception, request_id: str = "") -> tuple[bytes, str]:
    """The report of an error, as Lambda's runtime makes it, and its traceback from the function's own frames on."""
    import traceback

    shown = error.__cause__ if isinstance(error, Fault) else error
    trace: list[str] = []
    frames: list[str] = []
    if shown is not None:
        whole = traceback.TracebackException(type(shown), shown, shown.__traceback__)
        whole.stack[:] = [frame for frame in whole.stack if not _is_ours(frame.filename)]
        trace = "".join(whole.format()).splitlines()
        frames = [] if isinstance(error, Fault) else whole.stack.format()
    error_type = error.error_type if isinstance(error, Fault) else type(error).__name__
    report = {
        "errorMessage": _say(error),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": frames,
        "trace": trace,
    }
    return json.dumps(report).encode(), error_type


def _is_ours(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib") or filename == importlib.__file__


def _say(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return f"<{type(error).__name__} that cannot be printed>"


def invoke(handler: Callable[[Any, LambdaContext], Any], headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
    """The path and the body of what is to be posted about one invocation."""
    request_id = headers["lambda-runtime-aws-request-id"]
    try:
        result = encode(handler(json.loads(body), LambdaContext(headers)))
    except Exception as error:
        return f"invocation/{request_id}/error", describe(error, request_id)[0]
    return f"invocation/{request_id}/response", result


def run(api: RuntimeApi, name: str) -> None:
    """Import the function, then invoke it for ever."""
    log = LambdaHandler()
    logging.getLogger().addHandler(log)
    try:
        handler = load(name)
    except Exception as error:
        api.post("init/error", *describe(error))
        os._exit(1)  # without waiting for threads that the function's modules have started
    while True:
        headers, body = api.next()
        log.request_id = headers["lambda-runtime-aws-request-id"]
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        api.post(*invoke(handler, headers, body))


if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib takes long to import
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *(path for path in sys.path if path != folder)]
    run(RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"]), os.environ["_HANDLER"])
