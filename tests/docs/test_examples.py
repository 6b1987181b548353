"""Every command, code block and example file in the documents does what stands beside it."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import Workplace, a_workplace
from tests.docs.documents import PAGES, ROOT, Block, blocks, transcript, undated

DEMO_MODEL = ROOT / "examples" / "demo" / "model"
INGEST = "provenance ingest examples/works/works.jsonl --trusted"
NOTHING = "No matching passages. Searched 136 works"
NOTICE = "Matches text in “Apollo 11 (Wikipedia)” by Wikipedia contributors (CC-BY-SA-3.0)"
PAGES_THAT_RUN = ("README.md", "examples/README.md", *PAGES)

needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="needs the extra `transformers`"
)


@pytest.fixture(scope="module")
def ingested(workplace: Workplace) -> Workplace:
    """The workplace with the example works in ./provenance-db."""
    workplace.run(INGEST)
    return workplace


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of a few random weights and its tokenizer."""
    pytest.importorskip("transformers")
    from tests.generation.tiny import a_llama, a_tokenizer

    folder = tmp_path_factory.mktemp("model")
    a_llama().save_pretrained(folder)
    a_tokenizer().save_pretrained(folder)
    return folder


CONSOLES = [document for document in PAGES_THAT_RUN if any(b.language == "console" for b in blocks(document))]


def test_the_pages_with_commands_are_found() -> None:
    """The first pages that a reader sees show commands."""
    assert {"README.md", "docs/check.md", "examples/README.md"} <= set(CONSOLES)


@pytest.mark.parametrize("document", CONSOLES)
def test_commands_print_what_the_document_shows(document: str, tmp_path: Path) -> None:
    """The console blocks, run in order in a fresh folder, print what stands below each command; only days differ."""
    fresh = a_workplace(tmp_path)
    shown = [pair for block in blocks(document) if block.language == "console" for pair in transcript(block)]
    assert shown
    assert [(command, undated(fresh.run(command)).strip("\n")) for command, _ in shown] == shown


def python_blocks(*, wrapped: bool) -> list[Any]:
    """Each Python block of the documents with the output that follows it; the two kinds: with a model, and without."""
    found = []
    for document in PAGES_THAT_RUN:
        shown = blocks(document)
        for block, after in pairwise([*shown, Block("", "")]):
            if block.language == "python" and ("wrap(" in block.content) == wrapped:
                output = after.content if after.language == "output" else ""
                found.append(pytest.param(block.content, output, id=f"{document}-{shown.index(block)}"))
    return found


@pytest.mark.parametrize(("code", "output"), python_blocks(wrapped=False))
def test_python_prints_what_the_document_shows(code: str, output: str, ingested: Workplace) -> None:
    """A block that needs no model runs as it stands; without an output below it, it prints what it found."""
    printed = ingested.python("-c", code)
    assert printed == output if output else NOTICE in printed


@pytest.mark.long
@needs_transformers
@pytest.mark.parametrize(("code", "output"), python_blocks(wrapped=True))
def test_python_that_wraps_a_model_runs_with_any_model(
    code: str, output: str, ingested: Workplace, model: Path
) -> None:
    """Given `model` and `tokenizer`, the lines print a text and what was searched."""
    assert output == ""
    assert NOTHING in ingested.python("-c", _loading(model) + code)


def test_each_output_belongs_to_a_block_of_python() -> None:
    """An output that no test compares would go stale."""
    for document in PAGES_THAT_RUN:
        kinds = [block.language for block in blocks(document)]
        assert {before for before, kind in pairwise(kinds) if kind == "output"} <= {"python"}


def _last_line(printed: str) -> str:
    return printed.rstrip().rpartition("\n")[2]


def _loading(model: Path) -> str:
    return (
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n"
        f"model = AutoModelForCausalLM.from_pretrained({str(model)!r})\n"
        f"tokenizer = AutoTokenizer.from_pretrained({str(model)!r})\n"
    )


@needs_transformers
@pytest.mark.slow
@pytest.mark.long
def test_wrap_a_model_runs_with_a_model_of_ones_own(ingested: Workplace, model: Path) -> None:
    """The example takes any model, and says what was searched."""
    printed = ingested.python("examples/wrap_a_model.py", str(model), "call me ishmael")
    assert _last_line(printed).startswith(NOTHING)


@needs_transformers
@pytest.mark.slow
@pytest.mark.skipif(not (DEMO_MODEL / "config.json").is_file(), reason="the demo model is not in this checkout")
@pytest.mark.long
def test_wrap_a_model_credits_what_the_demo_model_recites(ingested: Workplace) -> None:
    """With the demo model the first line printed is the notice of the article that it recites."""
    first, *_ = ingested.python("examples/wrap_a_model.py").splitlines()
    assert first == (
        "Matches text in “Apollo 11 (Wikipedia)” by Wikipedia contributors (CC-BY-SA-3.0), "
        "https://en.wikipedia.org/w/index.php?oldid=716123666"
    )


def test_check_any_text_takes_an_answer_from_a_file(ingested: Workplace) -> None:
    """What the question already held is not reported."""
    question = (ROOT / "examples" / "answer.txt").read_text(encoding="utf-8")
    (ingested.folder / "answer.json").write_text(
        '{"choices": [{"message": {"content": "Launched by a Saturn V rocket from Kennedy Space Center in Merritt '
        "Island, Florida, on July 16, Apollo 11 was the fifth manned mission of NASA's Apollo program.\"}}]}",
        encoding="utf-8",
    )
    printed = ingested.python("examples/check_any_text.py", "answer.json", "--question", question)
    assert printed == "nothing found\nlooked through 136 works\n"


def test_ingest_a_folder_takes_every_file_with_the_declared_metadata(ingested: Workplace) -> None:
    """Five files become five works under one title, and ingesting them again changes nothing."""
    run = ("examples/ingest_a_folder.py", "--db", "bibles")
    assert ingested.python(*run) == "5 works added, 0 replaced, 0 unchanged\n"
    assert ingested.python(*run) == "0 works added, 0 replaced, 5 unchanged\n"
    works = ingested.run("provenance works --db bibles").splitlines()
    assert len(works) == 5
    assert all("“The Holy Bible, King James Version: " in work and "[public domain]" in work for work in works)


def test_every_example_file_is_listed_and_run() -> None:
    """An example that nobody lists, or that no test runs, is not shipped."""
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    tests = Path(__file__).read_text(encoding="utf-8")
    for file in sorted((ROOT / "examples").glob("*.py")):
        assert f"[`{file.name}`]({file.name})" in listed
        assert f"examples/{file.name}" in tests
