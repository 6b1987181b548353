"""Notices for a whole log of answers: the contents of a file such as THIRD-PARTY-NOTICES.

Gathers the works that many reports credit, each once for each licence, grouped by licence, with each licence text that
must be shown once. Layout is the renderers' business.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provenance.licences import links, read_terms, spdx, terms
from provenance.notices.labels import status_label
from provenance.notices.language import ENGLISH, Messages, messages
from provenance.notices.notice import Fact, facts_to_keep, warning
from provenance.notices.texts import LicenceText, find_text, licence_texts
from provenance.notices.wording import advice, duty_words
from provenance.report_json import Logged, log_report
from provenance.reports import Report
from provenance.works import LicenceStatus, Work

# Works with a licence come first; those without one follow, by status.
_STATUS_ORDER = sorted(LicenceStatus, key=lambda status: status is not LicenceStatus.LICENSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A work that is credited, or several that disagree about the licence of the same wording.

    Attributes:
        works: the work; where several disagree, the strictest first.
        facts: what goes with it: its copyright line, its NOTICE text; what others claim that disagree.
        matching: how much matches it, in words.
    """

    works: tuple[Work, ...]
    facts: tuple[Fact, ...]
    matching: str

    @property
    def work(self) -> Work:
        """The work that names the credit."""
        return self.works[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All works under one licence.

    Attributes:
        licence: the expression, or what is known instead.
        names: the full names of its licences.
        addresses: the pages of its licences.
        warning: what a credit line cannot make up for.
        duties: what the licence asks for, in words.
        advice: what to do where no licence is known.
        credits: the works, by title.
        texts: the ids of the licences whose text must be kept, and is in the bundle.
        missing: a sentence for each licence whose text must be kept, and is not there.
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
        sections: by licence, works without one last.
        texts: each licence text once, by id.
        language: of all sentences.
    """

    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    texts: tuple[LicenceText, ...]
    language: str


BundleRenderer = Callable[[Bundle], str]

_Key = tuple[LicenceStatus, str]
_Place = tuple[_Key, tuple[int, ...]]


def bundle(reports: Iterable[Report | Logged], *, language: str = ENGLISH) -> Bundle:
    """Gather the notices of many reports.

    Args:
        reports: reports as `Checker.check` returns them, or as `read_logs` reads them again.
        language: a code such as `de`.
    """
    words = messages(language)
    works: dict[_Place, tuple[Work, ...]] = {}
    passages: Counter[_Place] = Counter()
    answers: Counter[_Place] = Counter()
    read = unchecked = 0
    for report in reports:
        found = log_report(report) if isinstance(report, Report) else report
        read, unchecked = read + 1, unchecked + (not found.checked)
        # A work can have one licence in an older answer and another in a newer one: it is credited under both.
        places = [(_find_section(credited), tuple(work.key for work in credited)) for credited in found.works]
        works.update((place, each) for place, each in zip(places, found.works, strict=True) if place not in works)
        passages.update(places)
        answers.update(set(places))
    groups: dict[_Key, list[Credit]] = defaultdict(list)
    for place, credited in works.items():
        in_passages, in_answers = words.count("passage", passages[place]), words.count("answer", answers[place])
        matching = words.say("bundle.matching", passages=in_passages, answers=in_answers)
        facts = facts_to_keep(*credited, language=language)
        groups[place[0]].append(Credit(works=credited, facts=facts, matching=matching))
    keys = sorted(groups, key=lambda key: (_STATUS_ORDER.index(key[0]), key[1].lower()))
    sections = tuple(_make_section(key, groups[key], words) for key in keys)
    named = [work for section in sections for credit in section.credits for work in credit.works]
    texts = sorted(licence_texts(named, language), key=lambda each: each.licence.lower())
    total = {"answers": words.count("answer", read), "works": words.count("known-work", len(named))}
    summary = [words.say("bundle.searched" if named else "bundle.nothing", **total)]
    if unchecked:
        summary.append(words.forms("bundle.unchecked", unchecked, answers=words.count("answer", unchecked)))
    return Bundle(summary=tuple(summary), sections=sections, texts=tuple(texts), language=language)


def _find_section(works: tuple[Work, ...]) -> _Key:
    """Return status and licence of the section in which works are credited."""
    if len(works) > 1:
        return LicenceStatus.CONFLICTING, ""
    return works[0].status, works[0].licence or ""


def _make_section(key: _Key, credits: list[Credit], words: Messages) -> Section:
    """Return the section for works under one licence."""
    language = words.language
    asked, label = read_terms(*key), status_label(*key, language)
    kept = dict.fromkeys(text for credit in credits for work in credit.works for text in terms(work).texts)
    return Section(
        licence=label if asked.is_licensed else label[0].upper() + label[1:],
        names=tuple(name for licence in asked.licences if (name := spdx.licences().get(licence))),
        addresses=tuple(dict.fromkeys(address for _, address in links(label) if address)),
        warning=warning(asked, language),
        duties=duty_words(asked.duties, language),
        advice=() if asked.is_licensed else advice(asked, language),
        credits=tuple(sorted(credits, key=lambda each: ((each.work.title or each.work.id).lower(), each.work.id))),
        texts=tuple(filter(find_text, kept)),
        missing=tuple(words.say("bundle.no-text", licence=licence) for licence in kept if not find_text(licence)),
    )
