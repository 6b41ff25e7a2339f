"""DynamoDB that misbehaves: answers of the test's own, in front of the real one."""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiodynamo.http.types import HttpImplementation, Request, Response

from talkroom.storage.dynamodb.client import DynamoDbClient

Instead = Callable[[Request, HttpImplementation], Awaitable[Response]]
"""Answers a request; it may ask the real DynamoDB."""


class Faults:
    """An HTTP implementation of aiodynamo: requests of one action, or of all, meet the faults in turn, then what is behind."""

    def __init__(
        self, http: HttpImplementation, faults: Sequence[Response | Exception | Instead], only: str = ""
    ) -> None:
        self._http = http
        self._faults = list(faults)
        self._only = only
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Response:
        """The next fault, or what the real one answers."""
        self.requests.append(request)
        if not self._faults or (self._only and self._only != action_of(request)):
            return await self._http(request)
        fault = self._faults.pop(0)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, Response):
            return fault
        return await fault(request, self._http)

    @property
    def actions(self) -> list[str]:
        """Of all requests, in order."""
        return [action_of(request) for request in self.requests]


def faulty(
    client: DynamoDbClient, *faults: Response | Exception | Instead, only: str = ""
) -> tuple[DynamoDbClient, Faults]:
    """The same client before such a DynamoDB, and what it saw."""
    http = Faults(client.http, faults, only)
    return dataclasses.replace(client, http=http), http


def refusal(name: str, status: int = 400, **more: Any) -> Response:
    """As DynamoDB writes errors."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "a reason", **more}
    return Response(status, json.dumps(body).encode())


def answer(body: Any) -> Response:
    """What DynamoDB says when all is well."""
    return Response(200, json.dumps(body).encode())


def action_of(request: Request) -> str:
    """`PutItem`, for example."""
    assert request.headers is not None
    return request.headers["X-Amz-Target"].rpartition(".")[2]


def payload_of(request: Request) -> Any:
    """What was asked for."""
    assert request.body is not None
    return json.loads(request.body)
