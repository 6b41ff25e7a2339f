"""What a key may do: its policy, asked about an action on a resource of execute-api.

Source: "Control access to WebSocket APIs with IAM authorization" in the developer guide.
"""

from typing import Final

from talkroom.contract.authorizer import find_effect
from talkroom.contract.errors import Forbidden
from talkroom.contract.routes import CONNECT
from talkroom.gateway.signing_keys import ManagementKey

_REASONS: Final = {
    "Deny": "with an explicit deny in an identity-based policy",
    None: "because no identity-based policy allows the {action} action",
}


class NotAuthorized(Forbidden):
    """Signed well, by a key whose policy does not allow it."""


def stage_arn(*, region: str, account_id: str, api_id: str, stage: str) -> str:
    """What the resources of a stage begin with."""
    return f"arn:aws:execute-api:{region}:{account_id}:{api_id}/{stage}"


def connect_arn(of_stage: str) -> str:
    """The resource that a handshake invokes."""
    return f"{of_stage}/{CONNECT}"


def management_arn(of_stage: str, method: str) -> str:
    """The resource that a call of the management API is for: the same for every connection.

    AWS has the template of the path there, braces and all, and not the id: the denials that people posted end in
    `/POST/@connections/{connectionId}` or `/DELETE/@connections/{connectionId}` (aws/aws-cdk#18410,
    aws-solutions/innovation-sandbox-on-aws#59, among others). A policy for one connection therefore allows nothing.
    """
    return f"{of_stage}/{method}/@connections/{{connectionId}}"


def check_permission(key: ManagementKey, action: str, resource_arn: str) -> None:
    """Raises NotAuthorized, in AWS's words. A key without a policy may do everything."""
    if key.policy is None:
        return
    effect = find_effect(key.policy, action, resource_arn)
    if effect == "Allow":
        return
    account_id = resource_arn.split(":")[4]
    # As in every denial that API Gateway words: of the resource's account the last four digits are shown.
    shown = resource_arn.replace(f":{account_id}:", f":********{account_id[-4:]}:", 1)
    raise NotAuthorized(
        f"User: arn:aws:iam::{account_id}:user/{key.access_key_id} is not authorized to perform: {action}"
        f" on resource: {shown} {_REASONS[effect].format(action=action)}"
    )
