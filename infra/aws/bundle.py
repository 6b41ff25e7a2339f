"""Builds what is uploaded to Lambda: the locked packages for its Python and processor, and the modules that the handlers import.

    python3 bundle.py FOLDER

Nothing is compiled here, so neither that Python nor that processor is needed: pip downloads the wheels that were built for them.
LAMBDA_PYTHON (3.13) and LAMBDA_MACHINE (aarch64, x86_64) say which; with LAMBDA_MACHINE=native the bundle is for the Python that
runs this file, which is what tests do. The same sources and the same tools give the same bytes.

The packages are kept in .aws-sam/packages beside this file and only fetched again when the lock, or this file, has changed.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
LOCK: Final = ROOT / "requirements" / "lambda.txt"
SOURCES: Final = ROOT / "src"
PACKAGES: Final = HERE / ".aws-sam" / "packages"
PACKAGE: Final = "talkroom"
ENTRY: Final = "talkroom.entrypoints.aws_lambda"

GLIBC_MINORS: Final = range(34, 16, -1)
"""Lambda's python3.13 runs on Amazon Linux 2023, whose glibc is 2.34; wheels for older ones run there too."""
TIME: Final = 315_532_800
"""1980-01-01, the first moment that a zip can hold: every file's time, so that equal content is an equal zip."""

NEEDLESS: Final = (
    "bin",
    "botocore/data",  # descriptions of services, and 26 of the 30 MB; signing reads none of it
    "botocore/cacert.pem",
    "**/tests",
    "**/__pycache__",
    "**/*.c",
    "**/*.h",
    "**/*.pxd",
    "**/*.pyi",
    "**/*.pyx",
    "**/_testcapi*.so",
    "*.dist-info/INSTALLER",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "*.dist-info/sboms",
    "*.dist-info/WHEEL",
    "*.dist-info/top_level.txt",
)
"""What no function reads, as patterns of `Path.glob`. METADATA stays for importlib.metadata, licences because they must."""


def main() -> None:
    """Fill the folder that the command line names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python3 bundle.py FOLDER")
    folder = Path(sys.argv[1])
    python, machine = os.environ.get("LAMBDA_PYTHON", "3.13"), os.environ.get("LAMBDA_MACHINE", "aarch64")
    build(folder, python, machine)
    files = [path for path in folder.rglob("*") if path.is_file()]
    target = "this Python" if machine == "native" else f"Python {python} on {machine}"
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB, for {target}")
    if _find_compiler(python, machine) is None:
        print(f"no python{python} is here to compile them; functions will begin more slowly")


def build(folder: Path, python: str, machine: str) -> None:
    """Replace what is in the folder by the bundle."""
    compiler = _find_compiler(python, machine)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_fetched_packages(python, machine, compiler), folder)
    for name in sorted(imported_modules(ENTRY)):
        path = _module_path(name)
        target = folder / path.relative_to(SOURCES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if compiler is not None:
        _compile(folder / PACKAGE, compiler)
    _set_times(folder)


def imported_modules(entry: str) -> set[str]:
    """The names of our modules that a module needs, itself and the packages around them included, wherever the import stands."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found or not _module_path(name).exists():
            continue  # `from package import name` may name a value
        found.add(name)
        waiting += [name.rpartition(".")[0]] if "." in name else []
        waiting += _imports(_module_path(name))
    return found


def _imports(path: Path) -> Iterator[str]:
    """Names that a file imports from our package. Imports are absolute, which ruff checks; those for types alone do not count."""
    for node in ast.walk(_Runtime().visit(ast.parse(path.read_bytes()))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class _Runtime(ast.NodeTransformer):
    """Without what stands under `if TYPE_CHECKING`."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return self.generic_visit(node)


def _module_path(name: str) -> Path:
    path = SOURCES.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _fetched_packages(python: str, machine: str, compiler: str | None) -> Path:
    """The folder with the locked packages, downloaded and compiled if need be."""
    what = f"{python} {machine} {compiler is None} {sys.version if machine == 'native' else ''}".encode()
    key = hashlib.sha256(b"\0".join([LOCK.read_bytes(), Path(__file__).read_bytes(), what])).hexdigest()[:16]
    finished = PACKAGES / key
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with _locked(PACKAGES / "lock"):
        if not finished.exists():
            with tempfile.TemporaryDirectory(dir=PACKAGES) as name:
                _download(Path(name) / "packages", python, machine)
                if compiler is not None:
                    _compile(Path(name) / "packages", compiler)
                (Path(name) / "packages").rename(finished)
    return finished


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time: SAM may build functions side by side."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(folder: Path, python: str, machine: str) -> None:
    """Raises SystemExit with pip's status, after its message."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-compile", "--require-hashes", "--only-binary=:all:", "--no-deps", "--target", str(folder)]
    if machine != "native":
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS] + [f"manylinux2014_{machine}"]
        command += [part for platform in platforms for part in ("--platform", platform)]
        command += ["--python-version", python, "--implementation", "cp"]
    status = subprocess.run([*command, "--requirement", str(LOCK)], check=False).returncode
    if status:
        sys.exit(
            f"bundle.py: {sys.executable} -m pip could not fetch the packages (status {status}); it says why above"
        )
    for pattern in NEEDLESS:
        for path in list(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _find_compiler(python: str, machine: str) -> str | None:
    """A Python whose bytecode Lambda can run. Without one the bundle works too, and its functions begin more slowly."""
    if machine == "native" or f"{sys.version_info.major}.{sys.version_info.minor}" == python:
        return sys.executable
    name = shutil.which(f"python{python}")
    if name is None:
        return None
    # A shim of a version manager may be there for a Python that is not.
    found = subprocess.run([name, "-c", ""], check=False, capture_output=True).returncode == 0
    return name if found else None


def _compile(folder: Path, python: str) -> None:
    """Write bytecode, because /var/task is read-only, and each cold start would compile everything that it imports.

    It is valid whatever its source's time is. Paths in it are relative, so that it is the same wherever it is built.
    """
    command = [python, "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), str(folder)]
    # With other seeds sets would be written in other orders.
    if subprocess.run(command, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode:
        sys.exit("bundle.py: a module of the bundle cannot be compiled: python -m compileall on the folder tells which")


def _set_times(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (TIME, TIME), follow_symlinks=False)


if __name__ == "__main__":
    main()
