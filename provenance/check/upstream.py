"""Upstream evidence: copyright lines that tell which of several works was copied from another.

Who copies a work often keeps its copyright line. So a work whose copyright line names the author of another holder of
the same wording, and not its own, is a copy of that one, whatever the years say. The line is a claim like others: it
decides only which of the works that decide leads, and takes away nothing that any of them asks for.

An example: a page by "Jo Copier" has the line "Copyright 2015 Vera Hall", and so has a novel by "Vera Hall". The page
is a copy of the novel. A line that names the work's own author beside others ties it to nobody: else a stranger could
lead with a name that is a part of the line.
"""

from __future__ import annotations

import re
from functools import lru_cache

Credit = tuple[str, str | None]
"""The creator of a work, as `catalogue.members` names it, and its copyright lines."""

_BY = "by "
_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 8
"""A shorter name of one word may be a part of another name, or a word of the line."""
_LONGEST_LINE = 4_000


@lru_cache(maxsize=1 << 12)
def find_copies(credits_: frozenset[Credit]) -> frozenset[Credit]:
    """Return the credits of the works that are copies of others.

    Args:
        credits_: of works with one wording.
    """
    authors = {creator: _spell_name(creator.removeprefix(_BY)) for creator, _ in credits_ if creator.startswith(_BY)}
    names = {creator: name for creator, name in authors.items() if " " in name or len(name) >= _LEAST_LETTERS}
    copies = set()
    for creator, line in credits_:
        spelled = f" {_spell_name((line or '')[:_LONGEST_LINE])} "
        if creator in authors and f" {authors[creator]} " in spelled:
            continue
        if any(f" {name} " in spelled for other, name in names.items() if other != creator):
            copies.add((creator, line))
    return frozenset(copies)


def _spell_name(name: str) -> str:
    """Return a name or line in small letters, with one space between words and nothing else."""
    return " ".join(_WORD.findall(name.casefold()))
