"""What the tests of docs/howto/embed-the-chat.md share: its back ends, run as people would run them, and their visitors."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Timer
from typing import Final, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from tests.docs.support import DEADLINE_S, DOCS, ROOT, SECRET

PAGE = DOCS / "howto" / "embed-the-chat.md"
JAPANESE_PAGE = DOCS / "ja" / "howto" / "embed-the-chat.md"
EXAMPLES = ROOT / "examples" / "embed"
NODE_MODULES = ROOT / "tests" / "web" / "node" / "node_modules"
RUBY_PACKAGES = "ruby ruby-jwt ruby-webrick ruby-railties"

BACK_ENDS: Final = {
    "flask": (sys.executable, "app.py"),
    "fastapi": (sys.executable, "app.py"),
    "express": ("node", "app.js"),
    "rails": ("ruby", "app.rb"),
}
"""How each is started in its folder."""


@dataclass(frozen=True)
class Answer:
    """What an HTTP request got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def token(self) -> str:
        """Of an answer of `/chat-token`."""
        found = json.loads(self.text)["token"]
        assert isinstance(found, str)
        return found


class Visitor:
    """A browser without a screen: it keeps cookies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def post(self, path: str, **form: str) -> Answer:
        """A POST of a form, redirections followed."""
        try:
            with self._opener.open(self._url + path, urlencode(form).encode(), DEADLINE_S) as response:
                return Answer(response.status, dict(response.headers.items()), response.read().decode())
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, dict(refused.headers.items()), "")

    def signed_in(self, user: int) -> Self:
        """As one of the example's users."""
        assert self.post("/sign-in", user=str(user)).status == 200
        return self


@contextmanager
def a_back_end(name: str, folder: Path, chat: str = "localhost:8080") -> Iterator[str]:
    """One of the page's back ends, run on a copy, beside a chat at HOST:PORT; its URL."""
    copy = Path(shutil.copytree(EXAMPLES, folder / "embed"))
    if name == "express":
        assert (NODE_MODULES / "express").exists(), "Express is missing: `make test` installs it"
        (copy / name / "node_modules").symlink_to(NODE_MODULES)
    if name == "rails":
        require_rails()
    environment = {one: value for one, value in os.environ.items() if not one.startswith("TALKROOM_")}
    environment |= {"TALKROOM_TOKEN_SECRET": SECRET, "PORT": "0", "CHAT_HOST": chat, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        BACK_ENDS[name],
        cwd=copy / name,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield _url(process)
        finally:
            process.kill()


def require_rails() -> None:
    """Fails with what to do when Ruby, or a part of Rails, is not on this machine."""
    ruby = shutil.which("ruby")
    needed = 'require "jwt"; require "action_controller/railtie"; require "webrick"'
    found = ruby and subprocess.run([ruby, "-e", needed], capture_output=True, timeout=DEADLINE_S, check=False)
    assert found, f"Ruby is missing: apt-get install {RUBY_PACKAGES}"
    assert found.returncode == 0, f"a part of Rails is missing: apt-get install {RUBY_PACKAGES}"


def _url(process: subprocess.Popen[str]) -> str:
    """From the line in which the program says where it listens."""
    assert process.stdout is not None
    watchdog = Timer(DEADLINE_S, process.kill)
    watchdog.start()
    printed = []
    try:
        for line in process.stdout:
            printed.append(line)
            if found := re.search(r"[Rr]unning on (http://127\.0\.0\.1:\d+)", line):
                return found[1]
    finally:
        watchdog.cancel()
    raise AssertionError(f"the back end ended; it printed {''.join(printed)}")
