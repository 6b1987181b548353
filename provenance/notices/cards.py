"""Layout of a report for reading: the pieces of the text, and the cards beside it.

Plain values for templates and for pages that draw themselves. Nothing here knows HTML, and nothing is escaped yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from provenance.licences import links
from provenance.notices.cleaning import clean, printable, split_links, web_address
from provenance.notices.labels import claimants_label, heading, licences_label, people, silencer_label
from provenance.notices.language import ENGLISH, messages
from provenance.notices.markup import Note, footnote_marks, stretches
from provenance.notices.notice import Fact, Tone, full, tone
from provenance.notices.texts import texts_below_report
from provenance.notices.wording import duty_words
from provenance.reports import Quote, Reason, Report
from provenance.works import Work

_TITLE = 200
_QUOTE = 320
_QUOTE_SIDE = 80
_WORDS = 40
_WHY = 500
_MOST_SILENCERS = 3
_SHOWN_ELSEWHERE = frozenset({"licence", "source", "conditions", "note"})

Linked = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the text as it is laid out; it links to the note of the innermost passage.

    Attributes:
        text: its characters, safe to show.
        tone: of the innermost passage; None outside all passages.
        note: the number of that passage's note; None outside all passages.
        nested: True within several passages.
        anchor: the id of the innermost passage, if it begins here.
        outer_anchors: the ids of other passages that begin here.
        silent: why a passage here is left silent, as a sentence; None if none is.
        marks: the numbers of the footnotes behind it.
    """

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
    """A place in the text to go back to.

    Attributes:
        id: of the place.
        words: the first words there.
    """

    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A note as it is laid out; every value is safe to show.

    Attributes:
        number: of the note.
        tone: the gravest of its findings.
        title: of the work; where works disagree, of each.
        by: authors and year; nothing where works disagree.
        licence: the licence in pieces with their addresses.
        notice: the short notice in pieces with their addresses.
        quote: the passage at the source, with a few words around it.
        facts: those that are not shown elsewhere on the card.
        duties: what the licence asks for.
        advice: what a person can do now.
        anchors: where the passages begin in the text.
    """

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
    """A licence text under a title that unfolds it.

    Attributes:
        title: the title.
        text: the licence text.
        id: where something links to it.
    """

    title: str
    text: str
    id: str | None = None


def pieces(report: Report, footnotes: tuple[Note, ...]) -> Iterator[Piece]:
    """Yield the text in pieces."""
    marks, words = footnote_marks(footnotes), messages(report.language)
    number = {position: note.number for note in footnotes for position in note.positions}
    lengths = [finding.end - finding.start for finding in report.findings]
    for stretch in stretches(report):
        inner = min(stretch.findings, key=lengths.__getitem__, default=None)
        # Several exempt passages may be silent for one reason: it is given once.
        reasons = "; ".join(dict.fromkeys(_explain_silence(report, position) for position in stretch.exempt))
        yield Piece(
            text=printable(stretch.text),
            tone=None if inner is None else tone(report.findings[inner]),
            note=None if inner is None else number[inner],
            nested=len(stretch.findings) > 1,
            anchor=_name_anchor(inner) if inner is not None and inner in stretch.begins else None,
            outer_anchors=tuple(_name_anchor(position) for position in stretch.begins if position != inner),
            silent=words.say("report.left-silent", why=reasons) if reasons else None,
            marks=marks(stretch),
        )


def _name_anchor(position: int) -> str:
    return f"passage-{position + 1}"


def _explain_silence(report: Report, position: int) -> str:
    """Return why an exempt passage is left silent: the reason, with the works that it rests on, or who earned it."""
    exemption, words = report.exempt[position], messages(report.language)
    reason = words.word("reason", exemption.reason)
    if exemption.reason is Reason.COMMONPLACE and exemption.works > 1:
        works, families = words.count("work", exemption.works), words.count("family", exemption.families)
        reason = words.say("report.crowd", reason=reason, works=works, families=families)
    if exemption.silenced_by:
        labels = [silencer_label(work, report.language) for work in exemption.silenced_by]
        works = words.list_names(words.shorten_list(labels, _MOST_SILENCERS))
        return words.say("report.earned", reason=reason, works=works)
    if (exemption.reason is Reason.COMMONPLACE and exemption.works > 1) or not exemption.sources:
        return reason
    work = exemption.sources[0].work
    return f"{reason} ({clean(work.title or work.id, _TITLE)})"


def silences(report: Report) -> Iterator[dict[str, str]]:
    """Yield text and reason of each passage that was left silent; with all passages, also what decided."""
    for position, exemption in enumerate(report.exempt):
        words = clean(report.text[exemption.start : exemption.end], 2 * _WORDS)
        why = clean(exemption.why, _WHY) if report.passages is not None else ""
        yield {"text": words, "reason": _explain_silence(report, position), "why": why}


def card(note: Note, text: str, language: str = ENGLISH) -> Card:
    """Return the card for one note on a text, whose words its anchors show."""
    first = note.findings[0]
    work = first.passage.origin
    notice = full(*note.findings, language=language)
    address = web_address(work.source)
    by = [people(work.authors, language), "" if work.year is None else str(work.year)]
    if first.passage.is_disputed:
        by = []  # they would be those of one side
    name = partial(_name_work, language=language)
    return Card(
        number=note.number,
        tone=tone(*note.findings),
        title=claimants_label(first.passage, name, language) if first.passage.is_disputed else name(work),
        by=" · ".join(filter(None, by)),
        licence=links(licences_label(first.passage, language)),
        notice=split_links(first.notice, [address] if address else []),
        quote=_shorten_quote(first.passage.quote),
        facts=tuple(fact for fact in notice.facts if fact.name not in _SHOWN_ELSEWHERE),
        duties=messages(language).join(duty_words(first.duties, language)),
        advice=notice.advice,
        anchors=tuple(
            Anchor(id=_name_anchor(position), words=clean(text[finding.start : finding.end], _WORDS))
            for position, finding in zip(note.positions, note.findings, strict=True)
        ),
    )


def _name_work(work: Work, language: str) -> str:
    """Return the title of a work, else what it goes by."""
    untitled = heading(work, language) if not work.title and not work.authors else ""
    return clean(work.title or "", _TITLE) or untitled or clean(work.id, _TITLE)


def fold_texts(footnotes: tuple[Note, ...], language: str = ENGLISH) -> list[Folded]:
    """Return the licence texts to show with the notes."""
    return [Folded(title=title, text=text) for title, text in texts_below_report(footnotes, language)]


def _shorten_quote(quote: Quote) -> Quote | None:
    """Return a quote with the words around the passage shortened; None for an empty one."""
    if not (quote.prefix or quote.exact or quote.suffix):
        return None
    prefix, suffix = quote.prefix[-_QUOTE_SIDE:], quote.suffix[:_QUOTE_SIDE]
    return Quote(
        prefix=f"{clean(prefix, _QUOTE_SIDE)} " if prefix.strip() else "",
        exact=clean(quote.exact, _QUOTE, lines=True),
        suffix=f" {clean(suffix, _QUOTE_SIDE)}" if any(map(str.isalnum, suffix)) else "",
    )
