"""Families of works: the copies of one text, and what one holder gives out under one licence.

Works are one family if they have the same content; or at least half of their sketches in common (`index.sketch`), as
forks, vendored and mirrored copies have; or the same licence and the same copyright line. A family is named by the
content of one of its works, so that a work whose text becomes another one leaves its family.

What a few works share makes them copies; what very many share is a header, a licence or a menu, and tells nothing. So
families are found in two steps: first by nearly equal sketches; then by half of the values, without those that more
than `MOST` of the families of the first step have.

A new work joins one of the families that are there, by an indexed join on the values that it shares with them, and
never makes two of these one. `renew` finds all families afresh.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, select, update

from provenance.catalogue.bulk import insert_rows, update_rows
from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import NewWork
from provenance.catalogue.tables import FamilyKeyRow, WorkRow, table_of

MOST = 64
"""A value of a sketch that more families have is nobody's own."""
_HALF = 0.5
_SURE = 0.875
_LEAST = 4
"""Values of a sketch that works have in common at least, however short they are."""
_WORD = re.compile(r"[^\W\d_]+")
_NAMELESS = frozenset(
    (
        "copyright", "copr", "c", "by", "and", "the", "all", "rights", "reserved", "present", "others", "author",
        "authors", "contributor", "contributors",
    )
)  # fmt: skip
"""Words of copyright lines that name no one."""


@dataclass(frozen=True, slots=True)
class _Traits:
    """What tells the family of works with one content.

    Attributes:
        sketch: of the content.
        lines: their licences with their copyright lines, as numbers.
    """

    sketch: bytes
    lines: set[int]


class _Families(dict[int, int]):
    """Leads from a content or family to the one that it was joined to.

    Args:
        settled: families that no two of are joined.
    """

    def __init__(self, settled: Iterable[int] = ()) -> None:
        super().__init__()
        self._settled = frozenset(settled)

    def find(self, one: int) -> int:
        """Return the family that a content or family is in now."""
        while (above := self.get(one, one)) != one:
            self[one] = self.get(above, above)  # halves the way for the next time
            one = above
        return one

    def join(self, one: int, other: int) -> None:
        """Make one family of two, called as the settled one, else as the lower one."""
        first, second = sorted((self.find(one), self.find(other)), key=lambda root: (root not in self._settled, root))
        if first != second and second not in self._settled:
            self[second] = first


def assign_families(
    connection: Connection, works: Mapping[int, NewWork], derived: Mapping[int, Mapping[str, Any]]
) -> dict[int, int]:
    """Return the family of each new work, and note the values by which later works will join it.

    Args:
        connection: inside the transaction that adds the works.
        works: by key.
        derived: their columns that follow from claims; `licence` is read.
    """
    traits: dict[int, _Traits] = {}
    contents = {
        key: _add_traits(traits, work.content_hash, work.sketch, derived[key]["licence"], work.copyright)
        for key, work in works.items()
    }
    known = _select_known(connection, traits)
    families = _group_contents(traits, known)
    insert_rows(connection, table_of(FamilyKeyRow), _make_rows(traits, families, known))
    return {key: families.find(content) for key, content in contents.items()}


def renew(connection: Connection, sketches: Mapping[int, bytes]) -> bool:
    """Find the families of all works afresh; return whether that of any work is another one.

    Args:
        connection: inside a transaction.
        sketches: for works that have none yet, by key.
    """
    put = update(WorkRow).where(WorkRow.key == bindparam("at")).values(sketch=bindparam("numbers"))
    update_rows(connection, put, ({"at": key, "numbers": sketch} for key, sketch in sketches.items()))
    columns = (WorkRow.content_hash, WorkRow.sketch, WorkRow.licence, WorkRow.copyright)
    query = select(WorkRow.key, WorkRow.family, *columns).order_by(WorkRow.key).execution_options(yield_per=1_000)
    traits: dict[int, _Traits] = {}
    before = [
        (key, family, _add_traits(traits, content_hash, sketch, licence, copyright_))
        for key, family, content_hash, sketch, licence, copyright_ in connection.execute(query)
    ]
    families = _group_contents(traits, {})
    moves = [
        {"at": key, "becomes": families.find(content)}
        for key, family, content in before
        if family != families.find(content)
    ]
    move = update(WorkRow).where(WorkRow.key == bindparam("at")).values(family=bindparam("becomes"))
    update_rows(connection, move, moves)
    connection.execute(delete(FamilyKeyRow))
    insert_rows(connection, table_of(FamilyKeyRow), _make_rows(traits, families, {}))
    return bool(moves)


def _add_traits(
    traits: dict[int, _Traits], content_hash: bytes, sketch: bytes | None, licence: str | None, copyright_: str | None
) -> int:
    """Note what tells the family of a work; return the number of its content."""
    content = int.from_bytes(content_hash[:8], "little", signed=True)
    line = _number_line(licence, copyright_)
    known = traits.setdefault(content, _Traits(sketch or b"", set()))
    if line is not None:
        known.lines.add(line)
    return content


def _number_line(licence: str | None, copyright_: str | None) -> int | None:
    """Return a number for a licence with the names of a copyright line; None where one of them is missing."""
    names = [word for word in _WORD.findall((copyright_ or "").casefold()) if word not in _NAMELESS]
    if not licence or not names:
        return None
    said = f"{licence}\0{' '.join(names)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "little", signed=True)


def _select_known(connection: Connection, traits: Mapping[int, _Traits]) -> dict[int, list[int]]:
    """Return the families that have some of the values of these works, by value."""
    known: dict[int, list[int]] = defaultdict(list)
    if connection.execute(select(FamilyKeyRow.value).limit(1)).first() is None:
        return known
    for chunk in chunks(np.unique(_list_values(traits)[0]).tolist()):
        query = select(FamilyKeyRow.value, FamilyKeyRow.family).where(FamilyKeyRow.value.in_(chunk))
        for value, family in connection.execute(query):
            known[value].append(family)
    return known


def _list_values(traits: Mapping[int, _Traits]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all values that works may join by, and for each the content that has it, both int64 (v,)."""
    lines = [(line, content) for content, each in traits.items() for line in sorted(each.lines)]
    contents = np.fromiter(traits, np.int64, len(traits))
    values, owners = _list_sketches(traits)
    own = np.array(lines, np.int64).reshape(-1, 2)
    return np.concatenate((values, contents, own[:, 0])), np.concatenate((owners, contents, own[:, 1]))


def _list_sketches(traits: Mapping[int, _Traits]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the values of all sketches, and for each the content that has it, both int64 (v,)."""
    sketches = [each.sketch for each in traits.values()]
    contents = np.fromiter(traits, np.int64, len(traits))
    return np.frombuffer(b"".join(sketches), "<i8"), contents.repeat([len(sketch) // 8 for sketch in sketches])


def _group_contents(traits: Mapping[int, _Traits], known: Mapping[int, list[int]]) -> _Families:
    """Return the families of works.

    Args:
        traits: of the works, by content.
        known: the families that are there already, by value.
    """
    families = _Families(family for each in known.values() for family in each)
    for content, each in traits.items():
        for value in (content, *sorted(each.lines)):
            for family in sorted(known.get(value, ())):
                families.join(content, family)
    first: dict[int, int] = {}
    for content, each in traits.items():
        for line in each.lines:
            families.join(content, first.setdefault(line, content))
    shared = _find_shared(traits, known)
    holders = _join_alike(families, traits, shared, known, share=_SURE)
    common = {value for value, held in holders.items() if len({families.find(family) for family in held}) > MOST}
    _join_alike(families, traits, shared, known, share=_HALF, common=common)
    return families


def _find_shared(traits: Mapping[int, _Traits], known: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Return, by content, those values of its sketch that another content or a known family has too."""
    values, owners = _list_sketches(traits)
    order = values.argsort(kind="stable")
    ordered = values[order]
    again = ordered[1:] == ordered[:-1]
    is_shared = np.isin(values, np.fromiter(known, np.int64, len(known)))
    is_shared[order[1:][again]] = is_shared[order[:-1][again]] = True
    shared: dict[int, list[int]] = defaultdict(list)
    for content, value in zip(owners[is_shared].tolist(), values[is_shared].tolist(), strict=True):
        shared[content].append(value)
    return shared


def _join_alike(
    families: _Families,
    traits: Mapping[int, _Traits],
    shared: Mapping[int, list[int]],
    known: Mapping[int, list[int]],
    *,
    share: float,
    common: AbstractSet[int] = frozenset(),
) -> dict[int, list[int]]:
    """Join each content to the families that have so large a share of its sketch; return these by value.

    Args:
        families: of the contents; changed.
        traits: of the contents.
        shared: those values of each content that others have too.
        known: the families that are there already, by value.
        share: of the values that count.
        common: values that do not.
    """
    holders: dict[int, list[int]] = {}
    for content, found in shared.items():
        values = [value for value in found if value not in common]
        needed = max(_LEAST, ceil(share * (len(traits[content].sketch) // 8 - len(found) + len(values))))
        counts: Counter[int] = Counter()
        for value in values:
            held = holders.setdefault(value, known.get(value, [])[: MOST + 1])
            counts.update({families.find(family) for family in held})
        for family in sorted(family for family, count in counts.items() if count >= needed):
            families.join(content, family)
        ours = families.find(content)
        for value in values:
            held = holders[value]
            # Bounded, so that a value of a hundred thousand works does not make each of them cost as much.
            if len(held) > MOST:
                held[:] = {families.find(family) for family in held}
            if ours not in held and len(held) <= MOST:
                held.append(ours)
    return holders


def _make_rows(
    traits: Mapping[int, _Traits], families: _Families, known: Mapping[int, list[int]]
) -> Iterator[dict[str, int]]:
    """Yield the values by which works will join these families, in order, without those that are known.

    Of a value that more than `MOST` families have only as many rows are kept as tell that it has.
    """
    values, owners = _list_values(traits)
    joined = {content: families.find(content) for content in traits}
    ours = np.array([joined[content] for content in owners.tolist()], np.int64)
    order = np.lexsort((ours, values))
    values, ours = values[order], ours[order]
    is_new = np.ones(len(values), np.bool_)
    is_new[1:] = (values[1:] != values[:-1]) | (ours[1:] != ours[:-1])
    values, ours = values[is_new], ours[is_new]
    rank = np.arange(len(values)) - np.searchsorted(values, values)
    for value, family in zip(values[rank <= MOST].tolist(), ours[rank <= MOST].tolist(), strict=True):
        there = known.get(value, ())
        if len(there) <= MOST and family not in there:
            yield {"value": value, "family": family}
