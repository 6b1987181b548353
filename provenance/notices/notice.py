"""Notices for passages and works.

`short` is one line to show beside an answer; `full` adds what the licence asks for and what can be done. Both say that
text matches, never that it was taken, and neither decides whether a use is allowed. The texts that some licences want
to be shown are in `texts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from provenance.licences import Duty, Family, Terms, links, terms
from provenance.notices.cleaning import clean, split_links, web_address
from provenance.notices.labels import claim_label, credit_line, heading, licence_label, licences_label, work_label
from provenance.notices.language import ENGLISH, Messages, messages
from provenance.notices.wording import advice, duty_words, restrictions
from provenance.reports import Action, Finding, Kind, Passage
from provenance.works import Keep, LicenceStatus, Work

_COPYRIGHT = 600
_NOTICE_TEXT = 4000
_SOURCE = 200
_MOST_OTHERS = 5
_MOST_CLAIMS = 10
_LEAST_SHARE = 0.001
_CREDITED = {Family.ATTRIBUTION, Family.CREATIVE_COMMONS, Family.SHARE_ALIKE, Family.RESTRICTED}
_COPYLEFT = {Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT}
_CREATIVE_COMMONS = re.compile(r"(?:LicenseRef-)?CC-BY\b", re.ASCII)
# Before version 4.0, Creative Commons wants the title in the credit too, "if supplied".
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
        name: what kind of fact it is, the same in every language.
        label: the name in words.
        value: the fact, safe to show.
        link: a safe address for the value, if there is one.
        addresses: safe addresses within the value.
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
        return ((self.value, self.link),) if self.link else split_links(self.value, self.addresses)


@dataclass(frozen=True, slots=True)
class Notice:
    """A full notice.

    Attributes:
        heading: title, author, year.
        facts: what is known and asked for, for renderers that lay it out.
        advice: what a person can do now.
        language: of all these.
    """

    heading: str
    facts: tuple[Fact, ...]
    advice: tuple[str, ...]
    language: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The facts as text, one each."""
        return tuple(messages(self.language).label(fact.label, fact.with_link) for fact in self.facts)


def short(passage: Passage, language: str = ENGLISH) -> str:
    """Return the notice in one line.

    The address, if there is one, comes last, so that no full stop sticks to it.
    """
    work = passage.origin
    licence = licences_label(passage.sources, language)
    text = messages(language).say("short.matches", work=work_label(work, language), licence=licence)
    warned = warning(terms(work), language)
    address = web_address(work.source)
    if warned:
        return f"{text}. {warned} {address}" if address else f"{text}. {warned}"
    return f"{text}, {address}" if address else text


def warning(asked: Terms, language: str = ENGLISH) -> str | None:
    """Return what a credit line cannot make up for, as a sentence; None where credit is enough or nothing is known."""
    words = messages(language)
    if asked.status is LicenceStatus.ALL_RIGHTS_RESERVED:
        return words.say("short.no-permission")
    ruled_out = restrictions(asked.duties, language)
    if ruled_out is None and Family.RESTRICTED in asked.families:
        ruled_out = words.say("restriction.uses")  # which ones only its text says
    if ruled_out is None:
        return None
    conflicting = asked.status is LicenceStatus.CONFLICTING
    return words.say("short.may-not-be-enough" if conflicting else "short.not-enough", why=ruled_out)


def tone(*findings: Finding) -> Tone:
    """Return how serious findings are, the gravest of them: by licence, and by what the policy asks for."""
    gravest = Tone.CREDIT
    for finding in findings:
        if finding.status is LicenceStatus.ALL_RIGHTS_RESERVED or finding.action in {Action.LIMIT, Action.RAISE}:
            return Tone.STOP
        unread = Family.OTHER in terms(finding.passage.origin).families
        open_question = unread or finding.status in {LicenceStatus.UNKNOWN, LicenceStatus.CONFLICTING}
        if open_question or finding.action is Action.WARN or restrictions(finding.duties):
            gravest = Tone.CARE
    return gravest


def full(finding: Finding, *more: Finding, language: str = ENGLISH) -> Notice:
    """Return the full notice for one finding, or for several that credit the same work."""
    return _write_notice(finding.passage.origin, (finding, *more), language)


def of_work(work: Work, language: str = ENGLISH) -> Notice:
    """Return the full notice for a work by itself, without a passage that matches it."""
    return _write_notice(work, (), language)


def _write_notice(work: Work, findings: tuple[Finding, ...], language: str) -> Notice:
    asked, title = terms(work), heading(work, language)
    return Notice(
        heading=title[0].upper() + title[1:],
        facts=tuple(fact for fact in _list_facts(work, asked, findings, messages(language)) if fact.value),
        advice=advice(asked, language),
        language=language,
    )


def _list_facts(work: Work, asked: Terms, findings: tuple[Finding, ...], words: Messages) -> Iterator[Fact]:
    """Yield the facts of a notice in their order; one without a value does not apply."""
    language, source = words.language, web_address(work.source)
    first = findings[0] if findings else None
    licence = licences_label(first.sources, language) if first else licence_label(work, language)
    addresses = [target for _, target in links(licence) if target]
    pages = tuple(asked.pages.values())
    own = _find_own_texts(work, asked, words)
    yield _label_fact("licence", licence, words, link=addresses[0] if len(addresses) == 1 else None)
    yield _label_fact("claims", "; ".join(map(claim_label, work.claims[:_MOST_CLAIMS])), words)
    yield _label_fact("source", source or clean(work.source or "", _SOURCE), words, (source,))
    yield _label_fact("credit", _word_credit(work, asked, findings, words), words, (source, *pages))
    yield _label_fact("title", own["title"], words)
    yield _label_fact("copyright", own["copyright"], words)
    yield _label_fact("overlap", overlap(*findings, language=language) if findings else "", words)
    conditions = first.duties if first else asked.duties
    yield _label_fact("conditions", words.join(duty_words(conditions, language)), words)
    disclaimer = ""
    if asked.is_licensed and any(map(_CREATIVE_COMMONS.match, asked.licences)):
        disclaimer = words.say("fact.disclaimer-cc")
    elif asked.is_licensed and _COPYLEFT & set(asked.families):
        disclaimer = words.say("fact.disclaimer-copyleft")
    yield _label_fact("disclaimer", disclaimer, words)
    exceptions = [f"{each} ({page})" if (page := asked.pages.get(each)) else each for each in asked.exceptions]
    exception = words.say("fact.exception", exceptions=words.list_names(exceptions)) if exceptions else ""
    yield _label_fact("exception", exception if asked.is_licensed else "", words, pages)
    yield _label_fact("note", warning(asked, language) or "", words)
    yield _label_fact("notice", own["notice"], words)
    yield _label_fact("also", _name_other_works(findings, words) if findings else "", words)


def _label_fact(
    name: str, value: str, words: Messages, addresses: Iterable[str | None] = (), *, link: str | None = None
) -> Fact:  # fmt: skip
    return Fact(name, words.say(f"label.{name}"), value, link, tuple(filter(None, addresses)))


def facts_to_keep(work: Work, language: str = ENGLISH) -> tuple[Fact, ...]:
    """Return what goes with each copy of a work: copyright line and NOTICE text, or that one is wanted."""
    words = messages(language)
    own = _find_own_texts(work, terms(work), words)
    return tuple(_label_fact(name, text, words) for name, text in own.items() if text)


def _find_own_texts(work: Work, asked: Terms, words: Messages) -> dict[str, str]:
    """Return copyright line and NOTICE text: the work's own, or that its licence wants one and none is known.

    The title is there only where a licence wants one and the work has none: every notice begins with it.
    """
    line = clean(work.copyright or "", _COPYRIGHT, lines=True)
    text = clean(work.notice or "", _NOTICE_TEXT, lines=True)
    title_missing = asked.is_licensed and not work.title and any(map(_TITLE_NEEDED.match, asked.licences))
    return {
        "title": words.say("fact.title-missing") if title_missing else "",
        "copyright": line or (words.say("fact.copyright-missing") if Duty.LICENCE_TEXT in asked.duties else ""),
        "notice": text or (words.say("fact.notice-missing") if Duty.NOTICE_FILE in asked.duties else ""),
    }


def _word_credit(work: Work, asked: Terms, findings: tuple[Finding, ...], words: Messages) -> str:
    """Return the line that credits a work, with the remark that it is an excerpt; "" where no licence asks for one."""
    if not asked.is_licensed or not _CREDITED & set(asked.families):
        return ""
    kinds = {finding.passage.kind for finding in findings}
    extent = []
    if Kind.NEAR_VERBATIM in kinds:
        extent = [words.say("fact.changed-excerpt")]
    elif Kind.VERBATIM in kinds:
        extent = [words.say("fact.excerpt")]
    return words.join([credit_line(work, words.language), *extent])


def overlap(finding: Finding, *more: Finding, language: str = ENGLISH) -> str:
    """Return how much matches: its length, how exactly, and how much of the work it is."""
    words, first = messages(language), finding.passage
    passages = [first, *(each.passage for each in more)]
    characters = words.count("character", sum(passage.end - passage.start for passage in passages))
    tokens = words.count("token", sum(passage.tokens for passage in passages))
    size = words.say("overlap.size", characters=characters, tokens=tokens)
    if more:
        return words.say("overlap.in-all", passages=words.count("passage", len(passages)), size=size)
    if first.kind is Kind.NEAR_VERBATIM:
        likeness = words.say("overlap.near-verbatim", percent=words.percent(first.similarity))
    elif first.kind is Kind.VERBATIM and first.origin.keep is Keep.FINGERPRINTS:
        likeness = words.say("overlap.fingerprints")  # the words themselves were not compared
    else:
        likeness = words.say(f"overlap.{first.kind}")
    share = ""
    if first.kind is not Kind.WHOLE_WORK:
        key = "overlap.share" if first.share_of_work >= _LEAST_SHARE else "overlap.small-share"
        share = words.say(key, percent=words.percent(max(first.share_of_work, _LEAST_SHARE), 1))
    return ", ".join(filter(None, (size, likeness, share)))


def _name_other_works(findings: tuple[Finding, ...], words: Messages) -> str:
    """Return the other works that have the passages, each with its licence, and how many more there are."""
    origin = findings[0].passage.origin
    works = {source.work.key: source.work for finding in findings for source in finding.sources}
    others = [work for work in works.values() if work.key != origin.key]
    language = words.language
    named = [f"{work_label(work, language)} ({licence_label(work, language)})" for work in others[:_MOST_OTHERS]]
    # A passage knows of more works than it names: `sources` has the first ones alone.
    number = max(len(others), *(finding.passage.works - 1 for finding in findings))
    if number > len(named):
        named.append(words.say("fact.more", count=words.number(number - len(named))))
    return words.join(named)
