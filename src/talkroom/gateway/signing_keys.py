"""The keys that sign requests to the gateway, and the text that lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from talkroom.contract.authorizer import PolicyDocument

KEYS_TEXT_CHARACTERS_MAX: Final = 1_000_000
"""What is longer lists no keys; it is refused unread."""

_STATEMENT_ELEMENTS: Final = frozenset({"Sid", "Effect", "Action", "Resource"})
_POLICY_ELEMENTS: Final = frozenset({"Version", "Id", "Statement"})
_KEY_FIELDS: Final = frozenset({"accessKeyId", "secretAccessKey", "sessionToken", "policy"})


class KeysUnusable(ValueError):
    """A text lists no usable keys. The sentence says which key and what is wrong with it, and quotes nothing that it holds."""


@dataclass(frozen=True, slots=True)
class ManagementKey:
    """A key pair, and what may be done with it: manage connections, and connect where `$connect` wants AWS_IAM."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    policy: PolicyDocument | None = None
    """An identity-based policy of IAM; without one everything is allowed."""
    session_token: str | None = field(default=None, repr=False)
    """What X-Amz-Security-Token must be, as with temporary credentials; without one it does not matter."""


def read_keys(text: str) -> tuple[ManagementKey, ...]:
    """Keys from JSON: `[{"accessKeyId": …, "secretAccessKey": …, "policy": {…}, "sessionToken": …}]`, the latter two optional.

    A policy is an identity-based one of IAM with `Effect`, `Action` and `Resource`. Conditions and the negated elements are not
    evaluated here, so a policy with them is refused: to leave them out of account would allow more than it says.
    Raises KeysUnusable.
    """
    if len(text) > KEYS_TEXT_CHARACTERS_MAX:
        raise KeysUnusable(f"The keys are more than {KEYS_TEXT_CHARACTERS_MAX} characters; this is another file.")
    try:
        listed = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        # What a decoder says may quote the text.
        raise KeysUnusable("The keys are not JSON.") from error
    if not isinstance(listed, list) or not listed:
        raise KeysUnusable("The keys must be a JSON array of at least one object.")
    keys = tuple(_read_key(one, f"Key {number}") for number, one in enumerate(listed, 1))
    if len({key.access_key_id for key in keys}) < len(keys):
        raise KeysUnusable("Two keys have the same accessKeyId.")
    return keys


def _read_key(given: Any, where: str) -> ManagementKey:
    if not isinstance(given, Mapping) or not _KEY_FIELDS.issuperset(given):
        raise KeysUnusable(f"{where} must be an object with nothing but {', '.join(sorted(_KEY_FIELDS))}.")
    session_token = given.get("sessionToken")
    return ManagementKey(
        _read_text(given.get("accessKeyId"), f"{where}: accessKeyId"),
        _read_text(given.get("secretAccessKey"), f"{where}: secretAccessKey"),
        _read_policy(given["policy"], f"{where}: policy") if given.get("policy") is not None else None,
        _read_text(session_token, f"{where}: sessionToken") if session_token is not None else None,
    )


def _read_text(given: Any, where: str) -> str:
    # A slash would end the id where Signature Version 4 writes it; secrets may hold one.
    fits = isinstance(given, str) and given.isascii() and given.isprintable() and given.strip() == given != ""
    if not fits or (where.endswith("accessKeyId") and "/" in given):
        raise KeysUnusable(f"{where} must be a text of ASCII characters, without space around it.")
    text: str = given
    return text


def _read_policy(given: Any, where: str) -> PolicyDocument:
    if not isinstance(given, Mapping):
        raise KeysUnusable(f"{where} must be an object.")
    _check_elements(given, _POLICY_ELEMENTS, where)
    listed = given.get("Statement")
    # IAM takes one statement without its array.
    statements: Sequence[Any] = [listed] if isinstance(listed, Mapping) else listed or []
    if not isinstance(statements, list):
        raise KeysUnusable(f"{where}: Statement must be an array of objects.")
    for number, statement in enumerate(statements, 1):
        if not isinstance(statement, Mapping):
            raise KeysUnusable(f"{where}: statement {number} must be an object.")
        _check_elements(statement, _STATEMENT_ELEMENTS, f"{where}: statement {number}")
    try:
        return msgspec.convert({**given, "Statement": statements}, PolicyDocument)
    except msgspec.ValidationError as error:
        raise KeysUnusable(
            f"{where}: every statement needs Effect (Allow or Deny), and Action and Resource as a text or an array of texts."
        ) from error


def _check_elements(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if not known.issuperset(given):
        raise KeysUnusable(
            f"{where} has an element that is not evaluated here; there are {', '.join(sorted(known))}."
            " NotAction, NotResource and Condition cannot be used."
        )
