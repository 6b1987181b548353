"""Shingles that stand in very many places: every stretch is still found, in bounded work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import winnow
from provenance.index import Segment, build_segment, postings
from provenance.match import find_exact_matches, frequent, lookup
from provenance.thresholds import LEAST_RUN
from provenance.works import Document, Keep
from tests.database.samples import TIMES, WHALE, words
from tests.match.test_exact import TOKENIZER, copies
from tests.strategies import examples


def segment_of(folder: Path, works: list[str]) -> Segment:
    path = folder / "works.seg"
    build_segment([Document(text=work) for work in works], path, tokenizer=TOKENIZER, keep=Keep.TOKENS)
    return Segment(path, tokenizer_digest=TOKENIZER.digest)


def stretches(ids: list[int]) -> set[tuple[int, ...]]:
    return {tuple(ids[at : at + LEAST_RUN]) for at in range(len(ids) - LEAST_RUN + 1)}


@settings(max_examples=examples(150), deadline=None)
@given(case=copies(), more=st.lists(copies(), max_size=2), deleted=st.sets(st.integers(0, 5)))
def test_every_stretch_lies_in_a_run(tmp_path_factory, case, more, deleted: set[int]) -> None:
    """Where three postings are a crowd, every 16 tokens of the text that a live work has lie in a run of one."""
    text = " ".join([case[0], *(other for other, _ in more)])
    works = [f"{words(0, 16)} {work}" for _, group in [case, *more] for work in group]
    theirs = [TOKENIZER.encode(work).tolist() for work in works]
    segment, ids = segment_of(tmp_path_factory.mktemp("crowd"), works), TOKENIZER.encode(text)
    with pytest.MonkeyPatch.context() as patch:
        for module in (postings, frequent):
            patch.setattr(module, "MOST", 2)
        patch.setattr(frequent, "_FIRST_HITS", 3)
        patch.setattr(lookup, "_LONG_TEXT", 0)
        runs = find_exact_matches(ids, winnow(ids, segment.sampling), segment, deleted=frozenset(deleted))
    alive = set().union(*(stretches(ids) for number, ids in enumerate(theirs) if number not in deleted))
    inside = np.zeros(len(ids), np.bool_)
    for start, end, ordinal, at, _ in runs.rows():
        assert ordinal not in deleted
        assert ids[start:end].tolist() == theirs[ordinal][at : at + end - start]
        inside[start : end - LEAST_RUN + 1] = True
    for at in range(len(ids) - LEAST_RUN + 1):
        assert inside[at] == (tuple(ids[at : at + LEAST_RUN].tolist()) in alive)


@pytest.mark.slow
def test_some_works_of_many_and_their_number(tmp_path: Path) -> None:
    """Of 1,500 works with one passage 64 or a few more are named, all with the whole of it, and how many there are."""
    segment = segment_of(tmp_path, [f"{words(20 * number, 20)} {TIMES}" for number in range(1500)])
    ids = TOKENIZER.encode(f"{words(100_000, 20)} {TIMES} {WHALE}")
    length = len(TOKENIZER.encode(TIMES))
    begin = len(TOKENIZER.encode(words(100_000, 20)))
    for deleted, works in ((frozenset[int](), 1500), (frozenset(range(1400)), 100), (frozenset(range(1495)), 5)):
        runs = find_exact_matches(ids, winnow(ids, segment.sampling), segment, deleted=deleted)
        assert set(runs.ordinals.tolist()).isdisjoint(deleted)
        assert min(works, 64) <= len(set(runs.ordinals.tolist())) <= min(works, 200)
        assert all(start <= begin and begin + length <= end for start, end, *_ in runs.rows())
        assert max(runs.total_works.tolist()) == works


def test_the_one_place_among_many_that_reaches_far(tmp_path: Path) -> None:
    """A shingle stands a hundred times in a work, and once in a run of 16 tokens: that is found."""
    word = "ディレクトリー"
    lonely = " ".join(f"{words(10 * number, 10)} {word}" for number in range(100))
    segment = segment_of(tmp_path, [f"{lonely} {words(2000, 3)} {word} {word} {words(3000, 3)}"])
    ids = TOKENIZER.encode(f"{word} {word}")
    assert len(ids) == LEAST_RUN
    assert [
        (start, end) for start, end, *_ in find_exact_matches(ids, winnow(ids, segment.sampling), segment).rows()
    ] == [(0, 16)]


@pytest.mark.parametrize(("in_work", "in_text"), [(20_000, 20_000), (300, 20_000), (20_000, 300)])
@pytest.mark.parametrize("cycle", ["sea", "la li lu", words(0, 12)])
def test_repetition_is_covered_by_few_runs(tmp_path: Path, in_work: int, in_text: int, cycle: str) -> None:
    """A text that repeats a few words very often is covered by some runs of a work that does so too."""
    segment = segment_of(tmp_path, [" ".join([cycle] * (in_work // len(cycle.split())))])
    ids = TOKENIZER.encode(" ".join([cycle] * (in_text // len(cycle.split()))))
    runs = find_exact_matches(ids, winnow(ids, segment.sampling), segment)
    inside = np.zeros(len(ids) + 1, np.int64)
    np.add.at(inside, runs.starts, 1)
    np.subtract.at(inside, runs.ends, 1)
    assert (np.cumsum(inside)[:-1] > 0).all()
    assert len(runs) < 2000


def test_crowds_are_found_in_every_portion_of_a_long_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anchors are looked up in portions, and those with very many postings are kept of each, under their own number."""
    monkeypatch.setattr(postings, "MOST", 2)
    segment = segment_of(tmp_path, [f"{words(1000 + 20 * n, 20)} {words(0, 60)}" for n in range(6)])
    text = TOKENIZER.encode(f"{words(0, 30)} {words(3000, 200)} {words(30, 30)}")
    anchors = winnow(text, segment.sampling)
    whole = lookup._look_up_anchors(anchors, segment)
    assert len(whole.crowded) > 4
    for portion in (1, 3, len(anchors) // 2, len(anchors) - 1):
        monkeypatch.setattr(lookup, "_BATCH", portion)
        found = lookup._look_up_anchors(anchors, segment)
        assert found.crowded == whole.crowded
        assert (found.queries.tolist(), found.positions.tolist()) == (whole.queries.tolist(), whole.positions.tolist())
