"""Says which account and region `make deploy` and `make undeploy` are about to change, or what is missing.

Run by SAM's own Python, which has boto3:

    python account.py                                      before deploying
    python account.py --before-delete [sam delete's own]   also names what stays
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

CONFIGURATION = Path(__file__).with_name("samconfig.toml")
STAYS = """\
What stays when the stack is deleted, and may cost something:
  - the messages table{table}
  - a backup of the connections table, for 35 days and free of charge
  - the role with which API Gateway writes logs, and the account's setting that names it: other APIs may rely on them
  - SAM's bucket aws-sam-cli-managed-default-…
docs/howto/tear-down-aws.md says how to remove each. The token secret goes with the stack, at once."""


def main() -> None:
    """Ends with a message when AWS cannot be asked."""
    options = read_options()
    session = boto3.Session(profile_name=options.profile, region_name=options.region)
    try:
        account = session.client("sts", region_name=session.region_name or "us-east-1").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        sys.exit(
            f"No AWS account to work in: {error}\nSet AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for an"
            " account that may make the stack (docs/howto/deploy-to-aws.md)."
        )
    print(f"AWS account {account['Account']}, as {account['Arn']}, region {session.region_name or 'not chosen yet'}")
    if options.before_delete:
        print(STAYS.format(table=find_table(session, options.stack_name)))


def read_options() -> argparse.Namespace:
    """The command line, before what SAM was told the last time."""
    told: dict[str, Any] = {}
    if CONFIGURATION.exists():
        environment = tomllib.loads(CONFIGURATION.read_text()).get("default", {})
        told = environment.get("global", {}).get("parameters", {}) | environment.get("deploy", {}).get("parameters", {})
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--before-delete", action="store_true")
    parser.add_argument("--stack-name", default=told.get("stack_name"))
    parser.add_argument("--region", default=told.get("region"))
    parser.add_argument("--profile", default=told.get("profile"))
    options, _of_sam = parser.parse_known_args()
    return options


def find_table(session: boto3.Session, stack: str | None) -> str:
    """The name of the messages table, as an addition to a sentence; nothing when the stack is not known."""
    if stack is None or session.region_name is None:
        return ""
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    except ClientError:
        return ""
    return "".join(f", {one['OutputValue']}" for one in found if one["OutputKey"] == "MessagesTable")


if __name__ == "__main__":
    main()
