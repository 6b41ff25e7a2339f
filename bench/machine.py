"""What the measurements ran on, and what a process uses of it. All of it is read from /proc."""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

IN_MEMORY = {"tmpfs", "ramfs"}
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cores:
    """One core for the server under test, another for the load: neither takes time from the other."""

    server: int
    generator: int

    @classmethod
    def choose(cls) -> "Cores":
        """The first two that we may use. With only one, both share it and the result says so."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[min(1, len(allowed) - 1)])

    @property
    def shared(self) -> bool:
        """Whether server and load compete for one core, which makes every number too low."""
        return self.server == self.generator


@dataclass(frozen=True)
class Memory:
    """Memory of a process and its children, in KiB."""

    rss_kib: int
    pss_kib: int

    @classmethod
    def of(cls, pid: int) -> "Memory":
        """PSS counts a page that n processes share as one n-th, so a sum over processes is right."""
        readings = [_smaps_rollup(each) for each in _family(pid)]
        return cls(sum(each["Rss"] for each in readings), sum(each["Pss"] for each in readings))


def busy_cpu_s() -> float:
    """Processor time that the machine's programs have spent since it started.

    Interrupts are left out: a packet's way through the loopback is ours, but counts for no program.
    """
    user, nice, system = (int(field) for field in Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / TICKS_PER_S


def cpu_s(pid: int) -> float:
    """Processor time of a process and its children."""
    return sum(_stat_ticks(each) for each in _family(pid)) / TICKS_PER_S


@contextmanager
def folder_on_disk() -> Iterator[Path]:
    """A temporary folder on a real file system: on tmpfs, storing a message would cost nothing."""
    beside_this_file = Path(__file__).parent / "build"
    beside_this_file.mkdir(exist_ok=True)
    parents = (Path(tempfile.gettempdir()), beside_this_file)
    parent = next((each for each in parents if file_system(each) not in IN_MEMORY), None)
    if parent is None:
        raise SystemExit("bench: no folder on a disk to store messages in")
    folder = Path(tempfile.mkdtemp(prefix="talkroom-bench-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`, from the longest mount point above it."""
    best_point, best_type = "", "unknown"
    resolved = f"{path.resolve()}/"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        if resolved.startswith(point.rstrip("/") + "/") and len(point) >= len(best_point):
            best_point, best_type = point, kind
    return best_type


def facts(database_folder: Path) -> dict[str, object]:
    """What a reader needs to compare this run with another one. No names and no paths."""
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 1024**2, 1),
        "kernel": platform.release(),
        "file_system": file_system(database_folder),
        "python": platform.python_version(),
        "node": _first_line("node", "--version").lstrip("v"),
        "compiler": _first_line("cc", "--version"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "none"


def _family(pid: int) -> list[int]:
    """The process and its descendants."""
    family = [pid]
    for member in family:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            family.extend(int(child) for child in children.read_text().split())
    return family


def _smaps_rollup(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(value.split()[0]) for name, value in (line.split(":", 1) for line in lines)}


def _stat_ticks(pid: int) -> int:
    # The process's name stands in parentheses and may hold spaces, so count from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
