"""Notices for passages and works.

`short` is one line to show beside an answer; `full` adds what the licence asks for and what can be done. Both say that
text matches, never that it was taken, and neither decides whether a use is allowed. The texts that some licences want
to be shown are in `texts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from provenance.licences import Duty, Family, Terms, links, terms
from provenance.notices.cleaning import clean, split_links, web_address
from provenance.notices.labels import (
    claim_label,
    claimant_label,
    claimants_label,
    credit_line,
    heading,
    licence_label,
    licences_label,
    work_label,
)
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

    The address, if there is one, comes last, so that no full stop sticks to it. Where works disagree there is none: it
    would be that of one side.
    """
    work, words = passage.origin, messages(language)
    warned = warning(terms(work), language, is_disputed=passage.is_disputed)
    if passage.is_disputed:
        works = claimants_label(passage, partial(claimant_label, language=language), language)
        return " ".join(filter(None, (words.say("short.disputed", works=works), warned)))
    said = {"work": work_label(work, language), "licence": licences_label(passage, language)}
    if passage.kind is Kind.SCATTERED:
        text = words.say("short.matches-in-pieces", **said, pieces=words.count("piece", len(passage.pieces)))
    else:
        text = words.say("short.matches", **said)
    address = web_address(work.source)
    if warned:
        return f"{text}. {warned} {address}" if address else f"{text}. {warned}"
    return f"{text}, {address}" if address else text


def warning(asked: Terms, language: str = ENGLISH, *, is_disputed: bool = False) -> str | None:
    """Return what a credit line cannot make up for, as a sentence; None where credit is enough or nothing is known.

    Args:
        asked: the terms of a work; where works disagree, those of the strictest.
        language: of the sentence.
        is_disputed: another work claims other terms.
    """
    words = messages(language)
    if asked.status is LicenceStatus.ALL_RIGHTS_RESERVED:
        return words.say("short.ask-first" if is_disputed else "short.no-permission")
    ruled_out = restrictions(asked.duties, language)
    if ruled_out is None and Family.RESTRICTED in asked.families:
        ruled_out = words.say("restriction.uses")  # which ones only its text says
    if ruled_out is None:
        return None
    is_open = is_disputed or asked.status is LicenceStatus.CONFLICTING
    return words.say("short.may-not-be-enough" if is_open else "short.not-enough", why=ruled_out)


def tone(*findings: Finding) -> Tone:
    """Return how serious findings are, the gravest of them: by licence, and by what the policy asks for."""
    gravest = Tone.CREDIT
    for finding in findings:
        # where works disagree the strictest is the origin, and the status is `conflicting`
        if finding.passage.origin.status is LicenceStatus.ALL_RIGHTS_RESERVED or finding.action in {
            Action.LIMIT,
            Action.RAISE,
        }:
            return Tone.STOP
        unread = Family.OTHER in terms(finding.passage.origin).families
        open_question = unread or finding.status in {LicenceStatus.UNKNOWN, LicenceStatus.CONFLICTING}
        if open_question or finding.action is Action.WARN or restrictions(finding.duties):
            gravest = Tone.CARE
    return gravest


def full(finding: Finding, *more: Finding, language: str = ENGLISH) -> Notice:
    """Return the full notice for one finding, or for several that credit the same work."""
    return _write_notice(finding.passage.works_to_credit, (finding, *more), language)


def of_work(work: Work, language: str = ENGLISH) -> Notice:
    """Return the full notice for a work by itself, without a passage that matches it."""
    return _write_notice((work,), (), language)


def _write_notice(works: tuple[Work, ...], findings: tuple[Finding, ...], language: str) -> Notice:
    """Return the notice for a work, or for the works that disagree about the licence of the findings."""
    is_disputed = len(works) > 1
    if is_disputed:
        title = claimants_label(findings[0].passage, partial(heading, language=language), language)
    else:
        title = heading(works[0], language)
    return Notice(
        heading=title[0].upper() + title[1:],
        facts=tuple(fact for fact in _list_facts(works, findings, messages(language)) if fact.value),
        advice=advice(terms(works[0]), language, is_disputed=is_disputed),
        language=language,
    )


def _list_facts(works: tuple[Work, ...], findings: tuple[Finding, ...], words: Messages) -> Iterator[Fact]:
    """Yield the facts of a notice in their order; one without a value does not apply."""
    work, language, is_disputed = works[0], words.language, len(works) > 1
    asked, source = terms(work), web_address(work.source)
    licence = licences_label(findings[0].passage, language) if findings else licence_label(work, language)
    targets = [target for _, target in links(licence) if target]
    pages = [page for each in works for page in terms(each).pages.values()]
    sources = [web_address(each.source) for each in works]
    own, remarks = _find_own_texts(works, words), _find_remarks(works, words)
    yield _label_fact("licence", licence, words, link=targets[0] if len(targets) == 1 else None)
    yield _make_disagreement(works, words)
    claims = _say_of_each(works, words, lambda each: "; ".join(map(claim_label, each.claims[:_MOST_CLAIMS])))
    yield _label_fact("claims", claims, words)
    # the sources of works that disagree are told with what they claim
    yield _label_fact("source", "" if is_disputed else source or clean(work.source or "", _SOURCE), words, (source,))
    lines = (_word_credit(each, terms(each), findings, words) for each in works)
    yield _label_fact("credit", "\n".join(filter(None, lines)), words, (*sources, *pages))
    yield _label_fact("title", own["title"], words)
    yield _label_fact("copyright", own["copyright"], words)
    yield _label_fact("overlap", overlap(*findings, language=language) if findings else "", words)
    conditions = findings[0].duties if findings else asked.duties
    yield _label_fact("conditions", words.join(duty_words(conditions, language)), words)
    yield _label_fact("disclaimer", remarks["disclaimer"], words)
    yield _label_fact("exception", remarks["exception"], words, pages)
    yield _label_fact("note", warning(asked, language, is_disputed=is_disputed) or "", words)
    yield _label_fact("notice", own["notice"], words)
    yield _label_fact("also", _name_other_works(findings, words) if findings else "", words)


def _make_disagreement(works: tuple[Work, ...], words: Messages) -> Fact:
    """Return what each of several works claims, with its source, a line each; without a value for one work."""
    rows = []
    for work in works if len(works) > 1 else ():
        source = web_address(work.source) or clean(work.source or "", _SOURCE)
        rows.append(", ".join(filter(None, (claimant_label(work, words.language), source))))
    return _label_fact("disagreement", "\n".join(rows), words, (web_address(work.source) for work in works))


def _say_of_each(works: tuple[Work, ...], words: Messages, say: Callable[[Work], str]) -> str:
    """Return what there is to say of a work; of several works, with the name of each before it."""
    if len(works) == 1:
        return say(works[0])
    said = [(work_label(work, words.language), text) for work in works if (text := say(work))]
    return "\n".join(words.label(name, text) for name, text in said)


def _find_remarks(works: tuple[Work, ...], words: Messages) -> dict[str, str]:
    """Return what the licences of works say about warranties, and what their exceptions permit."""
    disclaimers, exceptions = [], []
    for asked in filter(lambda each: each.is_licensed, map(terms, works)):
        if any(map(_CREATIVE_COMMONS.match, asked.licences)):
            disclaimers.append(words.say("fact.disclaimer-cc"))
        elif _COPYLEFT & set(asked.families):
            disclaimers.append(words.say("fact.disclaimer-copyleft"))
        names = [f"{each} ({page})" if (page := asked.pages.get(each)) else each for each in asked.exceptions]
        exceptions += [words.say("fact.exception", exceptions=words.list_names(names))] if names else []
    return {"disclaimer": words.join(dict.fromkeys(disclaimers)), "exception": words.join(dict.fromkeys(exceptions))}


def _label_fact(
    name: str, value: str, words: Messages, addresses: Iterable[str | None] = (), *, link: str | None = None
) -> Fact:  # fmt: skip
    return Fact(name, words.say(f"label.{name}"), value, link, tuple(filter(None, addresses)))


def facts_to_keep(*works: Work, language: str = ENGLISH) -> tuple[Fact, ...]:
    """Return what goes with each copy of a work: copyright line and NOTICE text, or that one is wanted.

    For several works that disagree about a wording, also what each of them claims.
    """
    words = messages(language)
    own = [_label_fact(name, text, words) for name, text in _find_own_texts(works, words).items()]
    return tuple(fact for fact in (_make_disagreement(works, words), *own) if fact.value)


def _find_own_texts(works: tuple[Work, ...], words: Messages) -> dict[str, str]:
    """Return copyright lines and NOTICE texts: the works' own, or that a licence wants one and none is known.

    A title is there only where a licence wants one and the work has none: every notice begins with it.
    """

    def find_title(work: Work) -> str:
        asked = terms(work)
        is_wanted = asked.is_licensed and not work.title and any(map(_TITLE_NEEDED.match, asked.licences))
        return words.say("fact.title-missing") if is_wanted else ""

    def find_copyright(work: Work) -> str:
        missing = words.say("fact.copyright-missing") if Duty.LICENCE_TEXT in terms(work).duties else ""
        return clean(work.copyright or "", _COPYRIGHT, lines=True) or missing

    def find_notice(work: Work) -> str:
        missing = words.say("fact.notice-missing") if Duty.NOTICE_FILE in terms(work).duties else ""
        return clean(work.notice or "", _NOTICE_TEXT, lines=True) or missing

    finders = {"title": find_title, "copyright": find_copyright, "notice": find_notice}
    return {name: _say_of_each(works, words, find) for name, find in finders.items()}


def _word_credit(work: Work, asked: Terms, findings: tuple[Finding, ...], words: Messages) -> str:
    """Return the line that credits a work, with the remark that it is an excerpt; "" where no licence asks for one."""
    if not asked.is_licensed or not _CREDITED & set(asked.families):
        return ""
    kinds = {finding.passage.kind for finding in findings}
    extent = []
    if Kind.NEAR_VERBATIM in kinds:
        extent = [words.say("fact.changed-excerpt")]
    elif {Kind.VERBATIM, Kind.SCATTERED} & kinds:
        extent = [words.say("fact.excerpt")]
    return words.join([credit_line(work, words.language), *extent])


def overlap(finding: Finding, *more: Finding, language: str = ENGLISH) -> str:
    """Return how much matches: its length, how exactly, and how much of the work it is."""
    words, first = messages(language), finding.passage
    passages = [first, *(each.passage for each in more)]
    characters = words.count("character", sum(end - start for each in passages for start, end in each.places))
    tokens = words.count("token", sum(passage.tokens for passage in passages))
    size = words.say("overlap.size", characters=characters, tokens=tokens)
    if more:
        return words.say("overlap.in-all", passages=words.count("passage", len(passages)), size=size)
    if first.kind is Kind.NEAR_VERBATIM:
        likeness = words.say("overlap.near-verbatim", percent=words.percent(first.similarity))
    elif first.kind is Kind.SCATTERED:
        likeness = words.say("overlap.scattered", pieces=words.count("piece", len(first.pieces)))
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
    """Return the other works that have the passages, each with its licence, and how many there are in all."""
    first = findings[0].passage
    works = {source.work.key: source.work for finding in findings for source in finding.sources}
    named = {work.key for work in first.works_to_credit}
    others = [claimant_label(work, words.language) for work in works.values() if work.key not in named]
    # A passage knows of more works than it names: `sources` has the first ones alone.
    widest = max((finding.passage for finding in findings), key=lambda passage: passage.works)
    unnamed = max(0, widest.works - len(named) - len(others))
    shown = words.shorten_list(others, _MOST_OTHERS, unnamed)
    if shown and widest.works > 1:
        total, families = words.count("work", widest.works), words.count("family", widest.families)
        shown.append(words.say("fact.in-all", works=total, families=families))
    return words.join(shown)
