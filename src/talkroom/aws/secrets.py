"""Read a secret by its ARN, from Secrets Manager or from the Parameter Store of Systems Manager."""

from typing import Any, Final, NamedTuple

import msgspec

from talkroom.aws.endpoints import ServiceEndpoints
from talkroom.aws.repeated import Call, call_repeatedly
from talkroom.aws.response import HttpResponse
from talkroom.aws.signed_http import HttpFailed, SignedHttp

DEADLINE_S: Final = 6.0
"""Seconds for reading a secret with all repetitions: an execution environment has ten to begin."""

ATTEMPT_TIMEOUT_S: Final = 2.0

_CONTENT_TYPE: Final = "application/x-amz-json-1.1"


class SecretUnreadable(Exception):
    """The message says which ARN, why and what to do, and never holds anything of the secret."""


class _Secret(NamedTuple):
    arn: str
    service: str
    region: str

    @property
    def action(self) -> str:
        """The permission that reading it needs."""
        return "secretsmanager:GetSecretValue" if self.service == "secretsmanager" else "ssm:GetParameter"


async def read_secret(http: SignedHttp, arn: str, endpoints: ServiceEndpoints) -> str:
    """The text of a secret (its current version) or of a parameter (decrypted). Raises SecretUnreadable."""
    secret = _parse(arn)
    if secret.service == "secretsmanager":
        target, question = "secretsmanager.GetSecretValue", msgspec.json.encode({"SecretId": arn})
    else:
        target, question = "AmazonSSM.GetParameter", msgspec.json.encode({"Name": arn, "WithDecryption": True})
    call = Call(
        url=endpoints.url_of(secret.service, secret.region) + "/",
        service=secret.service,
        body=question,
        headers={"Content-Type": _CONTENT_TYPE, "X-Amz-Target": target},
        is_idempotent=True,
        region=secret.region,
    )
    try:
        response = await call_repeatedly(http, call, deadline_s=DEADLINE_S, attempt_timeout_s=ATTEMPT_TIMEOUT_S)
    except HttpFailed as error:
        raise SecretUnreadable(
            f"{arn} could not be read: {error}. A function in a VPC needs a way to {secret.service}, such as a VPC endpoint."
        ) from error
    return _text(secret, response)


def _parse(arn: str) -> _Secret:
    """`arn:aws:secretsmanager:{region}:{account}:secret:…` or `arn:aws:ssm:{region}:{account}:parameter/…`."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[3]:
        service, region, resource = parts[2], parts[3], parts[5]
        if (service, resource.partition(":")[0]) == ("secretsmanager", "secret"):
            return _Secret(arn, service, region)
        if (service, resource.partition("/")[0]) == ("ssm", "parameter"):
            return _Secret(arn, service, region)
    # What was given may be the secret itself, by mistake: it is not repeated.
    raise SecretUnreadable(
        "The token secret's ARN is neither that of a Secrets Manager secret"
        " (arn:aws:secretsmanager:{region}:{account}:secret:{name})"
        " nor that of an SSM parameter (arn:aws:ssm:{region}:{account}:parameter/{name})."
    )


def _text(secret: _Secret, response: HttpResponse) -> str:
    if response.status != 200:
        raise SecretUnreadable(
            f"{secret.arn} could not be read: {response.status} {_error_type(response)}. {_advice(secret)}"
        )
    answer = _decode(response.body)
    if secret.service == "secretsmanager":
        text = answer.get("SecretString")
    else:
        parameter = answer.get("Parameter")
        text = parameter.get("Value") if isinstance(parameter, dict) else None
    if not isinstance(text, str) or not text:
        raise SecretUnreadable(f"{secret.arn} holds no text. Store the secret as text; binary secrets are not read.")
    return text


def _advice(secret: _Secret) -> str:
    return (
        f"Check that it exists in {secret.region}, and allow the function's role {secret.action} on it, and kms:Decrypt on its"
        " key if that is one of your own."
    )


def _error_type(response: HttpResponse) -> str:
    """As JSON protocols name it: `__type`, with or without a namespace before `#`."""
    named = _decode(response.body).get("__type")
    name = named.rpartition("#")[2] if isinstance(named, str) else ""
    return name[:64] if name.isalnum() else "without a name"


def _decode(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}
