"""The page on streams: its lines are those of the script, and what it prints is what the script prints."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE = (EXAMPLES / "any_stream" / "README.md").read_text(encoding="utf-8")
SCRIPT = EXAMPLES / "any_stream" / "follow_any_stream.py"


def fenced(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_lines_to_paste_are_those_of_the_script() -> None:
    """Whoever pastes from the page has what a test runs."""
    imported, function = fenced("python").split("\n\n\n")
    script = SCRIPT.read_text(encoding="utf-8")
    assert imported in script
    assert function in script


def test_the_script_prints_what_the_page_shows(tmp_path: Path) -> None:
    """The notice stands where it is shown, while the text is being written."""
    database = str(tmp_path / "db")
    ingest = [sys.executable, "-m", "provenance", "ingest", str(EXAMPLES / "works" / "works.jsonl"), "--db", database]
    subprocess.run(ingest, check=True, capture_output=True)
    run = subprocess.run([sys.executable, str(SCRIPT), "--db", database], check=True, capture_output=True, text=True)
    command, shown = fenced("console").split("\n", 1)
    assert command == "$ python examples/any_stream/follow_any_stream.py"
    assert run.stdout == shown
