"""How long does the command think before it does what it was asked for?

    python tests/benchmarks/startup.py [--runs N]

Runs each command N times in turn, and prints the CPU seconds (user and system) of the fastest run and of the median:
`provenance --version`, `provenance --help`, `import provenance`, and a check of one small file against one small work.
Beside them, in the same runs, Python that does nothing, and Python that imports what a check cannot do without. On a
shared machine only the ratios between the rows mean something.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TEXT = """Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and
nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the
world."""
RUNS = 15


def commands(folder: Path) -> dict[str, list[str]]:
    """Return each command under the name of its row; the check finds its file and its database in the folder."""
    python, ours = [sys.executable, "-c"], [sys.executable, "-m", "provenance"]
    return {
        "python": [*python, "pass"],
        "import numpy, sqlalchemy.orm": [*python, "import numpy, sqlalchemy.orm"],
        "import provenance": [*python, "import provenance"],
        "provenance --version": [*ours, "--version"],
        "provenance --help": [*ours, "--help"],
        "provenance check": [*ours, "check", str(folder / "text.txt"), "--db", str(folder / "db")],
    }


def environment() -> dict[str, str]:
    """Return our environment, but with compiled modules kept, as an installation keeps them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str]) -> float:
    """Run a command, whatever it ends with, and return its CPU seconds."""
    before = os.times()
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "text.txt").write_text(TEXT, "utf-8")
        ingest = ["ingest", str(folder / "text.txt"), "--licence", "CC-BY-4.0", "--db", str(folder / "db")]
        subprocess.run(
            [sys.executable, "-m", "provenance", *ingest], env=environment(), check=True, stdout=subprocess.DEVNULL
        )
        rows = commands(folder)
        for command in rows.values():  # the first run compiles, and brings the files into memory
            seconds(command)
        taken = [{row: seconds(command) for row, command in rows.items()} for _ in range(runs)]
    print(f"| {runs} runs | fastest, CPU s | median, CPU s |\n|---|---|---|")
    for row in rows:
        times = [each[row] for each in taken]
        print(f"| `{row}` | {min(times):.2f} | {statistics.median(times):.2f} |")


if __name__ == "__main__":
    main()
