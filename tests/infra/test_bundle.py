"""What is uploaded to Lambda."""

import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.cloud import tool
from tests.infra.template import FUNCTIONS, INFRA

ZIPPED_BYTES_MAX = 20_000_000
AARCH64 = 183
"""`e_machine` of an ELF file: "ELF for the Arm 64-bit Architecture"."""
PATIENCE_S = 600.0
NEEDLESS = [
    "boto3", "botocore.session", "click", "http.server", "prometheus_client", "sqlite3", "talkroom.bootstrap", "talkroom.config",
    "talkroom.functions", "talkroom.gateway", "talkroom.storage.memory", "talkroom.storage.sqlite", "talkroom.testing",
    "uvloop", "watchfiles", "yaml",
]  # fmt: skip


def build(folder: Path) -> Path:
    """A bundle for the Python that runs the tests."""
    environment = {**os.environ, "LAMBDA_MACHINE": "native"}
    program = [sys.executable, str(INFRA / "bundle.py"), str(folder)]
    subprocess.run(program, env=environment, check=True, capture_output=True, timeout=PATIENCE_S)
    return folder


def pack(folder: Path, file: Path) -> bytes:
    """A zip as `sam deploy` makes it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return file.read_bytes()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once."""
    return build(tmp_path_factory.mktemp("bundle") / "bundle")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes for Lambda, as a folder for each function."""
    folder = tmp_path_factory.mktemp("sam")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAMBDA_"))}
    environment = {**variables, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "PYTHON": sys.executable}
    run = subprocess.run(
        [tool("sam", "sam"), "build", "--build-dir", str(folder)],
        cwd=INFRA,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert 0 == run.returncode, run.stderr
    return folder


def libraries(folder: Path) -> Iterator[Path]:
    """Compiled modules."""
    return (path for path in folder.rglob("*") if path.suffix == ".so" or ".so." in path.name)


def test_the_handlers_need_nothing_but_the_bundle(bundle: Path) -> None:
    """On a Python without site-packages; and what only one machine needs is not imported."""
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import talkroom.entrypoints.aws_lambda as handlers;"
        " import talkroom.entrypoints.aws_metrics, talkroom.auth.jwks;"
        " print(json.dumps([handlers.__file__, sorted(sys.modules)]))"
    )

    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, str(bundle)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert 0 == run.returncode, run.stderr
    file, imported = json.loads(run.stdout)
    assert Path(file).is_relative_to(bundle)
    assert not set(NEEDLESS).intersection(imported)


def test_the_bundle_holds_nothing_that_functions_do_not_read(bundle: Path) -> None:
    """Neither tests, nor descriptions of AWS's services, nor the parts of Talkroom for one machine."""
    names = {str(path.relative_to(bundle)) for path in bundle.rglob("*")}

    assert not [name for name in names if "/tests/" in name or name.startswith("botocore/data/")]
    assert not [name for name in names if name.startswith(("talkroom/gateway", "talkroom/functions", "talkroom/cost"))]
    assert not [name for name in names if name.endswith((".pyi", ".c", "RECORD", "direct_url.json"))]


def test_the_bundle_is_small(bundle: Path, tmp_path: Path) -> None:
    """Lambda fetches it at every cold start."""
    assert len(pack(bundle, tmp_path / "bundle.zip")) < ZIPPED_BYTES_MAX


def test_the_same_sources_give_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    """So that a deployment without a change changes nothing; times and places do not count."""
    again = build(tmp_path / "somewhere" / "else")

    assert pack(bundle, tmp_path / "one.zip") == pack(again, tmp_path / "other.zip")


def test_the_template_passes_sam_validate() -> None:
    """With cfn-lint's rules, warnings included."""
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    run = subprocess.run(
        [tool("sam", "sam"), "validate", "--lint", "--template", str(INFRA / "template.yaml")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert (0, "") == (run.returncode, run.stderr.replace("SAM CLI update available", ""))


def test_sam_builds_every_function_for_arm(built: Path) -> None:
    """From a machine that need not be one, without that Python and without Docker."""
    for function in FUNCTIONS:
        found = list(libraries(built / function))
        assert found, function
        for path in found:
            with path.open("rb") as file:
                head = file.read(20)
            assert b"\x7fELF" == head[:4], path
            assert (AARCH64,) == struct.unpack_from("<H", head, 18), path
            assert "cpython-313-" in path.name or "abi3" in path.name, path


def test_all_functions_are_the_same_bundle(built: Path, tmp_path: Path) -> None:
    """SAM uploads equal folders once."""
    zips = {pack(built / function, tmp_path / f"{function}.zip") for function in FUNCTIONS}

    assert 1 == len(zips)
    assert len(zips.pop()) < ZIPPED_BYTES_MAX
