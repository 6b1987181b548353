"""Writer of RESULTS.md. `python -m tests.benchmarks.results NAME [ARGUMENTS...]`, from the root of a checkout.

Runs the script NAME of this folder with the arguments, and puts its output between the marks `<!-- NAME -->` and
`<!-- /NAME -->` of RESULTS.md, below the command, the day and the commit. The words around the marks stay.
A script that fails changes nothing. Commit first: the line says so if the working tree differs from the commit.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
PACKAGE = "tests.benchmarks."


def main(argv: list[str], results: Path = RESULTS) -> int:
    """Run one script and rewrite its section; the exit code is the script's."""
    if not argv or argv[0] not in sections(results.read_text(encoding="utf-8")):
        print(f"usage: results.py NAME [ARGUMENTS...], NAME one of {', '.join(sections(results.read_text('utf-8')))}")
        return 2
    name, *arguments = argv
    command = ["-m", f"{PACKAGE}{name}", *arguments]
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode == 0:
        told = f"`{shlex.join(['python', *command])}`, {datetime.now(UTC):%Y-%m-%d}, at {commit()}."
        written = replace_section(results.read_text(encoding="utf-8"), name, f"{told}\n\n{as_markdown(done.stdout)}")
        results.write_text(written, encoding="utf-8")
    return done.returncode


def sections(document: str) -> list[str]:
    """The names between the marks.

    >>> sections("<!-- peers -->\\nold\\n<!-- /peers -->\\n")
    ['peers']
    """
    return re.findall(r"^<!-- (\w+) -->$", document, re.MULTILINE)


def replace_section(document: str, name: str, body: str) -> str:
    """The document with another body between the marks of a name.

    >>> replace_section("a\\n<!-- x -->\\nold\\n<!-- /x -->\\nb\\n", "x", "new")
    'a\\n<!-- x -->\\nnew\\n<!-- /x -->\\nb\\n'
    """
    section = re.compile(rf"^(<!-- {name} -->\n).*?^(<!-- /{name} -->)$", re.MULTILINE | re.DOTALL)
    return section.sub(lambda marks: f"{marks[1]}{body}\n{marks[2]}", document)


def as_markdown(output: str) -> str:
    """Tables as they are, other lines in a fence, so that they stay lines.

    >>> as_markdown("| a |\\n|---|\\n| 1 |\\n\\nx  2\\ny  3\\n").splitlines()
    ['| a |', '|---|', '| 1 |', '', '```text', 'x  2', 'y  3', '```']
    """
    parts = []
    for is_table, lines in groupby(output.strip("\n").splitlines(), key=lambda line: line.startswith("|")):
        part = "\n".join(lines).strip("\n")
        if part:
            parts.append(part if is_table else f"```text\n{part}\n```")
    return "\n\n".join(parts)


def commit() -> str:
    """The commit of the checkout, and whether files differ from it."""
    said = ["git", "describe", "--always", "--dirty= with changes", "--abbrev=7"]
    return subprocess.run(said, cwd=FOLDER, capture_output=True, encoding="utf-8", check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
