"""What `make deploy` says before it begins."""

import subprocess
from pathlib import Path

from tests.aws.cloud import tool
from tests.infra.template import INFRA

PATIENCE_S = 120.0


def test_without_credentials_it_says_what_to_set(tmp_path: Path) -> None:
    """And ends, so that nothing is built for nobody."""
    run = subprocess.run(
        [tool("python", "sam"), str(INFRA / "account.py")],
        # Not even the machine's own role is asked for.
        env={"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert 1 == run.returncode
    assert "" == run.stdout
    assert run.stderr.startswith("No AWS account to work in: Unable to locate credentials\nSet AWS_PROFILE, or ")
