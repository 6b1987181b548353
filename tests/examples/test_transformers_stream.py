"""The ways to stream with transformers: the page's lines are those of the files, and the files do what it says."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from provenance import Checker, Database
from provenance.generation import wrap
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from tests.docs.documents import ROOT, blocks, read, transcript

transformers = pytest.importorskip("transformers")

PAGE = "examples/transformers_stream/README.md"
FOLDER = (ROOT / PAGE).parent
SCRIPTS = sorted(FOLDER.glob("*.py"))
MODEL = ROOT / "examples" / "demo" / "model"
PROMPT = "Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"
NOTICE = (
    "Matches text in “Apollo 11 (Wikipedia)” by Wikipedia contributors (CC-BY-SA-3.0), "
    "https://en.wikipedia.org/w/index.php?oldid=716123666"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the example works."""
    folder, plugins = tmp_path_factory.mktemp("stream") / "db", get_plugin_manager()
    with Database.open(folder, create=True) as database:
        works = ROOT / "examples" / "works" / "works.jsonl"
        assert database.ingest(documents([works], plugins, Declared()), trusted=True, plugins=plugins).added == 136
    return folder


@pytest.fixture(scope="module")
def answer(database: Path) -> str:
    """What the demo model writes."""
    files = {"pretrained_model_name_or_path": MODEL, "local_files_only": True}
    model = transformers.AutoModelForCausalLM.from_pretrained(**files)
    tokenizer = transformers.AutoTokenizer.from_pretrained(**files)
    with Database.open(database) as opened:
        return wrap(model, tokenizer, Checker(opened)).generate_text(PROMPT, max_new_tokens=120).text


def run(script: str, database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", [script, "--db", str(database)])
    transformers.utils.logging.disable_progress_bar()
    runpy.run_path(str(FOLDER / script), run_name="__main__")
    return capsys.readouterr().out


def test_around_a_text_streamer(
    database: Path, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text is printed as it comes, the notice after it, as the page shows."""
    printed = run("text_streamer.py", database, monkeypatch, capsys)
    assert printed == f"{answer}\n{NOTICE}\n"
    (shown,) = (block for block in blocks(PAGE) if block.language == "console")
    assert transcript(shown) == [("python examples/transformers_stream/text_streamer.py", printed.strip("\n"))]


def test_around_a_text_iterator_streamer(
    database: Path, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notice is heard of while the text is read."""
    printed = run("iterator_streamer.py", database, monkeypatch, capsys)
    assert printed == f"[answer: {NOTICE}]\n{answer.strip()}\nsearched 136 works\n"


def test_in_one_call(
    database: Path, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notice stands among the text, where its passage has become long enough, and the text goes on after it."""
    text, end = run("stream_text.py", database, monkeypatch, capsys).rsplit("\n", 2)[:2]
    before, after = text.split(f"\n[{NOTICE}]\n")
    assert before + after == answer
    assert len(before) < len(answer)
    assert after
    assert end == "1 passages; searched 136 works"


def test_by_channel_in_an_event_loop(
    database: Path, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each channel has its text and its report."""
    without = re.sub(r"\(..\)", "", answer).strip()
    assert run("channels.py", database, monkeypatch, capsys).splitlines() == [
        f"answer: {without}", "aside: CMSMLM", "aside: 0 passages", "answer: 1 passages",
    ]  # fmt: skip


def test_the_page_shows_what_the_files_hold() -> None:
    """Each block of Python on the page stands in one of the files, line after line; each file is named there."""
    page = read(PAGE)
    assert [script.name for script in SCRIPTS if script.name not in page] == []
    files = [script.read_text(encoding="utf-8") for script in SCRIPTS]
    for block in blocks(PAGE):
        lines = [line for line in block.content.splitlines() if line.strip()]
        if block.language == "python":
            assert any(_in_order(lines, file.splitlines()) for file in files), block.content


def _in_order(lines: list[str], file: list[str]) -> bool:
    rest = iter(file)
    return all(line in rest for line in lines)
