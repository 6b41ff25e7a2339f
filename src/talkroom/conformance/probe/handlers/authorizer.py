"""The REQUEST authorizer of the API Guarded."""

import json
from typing import Any

from .instructions import Performance, read
from .recording import Event, Recording, find_told

POLICY_WORDS = frozenset({"allow", "deny", "none", "principal", "context"})
UNSAID = object()
"""No instruction has said what to return; `return:null` is one."""


def authorize(event: Event, _context: Any) -> Any:
    """Allow this handshake, unless `auth` says otherwise."""
    recording = Recording("authorize", event, find_told(event, "case"))
    performance = Performance(event, recording)
    performance.result = UNSAID
    policy = Policy(event["methodArn"])
    try:
        for word, argument in read(find_told(event, "auth")):
            if word in POLICY_WORDS:
                policy.add(word, argument)
            else:
                performance.perform(word, argument)
        return policy.result() if performance.result is UNSAID else performance.result
    except Exception as error:
        recording.notes["raised"] = f"{type(error).__name__}: {error}"
        raise
    finally:
        recording.end()


class Policy:
    """An authorizer's result, statement by statement."""

    def __init__(self, method_arn: str) -> None:
        self._arn = method_arn
        self._statements: list[dict[str, str]] = []
        self._has_said = False
        self._principal = "probe"
        self._context: dict[str, Any] = {}

    def add(self, word: str, argument: str) -> None:
        """One of the words of a policy."""
        match word:
            case "principal":
                self._principal = argument
            case "context":
                name, _, value = argument.partition("=")
                self._context[name] = json.loads(value)
            case "none":
                self._has_said = True
            case _:
                self._has_said = True
                self._statements.append(self._statement(word.capitalize(), argument or "{arn}"))

    def result(self) -> dict[str, Any]:
        """As API Gateway wants it."""
        statements = self._statements if self._has_said else [self._statement("Allow", "{arn}")]
        return {
            "principalId": self._principal,
            "policyDocument": {"Version": "2012-10-17", "Statement": statements},
            "context": self._context,
        }

    def _statement(self, effect: str, arn: str) -> dict[str, str]:
        stage = self._arn.rpartition("/")[0]
        resource = arn.replace("{arn}", self._arn).replace("{stage}", stage)
        return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
