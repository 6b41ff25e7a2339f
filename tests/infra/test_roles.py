"""What each function may do: this table, and nothing else."""

import re
from pathlib import Path

import pytest

from tests.infra.template import FUNCTIONS, ROLES, permissions

SOURCES = Path(__file__).parents[2] / "src" / "talkroom"

SECRET = "TokenSecret or TokenSecretArn if ReadsSecret"  # names where it is
OWN_LOGS = {("logs:CreateLogStream", "{}Logs"), ("logs:PutLogEvents", "{}Logs")}
TRACES = {("xray:PutTraceSegments", "* if Traces"), ("xray:PutTelemetryRecords", "* if Traces")}
READS_SECRET = {
    ("secretsmanager:GetSecretValue", SECRET),
    ("ssm:GetParameter", SECRET),
    ("kms:Decrypt", "TokenSecretKeyArn if ReadsKey"),
}


def dynamodb(resource: str, *actions: str) -> set[tuple[str, str]]:
    """Actions on a table or an index."""
    return {(f"dynamodb:{action}", resource) for action in actions}


def connections(*methods: str) -> set[tuple[str, str]]:
    """Methods of the management API, of this API and stage."""
    return {("execute-api:ManageConnections", f"{method} connections") for method in methods}


ROOM_INDEX = dynamodb("ConnectionsTable/index/roomId-index", "Query")

TABLE = {
    "Authorizer": READS_SECRET,
    "Connect": dynamodb("ConnectionsTable", "PutItem") | ROOM_INDEX,
    "Messages": dynamodb("MessagesTable", "GetItem", "PutItem", "Query", "BatchWriteItem")
    | dynamodb("MessagesTable/index/messageKey-index", "Query")
    | dynamodb("ConnectionsTable", "GetItem", "BatchGetItem", "Query", "DeleteItem", "BatchWriteItem")
    | ROOM_INDEX
    | connections("POST", "DELETE")
    | {("lambda:InvokeFunction", "FanOutFunction")},
    "Default": dynamodb("MessagesTable", "GetItem", "Query")
    | dynamodb(
        'MessagesTable where {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "?genesis"}}',
        "PutItem",
    )
    | dynamodb("ConnectionsTable", "GetItem", "PutItem", "Query", "DeleteItem", "BatchWriteItem")
    | ROOM_INDEX
    | connections("DELETE")
    | READS_SECRET,
    "Disconnect": dynamodb("ConnectionsTable", "Query", "DeleteItem", "BatchWriteItem"),
    "FanOut": dynamodb("ConnectionsTable", "Query", "BatchWriteItem") | connections("POST", "DELETE"),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_role_allows_what_the_table_says(name: str) -> None:
    """Exactly these actions on exactly these resources, and writing its own log."""
    logs = {(action, resource.format(name)) for action, resource in OWN_LOGS}

    assert TABLE[name] | logs | TRACES == set(permissions(f"{name}Role"))


def test_every_function_has_a_role_of_its_own() -> None:
    """No two share one, no role is left over, and no policy of AWS's is attached."""
    used = {name: function["Role"]["Fn::GetAtt"][0] for name, function in FUNCTIONS.items()}
    of_functions = {name for name in ROLES if name != "ApiGatewayLogRole"}

    assert {f"{name}Function": f"{name}Role" for name in TABLE} == used
    assert of_functions == set(used.values())
    assert not [name for name in of_functions if "ManagedPolicyArns" in ROLES[name]]


def test_no_action_is_a_pattern() -> None:
    """Nor does anything but tracing name every resource."""
    given = [one for name in TABLE for one in permissions(f"{name}Role")]

    assert not [action for action, _ in given if "*" in action]
    assert TRACES == {(action, resource) for action, resource in given if resource.startswith("*")}


def test_every_action_of_the_storage_is_allowed_to_somebody() -> None:
    """An action of DynamoDB that the code begins to use has to be given to the functions that use it."""
    sources = (SOURCES / "storage" / "dynamodb").glob("*.py")
    used = {action for path in sources for action in re.findall(r'action="(\w+)"', path.read_text())}
    allowed = {action for name in TABLE for action, _ in permissions(f"{name}Role")}

    assert used
    assert {f"dynamodb:{action}" for action in used} == {one for one in allowed if one.startswith("dynamodb:")}
