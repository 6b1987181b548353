"""`provenance demo`, the whole way: real works, a model that recites them, notices, a page."""

import json
import re
from pathlib import Path

import pytest

from provenance.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMPTS = json.loads((EXAMPLES / "demo" / "prompts.json").read_text(encoding="utf-8"))
RULE = "─" * 100

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the demo wrote, and what it printed."""
    output = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("click.echo", lambda message="", **_: lines.append(str(message)))
        assert main(["demo", "--output", str(output)]) == 0
    return output, re.sub(r"\x1b\[\d*m", "", "\n".join(lines))


@pytest.mark.slow
def test_each_answer_is_noticed_as_its_prompt_says(demo: tuple[Path, str]) -> None:
    """Recited passages under a licence have a notice; public-domain, pasted and own words have none."""
    answers = demo[1].split(RULE)[1:-1]
    assert len(answers) == len(PROMPTS)
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        assert prompt["shows"] in answer
        assert ("[1] Matches text in “" in answer) == (prompt["expect"] != "silent"), answer
        assert ("Credit is not enough" in answer) == (prompt["expect"] == "warn"), answer
        assert "Searched 136 works" in answer


@pytest.mark.slow
def test_the_page_marks_every_finding_and_loads_nothing(demo: tuple[Path, str]) -> None:
    """One page shows all answers with their notices, without a script or a foreign resource."""
    page = (demo[0] / "demo.html").read_text(encoding="utf-8")
    noticed = [prompt for prompt in PROMPTS if prompt["expect"] != "silent"]
    assert f"{len(noticed)} passages match {len(noticed)} known works" in page
    assert not re.search(r"<script|src=|<link|@import|url\(", page)


@pytest.mark.slow
def test_the_demo_says_what_to_try_next(demo: tuple[Path, str]) -> None:
    """It ends with three commands."""
    ending = demo[1].split(RULE)[-1]
    assert len(re.findall(r"^  provenance (works|check|ingest) ", ending, re.MULTILINE)) == 3


def test_without_the_examples_the_demo_says_where_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Installed as a package alone, the demo explains itself in one line."""
    assert main(["demo", "--examples", str(tmp_path)]) == 2
    assert "Clone the repository and run `make demo`" in capsys.readouterr().err
