"""Reader of declared licence strings.

Any string goes in; a status, an expression and a confidence come out. What a string leaves open stays open: "BSD"
becomes `LicenseRef-BSD` with half the confidence and the question which of the BSD licences it is. A string that cannot
be understood is kept as given, with the status `unknown` and a warning. Nothing raises, and nothing uses a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from provenance.licences import addresses, compounds, expressions, names, patterns, spdx
from provenance.licences.names import Sense
from provenance.works import LicenceStatus

_REMEDY = "write an SPDX expression such as CC-BY-4.0, or public-domain, all-rights-reserved or unknown"
_CLASSIFIER = re.compile(r"licen[sc]e\s*::\s*(?:.*::\s*)?", re.IGNORECASE)
_POINTER = re.compile(r"see licen[sc]e in\b|file:", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)")
_ABBREVIATION = re.compile(r"[A-Z][A-Za-z]{1,5}[ -]?v?[\d.]{0,4}\+?")
_LIMIT = re.compile(r"\b(?:non|no|not|only|except|excluding|without|but|modified|commercial|propriet)", re.IGNORECASE)
_FILE = re.compile(r"\s*\+\s*file licen[sc]e(?:\.\w+)?$", re.IGNORECASE)
_COPYRIGHT = re.compile(r"\(c\)|©|\bcopyright\b", re.IGNORECASE)
_RESERVED = re.compile(r"\ball rights reserved\b", re.IGNORECASE)
_DATE = re.compile(r",? (?:\d{1,2} )?[A-Z][a-z]{2,8} \d{4}$")
_TITLE = 0.8
"""How sure a licence is if only the first words of the string were read."""
_RESERVED_WITHIN = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a licence string says.

    Attributes:
        status: what is known.
        licence: the SPDX expression where the status is `licensed`; the string as given where it could not be
            understood; else None.
        confidence: how sure it is that the string means this. 1 where it says so itself, 0.95 for a name of just one
            licence, 0.7 where only versions are open, 0.5 where a family alone is known, 0 where it was not understood.
        warning: what was wrong with the string and how to put it right.
        question: what the string leaves open, as in "which version".
    """

    status: LicenceStatus
    licence: str | None = None
    confidence: float = 1.0
    warning: str | None = None
    question: str | None = None


def read(licence: str | None) -> Reading:
    """Return what a declared licence says; any string is accepted, none raises.

    >>> read("mit").licence
    'MIT'
    >>> read("Public domain").status.value
    'public-domain'
    >>> reading = read("GPLv3")
    >>> reading.licence, reading.confidence, reading.question
    ('GPL-3.0', 0.7, 'whether only this version or any later one')
    """
    given = (licence or "").strip()
    # Half a surrogate pair cannot be stored or shown.
    kept = given[: expressions.MAX_LENGTH].encode("utf-8", "replace").decode()
    sense = _read_string(kept)
    if sense is not None:
        stated = kept if sense.status is LicenceStatus.UNKNOWN and sense.question else sense.licence
        return Reading(status=sense.status, licence=stated, confidence=sense.confidence, question=sense.question)
    trouble = "it is neither an SPDX expression nor a name that is known"
    if _POINTER.match(kept):
        trouble = "it only points to another file"
    elif len(given) > len(kept):
        trouble = f"it is {len(given):,} characters long"
    shown = ascii(kept if len(kept) <= 80 else f"{kept[:79]}…")
    warning = f"the licence {shown} is kept with the status unknown, because {trouble}; {_REMEDY}"
    return Reading(status=LicenceStatus.UNKNOWN, licence=kept, confidence=0.0, warning=warning)


@lru_cache(maxsize=4096)
def _read_string(text: str) -> Sense | None:
    """Return what a string means: as a whole, else by an address or the first words in it."""
    text = _FILE.sub("", _CLASSIFIER.sub("", text, count=1))
    if whole := _read_whole(text):
        return whole
    if "." in text and (found := addresses.find(text)):
        return found[1].weaker(_TITLE, "what the words around the address say")
    if title := _read_title(text):
        return title
    if _RESERVED.search(text) is None:
        return None
    return Sense(
        status=LicenceStatus.ALL_RIGHTS_RESERVED, confidence=_RESERVED_WITHIN,
        question="whether a licence goes with it, since these words often stand above one",
    )  # fmt: skip


def _read_whole(text: str) -> Sense | None:
    """Return what a string means that is one licence, one with an exception, or several joined by words."""
    return _read_single(text) or compounds.with_exception(text, _read_single) or compounds.several(text, _read_whole)


def _read_single(text: str) -> Sense | None:
    """Return what one name, expression or address means."""
    status = names.find_name(text)
    if status is not None and status.licence is None:
        return status
    parsed = expressions.parse(text)
    if parsed is not None:
        sense = Sense(licence=parsed.text, confidence=1.0)
        for licence in parsed.licences:
            sense = _weaken_open_id(sense, licence)
        return sense
    found = addresses.find(text) if "." in text else None
    if found and found[0].rstrip("/.") == text.rstrip("/."):
        return found[1]
    return status or _read_pattern(text) or _read_without_brackets(text)


def _weaken_open_id(sense: Sense, licence: str) -> Sense:
    """Return the sense with what one id in it leaves open: a GNU version, or our own name for a whole family."""
    if spdx.is_deprecated(licence) and spdx.licence(f"{licence}-only"):
        return sense.weaker(patterns.VERSION_OPEN, patterns.ONLY_OR_LATER)
    family = licence.removeprefix("LicenseRef-")
    named = (names.find_name(family) or _read_pattern(family)) if family != licence else None
    if named and named.licence == licence and named.question:
        return sense.weaker(named.confidence, named.question)
    return sense


def _read_pattern(text: str) -> Sense | None:
    return patterns.gnu(text) or patterns.creative_commons(text)


def _read_without_brackets(text: str) -> Sense | None:
    """Return what a name means without the words in its brackets, which may only repeat it, or limit it."""
    plain = _BRACKETS.sub(" ", text)
    if plain == text or not plain.strip():
        return None
    sense = names.find_name(plain) or _read_pattern(plain)
    if sense is None or all(_is_repeated(sense, words[1:-1]) for words in _BRACKETS.findall(text)):
        return sense
    return None if _LIMIT.search(text) else sense.weaker(_TITLE, "what the words in brackets say")


def _is_repeated(sense: Sense, words: str) -> bool:
    """Say whether the words in brackets only repeat what is before them, as abbreviations do."""
    again = names.find_name(words) or _read_pattern(words)
    if again is None:
        return _ABBREVIATION.fullmatch(words) is not None
    return str(sense.licence).startswith((str(again.licence), str(again.licence).removeprefix("LicenseRef-")))


def _read_title(text: str) -> Sense | None:
    """Return what the words above a licence text, or before a copyright line, mean."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    heads = (" ".join(lines[:2]), lines[0]) if len(lines) > 1 else ()
    for head in (*heads, *(_COPYRIGHT.split(line, maxsplit=1)[0].strip(" ,;-") for line in lines[:1])):
        sense = _read_whole(_DATE.sub("", head)) if head and head != text else None
        if sense is None or sense.status is LicenceStatus.UNKNOWN:
            continue
        # "Public domain" does not speak for a text that sets a limit anywhere.
        if sense.status is not LicenceStatus.PUBLIC_DOMAIN or _LIMIT.search(text) is None:
            return sense.weaker(_TITLE, "what the rest of the text says")
    return None
