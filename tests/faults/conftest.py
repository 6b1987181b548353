"""A damaged world: no permission, small or read-only disks, processes that end in the middle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]
Mount = Callable[..., Path]


@pytest.fixture
def provenance(tmp_path: Path) -> Command:
    """Run the command as a process in a folder of its own."""

    def run(*argv: str | Path, prefix: Sequence[str] = (), stdin: bytes = b"") -> Ended:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PROVENANCE_")}
        command = [*prefix, sys.executable, "-m", "provenance", *map(str, argv)]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment,
            timeout=300,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def bound() -> list[str]:
    """What to write before a command so that permissions bind it, although we may be root."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
    if shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("we are root, and `setpriv` cannot take root's powers away")
    return prefix


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Mount]:
    """Mount a file system in memory of some size; `remount` changes its options."""
    mounted: list[Path] = []

    def mount(name: str, options: str, *, remount: bool = False) -> Path:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        kind = ["-o", f"remount,{options}"] if remount else ["-t", "tmpfs", "-o", options, "tmpfs"]
        done = subprocess.run(["mount", *kind, place], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        if not remount:
            mounted.append(place)
        return place

    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a file system")
    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)
