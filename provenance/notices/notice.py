"""What does the notice for one passage say?

`short` is one line that can stand beside an answer; `full` adds what the licence asks for and what can be done. Both
say that text matches, never that it was taken, and neither decides whether a use is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from provenance.licences import duties, links
from provenance.models import Action, Finding, Kind, LicenceStatus, Passage, Source, Work
from provenance.notices.cleaning import clean, web_address
from provenance.notices.wording import NO_PERMISSION, advice, duty_words, restrictions

_TITLE = 200
_NAME = 100
_LICENCE = 200
_COPYRIGHT = 600
_NOTICE_TEXT = 4000
_MOST_OTHERS = 5

_STATUS_LABELS = {
    LicenceStatus.PUBLIC_DOMAIN: "public domain",
    LicenceStatus.ALL_RIGHTS_RESERVED: "all rights reserved",
    LicenceStatus.UNKNOWN: "licence unknown",
    LicenceStatus.CONFLICTING: "conflicting licences",
}


class Tone(StrEnum):
    """How serious a notice is: a credit line will do, look closer, or permission is missing."""

    CREDIT = "credit"
    CARE = "care"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled fact of a notice; `link` is a safe address for the value, where there is one."""

    label: str
    value: str
    link: str | None = None

    def __str__(self) -> str:
        beside = f", {self.link}" if self.link and self.link != self.value else ""
        return f"{self.label}: {self.value}{beside}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A full notice.

    Attributes:
        heading: title, author, year. facts: what is known and asked for, for renderers that lay it out. advice: what a
        person can do now.
    """

    heading: str
    facts: tuple[Fact, ...]
    advice: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The facts as text, one each."""
        return tuple(map(str, self.facts))


def work_label(work: Work) -> str:
    """Return title and authors as they stand in a notice.

    A work without a title goes by the name it was ingested under.
    """
    title = clean(work.title or "", _TITLE)
    name = f"“{title}”" if title else f"an untitled work ({clean(work.id, _NAME)})"
    authors = _people(work.authors)
    return f"{name} by {authors}" if authors else name


def _people(authors: tuple[str, ...]) -> str:
    names = [name for author in authors[:4] if (name := clean(author, _NAME))]
    if len(authors) > 4:
        return f"{', '.join(names[:2])} and {len(authors) - 2} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def licence_label(work: Work) -> str:
    """Return a work's licence in a few words: the expression, or what is known instead of one."""
    licence = clean(work.licence or "", _LICENCE)
    if work.status is LicenceStatus.LICENSED and licence:
        return licence
    label = _STATUS_LABELS.get(work.status, "licence unknown")
    if work.status is LicenceStatus.UNKNOWN and licence:
        return f"{label}, stated as “{licence}”"
    return f"{label}: {licence}" if work.status is LicenceStatus.CONFLICTING and licence else label


def _passage_licence(sources: tuple[Source, ...]) -> str:
    origin = sources[0].work
    if origin.status is not LicenceStatus.CONFLICTING:
        return licence_label(origin)
    labels = (
        clean(source.work.licence or "", _LICENCE)
        if source.work.status is LicenceStatus.CONFLICTING
        else licence_label(source.work)
        for source in sources
    )
    several = "; ".join(dict.fromkeys(filter(None, labels)))
    return f"{_STATUS_LABELS[origin.status]}: {several}" if several else _STATUS_LABELS[origin.status]


def short(passage: Passage) -> str:
    """Return the notice in one line.

    The address, if there is one, comes last, so that no full stop sticks to it.
    """
    work = passage.origin
    text = f"Matches text in {work_label(work)} ({_passage_licence(passage.sources)})"
    warning = _warning(work)
    address = web_address(work.source)
    if warning:
        return f"{text}. {warning} {address}" if address else f"{text}. {warning}"
    return f"{text}, {address}" if address else text


def _warning(work: Work) -> str | None:
    if work.status is LicenceStatus.ALL_RIGHTS_RESERVED:
        return NO_PERMISSION
    ruled_out = restrictions(duties(work.status, work.licence))
    if ruled_out is None:
        return None
    if work.status is LicenceStatus.CONFLICTING:
        return f"Depending on the licence, credit is not enough: {ruled_out}."
    return f"Credit is not enough: {ruled_out}."


def tone(finding: Finding) -> Tone:
    """Return how serious a finding is: by its licence, and by what the policy asks for."""
    if finding.status is LicenceStatus.ALL_RIGHTS_RESERVED or finding.action in {Action.LIMIT, Action.RAISE}:
        return Tone.STOP
    open_question = finding.status in {LicenceStatus.UNKNOWN, LicenceStatus.CONFLICTING}
    if open_question or finding.action is Action.WARN or restrictions(finding.duties):
        return Tone.CARE
    return Tone.CREDIT


def full(finding: Finding, *more: Finding) -> Notice:
    """Return the full notice for one finding, or for several that credit the same work."""
    work = finding.passage.origin
    year = "" if work.year is None else f", {work.year}"
    facts = (
        _licence_fact(finding.sources),
        _source_fact(work),
        _fact("Copyright", clean(work.copyright or "", _COPYRIGHT, lines=True)),
        _fact("Overlap", overlap(finding, *more)),
        _fact("Conditions", "; ".join(duty_words(finding.duties))),
        _fact("Note", NO_PERMISSION if work.status is LicenceStatus.ALL_RIGHTS_RESERVED else ""),
        _fact("NOTICE text", clean(work.notice or "", _NOTICE_TEXT, lines=True)),
        _fact("Also in", _others(finding, *more)),
    )
    heading = work_label(work)
    return Notice(
        heading=heading[0].upper() + heading[1:] + year,
        facts=tuple(fact for fact in facts if fact is not None),
        advice=advice(work.status, work.licence),
    )


def _fact(label: str, value: str) -> Fact | None:
    return Fact(label, value) if value else None


def _licence_fact(sources: tuple[Source, ...]) -> Fact:
    label = _passage_licence(sources)
    addresses = [link for _, link in links(label) if link]
    return Fact("Licence", label.removeprefix("licence "), addresses[0] if len(addresses) == 1 else None)


def _source_fact(work: Work) -> Fact | None:
    if address := web_address(work.source):
        return Fact("Source", address, address)
    return _fact("Source", clean(work.source or "", _TITLE))


def overlap(finding: Finding, *more: Finding) -> str:
    """Return how much matches: its length, how exactly, and how much of the work it is."""
    passages = [each.passage for each in (finding, *more)]
    characters = sum(passage.end - passage.start for passage in passages)
    tokens = sum(passage.tokens for passage in passages)
    size = f"{characters:,} characters ({tokens:,} tokens)"
    if more:
        return f"{len(passages)} passages, {size} in all"
    return f"{size}, {_likeness(passages[0])}{_share(passages[0])}"


def _likeness(passage: Passage) -> str:
    if passage.kind is Kind.WHOLE_WORK:
        return "the whole work"
    if passage.kind is Kind.VERBATIM:
        return "word for word"
    return f"nearly word for word ({passage.similarity:.0%} alike)"


def _share(passage: Passage) -> str:
    if passage.kind is Kind.WHOLE_WORK:
        return ""
    share = f"{passage.share_of_work:.1%}" if passage.share_of_work >= 0.001 else "less than 0.1%"
    return f", {share} of the work"


def _others(*findings: Finding) -> str:
    works = {source.work.key: source.work for finding in findings for source in finding.sources}
    del works[findings[0].sources[0].work.key]
    named = [f"{work_label(work)} ({licence_label(work)})" for work in list(works.values())[:_MOST_OTHERS]]
    number = max(len(works), *(finding.passage.works - 1 for finding in findings))
    if number > len(named):
        named.append(f"{number - len(named):,} more")
    return "; ".join(named)
