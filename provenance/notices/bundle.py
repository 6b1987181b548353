"""What must be kept with a whole log of answers?

Gathers the works that many reports credit, each once for each licence, grouped by licence, with the texts that the
licences want to be shown, each once: the contents of a file such as THIRD-PARTY-NOTICES. Layout is the renderers'.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from provenance.licences import links, spdx, terms
from provenance.notices.labels import licence_label
from provenance.notices.language import ENGLISH, messages
from provenance.notices.notice import Fact, facts_to_keep, warning
from provenance.notices.texts import LicenceText, licence_texts, shipped
from provenance.notices.wording import advice, duty_words
from provenance.report_json import Logged, logged
from provenance.reports import Report
from provenance.works import LicenceStatus, Work

_LAST = (LicenceStatus.LICENSED, *(status for status in LicenceStatus if status is not LicenceStatus.LICENSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A work that is credited.

    Attributes:
        facts: what goes with it: its copyright line, its NOTICE text. matching: how much matches it, in words.
    """

    work: Work
    facts: tuple[Fact, ...]
    matching: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All works under one licence.

    Attributes:
        licence: the expression, or what is known instead. names, addresses: its licences' full names and pages.
        warning: what a credit line cannot make up for. duties: what the licence asks for, in words.
        advice: what to do where no licence is known.
        credits: the works, by title. texts: the ids of the licences whose text must be kept, and is in the bundle.
        missing: a sentence for each of which we do not have the text.
    """

    licence: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    warning: str | None
    duties: tuple[str, ...]
    advice: tuple[str, ...]
    credits: tuple[Credit, ...]
    texts: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The notices for a log of answers.

    Attributes:
        summary: how many answers and works there are, and how many answers could not be checked, in sentences.
        sections: by licence, works without one last. texts: each licence text once, by id.
    """

    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    texts: tuple[LicenceText, ...]
    language: str


BundleRenderer = Callable[[Bundle], str]

_Key = tuple[LicenceStatus, str]


def bundle(reports: Iterable[Report | Logged], *, language: str = ENGLISH) -> Bundle:
    """Gather the notices of many reports.

    Args:
        reports: reports as `Checker.check` returns them, or as `read_logs` reads them again.
        language: a code such as `de`.
    """
    works: dict[tuple[_Key, int], Work] = {}
    passages: Counter[tuple[_Key, int]] = Counter()
    answers: Counter[tuple[_Key, int]] = Counter()
    read = unchecked = 0
    for report in reports:
        found = logged(report) if isinstance(report, Report) else report
        read, unchecked = read + 1, unchecked + (not found.checked)
        places = [(_key(work), work.key) for work in found.works]
        works.update((place, work) for place, work in zip(places, found.works, strict=True) if place not in works)
        passages.update(places)
        answers.update(set(places))
    groups: dict[_Key, list[Credit]] = defaultdict(list)
    for place, work in works.items():
        matching = _matching(passages[place], answers[place], language)
        groups[place[0]].append(Credit(work=work, facts=facts_to_keep(work, language), matching=matching))
    sections = tuple(_section(groups[key], language) for key in sorted(groups, key=_order))
    credited = [credit.work for section in sections for credit in section.credits]
    texts = sorted(licence_texts(credited, language), key=lambda each: each.licence.lower())
    summary = tuple(_summary(read, unchecked, len(credited), language))
    return Bundle(summary=summary, sections=sections, texts=tuple(texts), language=language)


def _summary(answers: int, unchecked: int, works: int, language: str) -> Iterator[str]:
    words = messages(language)
    found = {"answers": words.count("answer", answers), "works": words.count("known-work", works)}
    yield words.say("bundle.searched" if works else "bundle.nothing", **found)
    if unchecked:
        yield words.forms("bundle.unchecked", unchecked, answers=words.count("answer", unchecked))


def _matching(passages: int, answers: int, language: str) -> str:
    words = messages(language)
    counted = {"passages": words.count("passage", passages), "answers": words.count("answer", answers)}
    return words.say("bundle.matching", **counted)


def _key(work: Work) -> _Key:
    return work.status, work.licence or ""


def _order(key: _Key) -> tuple[int, str]:
    return _LAST.index(key[0]), key[1].lower()


def _section(credits: list[Credit], language: str) -> Section:
    work = credits[0].work
    asked = terms(work)
    label = licence_label(work, language)
    return Section(
        licence=label if asked.is_licensed else label[0].upper() + label[1:],
        names=tuple(name for licence in asked.licences if (name := spdx.licences().get(licence))),
        addresses=tuple(dict.fromkeys(address for _, address in links(label) if address)),
        warning=warning(asked, language),
        duties=duty_words(asked.duties, language),
        advice=() if asked.is_licensed else advice(asked, language),
        credits=tuple(sorted(credits, key=_title)),
        texts=tuple(filter(shipped, asked.texts)),
        missing=tuple(_missing(asked.texts, language)),
    )


def _missing(licences: Iterable[str], language: str) -> Iterator[str]:
    for licence in licences:
        if not shipped(licence):
            yield messages(language).say("bundle.no-text", licence=licence)


def _title(credit: Credit) -> tuple[str, str]:
    return (credit.work.title or credit.work.id).lower(), credit.work.id
