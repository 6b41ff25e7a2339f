"""A new version of the server on the same address: what a browser that knows the old one gets."""

from pathlib import Path

import pytest

from talkroom.entrypoints.page import Page, PageSettings
from talkroom.entrypoints.web_files import WebFiles, read_web_files
from tests.unit.entrypoints.served import FILES, ask, serving, write_web

SETTINGS = PageSettings(stage="prod", development=True, text_characters_max=4000, version="1.2.3")


@pytest.fixture
def old(tmp_path: Path) -> WebFiles:
    """The version that the browser knows."""
    return read_web_files(write_web(tmp_path / "old"))


@pytest.fixture
def new(tmp_path: Path) -> WebFiles:
    """The version that is served; every script of it differs."""
    scripts = [path for path in FILES if path.endswith(".js")]
    return read_web_files(write_web(tmp_path / "new", {path: FILES[path] + "// new\n" for path in scripts}))


async def test_an_old_page_is_led_to_the_new_script(old: WebFiles, new: WebFiles) -> None:
    """It was loaded just before the upgrade, and its script is not there any more."""
    async with serving(Page(new, SETTINGS).routes()) as port:
        moved = await ask(port, f"/web/{old.digest}/bundles/page.js")
        location = moved.headers["location"].replace("../../", "/web/")

        assert 307 == moved.status
        assert new.assets["bundles/page.js"].body == (await ask(port, location)).body


@pytest.mark.parametrize("path", ["/", "/talk-room.js", "/client.js"])
async def test_an_address_that_stays_leads_to_the_new_version(old: WebFiles, new: WebFiles, path: str) -> None:
    """A browser asks again, and its old ETag counts no more."""
    async with serving(Page(old, SETTINGS).routes()) as port:
        first = await ask(port, path)
    async with serving(Page(new, SETTINGS).routes(), port):
        second = await ask(port, path, {"If-None-Match": first.headers["etag"]})

    assert "no-cache" == first.headers["cache-control"]
    assert (200, True) == (second.status, first.body != second.body)


async def test_the_same_version_started_again_is_known(old: WebFiles, tmp_path: Path) -> None:
    """A restart without an upgrade sends nothing again."""
    async with serving(Page(old, SETTINGS).routes()) as port:
        first = await ask(port, "/", {"Accept-Encoding": "gzip"})
    async with serving(Page(read_web_files(tmp_path / "old"), SETTINGS).routes(), port):
        second = await ask(port, "/", {"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})

    assert 304 == second.status
