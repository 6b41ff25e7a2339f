"""What a key may do, and in which words it is refused."""

import pytest

from talkroom.contract.authorizer import INVOKE, MANAGE_CONNECTIONS, PolicyDocument, Statement
from talkroom.gateway.permissions import NotAuthorized, check_permission, connect_arn, management_arn, stage_arn
from talkroom.gateway.signing_keys import ManagementKey

STAGE = stage_arn(region="eu-west-1", account_id="123456789012", api_id="abcdef1234", stage="prod")
POST = management_arn(STAGE, "POST")
USER = "User: arn:aws:iam::123456789012:user/AKIDEXAMPLE is not authorized to perform: "


def a_key(*statements: Statement) -> ManagementKey:
    """One whose policy says this."""
    return ManagementKey("AKIDEXAMPLE", "a secret", PolicyDocument(statements))


def refusal(key: ManagementKey, action: str, resource: str) -> str:
    """Its words."""
    with pytest.raises(NotAuthorized) as refused:
        check_permission(key, action, resource)
    assert (403, "ForbiddenException") == (refused.value.http_status, refused.value.name)
    return str(refused.value)


def test_resources_are_written_as_in_the_guide() -> None:
    """Routes by their key, the management API by method and path."""
    api = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234"
    assert f"{api}/prod/$connect" == connect_arn(STAGE)
    assert f"{api}/prod/DELETE/@connections/{{connectionId}}" == management_arn(STAGE, "DELETE")


@pytest.mark.parametrize("action", [INVOKE, MANAGE_CONNECTIONS])
def test_a_key_without_a_policy_may_do_everything(action: str) -> None:
    """As the only key of a server may."""
    check_permission(ManagementKey("AKIDEXAMPLE", "a secret"), action, POST)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/POST/@connections/*",
        "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/*/*/@connections/*",
        "arn:aws:execute-api:*:*:abcdef1234/prod/*",
        "*",
    ],
)
@pytest.mark.parametrize(
    "action", ["execute-api:ManageConnections", "execute-api:*", "EXECUTE-API:manageconnections", "*"]
)
def test_the_usual_policies_allow_a_post(action: str, resource: str) -> None:
    """Those of AWS's guide, of the CDK's grantManageConnections and of SAM; actions in any case."""
    check_permission(a_key(Statement(action, "Allow", resource)), MANAGE_CONNECTIONS, POST)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        (INVOKE, "*"),
        (MANAGE_CONNECTIONS, f"{STAGE}/GET/@connections/*"),
        (MANAGE_CONNECTIONS, f"{STAGE}/POST/@connections/R0oXAdfD0kwCH6w="),
        (MANAGE_CONNECTIONS, POST.replace("prod", "test")),
        (MANAGE_CONNECTIONS, POST.replace("POST", "post")),
    ],
)
def test_another_action_or_resource_allows_nothing(action: str, resource: str) -> None:
    """An implicit deny, in AWS's words; the account of the resource is masked there."""
    words = (
        f"{USER}execute-api:ManageConnections on resource:"
        " arn:aws:execute-api:eu-west-1:********9012:abcdef1234/prod/POST/@connections/{connectionId}"
        " because no identity-based policy allows the execute-api:ManageConnections action"
    )
    assert words == refusal(a_key(Statement(action, "Allow", resource)), MANAGE_CONNECTIONS, POST)


def test_an_explicit_deny_wins() -> None:
    """And is said to be one."""
    key = a_key(Statement("*", "Allow", "*"), Statement(INVOKE, "Deny", f"{STAGE}/*"))
    words = (
        f"{USER}execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:abcdef1234/prod/$connect"
        " with an explicit deny in an identity-based policy"
    )
    assert words == refusal(key, INVOKE, connect_arn(STAGE))
    check_permission(key, MANAGE_CONNECTIONS, POST)
