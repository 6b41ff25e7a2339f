"""The AWS credentials that functions on this machine get, found as the AWS SDKs find them."""

from talkroom.gateway.signing_keys import ManagementKey


def find_credentials() -> ManagementKey | None:
    """The developer's own: environment, profile, SSO; None when there are none.

    The metadata service of EC2 is not asked: where there is none, that takes seconds to find out.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session()
    session.get_component("credential_provider").remove("iam-role")
    try:
        found = session.get_credentials()
        frozen = None if found is None else found.get_frozen_credentials()
    except BotoCoreError:
        # A profile that cannot be loaded now, such as one whose single sign-on has ended.
        return None
    if frozen is None:
        return None
    return ManagementKey(frozen.access_key, frozen.secret_key, session_token=frozen.token)
