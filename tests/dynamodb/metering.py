"""What requests cost, by DynamoDB's own count: a client that asks for it with every request and adds it up."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talkroom.storage.dynamodb.client import DynamoDbClient

READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})


@dataclass
class Meter:
    """Since it was made, or since `reset`."""

    actions: list[str] = field(default_factory=list)
    """Of the requests that were answered, in order."""
    read_units: float = 0.0
    write_units: float = 0.0

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.actions)

    def reset(self) -> None:
        """Forget everything."""
        self.actions = []
        self.read_units = self.write_units = 0.0

    def count(self, action: str, answer: Mapping[str, Any]) -> None:
        """Add one answer. A batch's says what it consumed for each table."""
        consumed = answer.get("ConsumedCapacity", [])
        units = sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        self.actions.append(action)
        if action in READS:
            self.read_units += units
        else:
            self.write_units += units


@dataclass(frozen=True)
class MeteredClient(DynamoDbClient):
    """Does what the client does, and counts what is answered; what a write costs whose condition failed is not in the answer."""

    meter: Meter = field(default_factory=Meter)

    async def send_request(self, *, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """See `DynamoDbClient.send_request`; the answer says what the request consumed too."""
        answer = await super().send_request(action=action, payload={**payload, "ReturnConsumedCapacity": "TOTAL"})
        self.meter.count(action, answer)
        return answer


def metered(client: DynamoDbClient) -> MeteredClient:
    """The same client, counting from now on."""
    return MeteredClient(**{each.name: getattr(client, each.name) for each in dataclasses.fields(client)})
