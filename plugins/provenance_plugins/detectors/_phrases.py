"""Finder of the words of a text that say under which licence it is.

One pass of an Aho–Corasick automaton (A. V. Aho, M. J. Corasick, 1975; the pyahocorasick library) over the words of a
text finds the phrases of `licence-phrases.toml`. After some of them a name follows, which `licences.read` reads.
`_shingles` finds whole licence texts; `_recognition` concludes from all statements of a text.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import ahocorasick

from provenance import licences
from provenance.licences import Reading, names
from provenance.works import LicenceStatus

_WORD = re.compile(r"[^\W_]+")
_NAME_WORDS, _NAME_LENGTH, _MAX_STATEMENTS = 22, 500, 40
_UNNAMED_WORDS, _MORE_WORDS = 7, 8
"""How many words may stand before a name is recognised, and between two that belong together."""
_MIN_CONFIDENCE = 0.5
_PUNCTUATION = " .,;:()\"'`"
# Words after which a name may continue.
_CONTINUATIONS = frozenset({
    "", "and", "or", "with", "version", "v", "only", "any", "at", "later", "+", "&", "/", "|", "license", "licence",
})  # fmt: skip
# A name does not end with one of these, so no reading is tried there.
_FILLERS = frozenset({
    "the", "a", "an", "of", "and", "or", "with", "under", "terms", "in", "to", "is", "as", "by", "for", "any", "at",
    "your", "this", "that", "you", "may", "not", "use", "except", "its", "are", "be", "it", "which", "either",
})  # fmt: skip
_NAMED_CONFIDENCE = 0.95
"""How sure it is that a licence named in such words is the work's own."""
# Line breaks with the comment marks around them.
_MARKS = re.compile(r"[\s#*/;%|>\"'=_~`!-]*\n[\s#*/;%|>\"'=_~`!-]*")
_LINK = re.compile(r"\]\(|[\[\]<>]")
# Words of the GNU notices between the parts of a name.
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
# `License: MIT`, `:license: BSD`, `@license ISC` and `__license__ = "ISC"`, behind any comment mark.
_FIELD = re.compile(
    r"^[^\w\n]{0,20}(?:__|:|@)?[Ll][Ii][Cc][Ee][Nn][SsCc][Ee](?:__)?[ \t]?(?:[:=]|(?<=@license)[ \t])[ \t]{0,8}"
    r"([^\n]{2,200})$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Words that say something about a licence.

    Attributes:
        reading: what they say, with the confidence that it is about this work.
        start: the offset of the first character.
        end: the offset after the last character.
        reach: for words of a licence's own text, how many characters of it follow at most; else 0.
    """

    reading: Reading
    start: int
    end: int
    reach: int = 0


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A row of `licence-phrases.toml`; without a licence it leads to a name that follows it."""

    words: str
    licence: str | None = None
    confidence: float = 0.9
    reach: int = 0


@cache
def _load_automaton() -> Any:
    """Return the automaton of all phrases, each with a blank at either end, so that only whole words match."""
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


def find_statements(text: str) -> Iterator[Statement]:
    """Yield at most 40 statements in phrases, in their order in the text, then at most 40 in fields."""
    # Lower case comes after the words are cut: "İ" becomes two characters, of which the second would end a word.
    words = f" {' '.join(_WORD.findall(text)).lower()} "
    for last, phrase in itertools.islice(_load_automaton().iter(words), _MAX_STATEMENTS):
        # One blank stands before each word, so the blanks before a place in `words` count the words before it.
        number = words.count(" ", 0, last) - 1
        found = list(itertools.islice(_WORD.finditer(text), number - phrase.words.count(" "), number + 1))
        start, end = found[0].start(), found[-1].end()
        if phrase.licence:
            reading = scale_confidence(licences.read(phrase.licence), phrase.confidence)
            yield Statement(reading, start, end, phrase.reach)
            continue
        after = text[end : end + _NAME_LENGTH]
        plain = _VERSION_FIRST.sub(r"\2 version \1", _PUBLISHER.sub(" ", _strip_markup(after)).replace(" ,", ","))
        either = _EITHER.match(plain) or (_DUAL.search(text, max(0, start - 30), start) and _NOTHING.match(plain))
        name = read_choice(plain[either.end() :]) if either else find_best_name(plain)
        if name is not None:
            sentence = _SENTENCE.search(after)
            end += sentence.start() if sentence else len(after)
            yield Statement(scale_confidence(name[1], _NAMED_CONFIDENCE), start, end)
    for match in itertools.islice(_FIELD.finditer(text), _MAX_STATEMENTS):
        name = find_best_name(_strip_markup(match[1]).strip("\"',.()"))
        if name is not None:
            yield Statement(scale_confidence(name[1], _NAMED_CONFIDENCE), match.start(), match.end())


def scale_confidence(reading: Reading, factor: float) -> Reading:
    """Return a reading that is less sure by a factor."""
    return replace(reading, confidence=round(reading.confidence * factor, 3))


def _strip_markup(text: str) -> str:
    """Return words without what comments and Markdown put around them, up to a "see …"."""
    plain = " ".join(_LINK.sub(" ", _MARKS.sub(" ", text)).split()).lstrip(" :*#/")
    return _POINTER.split(plain, maxsplit=1)[0]


def find_best_name(text: str) -> tuple[int, Reading] | None:
    """Return how many words at the beginning of a text name a licence best, and what they mean; None if none do.

    >>> find_best_name("the MIT License. See there.")[1].licence
    'MIT'
    """
    return _read_best_name(" ".join(text.split(maxsplit=_NAME_WORDS)[:_NAME_WORDS]))


@lru_cache(maxsize=1024)  # the files of a package say the same in the same words
def _read_best_name(text: str) -> tuple[int, Reading] | None:
    words = text.split()
    best: tuple[int, Reading] | None = None
    reach = _UNNAMED_WORDS
    for count, word in enumerate(words, 1):
        if count > reach:
            break
        bare = word.strip(_PUNCTUATION).lower()
        if best is not None:
            before = words[max(0, count - 4) : count - 1]
            if before[-1].endswith(".") and word[0].isupper():
                break  # a new sentence
            in_list = any(each.endswith(",") for each in before) or bare in _CONTINUATIONS
            if best[1].confidence >= names.SURE and not in_list:
                break  # the name is complete
        if bare in _FILLERS:
            continue
        reading = licences.read(" ".join(words[:count]).rstrip(".,;:"))
        if reading.status is LicenceStatus.UNKNOWN or _INVENTED.search(reading.licence or ""):
            continue
        reach = count + _MORE_WORDS
        # A longer name wins where it is as sure, or where it has the shorter one as a part: "MIT or GPL" after "MIT".
        parts = re.split(r" (?:AND|OR) |[()]+", reading.licence or "")
        if reading.confidence >= _MIN_CONFIDENCE and (
            best is None or reading.confidence >= best[1].confidence or (len(parts) > 1 and best[1].licence in parts)
        ):
            best = count, reading
    return best


def read_choice(text: str) -> tuple[int, Reading] | None:
    """Return the first two licences named in a text, as a choice between them, and after how many words they end.

    >>> read_choice("the MIT License (see there) or the ISC License")[1].licence
    'MIT OR ISC'
    """
    words = _BRACKETS.sub(" ", text).split()[: 2 * _NAME_WORDS]
    found: list[Reading] = []
    at = 0
    while at < len(words) and len(found) < 2:
        name = find_best_name(" ".join(words[at:]))
        if name and " AND " in (name[1].licence or ""):
            # After "either", the "and" between two names means a choice too.
            return name[0], licences.read(str(name[1].licence).replace(" AND ", " OR "))
        if name and name[1].licence not in {None, *(each.licence for each in found)}:
            found.append(name[1])
        at += name[0] if name else 1
    if not found:
        return None
    return at, licences.read(" OR ".join(f"({reading.licence})" for reading in found))
