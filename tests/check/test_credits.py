"""A text that names the work which it repeats needs no notice where naming is what the licence asks for."""

from __future__ import annotations

import itertools

import pytest

from provenance import Document
from tests.check.conftest import MakeChecker
from tests.database.samples import TIMES, WHALE, words

TITLE, AUTHOR = "The Lighthouse Kettle: Harbour Riddles", "Brontë-Brown, Ida"
SOURCE = "https://www.kettle.example/lighthouse"


def work(licence: str = "CC-BY-4.0", **fields: object) -> Document:
    return Document(
        **{
            "text": TIMES,
            "id": "w",
            "title": TITLE,
            "authors": [AUTHOR],
            "source": SOURCE,
            "licence": licence,
            **fields,
        }
    )  # type: ignore[arg-type]


def reasons(checker_of: MakeChecker, document: Document, answer: str) -> list[str]:
    """Return why the passage of an answer is silent; nothing where it is noticed."""
    report = checker_of(document).check(answer)
    assert len(report.findings) + len(report.exempt) == 1
    return [str(exemption.reason) for exemption in report.exempt]


@pytest.mark.parametrize(
    "answer",
    [
        f"From The Lighthouse Kettle: Harbour Riddles. {TIMES}",
        f"{TIMES} — “THE  LIGHTHOUSE KETTLE (harbour riddles)”, CC BY 4.0",
        f"{TIMES} <http://kettle.example/lighthouse>",
        f"As Ida Bronte-Brown wrote: {TIMES}",
        f"{TIMES} (Brontë-Brown, Ida)",
        f"{TIMES} {words(0, 20)} Ida Brontë-Brown",
    ],
)
@pytest.mark.parametrize("licence", ["CC-BY-4.0", "CC-BY-3.0", "OGL-UK-3.0", "MIT OR CC-BY-4.0"])
def test_a_credited_passage_is_silent(checker_of: MakeChecker, licence: str, answer: str) -> None:
    """Title, author or source, before or after, in any dress, are credit enough for a licence that asks for no more."""
    assert reasons(checker_of, work(licence), answer) == ["credited"]


@pytest.mark.parametrize(
    "answer",
    [
        TIMES,
        f"{TIMES} {'and so on ' * 30} The Lighthouse Kettle: Harbour Riddles",
        f"From The Lighthouse Kettle: {TIMES}",
        f"The Lighthouse Kettle: {TIMES} Harbour Riddles",
        f"{TIMES} The Lighthouse Kettle: Harbour Riddlesome",
        f"{TIMES} by Ida",
    ],
)
def test_what_is_no_credit(checker_of: MakeChecker, answer: str) -> None:
    """Nothing, a name far away, half a name or title, and a word that only begins like it leave the notice."""
    assert reasons(checker_of, work(), answer) == []


def test_a_name_within_200_characters_is_a_credit(checker_of: MakeChecker) -> None:
    """From the passage to the far end of the name, on either side; a character more is too far."""
    checker, passage = checker_of(work()), TIMES.rstrip(".")
    for name, distance in itertools.product((TITLE, "Ida Brontë-Brown"), (199, 200, 201)):
        gap = "-" * (distance - len(name))
        answers = (
            f"{name}{gap}{passage}",
            f"{passage}{gap}{name}",
            f"{words(0, 9)} {name}{gap}{passage}",
            f"{passage}{gap}{name} {words(0, 9)}",
        )
        credited = [str(each.reason) for answer in answers for each in checker.check(answer).exempt]
        assert credited == (["credited"] * 4 if distance <= 200 else [])


@pytest.mark.parametrize(
    "licence", ["MIT", "Apache-2.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "GPL-3.0-only", "unknown", "all-rights-reserved"]
)
def test_other_duties_remain(checker_of: MakeChecker, licence: str) -> None:
    """A licence that asks for its text, for sharing alike, or forbids something is not done with a name; none too."""
    assert reasons(checker_of, work(licence), f"From {TITLE}: {TIMES}") == []


def test_a_name_within_the_passage_is_no_credit(checker_of: MakeChecker) -> None:
    """What the work says of itself was copied with it."""
    text = f"{WHALE} {TITLE}. {TIMES}"
    assert reasons(checker_of, work(text=text), text) == []


def test_a_title_that_says_too_little_is_no_credit(checker_of: MakeChecker) -> None:
    """A work called "Time" is not named by everybody who has the word."""
    document = work(title="Time", authors=[])
    assert reasons(checker_of, document, f"It was a long time ago. {TIMES}") == []


def test_a_changed_passage_is_not_done_with_a_name(checker_of: MakeChecker) -> None:
    """These licences want changes to be marked, which a name does not."""
    changed = TIMES.replace("epoch of belief", "epoch of faith").replace("season of Darkness", "season of gloom")
    assert reasons(checker_of, work(), f"From {TITLE}: {changed}") == []


def test_a_clever_title_does_not_pass_for_the_work_that_it_copies(checker_of: MakeChecker) -> None:
    """Of untrusted creators of one wording the text must name each; one that the operator vouches for is enough."""
    copy = Document(text=TIMES, id="copy", title="Copy", authors=["Mallory Vane"], year=1700, licence="CC-BY-4.0")
    answers = f"As Mallory Vane wrote: {TIMES}", f"As Ida Bronte-Brown and Mallory Vane wrote: {TIMES}"
    checker = checker_of(work(year=2001), copy)
    assert [[str(each.reason) for each in checker.check(answer).exempt] for answer in answers] == [[], ["credited"]]
    vouched = checker_of(copy, trusted=True)
    vouched.database.ingest(work(year=2001))
    assert [str(each.reason) for each in vouched.check(answers[0]).exempt] == ["credited"]
