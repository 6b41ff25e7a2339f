"""`talkroom gateway` with the probe application, for `talkroom conformance` without a URL: a process of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from secrets import token_hex
from threading import Timer
from typing import Any, Final

from talkroom.conformance import probe
from talkroom.conformance.errors import Unusable

START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0

LIMITS: Final[Mapping[str, float]] = {"idle_timeout_s": 8, "connection_duration_s": 24}
"""Shortened by configuration, so that what AWS does in hours is seen in a minute."""

DOMAIN: Final = "chat.example.com"
MAPPING_KEY: Final = "probe"

_MAIN: Final = re.compile(r"^  WebSocket +(ws://\S+)", re.MULTILINE)


def write_probe(folder: Path) -> None:
    """The probe application as files: its template and its functions. Raises OSError when the folder is there already."""
    with as_file(files(probe)) as source:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.pyc"))


@contextmanager
def own_gateway(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Our own gateway, started in this folder and ended afterwards; what `Options` must say of it.

    Raises Unusable when it does not start.
    """
    application = folder / "probe"
    store = folder / "store"
    write_probe(application)
    store.mkdir()
    keys = _write_keys(folder / "keys.json")
    command = [sys.executable, "-c", "from talkroom.entrypoints.cli import main; main()", "gateway"]
    options = [
        *(
            "--template",
            str(application / "template.yaml"),
            "--port",
            "0",
            "--keys",
            str(folder / "keys.json"),
            "--freeze",
        ),
        *("--parameter", f"StoreFolder={store}", "--parameter", f"DomainName={DOMAIN}"),
        *("--parameter", f"MappingKey={MAPPING_KEY}"),
        *(part for name, value in LIMITS.items() for part in (f"--{name.replace('_', '-')}", f"{value:g}")),
    ]
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=log)  # noqa: S603  # our own program
        try:
            url = _read_url(process, folder / "gateway.log")
            check = shlex.join([*command, "--check"])
            yield {
                "ws": url,
                "limits": dict(LIMITS),
                "freezes": True,
                "domain": re.sub(r"//[^:/]+(:\d+)/.*", rf"//{DOMAIN}\1/{MAPPING_KEY}", url),
                "redeploy": f"echo '# deployed again' >> {shlex.quote(str(application / 'handlers' / 'app.py'))}",
                "deploy": f"{check} --template {{template}}",
                **keys,
            }
        finally:
            _stop(process)


def _write_keys(path: Path) -> Mapping[str, str]:
    """Two key pairs, of which the second may do nothing."""
    allowed, denied = ("AKIDTALKROOMALLOWED1", token_hex(20)), ("AKIDTALKROOMDENIED12", token_hex(20))
    nothing = {"Version": "2012-10-17", "Statement": []}
    keys = [
        {"accessKeyId": allowed[0], "secretAccessKey": allowed[1]},
        {"accessKeyId": denied[0], "secretAccessKey": denied[1], "policy": nothing},
    ]
    path.touch(mode=0o600)
    path.write_text(json.dumps(keys), encoding="utf-8")
    return {
        "access_key_id": allowed[0],
        "secret_access_key": allowed[1],
        "denied_access_key_id": denied[0],
        "denied_secret_access_key": denied[1],
    }


def _read_url(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where Main is, from what the gateway prints. Raises Unusable."""
    assert process.stdout is not None
    printed = ""
    watchdog = Timer(START_TIMEOUT_S, process.kill)
    watchdog.start()
    try:
        while piece := os.read(process.stdout.fileno(), 65536):
            printed += piece.decode()
            found = _MAIN.search(printed)
            if found is not None:
                return found[1]
    finally:
        watchdog.cancel()
    raise Unusable(f"`talkroom gateway` did not start with the probe application:\n{printed}{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
