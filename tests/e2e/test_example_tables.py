"""The examples' READMEs and templates speak of the same table."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.ministack import MiniStack
from tests.e2e.template_gateway import EXAMPLES, table_properties


@pytest.mark.parametrize("example", ["python-chat", "node-chat"])
def test_the_readme_creates_the_table_of_the_template(tmp_path: Path, example: str) -> None:
    """By the AWS CLI, as it is written there."""
    readme = (EXAMPLES / example / "README.md").read_text()
    [command] = [line for line in readme.splitlines() if line.startswith("    aws dynamodb create-table")]
    aws = Path(sys.executable).with_name("aws")
    with MiniStack(tmp_path) as ministack, ministack.dynamodb() as dynamodb:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **ministack.environment}
        subprocess.run(
            [aws, *shlex.split(command)[1:]], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60
        )
        ministack.create_table(table_properties(EXAMPLES / example / "template.yaml"), "of-the-template")
        names = (f"{example}-connections", "of-the-template")
        by_readme, by_template = (_described(dynamodb.describe_table(TableName=name)["Table"]) for name in names)

    assert by_template == by_readme


def _described(table: dict[str, Any]) -> list[Any]:
    indexes = table.get("GlobalSecondaryIndexes", [])
    attributes = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    wanted = ("IndexName", "KeySchema", "Projection")
    return [table["KeySchema"], attributes, [[index[name] for name in wanted] for index in indexes]]
