"""What the user supplied stays silent; what the model adds does not."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Document
from provenance.check.prompt import Prompt, find_diagonals, mark_supplied
from provenance.thresholds import PROMPT_SHINGLE
from tests.check.conftest import MakeChecker
from tests.database.samples import HAIKU, LANGUAGES, MOTTO, TIMES, WHALE, tokens_of, words
from tests.strategies import examples


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


LONG = f"Please tell me what was written over the door of the smithy in the square. {WHALE} {TIMES}"


@pytest.mark.parametrize("work", [MOTTO, "Nunc est bibendum", HAIKU])
@pytest.mark.parametrize("at", [0, len(LONG) // 2, len(LONG)])
def test_a_short_work_is_silent_only_where_the_prompt_has_it(checker_of: MakeChecker, work: str, at: int) -> None:
    """A prompt that is longer than a short work supplies it if the work stands in it, anywhere, and not otherwise."""
    checker = checker_of(Document(text=work, licence="MIT"))
    answer = f"So he said: {work}"
    assert len(checker.check(answer, prompt=LONG).findings) == 1
    report = checker.check(answer, prompt=f"{LONG[:at]} {work} {LONG[at:]}")
    assert (report.findings, reasons(report)) == ((), ["in-prompt"])


FEW = st.lists(st.integers(0, 2), min_size=1, max_size=30)


@given(
    text=st.lists(st.integers(0, 2), min_size=9, max_size=30), given_=FEW, at=st.integers(0, 29),
    length=st.sampled_from((1, 3, 6, 7, 7, 8, 9)), whole=st.booleans(),
)  # fmt: skip
def test_a_short_work_is_looked_for_as_a_whole(
    text: list[int], given_: list[int], at: int, length: int, whole: bool
) -> None:
    """What the prompt supplies are the runs of 8 tokens that it has too, and short works that stand whole in both."""
    start = min(at, len(text) - length)
    end = start + length
    if whole:
        given_ = [*given_, 9, *text[start:end], 9, *given_]

    def occurs(part: list[int]) -> bool:
        return any(given_[at : at + len(part)] == part for at in range(len(given_) - len(part) + 1))

    expected = [False] * len(text)
    spans = [(at, at + PROMPT_SHINGLE) for at in range(len(text) - PROMPT_SHINGLE + 1)] + [(start, end)] * (
        end - start < PROMPT_SHINGLE
    )
    for first, last in spans:
        if occurs(text[first:last]):
            expected[first:last] = [True] * (last - first)
    mask = mark_supplied(np.array(text, np.uint16), Prompt(np.array(given_, np.uint16)), short_works=[(start, end)])
    assert mask.tolist() == expected


@settings(max_examples=examples(40))
@given(gaps=st.lists(st.sampled_from((0, 7, 55, 56, 57, 200)), max_size=10), offsets=st.data())
def test_a_block_is_aligned_where_most_of_it_stands(gaps: list[int], offsets: st.DataObject) -> None:
    """Of the differences of place between prompt and block those come first that have most seeds within 64 tokens."""
    block = np.arange(100, 140, dtype=np.uint16)
    starts = offsets.draw(st.lists(st.integers(0, 32), min_size=len(gaps), max_size=len(gaps)))
    other, prompt = iter(range(1000, 9000)), []
    for gap, start in zip(gaps, starts, strict=True):
        prompt += [next(other) for _ in range(gap)] + block[start : start + 8].tolist()
    quads = [tuple(block[at : at + 4].tolist()) for at in range(len(block) - 3)]
    stand = [[at for at in range(len(prompt) - 3) if tuple(prompt[at : at + 4]) == quad] for quad in quads]
    left = sorted(there - at for at, places in enumerate(stand) if len(places) <= 8 for there in places)
    expected = []
    while left and len(expected) < 3:
        best = max(left, key=lambda first: (sum(first <= each <= first + 64 for each in left), -first))
        expected.append(best)
        left = [each for each in left if not best <= each <= best + 64]
    assert list(find_diagonals(block, Prompt(np.array(prompt, np.uint16)).seeds)) == expected


@pytest.mark.parametrize(("times", "expected"), [(1, [100]), (8, [100, 240, 380]), (9, [])])
def test_what_stands_very_often_in_the_prompt_aligns_nothing(times: int, expected: list[int]) -> None:
    """Eight places may tell where a block comes from; nine do not."""
    block, other = np.arange(100, 140), np.arange(1000, 1100)
    prompt = np.concatenate([other, block] * times).astype(np.uint16)
    assert list(find_diagonals(block.astype(np.uint16), Prompt(prompt).seeds)) == expected


def test_the_prompt_alone_is_never_reported(checker_of: MakeChecker) -> None:
    """Only the answer is checked."""
    report = checker_of(Document(text=TIMES, licence="MIT")).check("No idea.", prompt=TIMES)
    assert (report.findings, report.exempt, report.text) == ((), (), "No idea.")


def edited(text: str, every: int) -> str:
    """Return a text with every so many words replaced."""
    return " ".join("xylo" if n % every == every - 1 else word for n, word in enumerate(text.split()))


@pytest.mark.parametrize("every", [4, 5, 9])
def test_a_prompt_that_comes_back_corrected_is_silent(checker_of: MakeChecker, every: int) -> None:
    """Whoever pastes a work with misprints and gets it back without them had supplied it."""
    work = f"{TIMES} {WHALE}"
    checker = checker_of(Document(text=work, licence="CC-BY-4.0"))
    prompt = f"Correct this, please, and do not change the sense. {edited(work, every)} Thank you very much."
    assert len(checker.check(work).findings) == 1
    report = checker.check(f"Here you are: {work}", prompt=prompt)
    assert (report.findings, reasons(report)) == ((), ["in-prompt"])


def test_two_edited_works_in_another_order(checker_of: MakeChecker) -> None:
    """What comes back edited may come from several places of the prompt."""
    checker = checker_of(Document(text=TIMES, licence="MIT"), Document(text=WHALE, licence="MIT"))
    prompt = f"{edited(WHALE, 5)} {words(0, 200)} {edited(TIMES, 5)}"
    report = checker.check(f"{TIMES} and {WHALE}", prompt=prompt)
    assert (report.findings, reasons(report)) == ((), ["in-prompt", "in-prompt"])


def test_half_of_an_edited_prompt_goes_on(checker_of: MakeChecker) -> None:
    """Where the model goes on beyond the edited text, what is new is a finding."""
    work = words(0, 240)
    checker = checker_of(Document(text=work, licence="MIT"))
    (finding,) = checker.check(work, prompt=edited(words(0, 120), 5)).findings
    new = len(tokens_of(words(120, 120)))
    assert new <= finding.passage.counted_tokens <= new + 32
    assert finding.passage.discount == "in-prompt"


@given(every=st.integers(2, 3), seed=st.integers(0, 99))
def test_words_here_and_there_supply_nothing(every: int, seed: int) -> None:
    """A prompt with the words of a text in another order, or half of them, leaves it as it is."""
    rng = random.Random(seed)
    text = np.array([rng.randrange(500, 900) for _ in range(300)], np.uint16)
    shuffled = text[np.array(rng.sample(range(300), 300))]
    holes = np.where(np.arange(300) % every == 0, text, np.uint16(7))
    for prompt in (shuffled, holes, np.concatenate([shuffled] * 5)):
        assert not mark_supplied(text, Prompt(prompt), matched=[(0, 300)]).any()


def test_a_prompt_of_one_word_over_and_over(checker_of: MakeChecker) -> None:
    """Repetition gives no place to align with, and takes no time."""
    checker = checker_of(Document(text=TIMES, licence="MIT"))
    assert len(checker.check(TIMES, prompt="it was " * 20_000).findings) == 1
