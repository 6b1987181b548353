"""Common wordings: what most families of works have word for word, so that a person can say what is no one's.

No rule can tell a cookie banner from a paragraph that everybody quotes. So the wordings that most families hold are put
into a list, and the operator marks those that belong to no one: they are stored as works with the role boilerplate, in
a collection of their own that the operator vouches for, and every check from then on is silent there.

A walk over the anchors counts the families of each. Of the anchors with most families the first is taken; of the
stretches of `least` tokens around it the one that most families have; and this grows on either side as long as half of
these families go on with the same token. An example with stretches of 3 tokens, in four families:

    we use cookies to improve your visit today
    we use cookies to improve your stay
    yes we use cookies to improve our site
    ask before we use cookies here

"we use cookies" has four families. Three of them go on with "to improve", and two with "your", which is too few: two
families are one quotation. So the wording is "we use cookies to improve", with four families, of which three have all
of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from provenance.database.contents import Contents
from provenance.database.database import Database
from provenance.database.ingest import IngestResult
from provenance.errors import UsageError
from provenance.fingerprints import fingerprint_shingles, fingerprints
from provenance.index import cut_fingerprints
from provenance.licences import licence_wording
from provenance.match import find_exact_matches, pick_anchors
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN
from provenance.works import Basis, Claim, Document, Keep, LicenceStatus, Role, Work

NOBODYS = "nobodys"
"""The collection of the wordings that the operator has marked."""
LONG = 96
"""Tokens from which on a wording is a whole passage of somebody's work."""
_LONGEST = 2048
_LEAST_FAMILIES = 3
"""Two families are one quotation."""
_MOST_ANCHORS = 1 << 16
_MOST_PLACES = 1 << 14
"""Places of one anchor that are read."""
_MOST_VOICES = 256
"""Families that are read where a wording grows."""
_STEP = 64
_MOST_MARKED = 10_000
_OUTSIDE = -1
"""What stands before the first and after the last token of a work, where tokens are compared."""


@dataclass(frozen=True, slots=True)
class CommonWording:
    """A wording that many families of works hold.

    Attributes:
        id: a hash of its tokens, 8 hexadecimal digits.
        tokens: its length.
        families: the number of families that hold it, or as much of it as makes it common.
        works: likewise of works.
        text: as the earliest of them has it.
        earliest: that work.
    """

    id: str
    tokens: int
    families: int
    works: int
    text: str
    earliest: Work

    @property
    def is_long(self) -> bool:
        """Is it so long that to mark it hides a whole passage of somebody's work?"""
        return self.tokens > LONG

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON form."""
        return {
            "id": self.id, "tokens": self.tokens, "families": self.families, "works": self.works, "text": self.text,
            "is_long": self.is_long, "earliest": {"key": f"{self.earliest.key:016x}", **self.earliest.to_dict()},
        }  # fmt: skip


def find_common(database: Database, *, least: int = LEAST_RUN) -> Iterator[CommonWording]:
    """Yield the wordings that several families hold, those with the most families first.

    What checks are silent about anyway is left out: wording of licences, and what has been marked. Contents whose
    tokens are not kept are passed over.

    Args:
        database: the library.
        least: the fewest tokens of a wording, from the guaranteed length on.

    Raises:
        UsageError: the database keeps no tokens.
        SegmentError: a segment is damaged.
    """
    segments = tuple(database.snapshot().segments.values())
    kept = tuple(segment for segment in segments if segment.footer.keep is not Keep.FINGERPRINTS)
    if segments and not kept:
        raise UsageError(
            "the database keeps fingerprints alone, from which no wording can be read; ingest the works with --keep "
            "tokens or text"
        )
    contents = Contents.load(database.catalogue, kept)
    search = _Search(contents, least)
    for core in search.find_cores():
        content, start, end = search.grow(core)
        search.pass_over(content, start, end)
        for first, last in search.cut_silent(content, start, end):
            tokens, text = contents.tokens(content), contents.spell(content, first, last)
            earliest = database.catalogue.works_at([place := contents.place(content)])[place]
            # the database may have changed meanwhile; without text there is nothing to look at
            if tokens is not None and text and earliest:
                name = hashlib.blake2b(tokens[first:last].tobytes(), digest_size=4).hexdigest()
                works = int(contents.works[np.unique(core.contents)].sum())
                yield CommonWording(name, last - first, core.families, works, text, earliest[0])


def mark_common(database: Database, wordings: Iterable[CommonWording], *, who: str | None = None) -> IngestResult:
    """Store wordings as no one's: as boilerplate that the operator vouches for.

    Args:
        database: the library that they are from.
        wordings: those to mark.
        who: says so.

    Raises:
        UsageError: the text of a wording could not be read from the database.
    """
    tokenizer = load_tokenizer()
    documents = []
    for wording in wordings:
        name = hashlib.blake2b(tokenizer.encode(wording.text).tobytes(), digest_size=4).hexdigest()
        if name != wording.id:
            raise UsageError(
                f"wording {wording.id} cannot be marked: the database keeps no text, and its tokens do not spell it; "
                f"ingest it from a file with --role boilerplate --trusted --collection {NOBODYS}"
            )
        words = wording.text.split()
        claim = Claim(
            status=LicenceStatus.PUBLIC_DOMAIN, licence=None, basis=Basis.CURATED, who=who,
            evidence=f"marked as no one's; {wording.families} families had it",
        )  # fmt: skip
        documents.append(
            Document(
                text=wording.text, id=f"common-{wording.id}", title=f"Common wording: {' '.join(words[:8])[:80]}…",
                collection=NOBODYS, role=Role.BOILERPLATE, claims=(claim,),
            )
        )  # fmt: skip
    levels = {segment.footer.keep for segment in database.snapshot().segments.values()}
    keep = Keep.TEXT if Keep.TEXT in levels else Keep.TOKENS
    # Marked anew after it was withdrawn: the operator asks for it.
    return database.ingest(documents, keep=keep, trusted=True, readmit=True, what="works common --mark")


def list_marked(database: Database) -> tuple[Work, ...]:
    """Return the wordings that are marked as no one's."""
    works = database.catalogue.works_in(NOBODYS, limit=_MOST_MARKED)
    return tuple(work for work in works if work.role is Role.BOILERPLATE)


@dataclass(frozen=True, slots=True)
class _Core:
    """Places of the stretch around an anchor that most families have.

    Attributes:
        families: their number.
        contents: int64 (p,), the content of each place.
        positions: int64 (p,), the first token, in the segment.
    """

    families: int
    contents: NDArray[np.int64]
    positions: NDArray[np.int64]


class _Search:
    """The search for common wordings, those with the most families first."""

    def __init__(self, contents: Contents, least: int) -> None:
        self._contents, self._least = contents, least
        self._passed: set[int] = set()

    def find_cores(self) -> Iterator[_Core]:
        """Yield the stretches of the least length that most families have, without those that are passed over."""
        # An anchor has at least the families of every stretch around it. So one whose stretch was counted is the next
        # if it has still the most; if not, it waits for its turn.
        hashes, counts = _rank_anchors(self._contents)
        queue = [(-count, value) for count, value in zip(counts.tolist(), hashes.tolist(), strict=True)]
        heapify(queue)
        cores: dict[int, _Core] = {}
        while queue:
            _, value = heappop(queue)
            if value in self._passed:
                cores.pop(value, None)
            elif value in cores:
                yield cores.pop(value)
            elif (core := self._find_core(value)).families >= _LEAST_FAMILIES:
                cores[value] = core
                heappush(queue, (-core.families, value))

    def _find_core(self, fingerprint: int) -> _Core:
        """Return the stretch around an anchor that most families have."""
        contents, positions = self._find_places(fingerprint)
        shortest = min(segment.sampling.n for segment in self._contents.segments)
        reach = self._least - shortest
        around = self._read_tokens(contents, positions, np.arange(-reach, shortest + reach))
        best = _Core(0, contents[:0], positions[:0])
        for offset in range(reach + 1):
            window = around[:, offset : offset + self._least]
            whole = np.flatnonzero((window != _OUTSIDE).all(axis=1))
            _, same = np.unique(window[whole], axis=0, return_inverse=True)
            counts = _count_voices(self._contents, same, contents[whole])
            if len(counts) and counts.max() > best.families:
                chosen = whole[same == counts.argmax()]
                best = _Core(int(counts.max()), contents[chosen], positions[chosen] - reach + offset)
        return best

    def _find_places(self, fingerprint: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the contents that have an anchor, and where in their segments, each int64."""
        contents, positions = [], []
        wanted = np.array([fingerprint], np.uint64)
        for first, segment in zip(self._contents.firsts.tolist(), self._contents.segments, strict=False):
            found = segment.find(wanted)
            places = np.concatenate([found.positions, *(segment.positions(*each) for each in found.crowded.values())])
            places = places[:_MOST_PLACES]
            n = segment.sampling.n
            shingles = segment.tokens.verify_at(places, places + n - 1).take(places[:, None] + np.arange(n))
            places = places[cut_fingerprints(fingerprint_shingles(shingles)) == wanted]
            holders = first + segment.ordinals(places)
            is_live = self._contents.works[holders] > 0
            contents.append(holders[is_live])
            positions.append(places[is_live])
        return np.concatenate(contents), np.concatenate(positions)

    def _read_tokens(
        self, contents: NDArray[np.int64], positions: NDArray[np.int64], offsets: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return the tokens around some places, int32 (p, o), and `_OUTSIDE` where their works have none."""
        read = np.full((len(positions), len(offsets)), _OUTSIDE, np.int32)
        numbers = np.searchsorted(self._contents.firsts, contents, side="right") - 1
        for number in np.unique(numbers).tolist():
            segment, rows = self._contents.segments[number], np.flatnonzero(numbers == number)
            places = positions[rows, None] + offsets
            ordinals = contents[rows] - self._contents.firsts[number]
            begins, ends = segment.starts[ordinals][:, None], segment.starts[ordinals + 1][:, None]
            inside = (places >= begins) & (places < ends)
            tokens = segment.tokens.verify_at(places.clip(begins, ends - 1)).take(places, mode="clip")
            tokens = tokens.astype(np.int32)  # uint16 has no number for what is outside
            read[rows] = np.where(inside, tokens, _OUTSIDE)
        return read

    def grow(self, core: _Core) -> tuple[int, int, int]:
        """Return the content that has a stretch first, with its first token there and the one after the last.

        It is as long as half of the families agree.
        """
        order = np.lexsort((core.positions, self._contents.ages[core.contents]))
        _, first = np.unique(self._contents.families[core.contents[order]], return_index=True)
        rows = order[np.sort(first)][:_MOST_VOICES]  # the earliest of each family, the earliest family first
        contents, positions = core.contents[rows], core.positions[rows]
        agree = np.ones(len(rows), np.bool_)
        after = self._count_agreed(contents, positions + self._least, agree, 1)
        before = self._count_agreed(contents, positions - 1, agree, -1)
        earliest = int(np.flatnonzero(agree)[0])
        content = int(contents[earliest])
        segment, ordinal = self._contents.locate(content)
        start = int(positions[earliest] - segment.starts[ordinal])
        return content, start - before, start + self._least + after

    def _count_agreed(
        self, contents: NDArray[np.int64], positions: NDArray[np.int64], agree: NDArray[np.bool_], direction: int
    ) -> int:
        """Return how many tokens half of the families go on with, and leave in `agree` those that have them all."""
        need = max(_LEAST_FAMILIES, -(-len(agree) // 2))
        for reach in range(0, _LONGEST, _STEP):
            block = self._read_tokens(contents, positions, direction * np.arange(reach, reach + _STEP))
            for count, column in enumerate(block.T):
                tokens, times = np.unique(column[agree & (column != _OUTSIDE)], return_counts=True)
                if not len(times) or times.max() < need:
                    return reach + count
                agree &= column == tokens[times.argmax()]
        return _LONGEST

    def pass_over(self, content: int, start: int, end: int) -> None:
        """Take the anchors of a wording out of the search."""
        tokens = self._contents.tokens(content)
        if tokens is not None:
            for n in {segment.sampling.n for segment in self._contents.segments}:
                self._passed.update(cut_fingerprints(fingerprints(tokens[start:end], n)).tolist())

    def cut_silent(self, content: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a wording about which checks are not silent, if they are long enough."""
        tokens = self._contents.tokens(content)
        if tokens is None:
            return
        wording = tokens[start:end]
        silent = licence_wording(wording)
        if self._contents.is_nobodys.any():
            searched = pick_anchors(wording, self._contents.segments)
            for first, (segment, anchors) in zip(self._contents.firsts.tolist(), searched, strict=False):
                found = find_exact_matches(wording, anchors, segment)
                for row in np.flatnonzero(self._contents.is_nobodys[first + found.ordinals]).tolist():
                    silent[found.starts[row] : found.ends[row]] = True
        edges = np.flatnonzero(np.diff(~silent, prepend=False, append=False)).reshape(-1, 2)
        yield from ((start + a, start + b) for a, b in edges.tolist() if b - a >= self._least)


def _rank_anchors(contents: Contents) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the anchors that most families have, uint64 (a,), and how many these are, int64 (a,)."""
    hashes, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    for portion in contents.walk_anchors():
        if not len(portion):
            continue
        changes = np.diff(portion.fingerprints, prepend=~portion.fingerprints[:1]) != 0
        voices = _count_voices(contents, np.cumsum(changes) - 1, portion.contents)
        nobodys = np.logical_or.reduceat(contents.is_nobodys[portion.contents], np.flatnonzero(changes))
        many = (voices >= _LEAST_FAMILIES) & ~nobodys
        hashes = np.concatenate((hashes, portion.fingerprints[changes][many]))
        counts = np.concatenate((counts, voices[many]))
        most = np.argsort(-counts, kind="stable")[:_MOST_ANCHORS]
        hashes, counts = hashes[most], counts[most]
    return hashes, counts


def _count_voices(contents: Contents, group: NDArray[np.int64], holders: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many families the holders in each group are of, or how many authors if these are fewer, int64 (g,)."""
    groups = int(group.max()) + 1 if len(group) else 0
    counts = []
    for voices in (contents.families[holders], contents.authors[holders]):
        order = np.lexsort((voices, group))
        pairs = np.stack((group[order], voices[order]))
        is_new = np.append(True, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0))[: len(order)]
        counts.append(np.bincount(pairs[0][is_new], minlength=groups))
    return np.minimum(*counts)
