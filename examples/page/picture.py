"""Take the picture of the page that stands in the README beside this file: `python examples/page/picture.py`.

Needs the extras `serve` and `dev`, and Debian's package `chromium`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
WORKS = HERE.parent / "works/works.jsonl"
ANSWER = HERE.parent / "answer.txt"
VERSES = HERE.parent / "works/daily-verse/daily.txt"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Ingest the example works, serve them as a user would, and give the address of the page."""
    provenance, database = [sys.executable, "-m", "provenance"], str(folder / "works.db")
    subprocess.run([*provenance, "ingest", str(WORKS), "--trusted", "--db", database], check=True)
    command = [*provenance, "serve", "--db", database, "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert running.stdout
    try:
        yield running.stdout.readline().partition(": ")[0]
    finally:
        running.terminate()
        running.wait(30)
        running.stdout.close()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        yield running
        running.close()


def text() -> str:
    """An answer with two passages, one of them from a work that asks for more than credit."""
    verses = " ".join(" ".join(VERSES.read_text(encoding="utf-8").splitlines()[8:14]).split())
    return f"{ANSWER.read_text(encoding='utf-8').strip()}\n\nTwo verses to go with it: {verses}.\n"


def take(path: Path) -> None:
    """Paste the text, open the first passage, and take the picture."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1160, "height": 880})
        page.goto(address)
        page.fill("#text", text())
        page.click("#marked .passage >> nth=0")
        page.wait_for_selector(".detail .claims")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    take(HERE / "page.png")
