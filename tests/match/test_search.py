"""What a text has in common with the works of a database, from runs and near copies together."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provenance.index import Segment, build_segment
from provenance.match import ExactMatches, ShortWorkMatcher, find_matches, search_segments
from provenance.match.search import drop_contained, drop_tandem_repeats
from provenance.text import load_tokenizer
from provenance.works import Document, Keep
from tests.database.samples import words

TOKENIZER = load_tokenizer()


def test_a_text_that_repeats_a_work_of_repetitions_is_covered_by_few_matches(tmp_path: Path) -> None:
    """Each shift of such a work matches; those that are kept cover every token, and one more would be too many."""
    work, text = " ".join(["la"] * 100), " ".join(["la"] * 305)
    build_segment([Document(id="la", text=work)], tmp_path / "one.seg", tokenizer=TOKENIZER, keep=Keep.TOKENS)
    segment = Segment(tmp_path / "one.seg", tokenizer_digest=TOKENIZER.digest)
    tokens = TOKENIZER.encode_with_offsets(text)
    length = len(TOKENIZER.encode(work))
    found = [(match.start, match.end) for match in find_matches(tokens, [segment], {}, ShortWorkMatcher([])).matches]
    assert set().union(*(range(*each) for each in found)) == set(range(len(tokens.ids)))
    assert {end - start for start, end in found} == {length}
    assert len(found) == -(-len(tokens.ids) // length)


def test_deleted_works_are_passed_over(tmp_path: Path) -> None:
    """A segment whose matches are all of deleted works is left out; an ordinal is deleted in its own segment only."""
    segments = []
    for name, first in (("a", 0), ("b", 30)):
        path = tmp_path / f"{name}.seg"
        documents = [Document(id=str(at), text=words(at, 30)) for at in (first, first + 60)]
        build_segment(documents, path, tokenizer=TOKENIZER, keep=Keep.TOKENS)
        segments.append(Segment(path, tokenizer_digest=TOKENIZER.digest))
    ids = TOKENIZER.encode(f"{words(0, 30)} ... {words(30, 30)} ... {words(60, 30)}")

    def search(deleted: dict[str, frozenset[int]]) -> dict[str, list[int]]:
        found = search_segments(ids, segments, deleted)
        return {segment.name: exact.ordinals.tolist() for segment, exact in found}

    assert search({}) == {"a.seg": [0, 1], "b.seg": [0]}
    assert search({"a.seg": frozenset({0})}) == {"a.seg": [1], "b.seg": [0]}
    assert search({"b.seg": frozenset({0, 1})}) == {"a.seg": [0, 1]}


SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 12), st.integers(0, 9)), max_size=12)


def columns(rows: list[tuple[int, int, int, int]]) -> ExactMatches:
    """Matches from work, start, length and start in the work."""
    works, starts, lengths, work_starts = np.array(rows, np.int64).reshape(-1, 4).T
    return ExactMatches(starts, starts + lengths, works, work_starts, np.zeros(len(rows), np.int64))


@given(SPANS)
def test_contained_matches_are_dropped_as_a_loop_drops_them(rows: list[tuple[int, int, int, int]]) -> None:
    """Of each stretch of the text that is not within another of the same work the first place in the work is left."""
    expected = set()
    for work, start, length, _ in rows:
        ours = [row for row in rows if row[0] == work]
        if not any(at <= start and start + length <= at + n and n > length for _, at, n, _ in ours):
            first = min(there for _, at, n, there in ours if (at, n) == (start, length))
            expected.add((start, start + length, work, first))
    assert {row[:4] for row in drop_contained(columns(rows)).rows()} == expected


def test_the_worked_example_of_tandem_repeats() -> None:
    """Of a hundred shifts of a hundred tokens the first and the last cover all; of sixteen all are left."""
    shifts = columns([(0, at, 100, 0) for at in range(100)])
    assert [row[:2] for row in drop_tandem_repeats(shifts).rows()] == [(0, 100), (99, 199)]
    assert len(drop_tandem_repeats(columns([(0, at, 100, 0) for at in range(16)]))) == 16
