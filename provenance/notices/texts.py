"""Licence texts that must be shown with a notice, with the copyright lines of the works in them.

MIT, BSD, ISC and their like want their words and the copyright line in every copy. The shipped text gets the works' own
lines where it has a place for them. A work that names none gets a sentence that says so: no line is made up.
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
from provenance.notices.language import ENGLISH, Messages, messages
from provenance.notices.markup import Note
from provenance.works import Work

REPORTED = 3000
"""Maximum length in characters of a text that a report shows; for a longer one it gives the address."""

_COPYRIGHT = 600
_MOST_UNNAMED = 5
_HEAD = 4
_PLACE = re.compile(
    r"[<\[(](?:copyright ?holders?(?:name)?|owner[^>\])]*|copyright notice)[>\])]|\bYEAR by AUTHOR\b", re.IGNORECASE
)
# SPDX has the ISC licence with the lines of its first holder; other holders put in their own.
_SAMPLES = {"ISC": re.compile(r"Copyright \(c\) .* by Internet S\w+ Consortium")}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceText:
    """The text of one licence, for the works that it is shown for.

    Attributes:
        licence: its SPDX id.
        works: their positions in the sequence of works that was given.
        text: the text, with their copyright lines in it.
    """

    licence: str
    works: tuple[int, ...]
    text: str


def licence_texts(works: Sequence[Work], language: str = ENGLISH) -> tuple[LicenceText, ...]:
    """Return the text of each licence that wants it shown, once, with the copyright lines of all its works.

    Where a reader may choose between licences, those of the least demanding choice count. Licences whose text does not
    ship with us are left out.
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


def texts_below_report(footnotes: Sequence[Note], language: str = ENGLISH) -> Iterator[tuple[str, str]]:
    """Yield for each text that is short enough to be shown below a report, a title and the text."""
    works = [(note.number, work) for note in footnotes for work in note.findings[0].passage.works_to_credit]
    for each in licence_texts([work for _, work in works], language):
        if len(each.text) <= REPORTED:
            numbers = dict.fromkeys(works[position][0] for position in each.works)
            marks = "".join(f"[{number}]" for number in numbers)
            yield messages(language).say("report.text-of", licence=each.licence, notes=marks), each.text


def licence_text(licence: str, works: Sequence[Work], language: str = ENGLISH) -> str | None:
    """Return a licence's text with the copyright lines of these works, or None where we do not have it."""
    text = find_text(licence)
    if text is None:
        return None
    lines, sample = text.strip().split("\n"), _SAMPLES.get(licence)
    places = [
        position
        for position, line in enumerate(lines[:_HEAD])
        if _PLACE.search(line) or (sample and sample.match(line))
    ]
    own = "\n".join(_list_copyrights(works, messages(language)))
    if not places:
        # Lines above a short text are read as part of it; a long one says by itself how to name the holder.
        return f"{own}\n\n{text.strip()}" if len(text) <= REPORTED else text.strip()
    lines[places[0]] = own
    return "\n".join(line for position, line in enumerate(lines) if position not in places[1:])


def find_text(licence: str) -> str | None:
    """Return a licence's text as it ships with us; `X+` has the text of `X`."""
    return licences.text(licence) or licences.text(licence.removesuffix("+"))


def _list_copyrights(works: Sequence[Work], words: Messages) -> Iterator[str]:
    """Yield the works' lines, and one for all works that name none."""
    lines = {work.key: clean(work.copyright or "", _COPYRIGHT, lines=True) for work in works}
    yield from dict.fromkeys(filter(None, lines.values()))  # works of one holder have the same line
    unnamed = {work.key: work_label(work, words.language) for work in works if not lines[work.key]}
    if unnamed:
        names = words.shorten_list(list(unnamed.values()), _MOST_UNNAMED)
        yield words.say("fact.copyright-missing-in", work=words.list_names(names))
