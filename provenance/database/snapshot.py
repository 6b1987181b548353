"""Snapshot of a database: the live segments and phrases, opened once and shared by every check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from provenance.catalogue import Canary, Catalogue, Phrase, SegmentRecord, State
from provenance.errors import SegmentError
from provenance.index import Segment
from provenance.match import ShortWorkMatcher
from provenance.reports import Coverage
from provenance.text import tokenizer_digest


@dataclass(frozen=True)
class Snapshot:
    """An immutable view of a database.

    Attributes:
        state: which works and segments count.
        segments: by name, open.
        phrase_rows: the key of each work that is too short to be winnowed, and what is kept of it.
    """

    state: State
    segments: dict[str, Segment]
    phrase_rows: tuple[tuple[int, Phrase], ...]

    @classmethod
    def load(cls, catalogue: Catalogue, folder: Path, earlier: Snapshot | None) -> Snapshot:
        """Open what the catalogue names, reusing what an earlier snapshot has open.

        Raises:
            SegmentError: a segment is missing or damaged, or a canary is not found in it.
        """
        state = catalogue.state()
        try:
            return cls._open_segments(state, catalogue, folder, earlier)
        except SegmentError:
            now = catalogue.state()
            if now.revision == state.revision:
                raise
            return cls._open_segments(now, catalogue, folder, earlier)  # a compaction had just removed a file

    @classmethod
    def _open_segments(cls, state: State, catalogue: Catalogue, folder: Path, earlier: Snapshot | None) -> Snapshot:
        known = earlier.segments if earlier else {}
        canaries = canaries_by_segment(state)
        segments = {
            record.name: known.get(record.name) or open_segment(record, folder, canaries[record.name])
            for record in state.segments
        }
        return cls(state, segments, tuple(catalogue.phrases()))

    @cached_property
    def phrases(self) -> ShortWorkMatcher:
        """The automaton of all phrases, built at the first check."""
        return phrase_book(self.phrase_rows)

    @cached_property
    def phrase_texts(self) -> dict[int, str]:
        """The texts of the phrases that are kept, by the work's key."""
        return {key: phrase.text for key, phrase in self.phrase_rows if phrase.text is not None}

    def coverage(self) -> Coverage:
        """Return what a check of this snapshot looks through."""
        return Coverage(
            works=self.state.works, tokens=self.state.tokens, revision=self.state.revision,
            indexed_at=self.state.indexed_at, canaries="ok" if self.state.works else "none",
        )  # fmt: skip


def phrase_book(rows: Iterable[tuple[int, Phrase]]) -> ShortWorkMatcher:
    """Return the automaton of some phrases, given with the keys of their works."""
    rows = tuple(rows)
    hashed = ((key, phrase.length, phrase.fingerprint) for key, phrase in rows)
    return ShortWorkMatcher(
        ((key, phrase.tokens) for key, phrase in rows),
        ((key, length, value) for key, length, value in hashed if length is not None and value is not None),
    )


def canaries_by_segment(state: State) -> Mapping[str, list[Canary]]:
    """Return the canaries of each segment that a state names."""
    canaries: dict[str, list[Canary]] = {record.name: [] for record in state.segments}
    for canary in state.canaries:
        canaries[canary.segment].append(canary)
    return canaries


def open_segment(record: SegmentRecord, folder: Path, canaries: Iterable[Canary]) -> Segment:
    """Open a segment that a state names.

    Raises:
        SegmentError: it is missing or damaged, it is another file, or a canary is not found in it.
        TokenizerMismatchError: it was built with another tokenizer.
    """
    segment = Segment(folder / record.name, tokenizer_digest=tokenizer_digest())
    if segment.digest != record.digest:
        raise SegmentError(
            f"segment {record.name} is not the file that was indexed under this name; restore that from a backup, or "
            "ingest its works again"
        )
    if not segment.finds_canaries((canary.fingerprint, canary.position) for canary in canaries):
        raise SegmentError(
            f"segment {record.name} does not find its canaries; restore the file from a backup, or ingest its works "
            "again"
        )
    return segment
