"""Building segments by one process or several: each portion once, whoever takes it, and every failure told."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from provenance.database import build
from provenance.database.build import Order, Portion, build_segments
from provenance.index import SegmentSummary
from provenance.works import Keep, Sensitivity
from tests.database.samples import words


def portions(count: int) -> Iterator[Portion]:
    """Yield portions of no, one and two works; the hash of a work says how many words it has."""
    for number in range(count):
        lengths = [20 + 2 * number, 21 + 2 * number][: number % 3]
        yield Portion([words(1_000 * length, length) for length in lengths], [bytes([length]) for length in lengths])


def built_by(workers: int, folder: Path, *, count: int = 40) -> list[tuple[list[bytes], SegmentSummary]]:
    done: list[tuple[list[bytes], SegmentSummary]] = []
    order = Order(folder=folder, keep=Keep.TOKENS, sensitivity=Sensitivity.FINE, works=6, characters=2_000)
    build_segments(portions(count), order, workers=workers, built=lambda *segment: done.append(segment))
    return done


@pytest.mark.parametrize("workers", [1, 2, pytest.param(3, marks=pytest.mark.long)])
def test_each_work_is_built_once_under_its_own_hash(tmp_path: Path, workers: int) -> None:
    """However portions are shared out, every work is in one segment, and what is told of it stands at its hash."""
    done = built_by(workers, tmp_path)
    told = {h: built.characters for hashes, summary in done for h, built in zip(hashes, summary.documents, strict=True)}
    expected = {h: len(t) for portion in portions(40) for t, h in zip(portion.texts, portion.hashes, strict=True)}
    assert told == expected
    assert sum(len(hashes) for hashes, _ in done) == len(expected)
    assert {path.name for path in tmp_path.iterdir()} == {summary.path.name for _, summary in done if summary.path}


def test_a_segment_ends_when_it_has_enough_works_or_characters(tmp_path: Path) -> None:
    """Portions are added to a segment until it is full."""
    sizes = [(len(hashes), sum(d.characters for d in summary.documents)) for hashes, summary in built_by(1, tmp_path)]
    assert len(sizes) > 2
    assert all(works >= 6 or characters >= 2_000 for works, characters in sizes[:-1])
    assert all(works <= 7 for works, _ in sizes)


def test_nothing_to_build_starts_nothing(tmp_path: Path, monkeypatch) -> None:
    """Without a second portion no process is started, and without a work there is no file."""
    monkeypatch.setattr(build, "_Helpers", None)
    assert len(built_by(2, tmp_path, count=2)) == 1
    assert built_by(2, tmp_path / "none", count=1) == []


def _fail(_queue: object, told: Connection, _order: object) -> None:
    told.send(OSError(28, "No space left on device"))


def test_what_goes_wrong_in_a_helper_is_raised(tmp_path: Path, monkeypatch) -> None:
    """An error of a helper is the error of the ingest, as if it had happened here."""
    monkeypatch.setattr(build, "_run_helper", _fail)
    with pytest.raises(OSError, match="No space left on device"):
        built_by(2, tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_leaves_only_whole_segments(tmp_path: Path, workers: int) -> None:
    """When reading is broken off, helpers end and no half-built file stays."""
    order = Order(folder=tmp_path, keep=Keep.TOKENS, sensitivity=Sensitivity.FINE, works=6, characters=2_000)
    done: list[SegmentSummary] = []

    def broken_off() -> Iterator[Portion]:
        yield from portions(30)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_segments(broken_off(), order, workers=workers, built=lambda _, summary: done.append(summary))
    assert {summary.path for summary in done} <= set(tmp_path.iterdir())
    assert not list(tmp_path.glob("*.building"))
