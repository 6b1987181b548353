"""Copies of which some words were changed: each is one passage, with tight ends, and nothing else is."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from provenance.fingerprints import winnow
from provenance.index import Segment, build_segment
from provenance.match import ExactMatches, Match, ShortWorkMatcher, find_exact_matches, find_matches
from provenance.match.near import LEAST_SIMILARITY, REACH, find_near_copies, mark_growable
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN, SHORT_WORK
from provenance.works import Document, Keep
from tests.database.samples import WHALE, words
from tests.strategies import examples

TOKENIZER = load_tokenizer()
WORKS = Path(__file__).parents[2] / "examples" / "works" / "works.jsonl"
OTHER = [f"zq{number}" for number in range(400)]
"""Words that stand in no work."""


@pytest.fixture(scope="module")
def works() -> list[Document]:
    return [d for d in documents([WORKS], get_plugin_manager(), Declared()) if isinstance(d, Document)]


@pytest.fixture(scope="module")
def novel(works: list[Document]) -> list[str]:
    return next(work.text.split() for work in works if work.id == "works:moby-dick")


@pytest.fixture(scope="module")
def shelf(works: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Segment:
    return segment_of(works, tmp_path_factory.mktemp("shelf"))


def segment_of(held: list[Document], folder: Path) -> Segment:
    build_segment(held, folder / "one.seg", tokenizer=TOKENIZER, keep=Keep.TOKENS)
    return Segment(folder / "one.seg", tokenizer_digest=TOKENIZER.digest)


def found(segment: Segment, text: str) -> tuple[Match, ...]:
    return find_matches(TOKENIZER.encode_with_offsets(text), [segment], {}, ShortWorkMatcher([])).matches


def found_in(folder: Path, work: str, text: str) -> tuple[Match, ...]:
    return found(segment_of([Document(text=work, id="w")], folder), text)


def count(words: list[str]) -> int:
    return len(TOKENIZER.encode(" ".join(words)))


NO_TOKENS = np.empty(0, np.uint16)
WITHOUT_TOKENS: Any = SimpleNamespace(footer=SimpleNamespace(keep=Keep.FINGERPRINTS))
"""A segment in which only neighbours can make a near copy."""
PLAIN = ["kettle", "lantern", "orchard", "pepper", "river", "saddle", "thunder", "velvet", "window", "yellow"]


def edited(words: list[str], rate: float, rng: random.Random) -> list[str]:
    """Replace, insert, drop or swap so many of the words, but the first and last eight, which say where a copy ends."""
    copy = list(words)
    for place in sorted(rng.sample(range(8, len(words) - 9), round(rate * len(words))), reverse=True):
        kind = rng.randrange(4)
        copy[place : place + 2] = {
            0: [rng.choice(PLAIN), copy[place + 1]], 1: [rng.choice(PLAIN), *copy[place : place + 2]],
            2: [copy[place + 1]], 3: [copy[place + 1], copy[place]],
        }[kind]  # fmt: skip
    return copy


@pytest.mark.slow
def test_edited_copies_are_one_passage_with_tight_ends(shelf: Segment, novel: list[str]) -> None:
    """Of 200 copies of 120 words, 5 to 15 % edited, 95 % are one passage, on average within two tokens at each end.

    The others have one long run left and no second one with an anchor: such a run stays verbatim, as it is.
    """
    whole, off, errors = 0, [], []
    for seed in range(200):
        rng = random.Random(seed)
        original = novel[(at := rng.randrange(len(novel) - 120)) : at + 120]
        copy = edited(original, rng.choice((0.05, 0.1, 0.15)), rng)
        near = [match for match in found(shelf, " ".join(OTHER[:30] + copy + OTHER[30:60])) if match.stretches]
        if len(near) == 1:
            start, end = count(OTHER[:30]), count(OTHER[:30]) + count(copy)
            whole += 1
            off += [abs(near[0].start - start), abs(near[0].end - end)]
            errors.append(abs(near[0].similarity - alike(copy, original)))
    assert whole >= 190
    assert sum(off) / len(off) <= 2
    assert sum(errors) / len(errors) <= 0.02


def alike(copy: list[str], original: list[str]) -> float:
    first, second = TOKENIZER.encode(" ".join(copy)).tolist(), TOKENIZER.encode(" ".join(original)).tolist()
    return float(LCSseq.similarity(first, second) / max(len(first), len(second)))


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 200_000), st.integers(0, 30), st.integers(0, 10_000))
def test_a_near_copy_is_what_it_says(shelf: Segment, novel: list[str], at: int, percent: int, seed: int) -> None:
    """Both sides begin and end with equal tokens, the stretches stand in the work in order, and no run is lost."""
    rng = random.Random(seed)
    text = " ".join(OTHER[:30] + edited(novel[at : at + 120], percent / 100, rng) + OTHER[30:60])
    ids = TOKENIZER.encode(text)
    found_here = found(shelf, text)
    for match in (match for match in found_here if match.stretches):
        for place in match.places:
            begin = int(shelf.starts[place.ordinal])
            work = shelf.tokens[begin + place.start : begin + place.end]
            equal = np.concatenate([ids[first:last] for first, last in match.stretches])
            assert (match.start, match.end) == (match.stretches[0][0], match.stretches[-1][1])
            assert (ids[match.start], ids[match.end - 1]) == (work[0], work[-1])
            assert LCSseq.similarity(equal.tolist(), work.tolist()) == len(equal)
            assert match.similarity == len(equal) / max(match.end - match.start, len(work))
            assert LEAST_SIMILARITY <= match.similarity < 1
    for start, end, ordinal, *_ in find_exact_matches(ids, winnow(ids, shelf.sampling), shelf).rows():
        inside = [match for match in found_here if match.start <= start and end <= match.end]
        assert any(place.ordinal == ordinal for match in inside for place in match.places)


PROSE = OTHER[100:160]
EDITS = {
    "replaced": [*PROSE[:30], "instead", *PROSE[31:]],
    "inserted": [*PROSE[:30], "moreover", *PROSE[30:]],
    "dropped": [*PROSE[:30], *PROSE[31:]],
    "swapped": [*PROSE[:30], PROSE[31], PROSE[30], *PROSE[32:]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_each_kind_of_edit_leaves_one_passage(tmp_path: Path, edit: str) -> None:
    """From the first to the last word of both, although one word in the middle differs."""
    (match,) = found_in(tmp_path, " ".join(PROSE), " ".join(OTHER[:20] + EDITS[edit] + OTHER[20:40]))
    (place,) = match.places
    assert (match.start, match.end) == (count(OTHER[:20]), count(OTHER[:20]) + count(EDITS[edit]))
    assert (place.start, place.end) == (0, count(PROSE))
    assert LEAST_SIMILARITY < match.similarity < 1


def worn(words: list[str]) -> list[str]:
    """Change every fifth word: replace it, leave it out, or put another one beside it, by turns."""
    kinds = itertools.cycle((lambda _: ["instead"], lambda _: [], lambda word: [word, "moreover"]))
    return [new for n, word in enumerate(words) for new in (next(kinds)(word) if n % 5 == 2 else [word])]


@pytest.mark.parametrize("length", [40, 100, 300])
@pytest.mark.parametrize("sides", ["before", "after", "before and after"])
def test_a_near_copy_reaches_as_far_as_it_pays(tmp_path: Path, sides: str, length: int) -> None:
    """However far a copy goes on without a run that is long enough to be looked up, it is one passage to its last word.

    Every fifth word is changed there, so text and work are soon at different distances from the runs.
    """
    before = words(1000, length).split() if "before" in sides else []
    after = words(2000, length).split() if "after" in sides else []
    work, copy = before + PROSE + after, worn(before) + EDITS["replaced"] + worn(after)
    (match,) = found_in(tmp_path, " ".join(work), " ".join(OTHER[:20] + copy + OTHER[20:40]))
    assert (match.start, match.end) == (count(OTHER[:20]), count(OTHER[:20]) + count(copy))
    assert [(place.start, place.end) for place in match.places] == [(0, count(work))]
    assert match.similarity == pytest.approx(alike(copy, work), abs=0.02)


@pytest.mark.parametrize("between", [0, 7, 8])
def test_a_run_may_choose_from_eight_chains(between: int) -> None:
    """Of more than that the one that ended first in the text goes on no longer, and is kept as it is.

    Between two parts of a copy stand runs of eight tokens, each from before the last one in the work: none can follow.
    """
    held = np.arange(1000, 1500, dtype=np.uint16)
    spans = [(0, 49), (50, 100), *((300 - 10 * n, 308 - 10 * n) for n in range(between)), (100, 200)]
    starts = [0, *(int(at) + 1 for at in np.cumsum([end - start for start, end in spans]))]  # the 49th token differs
    ids = np.full(starts.pop(), 7, np.uint16)
    for at, (start, end) in zip(starts, spans, strict=True):
        ids[at : at + end - start] = held[start:end]
    work_starts, work_ends = np.array(spans).T
    none = np.zeros(len(spans), np.int64)
    runs = ExactMatches(np.array(starts), starts + work_ends - work_starts, none, work_starts, none)
    clean = np.ones(len(ids) + 1, np.bool_)
    segment: Any = SimpleNamespace(footer=SimpleNamespace(keep=Keep.TOKENS), starts=np.array([0, 500]), tokens=held)
    found_here = [(c.start, c.end, c.work_start, c.work_end) for c in find_near_copies(ids, clean, segment, runs)]
    assert found_here == ([(0, 200 + 8 * between, 0, 200)] if between < 8 else [(0, 100, 0, 100)])


def test_the_chain_that_ended_last_is_not_given_up(tmp_path: Path) -> None:
    """In a text that has the sentences of a work in the opposite order a change within the last leaves it whole."""
    sentences = [OTHER[at : at + 20] for at in range(0, 240, 20)]
    text = [word for sentence in reversed(sentences[1:]) for word in sentence] + sentences[0][:10] + ["instead"]
    text += sentences[0][11:]
    *others, last = found_in(tmp_path, " ".join(OTHER[:240]), " ".join(text))
    assert [match.similarity for match in others] == [1.0] * 11
    assert (last.start, last.end) == (count(text[:-20]), count(text))
    assert LEAST_SIMILARITY < last.similarity < 1


def test_stretches_are_the_equal_tokens(tmp_path: Path) -> None:
    """What is left out of the stretches is what was changed."""
    text = EDITS["replaced"]
    (match,) = found_in(tmp_path, " ".join(PROSE), " ".join(text))
    assert match.stretches == ((0, count(text[:30])), (count(text[:31]), count(text)))
    equal = sum(end - start for start, end in match.stretches)
    assert match.similarity == equal / max(count(text), count(PROSE))


def test_works_with_the_same_near_copy_are_one_match(tmp_path: Path) -> None:
    """What several works have alike is one passage with all its places."""
    held = [Document(text=" ".join([*PROSE, f"ending{n}"]), id=str(n)) for n in range(5)]
    (match,) = found(segment_of(held, tmp_path), " ".join(EDITS["replaced"]))
    assert sorted(place.ordinal for place in match.places) == [0, 1, 2, 3, 4]


def test_an_exact_copy_stays_one_verbatim_run(tmp_path: Path) -> None:
    """Without an edit there is nothing near about it."""
    (match,) = found_in(tmp_path, " ".join(PROSE), " ".join(OTHER[:20] + PROSE + OTHER[20:40]))
    assert (match.similarity, match.stretches) == (1.0, ())


def test_copies_with_too_much_between_them_are_two(tmp_path: Path) -> None:
    """Two quotations of a work, with many words of one's own between them, are not joined."""
    text = PROSE[:30] + OTHER[:30] + PROSE[30:]
    assert [match.similarity for match in found_in(tmp_path, " ".join(PROSE), " ".join(text))] == [1.0, 1.0]


def test_copies_in_another_order_are_two(tmp_path: Path) -> None:
    """A chain goes forward in text and work alike."""
    text = PROSE[30:] + PROSE[:30]
    assert [match.similarity for match in found_in(tmp_path, " ".join(PROSE), " ".join(text))] == [1.0, 1.0]


def test_a_short_run_alone_is_nothing(tmp_path: Path) -> None:
    """Fewer than the guaranteed number of tokens are a passage only together with others."""
    short = next(PROSE[:n] for n in range(1, 9) if 8 <= count(PROSE[:n]) < LEAST_RUN)
    work = " ".join([*PROSE, *OTHER[160:300]])
    assert count(work.split()) > SHORT_WORK  # of a shorter work it may be much
    assert found_in(tmp_path, work, " ".join(OTHER[:20] + short + OTHER[20:40])) == ()


def test_a_copy_in_the_next_work_is_not_joined(tmp_path: Path) -> None:
    """Runs of two works that follow each other in a segment are no chain."""
    held = [Document(text=" ".join(PROSE[:30]), id="a"), Document(text=" ".join(PROSE[30:]), id="b")]
    text = " ".join([*PROSE[:29], "instead", *PROSE[30:]])
    assert [match.similarity for match in found(segment_of(held, tmp_path), text)] == [1.0, 1.0]


def test_an_edited_text_of_cycles_is_no_flood(tmp_path: Path) -> None:
    """Words that run round in circles with something else now and then give few passages."""
    text = " ".join(["one two three four"] * 20 + ["five"]) + " "
    assert len(found_in(tmp_path, "one two three four " * 100, text * 100)) <= 200


def test_only_runs_near_each_other_are_candidates() -> None:
    """The same work, and at most 64 tokens between them in text and work."""
    columns = ([0, 20, 20, 20, 95], [10, 30, 30, 30, 99], [1, 1, 2, 1, 1], [0, 74, 74, 500, 110], [0] * 5)
    runs = ExactMatches(*map(np.array, columns))
    assert mark_growable(NO_TOKENS, WITHOUT_TOKENS, runs).tolist() == [True, True, False, False, False]
    assert mark_growable(NO_TOKENS, WITHOUT_TOKENS, runs[np.empty(0, np.int64)]).tolist() == []


@pytest.mark.slow
def test_shuffled_works_share_nothing_near(shelf: Segment, works: list[Document]) -> None:
    """Of 300 stretches of works with their tokens in another order not one is a near copy.

    Those that use few different words are left out: they share runs with their work in any order.
    """
    rng = random.Random(3)
    invented = shuffled = 0
    while shuffled < 300:
        text = rng.choice(works).text
        at = rng.randrange(len(text))
        part = TOKENIZER.encode_with_offsets(text[at : at + 3000])
        pieces = [text[at + start : at + end] for start, end in zip(part.starts, part.ends, strict=True)]
        if len(set(pieces)) < 150:
            continue
        shuffled += 1
        rng.shuffle(pieces)
        invented += sum(bool(match.stretches) for match in found(shelf, " ".join(pieces)))
    assert invented == 0


SPANS = st.tuples(st.integers(0, 1), st.integers(0, 300), st.integers(0, 300), st.integers(8, 30))


@given(st.lists(SPANS, max_size=8))
def test_neighbours_are_what_a_loop_groups(spans: list[tuple[int, int, int, int]]) -> None:
    """Divide the matches of each work at gaps of more than 64 tokens in the work, and then at those in the text."""
    found = ExactMatches(*np.array([[at, at + n, work, there, 0] for work, at, there, n in spans]).reshape(-1, 5).T)

    def divided(group: list[int], column: int) -> list[list[int]]:
        parts: list[list[int]] = []
        reached = 0
        for row in sorted(group, key=lambda row: spans[row][column]):
            if not parts or spans[row][column] - reached > REACH:
                parts.append([])
                reached = 0
            parts[-1].append(row)
            reached = max(reached, spans[row][column] + spans[row][3])
        return parts

    works = [[row for row, span in enumerate(spans) if span[0] == work] for work in (0, 1)]
    groups = [part for work in works for by_work in divided(work, 2) for part in divided(by_work, 1)]
    expected = {row for group in groups if len(group) > 1 for row in group}
    assert set(np.flatnonzero(mark_growable(NO_TOKENS, WITHOUT_TOKENS, found)).tolist()) == expected


def test_the_worked_example() -> None:
    """The figures in the module's docstring: 8, 14 and 21.5 points, and a similarity of 23 / 25."""
    letters = {letter: number for number, letter in enumerate("abcdefghijklmnopqrstuvwxXY", 1)}
    work, text = "abcdefghijklmnopqrstuvwx", "abcdefghXjklmnopYqrstuvwx"
    ids, held = (np.array([letters[letter] for letter in side], np.uint16) for side in (text, work))
    none = np.zeros(3, np.int64)
    exact = ExactMatches(np.array([0, 9, 17]), np.array([8, 16, 25]), none, np.array([0, 9, 16]), none)
    segment: Any = SimpleNamespace(footer=SimpleNamespace(keep=Keep.TOKENS), starts=np.array([0, 24]), tokens=held)
    (copy,) = find_near_copies(ids, np.ones(26, np.bool_), segment, exact)
    assert (copy.start, copy.end, copy.work_start, copy.work_end) == (0, 25, 0, 24)
    assert copy.stretches == ((0, 8), (9, 16), (17, 25))
    assert copy.similarity == 23 / 25


@pytest.mark.parametrize("place", [4, 5, -5, -6])
def test_a_single_run_grows_past_a_changed_word(tmp_path: Path, place: int) -> None:
    """A word is replaced a few words from an end of a copy: what stands beyond it belongs to the copy too."""
    copy = WHALE.split()[:40]
    copy[place] = "instead"
    around = " ".join([*OTHER[:10], *copy, *OTHER[10:20]])
    (match,) = found_in(tmp_path, WHALE, around)
    tokens = TOKENIZER.encode_with_offsets(around)
    assert (int(tokens.starts[match.start]), int(tokens.ends[match.end - 1])) == span_of(around, " ".join(copy))
    assert len(match.stretches) == 2


def test_a_single_run_does_not_grow_by_chance(tmp_path: Path) -> None:
    """Two words that follow by chance, after another one in text and work, do not make a near copy of an exact one."""
    work = WHALE.split()
    (match,) = found_in(tmp_path, " ".join(work), " ".join([*work[:40], "instead", work[41], *OTHER[:20]]))
    assert (match.similarity, match.stretches) == (1.0, ())
    assert match.end == count(work[:40])


def span_of(text: str, part: str) -> tuple[int, int]:
    start = text.index(part)
    return start, start + len(part)
