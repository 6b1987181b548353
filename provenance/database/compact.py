"""How do dead members leave the disk, and many small segments become few?

The live contents of segments that have dead members, and of segments that are small, are copied into new segments,
token for token and block for block; one transaction of the catalogue puts the new ones in the place of the old, whose
files are then removed. Whoever has an old file open goes on reading it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from provenance.catalogue import Canary, Catalogue, Location, Replacement, SegmentRecord, State
from provenance.database.segment_files import canaries_of, discard, flush, new_path, record_of
from provenance.database.snapshot import canaries_by_segment, open_segment
from provenance.errors import DatabaseError
from provenance.index import Segment, SegmentSummary, copy_segment
from provenance.text import tokenizer_digest
from provenance.works import Keep

LARGEST_SEGMENT = 1 << 26
"""Tokens in a merged segment; only one that holds a single work may have more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactResult:
    """What a compaction did.

    Attributes:
        segments_before, segments_after, bytes_before, bytes_after: of the whole database.
        contents_removed: how many contents that no work has any more are gone. revision: after it.
        wiped: has the catalogue's file been freed of deleted rows? Not where somebody was reading it all the time.
    """

    segments_before: int
    segments_after: int
    bytes_before: int
    bytes_after: int
    contents_removed: int
    revision: int
    wiped: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """A segment with the contents in it that live works have, and their lengths in tokens."""

    record: SegmentRecord
    segment: Segment
    ordinals: list[int]
    lengths: list[int]

    @property
    def dead(self) -> int:
        return self.record.works - len(self.ordinals)

    @property
    def is_small(self) -> bool:
        return sum(self.lengths) < LARGEST_SEGMENT // 2


@dataclass(frozen=True, slots=True)
class _Held:
    """One content of a segment, `length` tokens long."""

    segment: Segment
    ordinal: int
    length: int


class Compaction:
    """One run of compaction. The caller holds the writer's lock."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self._catalogue, self._folder = catalogue, folder
        self._built: list[SegmentSummary] = []
        self._moves: dict[Location, Location] = {}

    def run(self) -> CompactResult:
        """Compact what there is to compact; on any error before the commit leave the database as it was.

        Raises:
            SegmentError: a segment is damaged, so that nothing can be copied from it.
        """
        before = self._catalogue.state()
        chosen = self._chosen(before)
        if chosen:
            self._replace(chosen)
        wiped = self._wipe()
        after = self._catalogue.state()
        return CompactResult(
            segments_before=len(before.segments), segments_after=len(after.segments), bytes_before=_bytes(before),
            bytes_after=_bytes(after), contents_removed=sum(source.dead for source in chosen),
            revision=after.revision, wiped=wiped,
        )  # fmt: skip

    def _wipe(self) -> bool:
        try:
            return self._catalogue.vacuum()
        except DatabaseError as error:
            raise DatabaseError(
                f"catalogue {self._catalogue.place}: the segments are compacted, but the file, where rows of withdrawn "
                "works may still be, could not be written anew; see that there is as much free space as it takes, and "
                "run `provenance compact` again"
            ) from error

    def _chosen(self, state: State) -> list[_Source]:
        """Return the segments with dead members, and the small ones where several of one keep level can be merged."""
        levels = defaultdict(list)
        canaries = canaries_by_segment(state)
        for record in state.segments:
            source = self._source(record, canaries[record.name])
            levels[source.segment.footer.keep].append(source)
        chosen = []
        for level in levels.values():
            several = sum(source.is_small for source in level) > 1
            chosen += [source for source in level if source.dead or (several and source.is_small)]
        return chosen

    def _source(self, record: SegmentRecord, canaries: list[Canary]) -> _Source:
        segment = open_segment(record, self._folder, canaries)
        ordinals = self._catalogue.live_ordinals(record.name)
        return _Source(record, segment, ordinals, np.diff(segment.starts)[ordinals].tolist())

    def _replace(self, chosen: list[_Source]) -> None:
        try:
            for keep, group in _grouped(chosen):
                self._copy(keep, group)
            flush(self._folder)
            names = tuple(source.record.name for source in chosen)
            records = tuple(map(record_of, self._built))
            canaries = tuple(canary for summary in self._built for canary in canaries_of(summary))
            self._catalogue.replace_segments(Replacement(names, records, canaries, self._moves))
        except BaseException:
            discard(self._catalogue, self._folder, (record_of(summary).name for summary in self._built))
            raise
        for name in names:
            self._remove(name)

    def _copy(self, keep: Keep, group: list[_Held]) -> None:
        path = new_path(self._folder)
        contents = (held.segment.content(held.ordinal) for held in group)
        self._built.append(copy_segment(contents, path, tokenizer_digest=tokenizer_digest(), keep=keep))
        for ordinal, held in enumerate(group):
            self._moves[Location(held.segment.name, held.ordinal)] = Location(path.name, ordinal)

    def _remove(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"segment {name} has been replaced, but its file cannot be removed ({error.strerror or error}); run "
                "`provenance compact` again when it can"
            ) from error


def _grouped(chosen: Iterable[_Source]) -> Iterator[tuple[Keep, list[_Held]]]:
    """Yield what is to lie in each new segment: contents of one keep level, as many as there is room for.

    Large works come first, so that of one level at most one new segment is small, and the next run leaves all alone.
    """
    levels: dict[Keep, list[_Held]] = defaultdict(list)
    for source in chosen:
        held = map(_Held, [source.segment] * len(source.ordinals), source.ordinals, source.lengths)
        levels[source.segment.footer.keep] += held
    for keep, contents in levels.items():
        contents.sort(key=lambda held: held.length < LARGEST_SEGMENT // 2)
        for group in _packed(contents):
            yield keep, group


def _packed(contents: Iterable[_Held]) -> Iterator[list[_Held]]:
    group: list[_Held] = []
    size = 0
    for held in contents:
        if group and size + held.length > LARGEST_SEGMENT:
            yield group
            group, size = [], 0
        group.append(held)
        size += held.length
    if group:
        yield group


def _bytes(state: State) -> int:
    return sum(record.size for record in state.segments)
