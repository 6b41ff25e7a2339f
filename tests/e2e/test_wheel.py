"""The package as it is installed elsewhere: the wheel carries web/, and so does the archive that a wheel can be built from."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from talkroom.conformance.wire import Wire, request
from talkroom.entrypoints.web_files import find_web_folder, read_web_files
from tests.e2e.server import ServerProcess, run_talkroom

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240
FOLDERS = ("bundles", "client", "element", "page")
BUILD_SDIST = "import sys; from hatchling.build import build_sdist; print(build_sdist(sys.argv[1]))"


def run(*command: str | Path) -> str:
    """Run it to its end; what it says on standard output."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout.strip()


def build_wheel(source: Path, folder: Path) -> Path:
    """By the tools of the lock, and none from the network."""
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source)
    return next(folder.glob("talkroom-*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the package in it, which programs that are started now import before any other."""
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:  # an installation of a wheel without scripts is its unpacking (PEP 427)
        archive.extractall(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


def names(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of_checkout() -> set[str]:
    """What of web/ belongs into a wheel, by its name there."""
    files = [file for folder in FOLDERS for file in (ROOT / "web" / folder).rglob("*") if file.is_file()]
    return {f"talkroom/web/{file.relative_to(ROOT / 'web').as_posix()}" for file in files}


def test_a_wheel_carries_web_and_nothing_that_checks_it(wheel: Path) -> None:
    """The package, its description, and the four folders."""
    found = names(wheel)

    assert {"talkroom"} == {name.split("/")[0] for name in found if ".dist-info/" not in name}
    assert files_of_checkout() == {name for name in found if name.startswith("talkroom/web/")}
    assert not [name for name in found if "node_modules" in name or "test" in Path(name).name.split("_")[0]]


def test_a_wheel_can_be_built_from_the_archive(wheel: Path, tmp_path: Path) -> None:
    """With the same files in it."""
    archive = tmp_path / run(sys.executable, "-c", BUILD_SDIST, tmp_path).splitlines()[-1]

    assert names(wheel) == names(build_wheel(archive, tmp_path / "wheel"))


async def test_an_installed_server_serves_the_page(installed: Path, tmp_path: Path) -> None:
    """From the wheel's own files."""
    where = run(sys.executable, "-c", "import talkroom; print(talkroom.__file__)")
    expected = await asyncio.to_thread(read_web_files, find_web_folder())
    with ServerProcess(tmp_path) as server:
        for path in ("/", f"/web/{expected.digest}/bundles/page.js"):
            async with await Wire.connect(server.port) as wire:
                wire.send(request(path, [("Host", "localhost")]))
                response = await wire.response()

            assert 200 == response.status
            assert expected.digest in response.body.decode() or "page.js" in path
    assert str(installed) == os.path.commonpath([where, str(installed)])


def test_a_package_without_its_web_says_so(installed: Path, tmp_path: Path) -> None:
    """And what to do; without the page it runs."""
    web = installed / "talkroom" / "web"
    web.rename(installed / "moved")
    try:
        result = run_talkroom("serve", "--port", "0", "--database", ":memory:", folder=tmp_path)
    finally:
        (installed / "moved").rename(web)

    assert 2 == result.returncode
    assert "--page off" in result.stderr
