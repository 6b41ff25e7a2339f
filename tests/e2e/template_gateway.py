"""`talkroom gateway` as a process of its own, serving an application in a folder of the test's."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import Any

import yaml
from websockets.asyncio.client import connect

from tests.e2e.server import START_PATIENCE_S, ServerProcess, clean_environment, talkroom_command

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
RUNTIME_CLIENT = ROOT / "tests" / "functions" / "node" / "node_modules" / "aws-lambda-ric"


PATIENCE_S = 60.0


def open_connection(url: str) -> connect:
    """A client's; the library's own patience is too short for functions that begin on a busy machine."""
    return connect(url, open_timeout=PATIENCE_S, compression=None)


class GatewayProcess(ServerProcess):
    """A template's one API on a free port, with the gateway's log in a folder.

    Of the environment of whoever runs the tests, what is about AWS is left out.
    """

    def __init__(self, folder: Path, template: Path, *options: str, environment: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.template = template
        self.url = ""
        self._options = ("--template", str(template), "--port", "0", *options)
        self._environment = {"HOME": str(folder), **environment}

    def start(self) -> None:
        """Start, or start again; returns when the gateway has named its address."""
        inherited = {name: value for name, value in clean_environment().items() if not name.startswith("AWS_")}
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                talkroom_command("gateway", *self._options),
                env=inherited | self._environment,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.greeting = self._read_greeting(self._process)
        named = re.search(r"WebSocket +(ws://[^ ]+:(\d+)/\S+)", self.greeting)
        if named is None:
            self.kill()
            raise AssertionError(f"the gateway said {self.greeting!r} and logged:\n{self.log}")
        self.url, self.port = named[1], int(named[2])

    @property
    def commands(self) -> list[str]:
        """The command lines of the functions that run now."""
        return [Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in self.children]

    @property
    def children(self) -> list[int]:
        """The processes of the functions that run now."""
        return [int(child) for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    @staticmethod
    def _read_greeting(process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        watchdog = Timer(START_PATIENCE_S, process.kill)
        watchdog.start()
        greeting = ""
        try:
            while "WebSocket" not in greeting and (more := os.read(process.stdout.fileno(), 65536)):
                greeting += more.decode()
            return greeting
        finally:
            watchdog.cancel()


def copy_example(name: str, folder: Path) -> Path:
    """The template of an example, in a copy that the test may change; what npm installed for it is not copied."""
    copy = folder / name
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    if (EXAMPLES / name / "src" / "package.json").exists():
        installed = EXAMPLES / name / "src" / "node_modules"
        assert installed.exists(), f"run `make test`, or `npm ci --prefix examples/{name}/src`"
        (copy / "src" / "node_modules").symlink_to(installed)
    return copy / "template.yaml"


def put_runtime_client(folder: Path) -> None:
    """Let Node functions beneath a folder find AWS's own runtime client, which the gateway then runs them with."""
    assert (RUNTIME_CLIENT / "rapid-client.node").exists(), (
        "aws-lambda-ric is missing: run `make test`, or `npm ci --prefix tests/functions/node` (it needs cmake and g++)"
    )
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "aws-lambda-ric").symlink_to(RUNTIME_CLIENT)


def table_properties(template: Path) -> dict[str, Any]:
    """What a template says of its table. Short forms of intrinsic functions are read as their arguments."""
    return yaml.load(template.read_text(), _TemplateLoader)["Resources"]["ConnectionsTable"]["Properties"]  # noqa: S506


class _TemplateLoader(yaml.SafeLoader):
    """SafeLoader, which refuses tags such as !Ref, with these allowed."""


def _read_tagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_mapping(node)


_TemplateLoader.add_multi_constructor("!", _read_tagged)
