"""The files of web/ are read once and have one digest."""

import re
from pathlib import Path

import pytest

from talkroom.entrypoints.web_files import TEMPLATE, TYPES, WebFiles, find_web_folder, read_web_files
from talkroom.settings import ConfigError
from tests.unit.entrypoints.served import FILES, write_web

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ours() -> WebFiles:
    """The files of this repository."""
    return read_web_files(find_web_folder())


def test_two_starts_give_the_same(tmp_path: Path) -> None:
    """Bytes, compressed bytes, ETags and digest: a restart costs no client anything."""
    assert read_web_files(write_web(tmp_path)) == read_web_files(tmp_path)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_change_of_any_file_changes_the_digest(tmp_path: Path, path: str) -> None:
    """The template too: its assets are its own."""
    before = read_web_files(write_web(tmp_path / "before")).digest
    after = read_web_files(write_web(tmp_path / "after", {path: FILES[path] + " "})).digest

    assert before != after


def test_only_what_a_browser_needs_is_served(tmp_path: Path) -> None:
    """Not the modules that the bundles are made of, nor the template, which has placeholders."""
    extra = ["package.json", "bundles/other.js", "client/index.js", "page/page.js", "page/page.js~"]
    files = read_web_files(write_web(tmp_path, dict.fromkeys(extra, "")))

    assert set(FILES) - {TEMPLATE} == set(files.assets)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_file_is_a_sentence(tmp_path: Path, path: str) -> None:
    """Which, and what to do."""
    with pytest.raises(ConfigError, match=rf"lacks {path} of the chat page.*--page off"):
        read_web_files(write_web(tmp_path, {path: None}))


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    """Not even the folders are there."""
    with pytest.raises(ConfigError, match=", ".join(sorted(FILES))):
        read_web_files(tmp_path)


# What is in the repository.


def test_our_files_are_those_beside_src(ours: WebFiles) -> None:
    """An installation in place reads the checkout's own files."""
    assert (ROOT / "web/page/icon.svg").read_bytes() == ours.assets["page/icon.svg"].body


def test_our_template_has_no_other_placeholders(ours: WebFiles) -> None:
    """A placeholder that nobody fills would be shown."""
    assert {"{{settings}}", "{{base}}"} == set(re.findall(r"\{\{.*?\}\}", ours.template))


@pytest.mark.parametrize("path", sorted(TYPES))
def test_nothing_of_ours_imports_more(ours: WebFiles, path: str) -> None:
    """Each is one request, and of one version."""
    assert [] == re.findall(r"""\b(?:import|from)\s*\(?\s*["']|@import|url\(["'h/.]""", ours.assets[path].body.decode())
