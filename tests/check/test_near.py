"""Near-verbatim passages: what they say, what of them counts, and whose they are."""

from __future__ import annotations

from provenance import Document
from provenance.notices import full
from provenance.reports import Kind, Reason
from tests.check.conftest import MakeChecker
from tests.database.samples import TIMES, WHALE, tokens_of, words

CLOSED, FREE = "all-rights-reserved", "public-domain"
EDITED = WHALE.replace("Some years ago", "A few years back").replace("nothing particular", "nothing at all").strip(".")
LONG_RUN = len(tokens_of(EDITED[EDITED.index("to interest me") :]))


def test_an_edited_copy_is_one_near_verbatim_finding(checker_of: MakeChecker) -> None:
    """Both places reach from the first to the last word; tokens and similarity are those of the equal words."""
    checker = checker_of(Document(text=WHALE, id="w", licence="CC-BY-4.0"))
    (finding,) = checker.check(f"{words(0, 20)} {WHALE[:30]}{EDITED[31:]} {words(20, 20)}").findings
    passage = finding.passage
    assert passage.kind is Kind.NEAR_VERBATIM
    assert passage.quote.exact.endswith("regulating the circulation")
    assert 0.7 < passage.similarity < 1
    assert passage.tokens == sum(end - start for start, end in passage.stretches) < passage.token_end
    assert passage.share_of_work == passage.tokens / len(tokens_of(WHALE))
    assert WHALE[slice(finding.sources[0].start, finding.sources[0].end)].endswith("regulating the circulation")
    assert any("nearly word for word" in line for line in full(finding).lines)


def test_all_equal_tokens_of_a_near_copy_count(checker_of: MakeChecker) -> None:
    """What the policy judges are the tokens that are equal, however short the stretch, and their information."""
    checker = checker_of(Document(text=WHALE, licence="MIT"))
    (passage,) = checker.check(EDITED, passages=True).passages or ()
    equal = [end - start for start, end in passage.stretches]
    assert min(equal) < 8
    assert passage.counted_tokens == sum(equal) == passage.tokens
    assert passage.counted_bits == passage.bits


def test_a_corrected_prompt_stays_silent(checker_of: MakeChecker) -> None:
    """Who asks for a text to be improved, and gets it back with some words changed, had supplied it."""
    checker = checker_of(Document(text=WHALE, licence="MIT"))
    report = checker.check(EDITED, prompt=f"Improve this: {WHALE}")
    assert (report.findings, [exempt.reason for exempt in report.exempt]) == ((), [Reason.IN_PROMPT])


def test_a_verbatim_passage_within_a_free_near_copy_stands_for_itself(trusted_of: MakeChecker) -> None:
    """A restricted new wording of a free text is not silenced by the likeness to the old; only whole runs are free."""
    checker = trusted_of(
        Document(text=f"{WHALE} {TIMES}", id="old", licence=FREE), Document(text=EDITED, id="new", licence=CLOSED)
    )
    report = checker.check(f"{EDITED}. {TIMES}", passages=True)
    found = {(p.origin.id, p.kind) for p in report.passages or ()}
    assert found == {("old", Kind.NEAR_VERBATIM), ("new", Kind.WHOLE_WORK)}
    (finding,) = report.findings
    assert [exempt.sources[0].work.id for exempt in report.exempt] == ["old"]
    assert finding.passage.origin.id == "new"
    assert finding.passage.counted_tokens == len(tokens_of(EDITED)) - LONG_RUN


def test_a_near_copy_within_a_verbatim_one_names_its_work(checker_of: MakeChecker) -> None:
    """Of two restricted works the one with the very words is the origin, the one with similar words is named too."""
    checker = checker_of(
        Document(text=f"{words(0, 20)} {EDITED} {words(20, 20)}", id="exact", licence="MIT"),
        Document(text=WHALE, id="like", licence="MIT"),
    )
    (finding,) = checker.check(f"{words(0, 20)} {EDITED} {words(20, 20)}").findings
    assert (finding.passage.kind, finding.passage.similarity) == (Kind.WHOLE_WORK, 1.0)
    assert [source.work.id for source in finding.sources] == ["exact", "like"]


def test_the_same_text_twice_is_no_near_copy(checker_of: MakeChecker) -> None:
    """An exact copy keeps its kind, its extent and all its tokens."""
    (finding,) = checker_of(Document(text=TIMES, licence="MIT")).check(TIMES).findings
    assert (finding.passage.kind, finding.passage.stretches) == (Kind.WHOLE_WORK, ())
    assert finding.passage.counted_tokens == finding.passage.tokens == len(tokens_of(TIMES))
