"""Which licence texts stand in a text: every text that we ship is found, and only that one."""

from __future__ import annotations

import pytest

from provenance import licences
from provenance.text import load_tokenizer
from provenance_plugins.detectors._shingles import find_licence_texts, load_index


def shares(text: str) -> list[tuple[str, float]]:
    return [(found.licence, round(found.share, 2)) for found in find_licence_texts(load_tokenizer().encode(text))]


# One prints a name where the other has a place for it; nothing else tells them apart.
_TWINS = {"HPND-sell-variant-MIT-disclaimer-rev": "HPND-sell-variant-MIT-disclaimer"}


@pytest.mark.slow
def test_every_text_that_we_ship_is_found_as_itself() -> None:
    """Of all texts of the list, however alike, each explains itself best."""
    names = load_index().names
    first = {name: shares(str(licences.text(name)))[0][0] for name in names}
    wrong = {name: found for name, found in first.items() if found != _TWINS.get(name, name)}
    assert len(names) > 600
    assert wrong == {"LGPL-3.0": "GPL-3.0"}  # SPDX prints the GPL after it; together they are read as the LGPL


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text, [("BSD-3-Clause", 1.0)]),
        (lambda text: text.upper(), [("BSD-3-Clause", 1.0)]),
        (lambda text: text.replace("\n", "\n * "), [("BSD-3-Clause", 1.0)]),
        (lambda text: text[: text.index("THIS SOFTWARE")], []),
        (lambda text: "", []),
    ],
)
def test_dress_does_not_matter_and_half_a_text_is_none(change: object, expected: list[tuple[str, float]]) -> None:
    """Case, comment marks and line breaks change nothing; below nine tenths there is no such text."""
    assert callable(change)
    assert shares(change(str(licences.text("BSD-3-Clause")))) == expected


def test_a_condition_more_or_less_makes_another_licence() -> None:
    """ISC holds all of 0BSD, and BSD-3-Clause all of BSD-2-Clause; the one that is there is found."""
    for name in ("ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "CC-BY-4.0", "CC-BY-SA-4.0"):
        assert shares(f"Some words before. {licences.text(name)} And some after.") == [(name, 1.0)]
