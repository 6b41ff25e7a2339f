"""MiniStack with what the chat relies on in API Gateway and MiniStack 1.5 lacks: the one place where that is mended.

Run by MiniStack's own Python, in place of `python -m ministack`. Every section says what API Gateway does and what MiniStack does.
The names with an underscore are MiniStack's; a version that has others fails here at once, on import, and not in a test.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import apigateway, lambda_svc

UNAUTHORIZED = "Unauthorized"
INTERNAL_ERROR = "Internal server error"

run_reentrant = apigateway.run_reentrant
authorize_ws_connect = apigateway._authorize_ws_connect
invoke_ws_lambda = apigateway._invoke_ws_lambda
handle_websocket = apigateway.handle_websocket
evaluate_route_selection = apigateway._evaluate_route_selection

authorizer_result: ContextVar[dict[str, Any]] = ContextVar("authorizer_result")
connect_answer: ContextVar[dict[str, Any]] = ContextVar("connect_answer")


# A REQUEST authorizer that fails with the words "Unauthorized" is answered 401. MiniStack answers 500, as for any failure.


async def remember_result(*args: Any, **options: Any) -> Any:
    """Keeps what the authorizer's function gave; MiniStack forgets why it failed."""
    result = await run_reentrant(*args, **options)
    if options.get("thread_name") == "ministack-apigw-authorizer":
        authorizer_result.set(result or {})
    return result


async def authorize(*args: Any) -> Any:
    """401 where the function said so."""
    authorizer_result.set({})
    refusal, context = await authorize_ws_connect(*args)
    body = authorizer_result.get().get("body")
    if refusal == (500, "") and isinstance(body, dict) and body.get("errorMessage") == UNAUTHORIZED:
        refusal = (401, UNAUTHORIZED)
    return refusal, context


apigateway.run_reentrant = remember_result
apigateway._authorize_ws_connect = authorize


# Messages of several connections are handled at the same time, by as many execution environments as it takes. MiniStack gives the
# functions of routes one process each, and writes down nothing of what they log; for every other invocation it has a pool.


class PooledWorker:
    """What MiniStack takes for the one process of a function."""

    def __init__(self, _name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST") -> None:
        self._record = {"config": config, "code_zip": code_zip}

    def invoke(self, event: dict[str, Any], _request_id: str) -> dict[str, Any]:
        """Through the pool, as the Invoke API does; no result when the function failed."""
        result = lambda_svc._execute_function(self._record, event)
        has_failed = result.get("error") or result.get("throttle")
        return {"status": "ok", "result": None if has_failed else result.get("body")}


lambda_runtime.get_or_create_worker = PooledWorker


# A handler that raises leaves its process as it is; every handshake that the authorizer refuses does. MiniStack ends the process,
# and begins another for the next.

FAILED = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
TOLD = '(traceback.print_exc(), {"status": "ok", "result": {"errorMessage": str(e), "errorType": type(e).__name__}})[1]'
assert lambda_runtime._PYTHON_WORKER_SCRIPT.count(FAILED) == 1, "MiniStack's worker tells failures otherwise"
lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(FAILED, TOLD)


# What is no JSON goes to $default. MiniStack drops a connection on which JSON comes that is nested too deeply for its reader.


def select_route(expression: str, payload: str) -> str:
    """The route key that the expression finds."""
    try:
        return str(evaluate_route_selection(expression, payload))
    except RecursionError:
        return "$default"


apigateway._evaluate_route_selection = select_route


# A function that fails is told to the client without its reasons: 502 for a handshake, an error frame for a message. MiniStack
# refuses the handshake with 403, and sends the function's own error as if it were its answer.


async def invoke(
    api_id: str,
    account_id: str,
    region: str,
    route: dict[str, Any],
    stage: str,
    connection_id: str,
    event_type: str,
    request_id: str,
    *args: Any,
    **options: Any,
) -> Any:
    """The function's answer, or what API Gateway makes of its failure."""
    answer = await invoke_ws_lambda(
        api_id, account_id, region, route, stage, connection_id, event_type, request_id, *args, **options
    )
    has_failed = not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int)
    if event_type == "CONNECT":
        answer = {"statusCode": 502} if has_failed else answer
        connect_answer.get().update(answer)
    elif event_type == "MESSAGE" and has_failed:
        return {"body": json.dumps({"message": INTERNAL_ERROR, "connectionId": connection_id, "requestId": request_id})}
    return answer


apigateway._invoke_ws_lambda = invoke


# The Sec-WebSocket-Protocol that the function of $connect answers with is what the client is told was selected, and a refusal has
# the function's own status. MiniStack selects nothing, and refuses with 403.


async def handle(scope: Any, receive: Any, send: Any, *args: Any, **options: Any) -> None:
    """One WebSocket, from its handshake to its end."""
    answer: dict[str, Any] = {}
    connect_answer.set(answer)
    is_open = False

    async def send_mended(message: dict[str, Any]) -> None:
        nonlocal is_open
        if message["type"] == "websocket.accept":
            is_open = True
            headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
            message = message | {"subprotocol": headers.get("sec-websocket-protocol")}
        elif message["type"] == "websocket.close" and not is_open and "statusCode" in answer:
            content_type = (b"content-type", b"application/json")
            await send(
                {"type": "websocket.http.response.start", "status": answer["statusCode"], "headers": [content_type]}
            )
            await send({"type": "websocket.http.response.body", "body": str(answer.get("body") or "").encode()})
            return
        await send(message)

    await handle_websocket(scope, receive, send_mended, *args, **options)


apigateway.handle_websocket = handle

if __name__ == "__main__":
    main()
