"""A passage shows a little of what stands around it."""

from __future__ import annotations

import pytest

from provenance import Document
from provenance.check.passages import quote_passage
from provenance.reports import Quote
from tests.check.conftest import MakeChecker
from tests.database.samples import TIMES, words


@pytest.mark.parametrize("before", [0, 1, 31, 32, 33, 100])
@pytest.mark.parametrize("after", [0, 31, 32, 33])
def test_32_characters_are_quoted_on_either_side(before: int, after: int) -> None:
    """Or as many as there are."""
    head, tail = words(0, 30)[:before], words(40, 30)[:after]
    shown = quote_passage(f"{head}passage{tail}", before, before + 7)
    assert shown == Quote(prefix=head[-32:], exact="passage", suffix=tail[:32])


def test_a_finding_quotes_its_passage(checker_of: MakeChecker) -> None:
    """Prefix, passage and suffix follow each other in the text."""
    head, tail = f"{words(0, 30)} ", f". {words(40, 30)}"
    (finding,) = checker_of(Document(text=TIMES, licence="MIT")).check(f"{head}{TIMES.rstrip('.')}{tail}").findings
    assert finding.passage.quote == Quote(prefix=head[-32:], exact=TIMES.rstrip("."), suffix=tail[:32])
