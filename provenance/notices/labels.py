"""Names of a work, its people and its licence, as notices use them.

They are short and safe to show: what comes from a work is cleaned and capped here. `notice` has the sentences around
them.
"""

from __future__ import annotations

from collections.abc import Callable

from provenance.licences import terms
from provenance.notices.cleaning import clean, web_address
from provenance.notices.language import ENGLISH, messages
from provenance.reports import Passage
from provenance.works import Claim, LicenceStatus, Work

_TITLE = 200
_NAME = 100
_LICENCE = 200
_CLAIM = 300
_MOST_NAMED = 4
_MOST_CLAIMANTS = 3
_MOST_LICENCES = 5


def work_label(work: Work, language: str = ENGLISH) -> str:
    """Return title and authors for use within a sentence.

    A work without a title goes by the name it was ingested under.
    """
    return _name_with_authors(work, "work.in-untitled", language)


def claim_label(claim: Claim) -> str:
    """Return one claim about a licence in a line: date, basis, licence, claimant, evidence, confidence.

    The words are those of the JSON report, the same in every language.
    """
    licence, who = clean(claim.licence or "", _LICENCE) or claim.status.value, clean(claim.who or "", _NAME)
    evidence = clean(claim.evidence or "", _CLAIM)
    parts = [f"{claim.when:%Y-%m-%d}", claim.basis.value, licence]
    parts += [f"by {who}"] if who else []
    parts += [f"({evidence})"] if evidence else []
    return " ".join(parts) + ("" if claim.confidence == 1 else f", confidence {claim.confidence:g}")


def heading(work: Work, language: str = ENGLISH) -> str:
    """Return title, authors and year for use by themselves."""
    year = "" if work.year is None else f", {work.year}"
    return _name_with_authors(work, "work.untitled", language) + year


def _name_with_authors(work: Work, untitled: str, language: str) -> str:
    """Return title and authors; `untitled` is the message for a work without a title."""
    words = messages(language)
    title = clean(work.title or "", _TITLE)
    name = words.quote(title) if title else words.say(untitled, id=clean(work.id, _NAME))
    authors = people(work.authors, language)
    return words.say("work.by", title=name, authors=authors) if authors else name


def people(authors: tuple[str, ...], language: str = ENGLISH) -> str:
    """Return names as a sentence lists them; of many the first two."""
    names = [name for author in authors[:_MOST_NAMED] if (name := clean(author, _NAME))]
    if len(authors) > _MOST_NAMED:
        count = messages(language).number(len(authors) - 2)
        return messages(language).say("work.others", names=", ".join(names[:2]), count=count)
    return messages(language).list_names(names) if names else ""


def licence_label(work: Work, language: str = ENGLISH) -> str:
    """Return a work's licence in a few words: the expression, or what is known instead of one."""
    return status_label(work.status, work.licence, language)


def status_label(status: LicenceStatus, expression: str | None, language: str = ENGLISH) -> str:
    """Return a licence in a few words: the expression, or what is known instead of one."""
    words = messages(language)
    licence = clean(expression or "", _LICENCE)
    if status is LicenceStatus.LICENSED:
        return licence or words.say("status.unknown")
    label = words.say(f"status.{status}")
    if status is LicenceStatus.UNKNOWN and licence:
        return words.say("status.stated-as", status=label, licence=words.quote(licence))
    if status is LicenceStatus.CONFLICTING and licence:
        return words.say("status.several", status=label, licences=licence)
    return label


def licences_label(passage: Passage, language: str = ENGLISH) -> str:
    """Return the licence of a passage: the origin's; where that conflicts or works disagree, what they claim."""
    if passage.status is not LicenceStatus.CONFLICTING:
        return licence_label(passage.origin, language)
    works = passage.claimants if passage.is_disputed else (source.work for source in passage.sources)
    labels = (
        clean(work.licence or "", _LICENCE)
        if work.status is LicenceStatus.CONFLICTING
        else licence_label(work, language)
        for work in works
    )
    words = messages(language)
    several = words.join(words.shorten_list(list(dict.fromkeys(filter(None, labels))), _MOST_LICENCES))
    status = words.say("status.conflicting")
    return words.say("status.several", status=status, licences=several) if several else status


def claimants_label(passage: Passage, name: Callable[[Work], str], language: str = ENGLISH) -> str:
    """Return the works that disagree about a passage as a sentence lists them, each by its name; of many the first."""
    names = messages(language).shorten_list([name(work) for work in passage.claimants], _MOST_CLAIMANTS)
    return messages(language).list_names(names)


def claimant_label(work: Work, language: str = ENGLISH) -> str:
    """Return a work with what it claims, for use within a sentence.

    “Essay” by E. Writer (CC-BY-4.0)
    """
    return f"{work_label(work, language)} ({licence_label(work, language)})"


def silencer_label(work: Work, language: str = ENGLISH) -> str:
    """Return a work that earned a silence, with what it claims and whether the operator vouches for that."""
    words = messages(language)
    return words.say(
        "work.silencer", work=work_label(work, language), licence=licence_label(work, language),
        collection=clean(work.collection, _NAME),
        trust=words.say("trust.trusted" if work.trusted else "trust.untrusted"),
    )  # fmt: skip


def credit_line(work: Work, language: str = ENGLISH) -> str:
    """Return title, author, source and licence with its address, to be put beside a passage.

    “Essay” by E. Writer, https://e.example/1, licensed under CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/)
    """
    licence = licence_label(work, language)
    asked = terms(work)
    addresses = [asked.pages[each] for each in asked.licences if each in asked.pages]
    linked = f"{licence} ({', '.join(addresses)})" if addresses else licence
    named = ", ".join(filter(None, (_name_with_authors(work, "work.untitled", language), web_address(work.source))))
    return messages(language).say("fact.licensed-under", work=named, licence=linked)
