"""Families in the catalogue: joined by values that are stored, in few statements, in either database."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Engine, event

from provenance.catalogue import Catalogue, NewWork
from provenance.catalogue.families import MOST
from tests.catalogue.builders import a_batch, a_work

FEW = 100
"""Statements that a commit takes, whatever it adds; each chunk of 5,000 values takes one more."""


def with_sketch(name: str, *values: int) -> NewWork:
    """Return a work with these values as its sketch."""
    return a_work(name, sketch=np.array(values, "<u8").tobytes())


def family_of(catalogue: Catalogue, *names: str) -> list[int]:
    """Return the number of each work's family among theirs, in the order of the works."""
    members = catalogue.members([a_work(name).key for name in names], lambda *_: 1)
    families = [members[a_work(name).key].family for name in names]
    return [families.index(family) for family in families]


def test_a_work_joins_the_family_that_has_half_of_its_sketch(catalogue: Catalogue) -> None:
    """Half of its values are needed, and four; the highest numbers are stored as well as the lowest."""
    top = 2**64
    catalogue.commit(a_batch(with_sketch("a", *range(top - 16, top))))
    half = with_sketch("half", *range(8), *range(top - 8, top))
    less = with_sketch("less", *range(100, 109), *range(top - 7, top))
    short = with_sketch("short", 200, *range(top - 3, top))
    catalogue.commit(a_batch(half, less, short, segments=()))
    assert family_of(catalogue, "a", "half", "less", "short") == [0, 0, 2, 3]
    catalogue.renew_families({})
    assert family_of(catalogue, "a", "half", "less", "short") == [0, 0, 2, 3]


def test_a_value_of_very_many_families_ties_no_one(catalogue: Catalogue) -> None:
    """Works that share half of their values with 200 others stay apart, and so do works that come later."""
    works = [with_sketch(f"w{n}", *range(10), *range(1_000 * (n + 1), 1_000 * (n + 1) + 6)) for n in range(200)]
    catalogue.commit(a_batch(*works[:190]))
    catalogue.commit(a_batch(*works[190:], segments=()))
    names = [f"w{n}" for n in range(200)]
    assert family_of(catalogue, *names) == list(range(200))
    catalogue.commit(a_batch(with_sketch("copy", *range(10), *range(8_000, 8_005), 7), segments=()))
    assert family_of(catalogue, "w7", "copy") == [0, 0]
    catalogue.renew_families({})
    assert family_of(catalogue, *names) == list(range(200))
    assert MOST < 200


def test_few_statements_place_many_works(catalogue: Catalogue) -> None:
    """A commit of 1,000 works takes about as many statements as one of 40, and so does a renewal."""
    drawn = np.random.default_rng(1).integers(0, 2**63, (1_000, 16), np.int64).tolist()
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        catalogue.commit(a_batch(*(with_sketch(f"a{n}", *values) for n, values in enumerate(drawn))))
        statements.clear()
        catalogue.commit(a_batch(*(with_sketch(f"b{n}", *values) for n, values in enumerate(drawn)), segments=()))
        catalogue.renew_families({})
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) < FEW
    assert family_of(catalogue, "a0", "b0", "a999", "b999", "a7") == [0, 0, 2, 2, 4]
