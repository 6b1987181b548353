"""The verbatim guarantee: what the index finds is what a brute-force comparison finds."""

import doctest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import winnow
from provenance.index import Segment, build_segment
from provenance.match import exact, find_exact_matches
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN
from provenance.works import Document, Keep
from tests.strategies import examples, plain_words

TOKENIZER = load_tokenizer()


def maximal_runs(text: list[int], work: list[int], least: int = LEAST_RUN) -> set[tuple[int, int, int]]:
    """Oracle: (start, end, work start) of every maximal common run that is long enough, by dynamic programming."""
    found = set()
    previous = [0] * (len(work) + 1)
    for i, token in enumerate(text):
        current = [0] * (len(work) + 1)
        for j, other in enumerate(work):
            if token == other:
                length = current[j + 1] = previous[j] + 1
                ends = i + 1 == len(text) or j + 1 == len(work) or text[i + 1] != work[j + 1]
                if ends and length >= least:
                    found.add((i + 1 - length, i + 1, j + 1 - length))
        previous = current
    return found


def covered(spans: set[tuple[int, int]]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segments")


def runs_of(
    folder: Path, text: str, works: list[str], keep: Keep = Keep.TOKENS
) -> dict[str, set[tuple[int, int, int]]]:
    path = folder / "one.seg"
    documents = [Document(text=work, id=str(i)) for i, work in enumerate(works)]
    summary = build_segment(documents, path, tokenizer=TOKENIZER, keep=keep)
    found: dict[str, set[tuple[int, int, int]]] = {work: set() for work in works}
    if summary.path is None:
        return found
    tokens = TOKENIZER.encode(text)
    segment = Segment(path, tokenizer_digest=TOKENIZER.digest)
    runs = find_exact_matches(tokens, winnow(tokens, segment.sampling), segment)
    by_ordinal = {built.ordinal: work for built, work in zip(summary.documents, works, strict=True)}
    for start, end, ordinal, at in zip(runs.starts, runs.ends, runs.ordinals, runs.work_starts, strict=True):
        found[by_ordinal[int(ordinal)]].add((int(start), int(end), int(at)))
    return found


@st.composite
def copies(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text made of pieces of two works and of other words, from few words so that chance matches abound."""
    works = [" ".join(draw(st.lists(plain_words, min_size=5, max_size=60))) for _ in range(2)]
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        words = draw(st.sampled_from(works)).split()
        first = draw(st.integers(0, len(words) - 1))
        parts += words[first : first + draw(st.integers(1, 60))]
        parts += draw(st.lists(plain_words, max_size=6))
    return " ".join(parts), works


@settings(max_examples=examples(150), deadline=None)
@given(copies())
def test_every_shared_run_is_found_at_its_full_length(folder: Path, case: tuple[str, list[str]]) -> None:
    """What a brute-force comparison finds, and nothing else, is found, with the exact extent and place in the work."""
    text, works = case
    ids = TOKENIZER.encode(text).tolist()
    found = runs_of(folder, text, list(dict.fromkeys(works)))
    for work, runs in found.items():
        assert runs == maximal_runs(ids, TOKENIZER.encode(work).tolist())


@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_repetitions_are_found_although_they_are_thinned_out(folder: Path, data: st.DataObject) -> None:
    """In texts of one repeated token or a short cycle every shared token is still covered by some run."""
    cycle = data.draw(st.lists(plain_words, min_size=1, max_size=12))
    before, after = (data.draw(st.lists(plain_words, max_size=4)) for _ in range(2))
    work = " ".join(before + cycle * data.draw(st.integers(1, 60)) + after)
    text = " ".join(data.draw(st.lists(plain_words, max_size=4)) + cycle * data.draw(st.integers(1, 60)) + after)
    ids, work_ids = TOKENIZER.encode(text).tolist(), TOKENIZER.encode(work).tolist()
    found, expected = runs_of(folder, text, [work])[work], maximal_runs(ids, work_ids)
    assert found <= expected
    assert covered({run[:2] for run in found}) == covered({run[:2] for run in expected})
    longest = {
        run[:2] for run in expected if not any(o[0] <= run[0] and run[1] <= o[1] and o[:2] != run[:2] for o in expected)
    }
    assert longest <= {run[:2] for run in found}


def test_a_run_stops_at_the_edge_of_its_work(folder: Path) -> None:
    """Two works that follow each other in a segment are not one text."""
    words = [f"w{i}" for i in range(60)]
    first, second = " ".join(words[:30]), " ".join(words[30:])
    length = len(TOKENIZER.encode(first))
    found = runs_of(folder, " ".join(words), [first, second])
    assert found == {first: {(0, length, 0)}, second: {(length, len(TOKENIZER.encode(" ".join(words))), 0)}}


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(LEAST_RUN, 60), min_size=2, max_size=8), st.integers(0, 1000))
def test_works_quoted_in_the_order_they_were_ingested_in_are_all_found(
    folder: Path, lengths: list[int], seed: int
) -> None:
    """Works that stand in the text as they do in the segment lie on one diagonal, and are runs of their own."""
    words = iter(np.random.default_rng(seed).permutation(100_000))
    works = [" ".join(f"x{next(words)}" for _ in range(length)) for length in lengths]
    found = runs_of(folder, " ".join(works), works)
    start = 0
    for work in works:
        end = start + len(TOKENIZER.encode(work))
        assert (start, end, 0) in found[work]
        start = end


def test_planted_runs_of_least_length_are_all_found(folder: Path) -> None:
    """Recall is 100 % on runs of exactly the guaranteed number of tokens cut from a long work."""
    rng = np.random.default_rng(7)
    vocabulary = ["".join(chr(97 + c) for c in rng.integers(0, 26, 5)) for _ in range(500)]
    work = " ".join(rng.choice(vocabulary, 20_000))
    path = folder / "planted.seg"
    build_segment([Document(text=work)], path, tokenizer=TOKENIZER, keep=Keep.TOKENS)
    segment = Segment(path, tokenizer_digest=TOKENIZER.digest)
    tokens = segment.tokens
    missed = 0
    for start in rng.integers(0, len(tokens) - LEAST_RUN, 2_000):
        noise = rng.integers(300, 60_000, 40).astype(np.uint16)
        text = np.concatenate([noise, tokens[start : start + LEAST_RUN], noise[::-1]])
        runs = find_exact_matches(text, winnow(text, segment.sampling), segment)
        missed += not bool(((runs.starts <= 40) & (runs.ends >= 40 + LEAST_RUN)).any())
    assert missed == 0


def test_the_examples_in_the_docstrings_hold() -> None:
    """Those of the functions over columns."""
    assert doctest.testmod(exact).failed == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3))).map(sorted))
def test_works_are_ranked_as_a_loop_ranks(rows: list[tuple[int, int]]) -> None:
    """In each group the first work has rank 0, the next other one 1."""
    expected = [len({work for group, work in rows if group == ours and work < theirs}) for ours, theirs in rows]
    groups, works = np.array(rows, np.int64).reshape(-1, 2).T
    assert exact.rank_works(works, groups).tolist() == expected
