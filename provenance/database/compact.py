"""Compaction: removes deleted members from the disk, merges small segments, and renews the families of works.

The live contents of segments that have deleted members, and of segments that are small, are copied into new segments,
token for token and block for block; one transaction of the catalogue replaces the old ones by the new, and the old
files are then removed. A reader that has an old file open can still read it. Another transaction renews the families.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from provenance.catalogue import Catalogue, Location, Replacement, SegmentRecord, State
from provenance.database.segment_files import canaries_of, discard, flush, new_path, record_of
from provenance.database.snapshot import canaries_by_segment, open_segment
from provenance.errors import DatabaseError
from provenance.fingerprints import SAMPLINGS, Sampling
from provenance.index import Segment, SegmentSummary, copy_segment, sketch
from provenance.text import tokenizer_digest
from provenance.works import Keep, Sensitivity

LARGEST_SEGMENT = 1 << 26
"""Tokens in a merged segment; only one that holds a single work may have more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactResult:
    """What a compaction did.

    Attributes:
        segments_before: of the whole database.
        segments_after: of the whole database.
        bytes_before: of the whole database.
        bytes_after: of the whole database.
        contents_removed: the number of contents that no work had any more.
        revision: that of the database after it.
        wiped: has the catalogue's file been freed of deleted rows? Not where another process read it all the time.
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
    def deleted(self) -> int:
        return self.record.works - len(self.ordinals)

    @property
    def is_small(self) -> bool:
        return sum(self.lengths) < LARGEST_SEGMENT // 2


@dataclass(frozen=True, slots=True)
class _Content:
    """One content of a segment, `length` tokens long."""

    segment: Segment
    ordinal: int
    length: int


class Compaction:
    """One run of compaction. The caller holds the writer's lock."""

    def __init__(self, catalogue: Catalogue, folder: Path, sensitivity: Sensitivity | None = None) -> None:
        self._catalogue, self._folder = catalogue, folder
        self._sampling = SAMPLINGS[sensitivity] if sensitivity else None
        self._built: list[SegmentSummary] = []
        self._moves: dict[Location, Location] = {}

    def run(self) -> CompactResult:
        """Compact what there is to compact; on any error before the commit leave the database as it was.

        Raises:
            SegmentError: a segment is damaged, so that nothing can be copied from it.
        """
        before = self._catalogue.state()
        # First, so that an error here leaves all as it was: what replaces segments cannot be taken back.
        self._catalogue.renew_families(self._make_sketches())
        chosen = self._choose_segments(before)
        if chosen:
            self._replace_segments(chosen)
        try:
            self._catalogue.clear_lost_works()
            wiped = self._catalogue.vacuum()
        except DatabaseError as error:
            raise DatabaseError(
                f"catalogue {self._catalogue.place}: the segments are compacted, but the file, where rows of withdrawn "
                "works may still be, could not be written anew; see that there is as much free space as it takes, and "
                "run `provenance compact` again"
            ) from error
        after = self._catalogue.state()
        return CompactResult(
            segments_before=len(before.segments), segments_after=len(after.segments), bytes_before=_total_size(before),
            bytes_after=_total_size(after), contents_removed=sum(source.deleted for source in chosen),
            revision=after.revision, wiped=wiped,
        )  # fmt: skip

    def _choose_segments(self, state: State) -> list[_Source]:
        """Return the segments that are to be written anew.

        Those are they that have deleted members or another sampling than is wanted, and the small ones if several of
        one keep level can be merged.
        """
        levels = defaultdict(list)
        canaries = canaries_by_segment(state)
        for record in state.segments:
            segment = open_segment(record, self._folder, canaries[record.name])
            ordinals = self._catalogue.live_ordinals(record.name)
            source = _Source(record, segment, ordinals, np.diff(segment.starts)[ordinals].tolist())
            levels[segment.footer.keep, self._choose_sampling(segment)].append(source)
        chosen = []
        for (_, sampling), level in levels.items():
            several = sum(source.is_small for source in level) > 1
            chosen += [
                source
                for source in level
                if source.deleted or source.segment.sampling != sampling or (several and source.is_small)
            ]
        return chosen

    def _choose_sampling(self, segment: Segment) -> Sampling:
        """Return how the works of a segment are to be sampled; without their tokens they stay as they are."""
        return segment.sampling if segment.footer.keep is Keep.FINGERPRINTS else self._sampling or segment.sampling

    def _replace_segments(self, chosen: list[_Source]) -> None:
        try:
            for keep, sampling, group in self._group_contents(chosen):
                path = new_path(self._folder)
                contents = (held.segment.content(held.ordinal, sampling) for held in group)
                summary = copy_segment(
                    contents, path, tokenizer_digest=tokenizer_digest(), keep=keep, sampling=sampling
                )
                self._built.append(summary)
                for ordinal, held in enumerate(group):
                    self._moves[Location(held.segment.name, held.ordinal)] = Location(path.name, ordinal)
            flush(self._folder)
            names = tuple(source.record.name for source in chosen)
            records = tuple(map(record_of, self._built))
            canaries = tuple(canary for summary in self._built for canary in canaries_of(summary))
            self._catalogue.replace_segments(Replacement(names, records, canaries, self._moves))
        except BaseException:
            discard(self._catalogue, self._folder, (record_of(summary).name for summary in self._built))
            raise
        # Only now: until the commit the old files are the database.
        for name in names:
            self._remove_file(name)

    def _group_contents(self, chosen: Iterable[_Source]) -> Iterator[tuple[Keep, Sampling, list[_Content]]]:
        """Yield the contents of each new segment, of one keep level and sampling.

        It has up to `LARGEST_SEGMENT` tokens, or one larger work. Large works come first, so that of one level at most
        one new segment is small, and the next run leaves all alone.
        """
        levels: dict[tuple[Keep, Sampling], list[_Content]] = defaultdict(list)
        for source in chosen:
            held = map(_Content, [source.segment] * len(source.ordinals), source.ordinals, source.lengths)
            levels[source.segment.footer.keep, self._choose_sampling(source.segment)] += held
        for (keep, sampling), contents in levels.items():
            contents.sort(key=lambda held: held.length < LARGEST_SEGMENT // 2)
            group: list[_Content] = []
            size = 0
            for content in contents:
                if group and size + content.length > LARGEST_SEGMENT:
                    yield keep, sampling, group
                    group, size = [], 0
                group.append(content)
                size += content.length
            if group:
                yield keep, sampling, group

    def _make_sketches(self) -> dict[int, bytes]:
        """Return the sketches of works that an earlier release ingested, by key."""
        works = self._catalogue.unsketched()
        if not works:
            return {}
        state, sketches = self._catalogue.state(), {}
        canaries = canaries_by_segment(state)
        records = {record.name: record for record in state.segments}
        for name, group in groupby(works, key=lambda work: work[1].segment):
            segment = open_segment(records[name], self._folder, canaries[name])
            for key, place in group:
                content = segment.content(place.ordinal)
                sketches[key] = sketch(content.anchors, content.tokens)
        return sketches

    def _remove_file(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"segment {name} has been replaced, but its file cannot be removed ({error.strerror or error}); run "
                "`provenance compact` again when it can"
            ) from error


def _total_size(state: State) -> int:
    return sum(record.size for record in state.segments)
