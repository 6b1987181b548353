"""Which licence texts must stand with a notice, and with whose copyright line in them?

MIT, BSD, ISC and their like want their words and the copyright line in every copy. Here the shipped text gets the
works' own lines where it has a place for them. None is made up: where a work names none, the text says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provenance import licences
from provenance.licences import terms
from provenance.notices.cleaning import clean
from provenance.notices.labels import work_label
from provenance.notices.language import ENGLISH, messages
from provenance.notices.markup import Note
from provenance.works import Work

REPORTED = 3000
"""A text of up to so many characters is shown with a report; of a longer one its address is given."""

_COPYRIGHT = 600
_MOST_UNNAMED = 5
_HEAD = 4
_PLACE = re.compile(
    r"[<\[(](?:copyright ?holders?(?:name)?|owner[^>\])]*|copyright notice)[>\])]|\bYEAR by AUTHOR\b", re.IGNORECASE
)
# SPDX has the ISC licence with the lines of its first holder; who uses it puts in their own.
_SAMPLES = {"ISC": re.compile(r"Copyright \(c\) .* by Internet S\w+ Consortium")}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceText:
    """The text of one licence, for the works that it is shown for.

    Attributes:
        licence: its SPDX id. works: their positions in what was asked for. text: with their copyright lines in it.
    """

    licence: str
    works: tuple[int, ...]
    text: str


def licence_texts(works: Sequence[Work], language: str = ENGLISH) -> tuple[LicenceText, ...]:
    """Return the text of each licence that wants it shown, once, with the copyright lines of all its works.

    Where a reader may choose between licences, those of the least demanding choice count. A text that we do not have is
    left out.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for position, work in enumerate(works):
        for licence in terms(work).texts:
            places[licence].append(position)
    texts = {
        licence: licence_text(licence, [works[position] for position in positions], language)
        for licence, positions in places.items()
    }
    return tuple(
        LicenceText(licence=licence, works=tuple(places[licence]), text=text) for licence, text in texts.items() if text
    )


def reported_texts(footnotes: Sequence[Note], language: str = ENGLISH) -> Iterator[tuple[str, str]]:
    """Yield, for the texts that are short enough to stand below a report, a title and the text."""
    works = [note.findings[0].passage.origin for note in footnotes]
    for each in licence_texts(works, language):
        if len(each.text) <= REPORTED:
            marks = "".join(f"[{footnotes[position].number}]" for position in each.works)
            yield messages(language).say("report.text-of", licence=each.licence, notes=marks), each.text


def licence_text(licence: str, works: Sequence[Work], language: str = ENGLISH) -> str | None:
    """Return a licence's text with the copyright lines of these works, or None where we do not have it."""
    text = shipped(licence)
    if text is None:
        return None
    lines = text.strip().split("\n")
    places = [position for position, line in enumerate(lines[:_HEAD]) if _is_place(licence, line)]
    own = "\n".join(_copyrights(works, language))
    if not places:
        # A long text says by itself how to name the holder; what stands above a short one would be taken as its own.
        return f"{own}\n\n{text.strip()}" if len(text) <= REPORTED else text.strip()
    lines[places[0]] = own
    return "\n".join(line for position, line in enumerate(lines) if position not in places[1:])


def shipped(licence: str) -> str | None:
    """Return a licence's text as it ships with us; `X+` has the text of `X`."""
    return licences.text(licence) or licences.text(licence.removesuffix("+"))


def _is_place(licence: str, line: str) -> bool:
    sample = _SAMPLES.get(licence)
    return bool(_PLACE.search(line) or (sample and sample.match(line)))


def _copyrights(works: Sequence[Work], language: str) -> Iterator[str]:
    """Yield the works' lines, and one for all works that name none."""
    lines = {work.key: clean(work.copyright or "", _COPYRIGHT, lines=True) for work in works}
    yield from dict.fromkeys(filter(None, lines.values()))
    unnamed = {work.key: work_label(work, language) for work in works if not lines[work.key]}
    if unnamed:
        words, shown = messages(language), list(unnamed.values())[:_MOST_UNNAMED]
        more = [words.say("fact.more", count=words.number(rest))] if (rest := len(unnamed) - len(shown)) else []
        yield words.say("fact.copyright-missing-in", work=words.list_names(shown + more))
