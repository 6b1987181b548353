"""Cache of the works that checks meet: asks the catalogue once, until something changes.

A `WorkCache` is valid for one revision of the database. Every change raises the revision, a claim about a licence too,
and the next check makes a new cache. Its size is bounded: a full cache is emptied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from provenance.catalogue import Catalogue, Holding, Location, Member
from provenance.check.information import estimate_token_bits
from provenance.database import Snapshot
from provenance.licences import demands
from provenance.text import load_tokenizer
from provenance.works import Work

K = TypeVar("K")
V = TypeVar("V")

_MOST_PLACES = 1 << 14
_MOST_WORKS = 1 << 12


class WorkCache:
    """The works of one revision of a database. Safe to share between threads.

    Args:
        catalogue: knows the works.
        snapshot: the state of the database.

    Attributes:
        revision: the revision that the cache is valid for.
        holdings: looks up the works at some places.
        members: looks up summaries of works, by key.
        works: looks up whole works, by key.
    """

    def __init__(self, catalogue: Catalogue, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.revision = snapshot.state.revision
        self.holdings = _BoundedCache[Location, Holding](lambda at: catalogue.holdings(at, demands), _MOST_PLACES)
        self.members = _BoundedCache[int, Member](lambda keys: catalogue.members(keys, demands), _MOST_PLACES)
        self.works = _BoundedCache[int, Work](catalogue.works, _MOST_WORKS)

    @cached_property
    def token_bits(self) -> NDArray[np.float32]:
        """The information of each token in these works, float32 (v,)."""
        frequencies = (segment.frequencies for segment in self._snapshot.segments.values())
        return estimate_token_bits(frequencies, load_tokenizer().vocabulary.bits)


class _BoundedCache(Generic[K, V]):
    """A dictionary of bounded size in front of a function that reads many values at once."""

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
                self._known = known = {}  # not `clear`: other threads still read the old one
            known.update(list(read.items())[: self._most])
            found |= read
        return found
