"""The whole way: a database of one work, a model that recites it, and the notice its user sees."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from provenance import Checker, Database, Document
from provenance.generation import LicensedModel, wrap
from provenance.reports import Action, Reason
from tests.generation.tiny import SPECIAL, WORK, a_llama, a_tokenizer, force

WORDS = WORK.split()
PROMPT, RECITED = " ".join(WORDS[:3]), " ".join(WORDS[3:])


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LicensedModel]:
    folder: Path = tmp_path_factory.mktemp("works") / "db"
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *dict.fromkeys(WORDS)))}
    database = Database.open(folder, create=True)
    database.ingest(Document(text=WORK, title="Moby-Dick", authors=("Herman Melville",), licence="CC-BY-4.0"))
    yield wrap(a_llama(words=len(vocabulary)), a_tokenizer(vocabulary), Checker(database), on_error="raise")
    database.close()


def recitation(licensed: LicensedModel) -> dict[str, Any]:
    """The arguments that make the model recite the work after the prompt."""
    ids = licensed.tokenizer(WORK)["input_ids"]
    script = {(0, length): ids[length] for length in range(3, len(ids))}
    return {"logits_processor": force(script), "max_new_tokens": len(ids) - 3, "do_sample": False}


def test_a_recited_work_is_noticed(licensed: LicensedModel) -> None:
    """What the model recites is found whole, at its place in the generated text, with the notice for its licence."""
    annotated = licensed.generate_text(PROMPT, **recitation(licensed))
    (finding,) = annotated.report.findings
    assert annotated.text == RECITED
    assert annotated.text[finding.start : finding.end] == RECITED.rstrip(".")
    assert (finding.action, finding.licence, finding.sources[0].work.title) == (
        Action.ANNOTATE, "CC-BY-4.0", "Moby-Dick",
    )  # fmt: skip
    assert annotated.notices == (finding.notice,)
    assert finding.notice in annotated.render("text")


def test_what_the_user_supplied_stays_silent(licensed: LicensedModel) -> None:
    """A text that the user put into the prompt is exempt when the model repeats it."""
    inputs = licensed.tokenizer([WORK], return_tensors="pt")
    ids = inputs["input_ids"][0].tolist()
    script = force({(0, len(ids) + at): token for at, token in enumerate(ids)})
    out = licensed.generate(
        **inputs, logits_processor=script, max_new_tokens=len(ids), do_sample=False, return_dict_in_generate=True
    )
    (report,) = out.provenance
    assert report.text == WORK
    assert report.findings == ()
    assert {exemption.reason for exemption in report.exempt} == {Reason.IN_PROMPT}


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda out: pickle.loads(pickle.dumps(out))])
def test_outputs_with_real_reports_can_be_copied(licensed: LicensedModel, clone: Any) -> None:
    """An output with real reports can be sent to another process, and its reports still render there."""
    inputs = licensed.tokenizer([PROMPT], return_tensors="pt")
    out = licensed.generate(**inputs, **recitation(licensed), return_dict_in_generate=True)
    theirs = clone(out)
    assert torch.equal(theirs.sequences, out.sequences)
    assert theirs.provenance == out.provenance
    assert theirs.provenance[0].render("markdown") == out.provenance[0].render("markdown")


def test_own_writing_stays_silent(licensed: LicensedModel) -> None:
    """A model that writes something of its own gets a report without findings that says what was searched."""
    annotated = licensed.generate_text(PROMPT, max_new_tokens=60, min_new_tokens=60, do_sample=False)
    assert (annotated.notices, annotated.report.coverage.works) == ((), 1)
    assert annotated.report.checked
