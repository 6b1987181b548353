"""Contents of a database as columns, and the walk over the anchors that several of them have.

`doctor --conflicts` and `works common` ask the same of a whole library: which wording do several works hold? Where two
works share a run of the guaranteed length, they share an anchor, and the postings of every segment are in the order of
fingerprints. So the walk takes the same range of fingerprints of all segments at a time, range after range, and sorts
it: what it needs is bounded by a range, not by the library.

An example with two segments of 3 and 2 contents: these have the numbers 0 1 2 and 3 4. If the contents 1 and 4 have an
anchor with the fingerprint F, at their segments' tokens 70 and 15, the portion that F is in has the rows (F, 1, 70) and
(F, 4, 15), one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.catalogue import Catalogue, Location, Member
from provenance.index import Segment
from provenance.licences import demands, duty_class
from provenance.text import load_tokenizer
from provenance.works import Keep

_PORTION = 1 << 20
"""Postings that a portion has on average."""
_UNDATED = 2**31 - 1
"""The year of a work without one: it comes after all others."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The anchors of all contents in one range of fingerprints, by fingerprint and content.

    Attributes:
        fingerprints: uint64 (p,), ascending.
        contents: int64 (p,): the number of the content that has the anchor.
        positions: int64 (p,): the token of the segment at which it begins.
    """

    fingerprints: NDArray[np.uint64]
    contents: NDArray[np.int64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.fingerprints)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Portion:
        return Portion(self.fingerprints[chosen], self.contents[chosen], self.positions[chosen])


@dataclass(frozen=True)
class Contents:
    """What is known about every content of some segments, numbered through all of them.

    Of several works with one content the earliest tells family, author and age. A set of classes of duties has a bit
    for each; works whose licence is unknown, or that are copies in a folder whose licence they merely inherit, have
    none.

    Attributes:
        segments: those that have the contents.
        firsts: int64 (s + 1,), the number of the first content of each, and that of all contents.
        works: int64 (c,), the number of live works with each content; 0 where it is deleted.
        trusted: uint8 (c,), the classes of duties among those that the operator vouches for.
        untrusted: uint8 (c,), those among the others.
        is_nobodys: bool (c,), has the operator marked it as boilerplate?
        families: int64 (c,), the family; where none is known, a number below zero for the author.
        authors: int64 (c,), a number below zero for the author; where none is named, the family.
        ages: int64 (c,), a sort key: the earliest content has the lowest.
    """

    segments: tuple[Segment, ...]
    firsts: NDArray[np.int64]
    works: NDArray[np.int64]
    trusted: NDArray[np.uint8]
    untrusted: NDArray[np.uint8]
    is_nobodys: NDArray[np.bool_]
    families: NDArray[np.int64]
    authors: NDArray[np.int64]
    ages: NDArray[np.int64]

    @classmethod
    def load(cls, catalogue: Catalogue, segments: Iterable[Segment]) -> Contents:
        """Read the facts about all contents of some segments; about 50 bytes each are held."""
        segments = tuple(segments)
        firsts = np.cumsum([0, *(segment.footer.works for segment in segments)])
        size = int(firsts[-1])
        loaded = cls(
            segments, firsts, np.zeros(size, np.int64), np.zeros(size, np.uint8), np.zeros(size, np.uint8),
            np.zeros(size, np.bool_), np.zeros(size, np.int64), np.zeros(size, np.int64),
            np.full(size, np.iinfo(np.int64).max),
        )  # fmt: skip
        numbers: dict[str, int] = {}
        for first, segment in zip(firsts.tolist(), segments, strict=False):
            for ordinal, member in catalogue.members_of(segment.name, demands):
                loaded._note_member(first + ordinal, member, numbers)
        return loaded

    def _note_member(self, content: int, member: Member, numbers: dict[str, int]) -> None:
        self.works[content] += 1
        duties = duty_class(member.status, member.licence)
        if member.boilerplate:
            self.is_nobodys[content] = True
        elif duties is not None and not (member.carried and member.inherited):
            (self.trusted if member.trusted else self.untrusted)[content] |= 1 << duties
        age = ((_UNDATED if member.year is None else member.year) << 31) + member.added_by
        if age < self.ages[content]:
            author = numbers.setdefault(member.creator, -1 - len(numbers))
            self.ages[content] = age
            self.families[content] = member.family or author
            # a host or a collection is not an author: its works need not be related
            self.authors[content] = author if member.creator.startswith("by ") else self.families[content]

    def locate(self, content: int) -> tuple[Segment, int]:
        """Return where a content is: the segment, and its number there."""
        segment = int(np.searchsorted(self.firsts, content, side="right")) - 1
        return self.segments[segment], content - int(self.firsts[segment])

    def place(self, content: int) -> Location:
        """Return where a content is, as the catalogue says it."""
        segment, ordinal = self.locate(content)
        return Location(segment.name, ordinal)

    def tokens(self, content: int) -> NDArray[np.uint16] | None:
        """Return the tokens of a content; None where they are not kept."""
        segment, ordinal = self.locate(content)
        if segment.footer.keep is Keep.FINGERPRINTS:
            return None
        begin, end = segment.starts[ordinal : ordinal + 2].tolist()
        return segment.tokens[begin:end].astype(np.uint16, copy=False)

    def spell(self, content: int, start: int, end: int) -> str | None:
        """Return the text of some tokens of a content; where it is not kept their letters, None where neither are."""
        segment, ordinal = self.locate(content)
        tokenizer = load_tokenizer()
        if quote := segment.quote(ordinal, start, end, tokenizer, around=0):
            return quote.exact
        if (tokens := self.tokens(content)) is None:
            return None
        ids = tokens[start:end].tolist()
        # a piece makes the same token alone as in its word, so that these letters can be ingested in place of the text
        letters = (tokenizer.vocabulary.spelled(ids[at:]) for at in range(len(ids)))
        return " ".join(filter(None, letters))

    def walk_anchors(self) -> Iterator[Portion]:
        """Yield the anchors of all live contents, in the order of their fingerprints."""
        total = sum(segment.postings for segment in self.segments)
        bits = max(1, (total // _PORTION).bit_length())
        for part in range(1 << bits if self.segments else 0):
            parts = [self._read_part(number, part, bits) for number in range(len(self.segments))]
            portion = Portion(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            portion = portion[self.works[portion.contents] > 0]
            yield portion[np.lexsort((portion.contents, portion.fingerprints))]

    def _read_part(
        self, number: int, part: int, bits: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        segment = self.segments[number]
        fingerprints, positions = segment.read_part(part, bits)
        return fingerprints, self.firsts[number] + segment.ordinals(positions), positions
