"""Where records are kept: a folder of JSON lines, or a DynamoDB table.

A record is two lines, one when the invocation begins and one when it ends.
"""

import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import botocore.session

Line = dict[str, Any]

RECORDS_EXPIRE_S = 86400
"""Records of the table live for a day."""


class Store(Protocol):
    """Lines under keys. What was added is found by whoever asks later."""

    def add(self, keys: Iterable[str], line: Line) -> None:
        """Add a line under each of these keys."""
        ...

    def find(self, key: str) -> list[Line]:
        """All lines of a key, in any order."""
        ...


class FolderStore:
    """One file per key; a line is one write to a file opened for appending, so that processes do not mix theirs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, keys: Iterable[str], line: Line) -> None:
        """As Store says."""
        data = json.dumps(line).encode() + b"\n"
        for key in keys:
            file = os.open(self._file(key), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(file, data)
            finally:
                os.close(file)

    def find(self, key: str) -> list[Line]:
        """As Store says."""
        try:
            lines = self._file(key).read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        # The last piece is empty, or a line that is being written.
        return [json.loads(line) for line in lines[:-1]]

    def _file(self, key: str) -> Path:
        return self._folder / (re.sub(r"[^A-Za-z0-9_=-]", "_", key)[:120] + ".jsonl")


class TableStore:
    """One item per line and key."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._client = botocore.session.Session().create_client(
            "dynamodb", region_name=os.environ.get("AWS_REGION", "us-east-1")
        )

    def add(self, keys: Iterable[str], line: Line) -> None:
        """As Store says."""
        for key in keys:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "key": {"S": key},
                    "sort": {"S": f"{line['id']}#{'end' if 'ended_at_ms' in line else 'begin'}"},
                    "line": {"S": json.dumps(line)},
                    "expires": {"N": str(int(time.time()) + RECORDS_EXPIRE_S)},
                },
            )

    def find(self, key: str) -> list[Line]:
        """As Store says."""
        question: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#key = :key",
            "ExpressionAttributeNames": {"#key": "key"},
            "ExpressionAttributeValues": {":key": {"S": key}},
        }
        lines: list[Line] = []
        while True:
            page = self._client.query(**question)
            lines += [json.loads(item["line"]["S"]) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return lines
            question["ExclusiveStartKey"] = page["LastEvaluatedKey"]


_stores: dict[tuple[str, str], Store] = {}


def open_store() -> Store:
    """The store that the environment names, made once. Raises RuntimeError when it names none."""
    folder, table = os.environ.get("PROBE_STORE_FOLDER", ""), os.environ.get("PROBE_TABLE", "")
    store = _stores.get((folder, table))
    if store is None:
        if folder:
            store = FolderStore(Path(folder))
        elif table:
            store = TableStore(table)
        else:
            raise RuntimeError(
                "the probe has no store: set PROBE_STORE_FOLDER or PROBE_TABLE in the function's environment"
            )
        _stores[folder, table] = store
    return store
