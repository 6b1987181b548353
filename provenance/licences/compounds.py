"""Declarations of several licences, joined by words or marks.

"GPL-1+ or Artistic, and Expat", "MIT/BSD", "GPL-2+ with Autoconf exception". The caller passes the function that reads
one name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from provenance.licences.expressions import parse
from provenance.licences.names import Sense, exception, with_plus
from provenance.works import LicenceStatus

_UNCLEAR = 0.5
_NAMED_EXCEPTION = 0.8
_PROSE = 0.6
_MOST = 30
_MOST_NAME_WORDS = 5
# In order of precedence, the loosest first: what separates is tried on the whole string before what binds.
_CONJUNCTIONS = (
    (re.compile(r"[,;] and (?!/)", re.I), "AND"),
    (re.compile(r"[,;] or ", re.I), "OR"),
    (re.compile(r" and/or | or |\s?\|\|?\s?", re.I), "OR"),
    (re.compile(r" and | & |\s?&&\s?", re.I), "AND"),
)
_UNCLEAR_JOIN = re.compile(r"\s?[/;,]\s?|\s[+-]\s")
_DUAL = re.compile(r"(?:dual|triple|multi|tri)?-?\s?licen[sc]ed?(?: under)?(?: the)?\s?[-–:]\s?", re.I)
_WITH = re.compile(r"\s+with\s+|(?<=[\d+])-(?:with-)?(?=[a-z-]{1,40}exception$)", re.I)
_SINGLE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.+-]{0,60}")
_NAMED_LICENCE = re.compile(r"(?:[\w.-]{1,30} ){1,3}(?:licen[sc]e|commercial(?: \w{1,10})?)", re.I | re.ASCII)

Reader = Callable[[str], Sense | None]


def several(text: str, read: Reader) -> Sense | None:
    """Return what several licences joined by words or marks mean, each read by `read`; None where the text is not such.

    "And" binds more closely than "or", unless a comma stands before it, as in Debian's copyright files.
    """
    plain = _DUAL.sub("", " ".join(text.replace("_", " ").split()), count=1)
    for separator, operator in _CONJUNCTIONS:
        parts = separator.split(plain)
        if len(parts) > 1:
            return _join_licences(parts, operator, read)
    # "MIT/BSD" may mean both or either, and names have such marks in them too: only parts that are all licences count.
    parts = _UNCLEAR_JOIN.split(plain)
    if 1 < len(parts) <= _MOST and all(map(read, parts)):
        sense = _join_licences(parts, "AND", read)
        if sense is None or sense.licence is None or " AND " not in sense.licence:
            return sense
        return sense.weaker(_UNCLEAR, "whether all of the licences hold or one may be chosen")
    return None


def _join_licences(parts: list[str], operator: str, read: Reader) -> Sense | None:
    """Return the licences of all parts as one expression, at most as sure as the least sure of them."""
    if len(parts) > _MOST:
        return None
    senses = [read(part.strip()) for part in parts]
    known = [sense for sense in senses if sense]
    if not any(sense.licence for sense in known):
        # Without any licence the parts can only agree on a status, as in "public domain / PD".
        return known[0] if len(known) == len(parts) and len({sense.status for sense in known}) == 1 else None
    operands = [_read_operand(part.strip(), sense) for part, sense in zip(parts, senses, strict=True)]
    if None in operands:
        return None
    words = dict.fromkeys(f"({operand.licence})" for operand in operands if operand)
    parsed = parse(f" {operator} ".join(words))
    if parsed is None:
        return None
    joined = Sense(licence=parsed.text)
    for operand in filter(None, operands):
        single = operand.question and " " not in str(operand.licence)
        question = f"{operand.licence}: {operand.question}" if single else operand.question
        joined = joined.weaker(operand.confidence, question)
    return joined


def _read_operand(part: str, sense: Sense | None) -> Sense | None:
    """Return one part as a licence: the public domain and names that are not known become a `LicenseRef-`."""
    if sense and sense.licence:
        return sense
    if sense and sense.status is LicenceStatus.PUBLIC_DOMAIN:
        return Sense(licence="LicenseRef-public-domain", confidence=sense.confidence, question=sense.question)
    if _SINGLE_WORD.fullmatch(part) or _NAMED_LICENCE.fullmatch(part):
        name = _make_id(part)
        return Sense(licence=f"LicenseRef-{name}", confidence=_UNCLEAR, question=f"what {name} is") if name else None
    return None


def with_exception(text: str, read: Reader) -> Sense | None:
    """Return what a licence "with" an exception means, or None where the text is not such.

    An exception that SPDX does not list becomes an `AdditionRef-`; one described in a whole sentence stays unnamed.
    """
    before, *after = _WITH.split(text, maxsplit=1)
    base = read(before) if after else None
    if base is None or base.licence is None or " " in base.licence:
        return None
    words = after[0]
    known = exception(words)
    if known is None:
        # The words may go on with another licence: then they are several licences, and not one exception.
        rest = [part for separator, _ in _CONJUNCTIONS for part in separator.split(words)[1:]]
        if "exception" not in words.lower() or any(read(part) or _WITH.search(part) for part in rest):
            return None
    is_sentence = len(words.split()) > _MOST_NAME_WORDS
    name = known or f"AdditionRef-{('' if is_sentence else _make_id(words)) or 'unnamed-exception'}"
    parsed = parse(f"{base.licence} WITH {name}")
    if parsed is None:
        return None
    sense = Sense(licence=parsed.text).weaker(base.confidence, base.question)
    if known:
        return sense
    return sense.weaker(_PROSE if is_sentence else _NAMED_EXCEPTION, "what exactly the exception says")


def _make_id(text: str) -> str:
    """Return a name in the letters that SPDX allows in an id of our own."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", with_plus(text) if "later" in text.lower() else text)[:60].strip("-.")
