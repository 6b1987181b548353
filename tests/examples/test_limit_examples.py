"""The examples of limits print what their page shows."""

from __future__ import annotations

import ast

import pytest

from provenance import Action, PolicySettings, Rule
from tests.docs.conftest import Workplace, a_workplace
from tests.docs.documents import ROOT, blocks, transcript, undated

PAGE = "examples/limit/README.md"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workplace with the example works in ./provenance-db."""
    pytest.importorskip("transformers")
    workplace = a_workplace(tmp_path_factory.mktemp("work"))
    workplace.run("provenance ingest examples/works/works.jsonl --trusted")
    return workplace


def test_the_page_shows_what_the_script_prints(ingested: Workplace) -> None:
    """The passage ends at the bound, the text goes on in other words, and the report says so."""
    (block,) = (block for block in blocks(PAGE) if block.language == "console")
    ((command, shown),) = transcript(block)
    python, *arguments = command.split()
    assert python == "python"
    assert undated(ingested.python(*arguments)).strip("\n") == shown


def test_the_lines_to_paste_are_those_of_the_script() -> None:
    """The lines that the page begins with stand in the script as they are."""
    first = next(block for block in blocks(PAGE) if block.language == "python")
    script = (ROOT / "examples" / "limit" / "limit_a_model.py").read_text("utf-8")
    assert first.content in script


def test_the_policy_on_the_page_limits_a_collection() -> None:
    """The file is what the page shows, and says what the page says."""
    (block,) = (block for block in blocks(PAGE) if block.language == "toml")
    file = ROOT / "examples" / "limit" / "provenance.toml"
    assert file.read_text("utf-8") == block.content
    assert PolicySettings.from_file(file).collections == {"archive": Rule(action=Action.LIMIT)}


def test_by_hand_only_the_row_that_recites_is_limited(ingested: Workplace) -> None:
    """Of two rows one is the model's own prose, the other is kept from going on with the article."""
    lines = ingested.python(str(ROOT / "examples" / "limit" / "by_hand.py")).strip().split("\n")
    assert [ast.literal_eval(line) for line in lines[1::2]] == [[], [(163, "Apollo 11 (Wikipedia)")]]
