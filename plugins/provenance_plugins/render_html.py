"""A standalone page: the text with its passages marked, and a card beside it for each work that is credited.

One file, nothing loaded from anywhere, no script; everything from a work or a model is escaped by the template, and a
content security policy forbids what an escape might miss.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from provenance.hookspecs import hookimpl
from provenance.licences import links
from provenance.models import Finding, Quote, Reason, Renderer, Report
from provenance.notices import (
    Fact,
    Note,
    Stretch,
    Tone,
    clean,
    coverage_line,
    duty_words,
    encodable,
    footnote_marks,
    full,
    licence_label,
    notes,
    outcome,
    printable,
    silence_line,
    stretches,
    tone,
    web_address,
)

_TITLE = 200
_QUOTE = 320
_QUOTE_SIDE = 80
_WORDS = 40
_SHOWN_ELSEWHERE = frozenset({"Licence", "Source", "Conditions", "Note"})

Linked = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of the text as the template lays it out; it links to the note of the innermost passage."""

    text: str
    tone: Tone | None
    note: int | None
    nested: bool
    anchor: str | None
    outer_anchors: tuple[str, ...]
    silent: str | None
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A note as the template lays it out."""

    number: int
    tone: Tone
    title: str
    by: str
    licence: Linked
    notice: Linked
    quote: Quote | None
    facts: tuple[Fact, ...]
    duties: tuple[str, ...]
    advice: tuple[str, ...]
    anchors: tuple[_Anchor, ...]


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `html`."""
    register("html", render)


def render(report: Report) -> str:
    """Return the whole page."""
    template, style = _template(), _style()
    footnotes = notes(report)
    return encodable(
        template.render(
            report=report,
            style=Markup(style),  # noqa: S704 (our own file)
            style_hash=_hash(style),
            headline=_headline(report, footnotes),
            lead=_lead(report),
            pieces=list(_pieces(report, footnotes)),
            cards=[_card(note, report.text) for note in footnotes],
            silence=silence_line(report),
            silences=list(_silences(report)),
            coverage=coverage_line(report.coverage),
        )
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("provenance_plugins", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["sentence"] = _sentence
    return environment.get_template("report.html")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


@cache
def _style() -> str:
    return resources.files("provenance_plugins").joinpath("templates/report.css").read_text(encoding="utf-8")


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _headline(report: Report, footnotes: tuple[Note, ...]) -> str:
    if report.error is not None:
        return "This text was not checked"
    if found := outcome(report):
        return found
    passages, works = len(report.findings), len({note.findings[0].passage.origin.key for note in footnotes})
    return f"{_count(passages, 'passage')} {'matches' if passages == 1 else 'match'} {_count(works, 'known work')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _lead(report: Report) -> str:
    size = len(report.text)
    if not size:
        return "The text is empty."
    share = report.matched_characters / size
    return f"{report.matched_characters:,} of {size:,} characters ({share:.0%}) lie in a marked passage."


def _pieces(report: Report, footnotes: tuple[Note, ...]) -> Iterator[_Piece]:
    marks = footnote_marks(footnotes)
    number = {position: note.number for note in footnotes for position in note.positions}
    for stretch in stretches(report):
        inner = _innermost(report, stretch)
        yield _Piece(
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
    return "; ".join(reasons) or None


def _why(report: Report, position: int) -> str:
    exemption = report.exempt[position]
    if exemption.reason is Reason.COMMONPLACE and exemption.works > 1:
        crowd = f"{_count(exemption.works, 'work')} by {_count(exemption.creators, 'creator')}"
        return f"left silent: {exemption.reason.value} (in {crowd})"
    titles = dict.fromkeys(clean(source.work.title or source.work.id, _TITLE) for source in exemption.sources[:1])
    return f"left silent: {exemption.reason.value}{''.join(f' ({title})' for title in titles)}"


def _silences(report: Report) -> Iterator[dict[str, str]]:
    for position, exemption in enumerate(report.exempt):
        words = clean(report.text[exemption.start : exemption.end], 2 * _WORDS)
        yield {"text": words, "reason": _why(report, position).removeprefix("left silent: ")}


def _card(note: Note, text: str) -> _Card:
    first = note.findings[0]
    work = first.passage.origin
    notice = full(*note.findings)
    credit = [", ".join(clean(author, _WORDS * 2) for author in work.authors[:4])]
    credit += [f"and {len(work.authors) - 4} others"] if len(work.authors) > 4 else []
    return _Card(
        number=note.number,
        tone=tone(first),
        title=clean(work.title or "", _TITLE) or "Untitled work",
        by=" · ".join(filter(None, (" ".join(filter(None, credit)), "" if work.year is None else str(work.year)))),
        licence=links(licence_label(work)),
        notice=_with_link(first.notice, web_address(work.source)),
        quote=_quote(first.passage.quote),
        facts=tuple(fact for fact in notice.facts if fact.label not in _SHOWN_ELSEWHERE),
        duties=duty_words(first.duties),
        advice=notice.advice,
        anchors=tuple(
            _Anchor(id=_anchor(position), words=clean(text[finding.start : finding.end], _WORDS))
            for position, finding in zip(note.positions, note.findings, strict=True)
        ),
    )


def _with_link(text: str, address: str | None) -> Linked:
    if address is None or address not in text:
        return ((text, None),)
    before, found, after = text.partition(address)
    return ((before, None), (found, found), (after, None))


def _quote(quote: Quote) -> Quote | None:
    """Shorten the words around the passage, so that it is found again at the source."""
    if not (quote.prefix or quote.exact or quote.suffix):
        return None
    prefix, suffix = quote.prefix[-_QUOTE_SIDE:], quote.suffix[:_QUOTE_SIDE]
    return Quote(
        prefix=f"{clean(prefix, _QUOTE_SIDE)} " if prefix.strip() else "",
        exact=clean(quote.exact, _QUOTE, lines=True),
        suffix=f" {clean(suffix, _QUOTE_SIDE)}" if suffix.strip() else "",
    )
