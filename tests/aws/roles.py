"""The role of a function: what it may do, less than that for a while, and calls with its own credentials."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.aws.stack import Stack


class Role:
    """One of the stack's roles, by its logical id."""

    def __init__(self, stack: Stack, logical_id: str) -> None:
        self._stack = stack
        self._iam = stack.cloud.client("iam")
        self._name = stack.resources[logical_id]
        (self._policy_name,) = self._iam.list_role_policies(RoleName=self._name)["PolicyNames"]

    @contextmanager
    def without(self, action: str) -> Iterator[None]:
        """Nothing of what the role may do is left that begins so, until the end of the block."""
        policy = self._iam.get_role_policy(RoleName=self._name, PolicyName=self._policy_name)["PolicyDocument"]
        statements = [left for statement in policy["Statement"] if (left := _less(statement, action)) is not None]
        assert statements != policy["Statement"], f"{self._name} has no right to {action}"
        self._put({**policy, "Statement": statements})
        try:
            yield
        finally:
            self._put(policy)

    def client(self, service: str, endpoint: str | None = None) -> Any:
        """boto3's, with credentials as the role's function has them."""
        arn = self._iam.get_role(RoleName=self._name)["Role"]["Arn"]
        assumed = self._stack.cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")
        return self._stack.cloud.client(service, assumed["Credentials"], endpoint)

    def _put(self, policy: dict[str, Any]) -> None:
        self._iam.put_role_policy(RoleName=self._name, PolicyName=self._policy_name, PolicyDocument=json.dumps(policy))


def _less(statement: dict[str, Any], action: str) -> dict[str, Any] | None:
    """A statement without the actions that begin so; None when nothing is left of it."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    left = [one for one in actions if not one.startswith(action)]
    return {**statement, "Action": left} if left else None
