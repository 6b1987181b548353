"""What the user supplied stays silent; what the model adds does not."""

from __future__ import annotations

import pytest

from provenance import Document
from tests.checker.conftest import MakeChecker
from tests.ingest.samples import HAIKU, LANGUAGES, MOTTO, TIMES, WHALE, tokens_of, words


def reasons(report) -> list[str]:  # type: ignore[no-untyped-def]
    return [exemption.reason.value for exemption in report.exempt]


@pytest.mark.parametrize("text", [*LANGUAGES.values(), HAIKU, MOTTO], ids=[*LANGUAGES, "haiku", "motto"])
def test_a_repetition_of_the_prompt_is_silent(checker_of: MakeChecker, text: str) -> None:
    """A work that the user pasted, of any length and script, is no finding; without the prompt it is one."""
    checker = checker_of(Document(text=text, licence="CC-BY-4.0"))
    answer = f"You wrote: {text} Is that right?"
    assert len(checker.check(answer).findings) == 1
    for prompt in (text, f"Please translate: {text} Thanks!", text.upper()):
        report = checker.check(answer, prompt=prompt)
        assert (report.findings, reasons(report)) == ((), ["in-prompt"])


def test_a_continuation_of_the_prompt_is_a_finding(checker_of: MakeChecker) -> None:
    """Where the model goes on reciting what the prompt began, what is new counts."""
    work = words(0, 120)
    checker = checker_of(Document(text=work, id="w", licence="MIT"))
    prompt, answer = f"Go on: {words(0, 60)}", f"{words(0, 60)} {words(60, 60)}"
    (finding,) = checker.check(answer, prompt=prompt).findings
    assert (finding.start, finding.end) == (0, len(answer))
    assert finding.passage.counted_tokens == len(tokens_of(words(60, 60)))
    assert finding.passage.discount == "in-prompt"


def test_a_word_more_than_the_prompt_is_silent(checker_of: MakeChecker) -> None:
    """A few words beyond what the user supplied are too little to be noticed, and the reason is the prompt."""
    checker = checker_of(Document(text=words(0, 120), licence="MIT"))
    report = checker.check(words(0, 64), prompt=words(0, 60))
    assert (report.findings, reasons(report)) == ((), ["in-prompt"])


def test_another_prompt_changes_nothing(checker_of: MakeChecker) -> None:
    """A prompt that has nothing of the answer, or only single words of it, leaves the finding as it is."""
    checker = checker_of(Document(text=TIMES, licence="MIT"))
    expected = checker.check(TIMES).findings
    for prompt in ("", " ", WHALE, " ".join(reversed(TIMES.split())), "Recite the beginning of A Tale of Two Cities."):
        assert checker.check(TIMES, prompt=prompt).findings == expected


def test_a_short_work_that_the_prompt_has_in_part_is_a_finding(checker_of: MakeChecker) -> None:
    """Half a motto in the prompt does not supply the whole."""
    checker = checker_of(Document(text=MOTTO, licence="MIT"))
    assert len(checker.check(MOTTO, prompt="Festina lente").findings) == 1


def test_the_prompt_alone_is_never_reported(checker_of: MakeChecker) -> None:
    """Only the answer is checked."""
    report = checker_of(Document(text=TIMES, licence="MIT")).check("No idea.", prompt=TIMES)
    assert (report.findings, report.exempt, report.text) == ((), (), "No idea.")
