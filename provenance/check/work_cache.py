"""What is known of the works that a check meets? Asks the catalogue, and remembers the answers until something changes.

A `Register` is good for one revision of the database: every change, a claim about a licence too, raises the number,
and a new register begins with nothing. What it remembers is bounded, by beginning anew when it is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from provenance.catalogue import Catalogue, Holding, Location, Member
from provenance.check.information import surprise
from provenance.database import Snapshot
from provenance.licences import demands
from provenance.text import load_tokenizer
from provenance.works import Work

K = TypeVar("K")
V = TypeVar("V")

_MOST_PLACES = 1 << 14
_MOST_WORKS = 1 << 12


class Register:
    """The works of one revision of a database. Safe to share between threads.

    Attributes:
        holdings: gives the works at some places. members: gives works, by key, at a glance. works: gives them whole.
    """

    def __init__(self, catalogue: Catalogue, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.holdings = _Memory[Location, Holding](lambda places: catalogue.holdings(places, demands), _MOST_PLACES)
        self.members = _Memory[int, Member](lambda keys: catalogue.members(keys, demands), _MOST_PLACES)
        self.works = _Memory[int, Work](catalogue.works, _MOST_WORKS)

    @property
    def revision(self) -> int:
        """The revision that this is good for."""
        return self._snapshot.state.revision

    @cached_property
    def bits(self) -> NDArray[np.float32]:
        """The information of each token in these works, float32 (v,)."""
        frequencies = (segment.frequencies for segment in self._snapshot.segments.values())
        return surprise(frequencies, load_tokenizer().vocabulary.bits)


class _Memory(Generic[K, V]):
    """Looks values up, and those that it has looked up before in a dictionary of bounded size."""

    def __init__(self, read: Callable[[Iterable[K]], dict[K, V]], most: int) -> None:
        self._read, self._most = read, most
        self._known: dict[K, V] = {}

    def __call__(self, keys: Iterable[K]) -> dict[K, V]:
        """Return the values of those keys that have one."""
        known, wanted = self._known, set(keys)
        found = {key: known[key] for key in wanted if key in known}
        if missing := wanted.difference(found):
            read = self._read(missing)
            if len(known) + len(read) > self._most:
                self._known = known = {}  # other threads go on with the old one
            known.update(list(read.items())[: self._most])
            found |= read
        return found
