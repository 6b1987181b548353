"""Conflicts of a library: wordings that works hold under claims that contradict each other.

Holders of equal trust contradict each other if their licences are of different classes of duties. Those that the
operator vouches for decide over the others, a free one of them over all; an unknown licence takes no part.
Wording of licences, and what is marked as no one's, belongs to no holder.

A walk over the anchors tells which contents have one with such holders. Each of the strictest is then compared with the
library as a checked text would be, which gives the stretches in full length. An example: tokens 10 to 90 of a GPL file
A are in an MIT file B, and tokens 10 to 60 in a file C of the public domain. Both are listed, because the second one
has a claim more; if C were under MIT too, the second would only be a part of the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from provenance.database.contents import Contents, Portion
from provenance.database.database import Database
from provenance.licences import DutyClass, duty_class, licence_wording
from provenance.match import find_exact_matches, pick_anchors
from provenance.thresholds import LEAST_RUN
from provenance.works import Keep, Work

LEAST_TOKENS = 2 * LEAST_RUN
"""Tokens of a wording that is listed, at least."""
_STRICTEST = np.array([0] + [1 << (classes.bit_length() - 1) for classes in range(1, 1 << 8)], np.uint8)
"""For each set of classes of duties the one with the strictest alone."""
_NO_TOKENS = np.empty(0, np.uint16)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Works that hold the same wordings under claims that contradict each other.

    Attributes:
        tokens: the length of the longest of these wordings.
        wordings: their number.
        works: the holders, the strictest first, and of these the earliest.
        text: the longest wording; the letters of its tokens, or None, where the database does not keep so much.
    """

    tokens: int
    wordings: int
    works: tuple[Work, ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of a content, and the contents that hold it."""

    content: int
    start: int
    end: int
    holders: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Shared:
    """The stretches of one content that contents hold, itself among them, as int64 columns (m,).

    Attributes:
        starts: the first token of each stretch in the one content.
        ends: the token after its last one.
        contents: the content that holds it.
        there: its first token in that content.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    contents: NDArray[np.int64]
    there: NDArray[np.int64]


def find_conflicts(
    database: Database, *, least: int = LEAST_TOKENS, limit: int = 50
) -> tuple[int, tuple[Conflict, ...]]:
    """Return how many groups of works contradict each other, and those with the longest wordings.

    It takes about as long as a check of all works that have one. Of very many works that hold a wording, some are
    named.

    Args:
        database: the library.
        least: the fewest tokens of a wording.
        limit: the most groups that are returned.

    Raises:
        SegmentError: a segment is damaged.
    """
    contents = Contents.load(database.catalogue, database.snapshot().segments.values())
    search = _Search(contents, least)
    groups: dict[bytes, list[_Run]] = {}
    for content in np.flatnonzero(find_suspects(contents)).tolist():
        for run in search.find_runs(content):
            groups.setdefault(run.holders.tobytes(), []).append(run)
    for runs in groups.values():
        runs.sort(key=_rank_run)
    longest = sorted(groups.values(), key=lambda runs: _rank_run(runs[0]))[:limit]
    return len(groups), tuple(_read_conflict(database, contents, runs) for runs in longest)


def find_suspects(contents: Contents) -> NDArray[np.bool_]:
    """Return which contents have an anchor with holders that contradict each other, of these the strictest, bool (c,).

    Where the tokens of the strictest are not kept, all of them are returned.
    """
    keeps = [segment.footer.keep is not Keep.FINGERPRINTS for segment in contents.segments]
    has_tokens = np.repeat(np.array(keeps, np.bool_), np.diff(contents.firsts))
    suspects = np.zeros(len(contents.works), np.bool_)
    for portion in contents.walk_anchors():
        if len(portion):
            suspects[_select_suspects(contents, portion, has_tokens)] = True
    return suspects


def _select_suspects(contents: Contents, portion: Portion, has_tokens: NDArray[np.bool_]) -> NDArray[np.int64]:
    changes = np.diff(portion.fingerprints, prepend=~portion.fingerprints[:1]) != 0
    first, group = np.flatnonzero(changes), np.cumsum(changes) - 1
    trusted = np.bitwise_or.reduceat(contents.trusted[portion.contents], first)
    untrusted = np.bitwise_or.reduceat(contents.untrusted[portion.contents], first)
    nobodys = np.logical_or.reduceat(contents.is_nobodys[portion.contents], first)
    deciding = _select_deciding(trusted, untrusted)
    disputed = (deciding != _STRICTEST[deciding]) & ~nobodys
    claimed = np.where(trusted[group] > 0, contents.trusted[portion.contents], contents.untrusted[portion.contents])
    is_strictest = disputed[group] & ((claimed & _STRICTEST[deciding][group]) > 0)
    without_tokens = np.logical_or.reduceat(is_strictest & ~has_tokens[portion.contents], first)
    suspects: NDArray[np.int64] = portion.contents[is_strictest | (without_tokens[group] & (claimed > 0))]
    return suspects


@dataclass(slots=True)
class _Search:
    """The comparison of contents with the library, one after another.

    Attributes:
        contents: all contents.
        least: the fewest tokens of a run.
        listed: for each content the runs found in it so far: start, end, and the classes of duties.
    """

    contents: Contents
    least: int
    listed: dict[int, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))

    def find_runs(self, content: int) -> Iterator[_Run]:
        """Yield the stretches of a content that are held under claims that contradict each other, the longest first."""
        tokens = self.contents.tokens(content)
        shared = self._compare(content, tokens)
        for start, end in self._list_pieces(content, tokens, shared):
            holds = np.flatnonzero((shared.starts <= start) & (shared.ends >= end))
            holders = np.union1d(shared.contents[holds], content)
            masks = (each[holders] for each in (self.contents.trusted, self.contents.untrusted))
            classes = int(_select_disputed(*(np.bitwise_or.reduce(mask, keepdims=True) for mask in masks))[0])
            if not classes or self._is_listed(content, start, end, classes):
                continue
            self.listed[content].append((start, end, classes))
            for row in holds.tolist():
                moved = int(shared.there[row] - shared.starts[row])
                self.listed[int(shared.contents[row])].append((start + moved, end + moved, classes))
            yield _Run(content, start, end, holders)

    def _is_listed(self, content: int, start: int, end: int, classes: int) -> bool:
        """Is a stretch a part of one that was found before, with no further class of duties?"""
        return any(
            begin <= start and end <= stop and classes & ~known == 0 for begin, stop, known in self.listed[content]
        )

    def _list_pieces(self, content: int, tokens: NDArray[np.uint16] | None, shared: _Shared) -> list[tuple[int, int]]:
        """Return the stretches shared with a content that contradicts this one, without what is no one's."""
        contents = self.contents
        segment, ordinal = contents.locate(content)
        somebodys = np.ones(int(np.diff(segment.starts[ordinal : ordinal + 2])[0]), np.bool_)
        if tokens is not None:
            somebodys &= ~licence_wording(tokens)
        for row in np.flatnonzero(contents.is_nobodys[shared.contents]).tolist():
            somebodys[shared.starts[row] : shared.ends[row]] = False
        together = (each[shared.contents] | each[content] for each in (contents.trusted, contents.untrusted))
        pieces = set()
        for row in np.flatnonzero(_select_disputed(*together)).tolist():
            start, end = int(shared.starts[row]), int(shared.ends[row])
            edges = np.flatnonzero(np.diff(somebodys[start:end], prepend=False, append=False)).reshape(-1, 2) + start
            pieces |= {(first, last) for first, last in edges.tolist() if last - first >= self.least}
        return sorted(pieces, key=lambda piece: (piece[0] - piece[1], piece))

    def _compare(self, content: int, tokens: NDArray[np.uint16] | None) -> _Shared:
        """Return the stretches that a content shares with all contents."""
        contents = self.contents
        segment, ordinal = contents.locate(content)
        ours = _NO_TOKENS if tokens is None else tokens
        pairs = pick_anchors(ours, contents.segments)
        if tokens is None:
            stored = segment.content(ordinal).anchors
            pairs = ((other, stored) for other in contents.segments)
        columns = []
        for first, (other, anchors) in zip(contents.firsts.tolist(), pairs, strict=False):
            if tokens is None and other.footer.keep is not Keep.FINGERPRINTS:
                continue  # the other content is compared with this one instead, see `find_suspects`
            found = find_exact_matches(ours, anchors, other, least=self.least)
            found = found[(found.lengths >= self.least) & (contents.works[first + found.ordinals] > 0)]
            columns.append((found.starts, found.ends, first + found.ordinals, found.work_starts))
        return _Shared(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _select_deciding(trusted: NDArray[np.uint8], untrusted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the classes of duties that decide in each row; of trusted ones a free one alone, as in a check."""
    free = np.uint8(1 << DutyClass.FREE)
    return np.where(trusted & free, free, np.where(trusted > 0, trusted, untrusted))


def _select_disputed(trusted: NDArray[np.uint8], untrusted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the classes of duties that decide in each row, where they contradict each other; else 0."""
    deciding = _select_deciding(trusted, untrusted)
    return np.where(deciding == _STRICTEST[deciding], 0, deciding).astype(np.uint8)


def _read_conflict(database: Database, contents: Contents, runs: list[_Run]) -> Conflict:
    longest = runs[0]
    places = [contents.place(holder) for holder in longest.holders.tolist()]
    works = [work for held in database.catalogue.works_at(places).values() for work in held]
    works.sort(key=_rank_work)
    text = contents.spell(longest.content, longest.start, longest.end)
    return Conflict(longest.end - longest.start, len(runs), tuple(works), text)


def _rank_run(run: _Run) -> tuple[int, int, int]:
    return run.start - run.end, run.content, run.start


def _rank_work(work: Work) -> tuple[int, bool, int, int]:
    duties = duty_class(work.status, work.licence)
    return -1 - duties if duties is not None else 0, work.year is None, work.year or 0, work.key
