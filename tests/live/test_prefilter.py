"""The prefilter says where what lately stood in works ends, to the token and the character."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Database, Document
from provenance.fingerprints import SAMPLINGS, winnow
from provenance.live import prefilter
from provenance.live.prefilter import REMEMBERED, Prefilter
from provenance.text import Tokens
from provenance.thresholds import LEAST_RUN
from provenance.works import Keep
from tests.database.samples import TOKENIZER, filled, words
from tests.strategies import examples

SAMPLING = SAMPLINGS[Keep.TEXT.sensitivity]

TEXT = TOKENIZER.encode_with_offsets(f"{words(500, 20)} {words(0, 150)} {words(600, 40)}, {words(30, 80)}")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return filled(tmp_path_factory.mktemp("prefilter") / "db", Document(text=words(0, 150), id="w"))


def part(tokens: Tokens, start: int, end: int) -> Tokens:
    return Tokens(*(getattr(tokens, name)[start:end] for name in ("ids", "starts", "ends", "heads")))


@settings(max_examples=examples(40), deadline=None)
@given(steps=st.lists(st.integers(1, 60), min_size=5, max_size=30))
def test_a_growing_passage_ends_where_its_last_anchor_does(shelf: Database, steps: list[int]) -> None:
    """While a passage grows `last_end` is where the last anchor ends that a work has, `last_character` its place."""
    snapshot = shelf.snapshot()
    (segment,) = snapshot.segments.values()
    scan, last, at = Prefilter(snapshot), 0, 0
    for step in steps:
        new = part(TEXT, at, at + step)
        at += len(new)
        scan.feed(new, only_anchors=True)
        first = max(0, at - len(new) - REMEMBERED)
        anchors = winnow(TEXT.ids[first:at], SAMPLING)
        held = anchors.positions[sorted(set(segment.find(anchors.fingerprints).queries.tolist()))]
        last = max([last, *(first + int(place) + SAMPLING.n for place in held)])
        assert (scan.tokens, scan.last_end) == (at, last)
        assert scan.last_character == (TEXT.ends[last - 1] if last else 0)
        if len(held):
            assert (scan.tail_start, scan.longest, scan.has_ended) == (at, 0, False)


@pytest.mark.parametrize("step", [7, 16, 40])
def test_a_run_ends_where_it_does(shelf: Database, step: int) -> None:
    """When runs are followed `last_end` is the token after the run, not that after its last anchor."""
    begin, end = (len(TOKENIZER.encode(text)) for text in (words(500, 20), f"{words(500, 20)} {words(0, 150)}"))
    scan = Prefilter(shelf.snapshot())
    for at in range(0, end + 2 * step, step):
        scan.feed(part(TEXT, at, at + step))
        reached = min(at + step, end)
        if reached - begin >= 2 * SAMPLING.n + step:
            assert (scan.last_end, scan.last_character) == (reached, TEXT.ends[reached - 1])
            assert scan.tail_start == (begin if at + step <= end else scan.tokens)


def test_no_run_is_followed_while_a_passage_grows(shelf: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is enough to look anchors up."""
    follow = mock.Mock(wraps=prefilter.search_segments)
    monkeypatch.setattr(prefilter, "search_segments", follow)
    followed = []
    for growing in (False, True):
        scan = Prefilter(shelf.snapshot())
        follow.reset_mock()
        for at in range(80, 240, 20):
            scan.feed(part(TEXT, at, at + 20), only_anchors=growing)
        followed.append(follow.call_count)
    assert followed == [8, 0]


def test_two_short_runs_of_one_work_are_a_candidate_and_one_is_none(tmp_path: Path) -> None:
    """A near copy shows by two runs in the same work at different distances, none of which is long enough alone."""
    longest: dict[str, list[int]] = {"no other": [], "same work": [], "other work": []}
    few = (LEAST_RUN - 1) // len(TOKENIZER.encode(words(100, 1))) - 1  # what follows begins like the next word
    with filled(tmp_path / "db", *(Document(text=words(at, 300), id=str(at)) for at in (100, 500))) as shelf:
        for at in range(100, 140):
            for name, other in (("no other", 900), ("same work", at + 150), ("other work", at + 400)):
                scan = Prefilter(shelf.snapshot())
                text = f"{words(920, 4)} {words(at, few)} {words(930, 1)} {words(other, few)}"
                scan.feed(TOKENIZER.encode_with_offsets(text))
                longest[name].append(scan.longest)
    assert not any(longest["no other"])
    assert not any(longest["other work"])
    assert any(longest["same work"])
