"""Where only fingerprints are kept: what is found, how far it reaches, and that nothing is invented."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.database import examine
from provenance.fingerprints import SAMPLINGS, Anchors, winnow
from provenance.index import MOST, Postings, Segment, build_segment
from provenance.index.postings import cut_fingerprints
from provenance.match import anchor_spans
from provenance.reports import Kind
from provenance.works import Keep, Sensitivity
from tests.database.samples import HAIKU, KINGDOMS, LANGUAGES, MOTTO, TIMES, WHALE, everything_in, filled, found, words
from tests.match.test_exact import TOKENIZER, copies, folder, maximal_runs, runs_of
from tests.strategies import examples

WIDE = SAMPLINGS[Sensitivity.WIDE]

__all__ = ["folder"]
SURE = WIDE.n + 2 * WIDE.w - 1


@settings(max_examples=examples(150), deadline=None)
@given(copies())
def test_every_long_run_shows_by_two_anchors(folder: Path, case: tuple[str, list[str]]) -> None:
    """A shared run of 25 tokens meets a span of its work, and of the tokens between two anchors one may differ."""
    text, works = case
    ids = TOKENIZER.encode(text).tolist()
    for work, spans in runs_of(folder, text, list(dict.fromkeys(works)), Keep.FINGERPRINTS).items():
        theirs = TOKENIZER.encode(work).tolist()
        for start, end, at in spans:
            pairs = list(zip(ids[start:end], theirs[at : at + end - start], strict=True))
            assert len(pairs) > WIDE.n
            assert sum(ours != other for ours, other in pairs) <= len(pairs) // WIDE.w
        for start, end, _ in maximal_runs(ids, theirs, SURE):
            assert any(start < last and first < end for first, last, _ in spans)


def crowd(folder: Path, works: list[str]) -> Segment:
    build_segment([Document(text=work) for work in works], folder / "crowd.seg", tokenizer=TOKENIZER,
                  keep=Keep.FINGERPRINTS)  # fmt: skip
    return Segment(folder / "crowd.seg", tokenizer_digest=TOKENIZER.digest)


@pytest.mark.parametrize("some", [3, 1024])
@pytest.mark.parametrize("more", [False, True], ids=["all are looked at", "some are looked at"])
def test_a_hit_of_a_crowded_anchor_is_where_that_anchor_stands(
    tmp_path: Path, more: bool, some: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of anchors with very many postings all are looked at, or the first so many of each; none of another anchor."""
    parts = [words(100 * number, 30) for number in range(3)]
    works = [" ".join([words(1000 + 9 * n, 9), *parts[: n % 3 + 1]]) for n in range(3 * MOST)]
    segment = crowd(tmp_path, works)
    ids = TOKENIZER.encode(f"{words(5000, 9)} {' '.join(parts)} {words(1000, 9)}")
    anchors = winnow(ids, WIDE)
    found_here = segment.find(anchors.fingerprints)
    total = sum(end - begin for begin, end in found_here.crowded.values())
    assert len(found_here.crowded) > 3
    assert len(found_here.queries)
    monkeypatch.setattr(anchor_spans, "_MOST_HITS", total - more)
    monkeypatch.setattr(anchor_spans, "_FIRST_HITS", some)
    held: dict[int, list[int]] = {}
    for ordinal, start in enumerate(segment.starts[:-1].tolist()):
        theirs = segment.content(ordinal).anchors
        for fingerprint, at in zip(theirs.fingerprints.tolist(), theirs.positions.tolist(), strict=True):
            held.setdefault(fingerprint, []).append(start + at)
    expected = []
    for fingerprint, place in zip(
        cut_fingerprints(anchors.fingerprints).tolist(), anchors.positions.tolist(), strict=True
    ):
        stand = held.get(fingerprint, [])
        expected += [(place, at) for at in (stand[:some] if more and len(stand) > MOST else stand)]
    places, positions = anchor_spans.locate_hits(anchors, segment, found_here)
    assert sorted(zip(places.tolist(), positions.tolist(), strict=True)) == sorted(expected)


def test_a_copy_reaches_as_far_as_its_anchors(tmp_path: Path) -> None:
    """Of a whole work in another text, in any script, all but at most 8 tokens at either end are one passage."""
    works = [Document(text=text, id=name) for name, text in LANGUAGES.items()]
    with filled(tmp_path / "db", *works, keep=Keep.FINGERPRINTS) as database:
        for name, text in LANGUAGES.items():
            if len(TOKENIZER.encode(text)) < SURE:
                continue
            framed = f"{words(0, 9)} {text} {words(9, 9)}"
            passages = Checker(database).check(framed, passages=True).passages or ()
            assert {source.work.id for passage in passages for source in passage.sources} == {name}
            (passage,) = passages
            tokens = TOKENIZER.encode_with_offsets(framed)
            begin, end = (
                int((tokens.starts < at).sum()) for at in (len(words(0, 9)) + 1, len(framed) - len(words(9, 9)))
            )
            assert begin <= passage.token_start < begin + WIDE.w
            assert end - WIDE.w < passage.token_end <= end


def test_a_near_copy_is_one_passage(tmp_path: Path) -> None:
    """Spans on neighbouring diagonals are joined; what lies between them counts as different."""
    edited = KINGDOMS.split()
    edited[len(edited) // 2] = "otherwise"
    text = " ".join(edited) if len(edited) > 20 else f"{WHALE[: len(WHALE) // 2]} otherwise {WHALE[len(WHALE) // 2 :]}"
    with filled(
        tmp_path / "db", Document(text=KINGDOMS, id="k"), Document(text=WHALE, id="w"), keep=Keep.FINGERPRINTS
    ) as database:
        (passage,) = Checker(database).check(text, passages=True).passages or ()
        assert passage.kind is Kind.NEAR_VERBATIM
        assert 0.6 < passage.similarity < 1


def test_phrases_are_found_by_their_fingerprints(tmp_path: Path) -> None:
    """A short work is found whole, as whole words, beside others of which tokens or text are kept."""
    with Database.open(tmp_path / "db", create=True) as database:
        for keep, text in zip(Keep, (MOTTO, HAIKU, "quixotic zephyr jabberwock"), strict=True):
            database.ingest(Document(text=text, id=keep.value), keep=keep)
        assert found(database, f"well, {MOTTO} - {HAIKU} Quixotic zephyr, jabberwock!") == sorted(Keep)
        assert found(database, f"x{MOTTO}s") == []
        assert found(database, MOTTO[:-5]) == []


@pytest.mark.slow
def test_levels_live_side_by_side(tmp_path: Path) -> None:
    """Works of all three levels are found in one database, before and after a compaction; a withdrawn one is gone."""
    works = dict(zip(Keep, (TIMES, WHALE, KINGDOMS), strict=True))
    with Database.open(tmp_path / "db", create=True) as database:
        for number in range(2):
            for keep, text in works.items():
                database.ingest(Document(text=f"{words(number * 9, 9)} {text}", id=f"{keep} {number}"), keep=keep)
        before = {keep: found(database, text) for keep, text in works.items()}
        assert before == {keep: [f"{keep} 0", f"{keep} 1"] for keep in Keep}
        database.withdraw(database.find_work("fingerprints 0"))
        database.compact()
        assert len(database.snapshot().segments) == 3
        assert {keep: found(database, text) for keep, text in works.items()} == {
            **before, Keep.FINGERPRINTS: ["fingerprints 1"],
        }  # fmt: skip


def test_doctor_finds_a_withdrawn_work_by_its_fingerprints(tmp_path: Path) -> None:
    """Until it is compacted, its anchors are in a segment; afterwards nothing is."""
    paths = tmp_path / "db"
    with filled(paths, Document(text=TIMES, id="t"), Document(text=WHALE, id="w"), keep=Keep.FINGERPRINTS) as database:
        database.withdraw(database.find_work("t"))
        assert [trouble for _, trouble in examine(paths, withdrawn=TIMES) if trouble] != []
        database.compact()
        assert [trouble for _, trouble in examine(paths, withdrawn=TIMES) if trouble] == []


@pytest.mark.parametrize("keep", Keep)
def test_no_more_is_in_any_file_than_is_kept(tmp_path: Path, keep: Keep) -> None:
    """The files hold words of every work, long or short, only with its text, and runs of its ids unless only
    fingerprints are kept.
    """
    texts = [*LANGUAGES.values(), MOTTO, HAIKU, TIMES, "quixotic zephyr jabberwock"]
    filled(tmp_path / "db", *(Document(text=text) for text in texts), keep=keep).close()
    data = everything_in(tmp_path / "db")
    pieces = {text: [text[at : at + 12].encode() for at in range(len(text) - 12)] for text in texts}
    ids = {text: TOKENIZER.encode(text).astype("<u2").tobytes() for text in texts}
    runs = {text: [ids[text][at : at + 6] for at in range(0, len(ids[text]) - 5, 2)] for text in texts}
    share = [
        [sum(part in data for part in parts[text]) / len(parts[text]) for text in texts] for parts in (pieces, runs)
    ]
    assert share == [[float(keep is Keep.TEXT)] * len(texts), [float(keep is not Keep.FINGERPRINTS)] * len(texts)]


PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 99)), max_size=14, unique=True)


@settings(max_examples=examples(200))
@given(hits=PLACES, deleted=st.booleans())
def test_spans_are_what_a_loop_joins(hits: list[tuple[int, int]], deleted: bool) -> None:
    """Along each diagonal of a work hits at most w apart are joined, and those of two anchors or more are matches."""
    starts = [0, 60, 100]
    hits = sorted(hits)
    expected = set()
    for work, (begin, end) in enumerate(itertools.pairwise(starts)):
        ours = [(place, at) for place, at in hits if begin <= at < end and not (deleted and work == 0)]
        for diagonal in {at - place for place, at in ours}:
            series: list[int] = []
            for place in [*(place for place, at in ours if at - place == diagonal), 1_000]:
                if series and place - series[-1] > WIDE.w:
                    if len(series) > 1:
                        expected.add((series[0], series[-1] + WIDE.n, work, series[0] + diagonal - begin))
                    series = []
                series.append(place)
    anchors = Anchors(np.zeros(41, np.uint64), np.arange(41))
    queries, positions = np.array(hits, np.int64).reshape(-1, 2).T
    segment: Any = SimpleNamespace(
        starts=np.array(starts), ordinals=lambda at: np.searchsorted(starts, at, side="right") - 1, sampling=WIDE
    )
    found = anchor_spans.match_without_tokens(
        anchors, segment, Postings(queries, positions, {}), np.array([0] * deleted, np.int64)
    )
    assert {row[:4] for row in found.rows()} == expected
    assert len(found) == len(expected)
