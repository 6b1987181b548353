"""What does the notice for one passage say?

`short` is one line that can stand beside an answer; `full` adds what the licence asks for and what can be done. Both
say that text matches, never that it was taken, and neither decides whether a use is allowed. The texts that some
licences want to be shown are `texts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from provenance.licences import Duty, Family, address, duties, exceptions, families, least, links
from provenance.notices.cleaning import clean, linked, web_address
from provenance.notices.labels import claim_label, credit_line, heading, licence_label, licences_label, work_label
from provenance.notices.language import ENGLISH, messages
from provenance.notices.wording import advice, duty_words, restrictions
from provenance.reports import Action, Finding, Kind, Passage
from provenance.works import Keep, LicenceStatus, Work

_COPYRIGHT = 600
_NOTICE_TEXT = 4000
_SOURCE = 200
_MOST_OTHERS = 5
_MOST_CLAIMS = 10
_CREDITED = {Family.ATTRIBUTION, Family.CREATIVE_COMMONS, Family.SHARE_ALIKE, Family.RESTRICTED}
_COPYLEFT = {Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT}
_CREATIVE_COMMONS = re.compile(r"(?:LicenseRef-)?CC-BY\b", re.ASCII)
_TITLE_NEEDED = re.compile(r"(?:LicenseRef-)?CC-BY(?:-NC)?(?:-SA|-ND)?-[123]\.", re.ASCII)


class Tone(StrEnum):
    """How serious a notice is: a credit line will do, look closer, or permission is missing."""

    CREDIT = "credit"
    CARE = "care"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled fact of a notice.

    Attributes:
        name: what kind of fact it is, the same in every language. link: a safe address for the value, if there is one.
        addresses: safe addresses that stand in the value itself.
    """

    name: str
    label: str
    value: str
    link: str | None = None
    addresses: tuple[str, ...] = ()

    @property
    def with_link(self) -> str:
        """The value with its address behind it, where it is not the address itself."""
        return f"{self.value}, {self.link}" if self.link else self.value

    @property
    def pieces(self) -> tuple[tuple[str, str | None], ...]:
        """The value cut into pieces, each with its address or None, for renderers that link."""
        return ((self.value, self.link),) if self.link else linked(self.value, self.addresses)


@dataclass(frozen=True, slots=True)
class Notice:
    """A full notice.

    Attributes:
        heading: title, author, year. facts: what is known and asked for, for renderers that lay it out. advice: what a
        person can do now. language: of all these.
    """

    heading: str
    facts: tuple[Fact, ...]
    advice: tuple[str, ...]
    language: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The facts as text, one each."""
        return tuple(messages(self.language).labelled(fact.label, fact.with_link) for fact in self.facts)


def short(passage: Passage, language: str = ENGLISH) -> str:
    """Return the notice in one line.

    The address, if there is one, comes last, so that no full stop sticks to it.
    """
    work = passage.origin
    licence = licences_label(passage.sources, language)
    text = messages(language).say("short.matches", work=work_label(work, language), licence=licence)
    warned = warning(work, language)
    address = web_address(work.source)
    if warned:
        return f"{text}. {warned} {address}" if address else f"{text}. {warned}"
    return f"{text}, {address}" if address else text


def warning(work: Work, language: str = ENGLISH) -> str | None:
    """Return what a credit line cannot make up for, as a sentence; None where credit is enough or nothing is known."""
    words = messages(language)
    if work.status is LicenceStatus.ALL_RIGHTS_RESERVED:
        return words.say("short.no-permission")
    ruled_out = restrictions(duties(work.status, work.licence), language)
    if ruled_out is None and Family.RESTRICTED in families(work.licence):
        ruled_out = words.say("restriction.uses")  # which ones only its text says
    if ruled_out is None:
        return None
    conflicting = work.status is LicenceStatus.CONFLICTING
    return words.say("short.may-not-be-enough" if conflicting else "short.not-enough", why=ruled_out)


def tone(*findings: Finding) -> Tone:
    """Return how serious findings are, the gravest of them: by licence, and by what the policy asks for."""
    order = tuple(Tone)
    return max(map(_tone, findings), key=order.index)


def _tone(finding: Finding) -> Tone:
    if finding.status is LicenceStatus.ALL_RIGHTS_RESERVED or finding.action in {Action.LIMIT, Action.RAISE}:
        return Tone.STOP
    unread = Family.OTHER in families(finding.licence)
    open_question = unread or finding.status in {LicenceStatus.UNKNOWN, LicenceStatus.CONFLICTING}
    if open_question or finding.action is Action.WARN or restrictions(finding.duties):
        return Tone.CARE
    return Tone.CREDIT


def full(finding: Finding, *more: Finding, language: str = ENGLISH) -> Notice:
    """Return the full notice for one finding, or for several that credit the same work."""
    said = {
        "licence": licences_label(finding.sources, language),
        "credit": _credit(finding.passage.origin, (finding, *more), language),
        "overlap": overlap(finding, *more, language=language),
        "conditions": messages(language).joined(duty_words(finding.duties, language)),
        "also": _others((finding, *more), language),
    }
    return _notice(finding.passage.origin, said, language)


def of_work(work: Work, language: str = ENGLISH) -> Notice:
    """Return the full notice for a work, whatever matches it."""
    asked = duties(work.status, work.licence)
    said = {
        "licence": licence_label(work, language),
        "credit": _credit(work, (), language),
        "conditions": messages(language).joined(duty_words(asked, language)),
    }
    return _notice(work, said, language)


def _notice(work: Work, said: dict[str, str], language: str) -> Notice:
    """Return what is said of a passage, with what is said of its work whatever the passage."""
    title = heading(work, language)
    values = {
        "claims": "; ".join(map(claim_label, work.claims[:_MOST_CLAIMS])),
        **_stated(work, language),
        "disclaimer": _disclaimer(work, language),
        "exception": _exception(work, language),
        "note": warning(work, language) or "",
        **said,
    }
    return Notice(
        heading=title[0].upper() + title[1:],
        facts=tuple(_facts(values, work, language)),
        advice=advice(work.status, work.licence, language),
        language=language,
    )


_ORDER = (
    "licence", "claims", "source", "credit", "title", "copyright", "overlap", "conditions", "disclaimer", "exception",
    "note", "notice", "also",
)  # fmt: skip


def _facts(values: dict[str, str], work: Work, language: str) -> Iterator[Fact]:
    source = web_address(work.source)
    values = {**values, "source": source or clean(work.source or "", _SOURCE)}
    pages = [page for each in (*least(work.licence), *exceptions(work.licence)) if (page := address(each))]
    safe = {"source": (source,), "credit": (source, *pages), "exception": tuple(pages)}
    for name in _ORDER:
        if value := values.get(name):
            link = _one_address(value) if name == "licence" else None
            addresses = tuple(filter(None, safe.get(name, ())))
            yield Fact(name, messages(language).say(f"label.{name}"), value, link, addresses)


def kept(work: Work, language: str = ENGLISH) -> tuple[Fact, ...]:
    """Return what goes with a work wherever it goes: copyright line and NOTICE text, or that one is wanted."""
    said = _stated(work, language)
    return tuple(Fact(name, messages(language).say(f"label.{name}"), text) for name, text in said.items() if text)


def _one_address(licence: str) -> str | None:
    addresses = [link for _, link in links(licence) if link]
    return addresses[0] if len(addresses) == 1 else None


def _stated(work: Work, language: str) -> dict[str, str]:
    """Return title, copyright line and NOTICE text: the work's own, or that a licence wants one and none is known.

    Only the title is left out where the work has one: it stands in every notice.
    """
    words, asked = messages(language), duties(work.status, work.licence)
    line = clean(work.copyright or "", _COPYRIGHT, lines=True)
    text = clean(work.notice or "", _NOTICE_TEXT, lines=True)
    title_missing = not work.title and any(map(_TITLE_NEEDED.match, _licences(work)))
    return {
        "title": words.say("fact.title-missing") if title_missing else "",
        "copyright": line or (words.say("fact.copyright-missing") if Duty.LICENCE_TEXT in asked else ""),
        "notice": text or (words.say("fact.notice-missing") if Duty.NOTICE_FILE in asked else ""),
    }


def _licences(work: Work) -> tuple[str, ...]:
    return least(work.licence) if work.status is LicenceStatus.LICENSED else ()


def _credit(work: Work, findings: tuple[Finding, ...], language: str) -> str:
    if work.status is not LicenceStatus.LICENSED or not _CREDITED & set(families(work.licence)):
        return ""
    kinds = {finding.passage.kind for finding in findings}
    if Kind.NEAR_VERBATIM in kinds:
        extent = [messages(language).say("fact.changed-excerpt")]
    else:
        extent = [messages(language).say("fact.excerpt")] if Kind.VERBATIM in kinds else []
    return messages(language).joined([credit_line(work, language), *extent])


def _disclaimer(work: Work, language: str) -> str:
    if any(map(_CREATIVE_COMMONS.match, _licences(work))):
        return messages(language).say("fact.disclaimer-cc")
    if work.status is LicenceStatus.LICENSED and _COPYLEFT & set(families(work.licence)):
        return messages(language).say("fact.disclaimer-copyleft")
    return ""


def _exception(work: Work, language: str) -> str:
    found = exceptions(work.licence) if work.status is LicenceStatus.LICENSED else ()
    named = [f"{each} ({page})" if (page := address(each)) else each for each in found]
    return messages(language).say("fact.exception", exceptions=messages(language).listed(named)) if named else ""


def overlap(finding: Finding, *more: Finding, language: str = ENGLISH) -> str:
    """Return how much matches: its length, how exactly, and how much of the work it is."""
    words = messages(language)
    passages = [each.passage for each in (finding, *more)]
    characters = words.count("character", sum(passage.end - passage.start for passage in passages))
    tokens = words.count("token", sum(passage.tokens for passage in passages))
    size = words.say("overlap.size", characters=characters, tokens=tokens)
    if more:
        return words.say("overlap.in-all", passages=words.count("passage", len(passages)), size=size)
    return ", ".join(filter(None, (size, _likeness(passages[0], language), _share(passages[0], language))))


def _likeness(passage: Passage, language: str) -> str:
    words = messages(language)
    if passage.kind is Kind.NEAR_VERBATIM:
        return words.say("overlap.near-verbatim", percent=words.percent(passage.similarity))
    if passage.kind is Kind.VERBATIM and passage.origin.keep is Keep.FINGERPRINTS:
        return words.say("overlap.fingerprints")  # nobody compared the words
    return words.say(f"overlap.{passage.kind}")


def _share(passage: Passage, language: str) -> str:
    if passage.kind is Kind.WHOLE_WORK:
        return ""
    words, least_said = messages(language), 0.001
    if passage.share_of_work >= least_said:
        return words.say("overlap.share", percent=words.percent(passage.share_of_work, 1))
    return words.say("overlap.small-share", percent=words.percent(least_said, 1))


def _others(findings: tuple[Finding, ...], language: str) -> str:
    works = {source.work.key: source.work for finding in findings for source in finding.sources}
    del works[findings[0].sources[0].work.key]
    shown = list(works.values())[:_MOST_OTHERS]
    named = [f"{work_label(work, language)} ({licence_label(work, language)})" for work in shown]
    number = max(len(works), *(finding.passage.works - 1 for finding in findings))
    if number > len(named):
        named.append(messages(language).say("fact.more", count=messages(language).number(number - len(named))))
    return messages(language).joined(named)
