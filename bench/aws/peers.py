"""The peers' own environment: packages that Talkroom does not need are kept out of its own."""

import subprocess
import sys
import venv
from pathlib import Path

BUILD = Path(__file__).parent.parent / "build"
ENVIRONMENT = BUILD / "aws-peers"
PACKAGES = ("aiobotocore", "boto3")


def install() -> Path:
    """The interpreter that has them; made at the first run, and kept."""
    python = ENVIRONMENT / "bin" / "python"
    installed = ENVIRONMENT / "installed"
    if not installed.exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        installed.touch()
    return python


def versions(python: Path | str, packages: tuple[str, ...]) -> dict[str, str]:
    """Of what is measured."""
    code = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]))"
    said = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True, check=True).stdout
    return dict(zip(packages, said.split(), strict=True))


OURS = sys.executable
