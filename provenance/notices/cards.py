"""How is a report laid out for reading: which pieces has the text, and which cards stand beside it?

Plain values for templates and for pages that draw themselves. Nothing here knows HTML, and nothing is escaped yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.licences import links
from provenance.notices.cleaning import clean, printable, split_links, web_address
from provenance.notices.labels import heading, licence_label, people
from provenance.notices.language import ENGLISH, messages
from provenance.notices.markup import Note, Stretch, footnote_marks, stretches
from provenance.notices.notice import Fact, Tone, full, tone
from provenance.notices.texts import reported_texts
from provenance.notices.wording import duty_words
from provenance.reports import Finding, Quote, Reason, Report

_TITLE = 200
_QUOTE = 320
_QUOTE_SIDE = 80
_WORDS = 40
_SHOWN_ELSEWHERE = frozenset({"licence", "source", "conditions", "note"})

Linked = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the text as it is laid out; it links to the note of the innermost passage."""

    text: str
    tone: Tone | None
    note: int | None
    nested: bool
    anchor: str | None
    outer_anchors: tuple[str, ...]
    silent: str | None
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place in the text to go back to, with its first words."""

    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A note as it is laid out."""

    number: int
    tone: Tone
    title: str
    by: str
    licence: Linked
    notice: Linked
    quote: Quote | None
    facts: tuple[Fact, ...]
    duties: str
    advice: tuple[str, ...]
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A licence text under a title that unfolds it; `id` where something links to it."""

    title: str
    text: str
    id: str | None = None


def pieces(report: Report, footnotes: tuple[Note, ...]) -> Iterator[Piece]:
    """Yield the text in pieces."""
    marks = footnote_marks(footnotes)
    number = {position: note.number for note in footnotes for position in note.positions}
    for stretch in stretches(report):
        inner = _innermost(report, stretch)
        yield Piece(
            text=printable(stretch.text),
            tone=None if inner is None else tone(report.findings[inner]),
            note=None if inner is None else number[inner],
            nested=len(stretch.findings) > 1,
            anchor=_anchor(inner) if inner is not None and inner in stretch.begins else None,
            outer_anchors=tuple(_anchor(position) for position in stretch.begins if position != inner),
            silent=_silent(report, stretch),
            marks=marks(stretch),
        )


def _anchor(position: int) -> str:
    return f"passage-{position + 1}"


def _innermost(report: Report, stretch: Stretch) -> int | None:
    return min(stretch.findings, key=lambda position: _length(report.findings[position]), default=None)


def _length(finding: Finding) -> int:
    return finding.end - finding.start


def _silent(report: Report, stretch: Stretch) -> str | None:
    reasons = dict.fromkeys(_why(report, position) for position in stretch.exempt)
    return messages(report.language).say("report.left-silent", why="; ".join(reasons)) if reasons else None


def _why(report: Report, position: int) -> str:
    exemption, words = report.exempt[position], messages(report.language)
    reason = words.word("reason", exemption.reason)
    if exemption.reason is Reason.COMMONPLACE and exemption.works > 1:
        works, creators = words.count("work", exemption.works), words.count("creator", exemption.creators)
        return words.say("report.crowd", reason=reason, works=works, creators=creators)
    titles = dict.fromkeys(clean(source.work.title or source.work.id, _TITLE) for source in exemption.sources[:1])
    return f"{reason}{''.join(f' ({title})' for title in titles)}"


def silences(report: Report) -> Iterator[dict[str, str]]:
    """Yield text and reason of each passage that was left silent."""
    for position, exemption in enumerate(report.exempt):
        words = clean(report.text[exemption.start : exemption.end], 2 * _WORDS)
        yield {"text": words, "reason": _why(report, position)}


def card(note: Note, text: str, language: str = ENGLISH) -> Card:
    """Return the card for one note on a text, whose words its anchors show."""
    first = note.findings[0]
    work = first.passage.origin
    notice = full(*note.findings, language=language)
    address = web_address(work.source)
    by = (people(work.authors, language), "" if work.year is None else str(work.year))
    untitled = heading(work, language) if not work.title and not work.authors else ""
    return Card(
        number=note.number,
        tone=tone(*note.findings),
        title=clean(work.title or "", _TITLE) or untitled or clean(work.id, _TITLE),
        by=" · ".join(filter(None, by)),
        licence=links(licence_label(work, language)),
        notice=split_links(first.notice, [address] if address else []),
        quote=_quote(first.passage.quote),
        facts=tuple(fact for fact in notice.facts if fact.name not in _SHOWN_ELSEWHERE),
        duties=messages(language).join(duty_words(first.duties, language)),
        advice=notice.advice,
        anchors=tuple(
            Anchor(id=_anchor(position), words=clean(text[finding.start : finding.end], _WORDS))
            for position, finding in zip(note.positions, note.findings, strict=True)
        ),
    )


def folded_texts(footnotes: tuple[Note, ...], language: str = ENGLISH) -> list[Folded]:
    """Return the licence texts that stand with the notes."""
    return [Folded(title=title, text=text) for title, text in reported_texts(footnotes, language)]


def _quote(quote: Quote) -> Quote | None:
    """Shorten the words around the passage, so that it is found again at the source."""
    if not (quote.prefix or quote.exact or quote.suffix):
        return None
    prefix, suffix = quote.prefix[-_QUOTE_SIDE:], quote.suffix[:_QUOTE_SIDE]
    return Quote(
        prefix=f"{clean(prefix, _QUOTE_SIDE)} " if prefix.strip() else "",
        exact=clean(quote.exact, _QUOTE, lines=True),
        suffix=f" {clean(suffix, _QUOTE_SIDE)}" if any(map(str.isalnum, suffix)) else "",
    )
