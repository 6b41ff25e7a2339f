"""What a stack is deployed into: pseudo parameters, and ids that AWS makes up."""

import hashlib
import uuid
from typing import Final

import msgspec

from talkroom.functions.template.values import Value

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ID_CHARACTERS: Final = _LETTERS + "0123456789"
_ID_LENGTH: Final = 10


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Region, account and the stack's name."""

    region: str
    account_id: str
    stack_name: str

    @property
    def partition(self) -> str:
        """`AWS::Partition`."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def url_suffix(self) -> str:
        """`AWS::URLSuffix`."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def pseudo_parameters(self) -> dict[str, Value]:
        """By name. `AWS::NoValue` is not among them: it is no value."""
        stack = f"stack/{self.stack_name}/{make_uuid(self.stack_name)}"
        return {
            "AWS::AccountId": self.account_id,
            "AWS::NotificationARNs": [],
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:{self.partition}:cloudformation:{self.region}:{self.account_id}:{stack}",
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": self.url_suffix,
        }


def make_id(logical_id: str) -> str:
    """Ten lower-case letters and digits, the first a letter; always the same for a logical id."""
    number, first = divmod(int.from_bytes(hashlib.sha256(logical_id.encode()).digest()), len(_LETTERS))
    made = _LETTERS[first]
    while len(made) < _ID_LENGTH:
        number, index = divmod(number, len(_ID_CHARACTERS))
        made += _ID_CHARACTERS[index]
    return made


def make_uuid(name: str) -> str:
    """A UUID; always the same for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
