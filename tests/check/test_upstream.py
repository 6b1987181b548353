"""Which works are copies of others, by their copyright lines?"""

from __future__ import annotations

import pytest

from provenance.check.upstream import Credit, find_copies

HALL = "by vera hall"


@pytest.mark.parametrize(
    ("copy", "is_copy"),
    [
        (("by jo copier", "Copyright 2015 Vera Hall"), True),
        (("by jo copier", "(c) 2015-2019, VERA  HALL. All rights reserved."), True),
        (("at pages.example", "Copyright 2015 Vera Hall"), True),
        (("by jo copier", "Copyright 2020 Jo Copier\nCopyright 2015 Vera Hall"), False),
        (("by jo copier", "Copyright 2015 Vera Halloran"), False),
        (("by jo copier", None), False),
        ((HALL, "Copyright 2015 Vera Hall"), False),
    ],
)
def test_line_of_another_author(copy: Credit, is_copy: bool) -> None:
    """A line that names another holder as whole words, and not the work's own author, makes it a copy."""
    assert find_copies(frozenset({copy, (HALL, None)})) == (frozenset({copy}) if is_copy else frozenset())


def test_short_names_and_hosts_name_nobody() -> None:
    """A short name of one word is too often a part of another, and neither a host nor a collection is an author."""
    line = "Copyright 2015 Hall, pages.example, Organisation"
    copy = ("by jo copier", line)
    assert find_copies(frozenset({copy, ("by hall", None), ("at pages.example", None)})) == frozenset()
    assert find_copies(frozenset({copy, ("by organisation", None)})) == {copy}
