"""`talkroom conformance` from the command line, on a gateway that runs already."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import run_talkroom
from tests.e2e.template_gateway import GatewayProcess

KEY = {"AWS_ACCESS_KEY_ID": "AKIDOFMINE", "AWS_SECRET_ACCESS_KEY": "a secret of the tests"}


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[GatewayProcess]:
    """The probe application, as `--probe` writes it, on a gateway."""
    assert 0 == run_talkroom("conformance", "--probe", str(tmp_path / "probe")).returncode
    (tmp_path / "store").mkdir()
    template = tmp_path / "probe" / "template.yaml"
    with GatewayProcess(
        tmp_path, template, "--parameter", f"StoreFolder={tmp_path / 'store'}", environment=KEY
    ) as process:
        yield process


def test_a_gateway_is_checked_by_url(probe: GatewayProcess, tmp_path: Path) -> None:
    """Over TLS too; what the run was not given is named, and does not count."""
    report, matrix = tmp_path / "report.json", tmp_path / "matrix.md"
    done = run_talkroom(
        *("conformance", "--ws", probe.url.replace("ws://", "wss://"), "--only", "1-5,73,97,103"),
        *("--json", str(report), "--markdown", str(matrix)),
        environment=KEY,
    )
    results = {one["number"]: one["outcome"] for one in json.loads(report.read_text())["results"]}

    assert 0 == done.returncode, done.stdout + done.stderr
    assert {**dict.fromkeys((1, 2, 3, 4, 5, 73, 97), "passed"), 103: "not run"} == results
    assert "give --denied-access-key-id" in done.stdout
    assert "| 97 |" in matrix.read_text()


def test_a_departure_is_the_exit_status(probe: GatewayProcess) -> None:
    """With the wrong key the management API refuses what it should not."""
    environment = {**KEY, "AWS_SECRET_ACCESS_KEY": "another secret"}
    done = run_talkroom("conformance", "--ws", probe.url, "--only", "97", environment=environment)

    assert 1 == done.returncode
    assert "departed   97" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ws", "ws://127.0.0.1:9/prod"), "Is it deployed at ws://127.0.0.1:9/prod?"),
        (("--ws", "nowhere"), "--ws"),
        (("--ws", "ws://127.0.0.1:9/prod", "--only", "127"), "--only 127"),
    ],
)
def test_a_run_that_is_not_possible_is_refused_in_a_sentence(options: tuple[str, ...], said: str) -> None:
    """And not 126 times."""
    done = run_talkroom("conformance", *options, environment=KEY)

    assert 2 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
