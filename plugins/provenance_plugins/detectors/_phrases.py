"""Which words of a text say under which licence it is?

One pass of an Aho–Corasick automaton (A. V. Aho, M. J. Corasick, 1975; the pyahocorasick library) over the words of a
text finds the phrases of `licence-phrases.toml`. After some of them a name follows, which `licences.read` reads. Whole
licence texts are `_shingles`; what the statements of a text amount to is `_recognition`.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import ahocorasick

from provenance import licences
from provenance.licences import Reading, names
from provenance.works import LicenceStatus

_WORD = re.compile(r"[^\W_]+")
_NAME_WORDS, _NAME_LENGTH, _MOST = 22, 500, 40
_UNNAMED_WORDS, _MORE_WORDS = 7, 8
"""How many words may stand before a name is recognised, and between two that belong together."""
_LEAST = 0.5
_PUNCTUATION = " .,;:()\"'`"
_GOES_ON = frozenset({
    "", "and", "or", "with", "version", "v", "only", "any", "at", "later", "+", "&", "/", "|", "license", "licence",
})  # fmt: skip
_FILLERS = frozenset({
    "the", "a", "an", "of", "and", "or", "with", "under", "terms", "in", "to", "is", "as", "by", "for", "any", "at",
    "your", "this", "that", "you", "may", "not", "use", "except", "its", "are", "be", "it", "which", "either",
})  # fmt: skip
_NAMED = 0.95
"""How sure it is that a licence named in such words is the work's own."""
_MARKS = re.compile(r"[\s#*/;%|>\"'=_~`!-]*\n[\s#*/;%|>\"'=_~`!-]*")
_LINK = re.compile(r"\]\(|[\[\]<>]")
_PUBLISHER = re.compile(
    r",? as published by the free software foundation\b|\bterms of the\b|\bof the licen[sc]e\b(?=,? \(?(?:or|and|only))"
    r"|\beither (?=version)|(?<=licen[sc]e)[,;:](?= (?:either )?version)",
    re.IGNORECASE,
)
_EITHER = re.compile(r"^(?:the )?(?:terms of )?either(?: of)?(?: the following)?\b[\s:]*", re.IGNORECASE)
_POINTER = re.compile(r",? (?:[-–(] ?)?(?:please )?see\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)")
_DUAL = re.compile(r"\b(?:dual|dually|multi)[ -]*(?:licen[sc]ed\s+)?$", re.IGNORECASE)
_VERSION_FIRST = re.compile(r"^(\d[\d.]{0,4}) of the ([\w ]{1,80}?Licen[cs]e)\b", re.IGNORECASE)
_NOTHING = re.compile("")
_INVENTED = re.compile(r"LicenseRef-(?!public-domain)[a-z]")  # a word of the sentence taken for a licence's name
_SENTENCE = re.compile(r"[.;:](?=\s)(?<!\bv\.)|\n\s*\n")
_FIELD = re.compile(
    r"^[^\w\n]{0,20}(?:__|:|@)?[Ll][Ii][Cc][Ee][Nn][SsCc][Ee](?:__)?[ \t]?(?:[:=]|(?<=@license)[ \t])[ \t]{0,8}"
    r"([^\n]{2,200})$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Words that say something about a licence.

    Attributes:
        reading: what they say, with the confidence that it is said of this work. start, end: where they stand.
        reach: for words of a licence's own text, how many characters of it follow at most; else 0.
    """

    reading: Reading
    start: int
    end: int
    reach: int = 0


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: str
    licence: str | None = None
    confidence: float = 0.9
    reach: int = 0


@cache
def _automaton() -> Any:
    table = tomllib.loads((files("provenance_plugins.detectors") / "licence-phrases.toml").read_text(encoding="utf-8"))
    phrases = [_Phrase(lead) for lead in table["leads"]]
    for row in table["phrase"]:
        for words in row["phrases"]:
            phrases.append(_Phrase(words, row["licence"], row.get("confidence", 0.9), row.get("reach", 0)))
    automaton = ahocorasick.Automaton()
    for phrase in phrases:
        automaton.add_word(f" {phrase.words} ", phrase)
    automaton.make_automaton()
    return automaton


def statements(text: str) -> Iterator[Statement]:
    """Yield what a text says about its licence, in the order in which it stands there; at most 40 statements."""
    words = f" {' '.join(_WORD.findall(text.lower()))} "
    for last, phrase in itertools.islice(_automaton().iter(words), _MOST):
        number = words.count(" ", 0, last) - 1
        start, end = _places(text, number - phrase.words.count(" "), number)
        said = _said(phrase, start, end) if phrase.licence else _named(text, start, end)
        if said is not None:
            yield said
    yield from _fields(text)


def _places(text: str, first: int, last: int) -> tuple[int, int]:
    """Return where one word of a text begins and another ends, both given by their numbers."""
    found = list(itertools.islice(_WORD.finditer(text), first, last + 1))
    return found[0].start(), found[-1].end()


def _said(phrase: _Phrase, start: int, end: int) -> Statement:
    return Statement(_trusted(licences.read(phrase.licence), phrase.confidence), start, end, phrase.reach)


def _trusted(reading: Reading, confidence: float) -> Reading:
    return Reading(
        status=reading.status, licence=reading.licence, confidence=round(reading.confidence * confidence, 3),
        question=reading.question,
    )  # fmt: skip


def _named(text: str, start: int, end: int) -> Statement | None:
    """Return what the name after some words means, or None where no licence of that name is known."""
    after = text[end : end + _NAME_LENGTH]
    plain = _VERSION_FIRST.sub(r"\2 version \1", _PUBLISHER.sub(" ", _plain(after)).replace(" ,", ","))
    either = _EITHER.match(plain) or (_DUAL.search(text, max(0, start - 30), start) and _NOTHING.match(plain))
    found = _alternatives(plain[either.end() :]) if either else best_name(plain)
    if found is None:
        return None
    sentence = _SENTENCE.search(after)
    return Statement(_trusted(found[1], _NAMED), start, end + (sentence.start() if sentence else len(after)))


def _plain(text: str) -> str:
    """Return words without what comments and Markdown put around them."""
    plain = " ".join(_LINK.sub(" ", _MARKS.sub(" ", text)).split()).lstrip(" :*#/")
    return _POINTER.split(plain, maxsplit=1)[0]


def best_name(text: str) -> tuple[int, Reading] | None:
    """Return how many words at the beginning of a text name a licence best, and what they mean; None if none do.

    >>> best_name("the MIT License. See there.")[1].licence
    'MIT'
    """
    return _best_name(" ".join(text.split(maxsplit=_NAME_WORDS)[:_NAME_WORDS]))


@lru_cache(maxsize=1024)  # the files of a package say the same in the same words
def _best_name(text: str) -> tuple[int, Reading] | None:
    words = text.split()
    best: tuple[int, Reading] | None = None
    reach = _UNNAMED_WORDS
    for count in range(1, len(words) + 1):
        if count > reach or (best and _is_over(best[1], words[:count])):
            break
        if words[count - 1].strip(_PUNCTUATION).lower() in _FILLERS:
            continue
        reading = licences.read(" ".join(words[:count]).rstrip(".,;:"))
        if reading.status is not LicenceStatus.UNKNOWN and _INVENTED.search(reading.licence or "") is None:
            reach = count + _MORE_WORDS
            if reading.confidence >= _LEAST and (best is None or _says_more(reading, best[1])):
                best = count, reading
    return best


def _is_over(best: Reading, words: list[str]) -> bool:
    """Is a name that was read complete when the last of these words follows?"""
    *before, word = words[-4:]
    if before[-1].endswith(".") and word[0].isupper():
        return True  # a new sentence
    in_list = any(each.endswith(",") for each in before) or word.strip(_PUNCTUATION).lower() in _GOES_ON
    return best.confidence >= names.SURE and not in_list


def _says_more(reading: Reading, shorter: Reading) -> bool:
    """Does a longer name say at least what the shorter one says, or is it surer?"""
    parts = re.split(r" (?:AND|OR) |[()]+", reading.licence or "")
    return reading.confidence >= shorter.confidence or (len(parts) > 1 and shorter.licence in parts)


def _alternatives(text: str) -> tuple[int, Reading] | None:
    """Return the first two licences named in a text, as a choice between them."""
    words = _BRACKETS.sub(" ", text).split()[: 2 * _NAME_WORDS]
    found: list[Reading] = []
    at = 0
    while at < len(words) and len(found) < 2:
        name = best_name(" ".join(words[at:]))
        if name and " AND " in (name[1].licence or ""):
            return name[0], licences.read(str(name[1].licence).replace(" AND ", " OR "))
        if name and name[1].licence not in {None, *(each.licence for each in found)}:
            found.append(name[1])
        at += name[0] if name else 1
    if not found:
        return None
    return at, licences.read(" OR ".join(f"({reading.licence})" for reading in found))


def _fields(text: str) -> Iterator[Statement]:
    """Yield the statements of lines such as `License: MIT`, `:license: BSD` and `__license__ = "ISC"`."""
    for match, _ in zip(_FIELD.finditer(text), range(_MOST), strict=False):
        name = best_name(_plain(match[1]).strip("\"',.()"))
        if name is not None:
            yield Statement(_trusted(name[1], _NAMED), match.start(), match.end())
