"""Stretches of the checked text, each with the findings that cover it.

Findings and exempt passages may overlap and nest. A sweep over their ends cuts the text into stretches that do not;
renderers only walk along them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provenance.reports import Finding, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of the checked text within which no finding or exempt passage begins or ends.

    Attributes:
        start: its code-point offset.
        text: the piece itself, as it was checked.
        findings: positions in `report.findings` of all that cover it.
        exempt: positions in `report.exempt` of all that cover it.
        begins: positions of the findings whose first stretch it is.
        ends: positions of the findings whose last stretch it is.
    """

    start: int
    text: str
    findings: tuple[int, ...] = ()
    exempt: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One footnote: all findings that credit the same work under the same licence, in the same words.

    Attributes:
        number: counted from 1, as the findings end in the text.
        positions: of the findings in `report.findings`.
        findings: the findings.
    """

    number: int
    positions: tuple[int, ...]
    findings: tuple[Finding, ...]


def stretches(report: Report) -> tuple[Stretch, ...]:
    """Cut the checked text at every end of a finding or exempt passage.

    The stretches' texts joined are the text. Offsets beyond the text are taken as its end.
    """
    size = len(report.text)
    found = _clamp_spans(((n, place) for n, finding in enumerate(report.findings) for place in finding.places), size)
    exempt = _clamp_spans(((n, (each.start, each.end)) for n, each in enumerate(report.exempt)), size)
    ends = {0, size, *(end for _, *span in (*found, *exempt) for end in span)}
    cuts = sorted(ends)
    covering_found, covering_exempt = _find_covers(found, cuts), _find_covers(exempt, cuts)
    first = {position: start for position, start, _ in reversed(found)}
    last = {position: end for position, _, end in found}
    return tuple(
        Stretch(
            start=start,
            text=report.text[start:end],
            findings=inside,
            exempt=silent,
            begins=tuple(position for position in inside if first[position] == start),
            ends=tuple(position for position in inside if last[position] == end),
        )
        for start, end, inside, silent in zip(cuts, cuts[1:], covering_found, covering_exempt, strict=False)
    )


def _clamp_spans(bounds: Iterable[tuple[int, tuple[int, int]]], size: int) -> list[tuple[int, int, int]]:
    """Return (position, start, end) of each span, given with its position, that is not empty within the text."""
    clamped = ((position, max(0, min(start, size)), max(0, min(end, size))) for position, (start, end) in bounds)
    return [(position, start, end) for position, start, end in clamped if start < end]


def _find_covers(spans: list[tuple[int, int, int]], cuts: list[int]) -> list[tuple[int, ...]]:
    """Return the positions of the spans that cover each piece between two cuts."""
    opening, closing = defaultdict(list), defaultdict(list)
    for position, start, end in spans:
        opening[start].append(position)
        closing[end].append(position)
    covers: list[tuple[int, ...]] = []
    current: set[int] = set()
    for cut in cuts[:-1]:
        # Close first: a span that ends at a cut does not cover the piece that begins there.
        current.difference_update(closing[cut])
        current.update(opening[cut])
        covers.append(tuple(sorted(current)))
    return covers


def notes(report: Report) -> tuple[Note, ...]:
    """Number the footnotes: passages of one work under one licence share one, as they end in the text."""
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    # Renderers put a mark behind the last word of a passage, so marks count up along the text.
    order = sorted(range(len(report.findings)), key=lambda position: (report.findings[position].end, position))
    for position in order:
        finding = report.findings[position]
        groups[finding.passage.origin.key, finding.notice].append(position)
    return tuple(
        Note(
            number=number,
            positions=tuple(positions),
            findings=tuple(report.findings[position] for position in positions),
        )
        for number, positions in enumerate(groups.values(), 1)
    )


def footnote_marks(footnotes: tuple[Note, ...]) -> Callable[[Stretch], tuple[int, ...]]:
    """Return a function from a stretch to the footnote numbers behind it: those of the findings that end there."""
    number = {position: note.number for note in footnotes for position in note.positions}

    def marks(stretch: Stretch) -> tuple[int, ...]:
        return tuple(sorted({number[position] for position in stretch.ends}))

    return marks
