"""Which finding is a page asking about? Reads the finding of a report again, as untrusted data.

What a finding says of its works is not believed: they are looked up by collection and id, and what their licences ask
for follows from the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from provenance import licences, notices
from provenance.database import Database
from provenance.errors import InputError, UsageError
from provenance.notices import printable
from provenance.reports import Action, Finding, Kind, Passage, Quote, Source
from provenance.text import load_tokenizer
from provenance.works import Work, work_key

_MOST_SOURCES = 100
_AROUND = 200
_SHOWN = 1_000
"""Characters of a passage that are shown in its source."""
_LONGEST = 20_000
"""Tokens of a passage that are looked up in its source."""
_ALIKE = 0.6
_MOST_BITS = 1e9
_PLACE = "request"
_REMEDY = "send a finding as a report has it"
_T = TypeVar("_T")


def asked_finding(value: object, database: Database, language: str) -> Finding | None:
    """Return a finding, given in its JSON form, with its works as they are now; None where its origin is gone.

    Raises:
        InputError: it has not the form of a finding.
    """
    fields = _typed(value, dict, "the finding")
    places = [_place(source) for source in islice(_typed(fields.get("sources"), list, "sources"), _MOST_SOURCES)]
    works = database.catalogue.works(key for key, _, _ in places)
    if not places or places[0][0] not in works:
        return None
    passage = _passage(fields, tuple(_sources(places, works)))
    work = passage.origin
    return Finding(
        passage=passage,
        action=_one_of(Action, fields.get("action"), "action"),
        duties=licences.terms(work).duties,
        notice=notices.short(passage, language),
    )


_Place = tuple[int, int, int]


def _place(value: object) -> _Place:
    """Return a work's key, and the tokens that match."""
    source = _typed(value, dict, "a source")
    work = _typed(source.get("work"), dict, "a work")
    key = work_key(_typed(work.get("collection"), str, "collection"), _typed(work.get("id"), str, "id"))
    return key, _count(source.get("token_start"), "token_start"), _count(source.get("token_end"), "token_end")


def _sources(places: Iterable[_Place], works: Mapping[int, Work]) -> Iterator[Source]:
    for number, (key, start, end) in enumerate(places):
        if key in works:
            yield Source(work=works[key], token_start=start, token_end=end, origin=not number)


def _passage(fields: Mapping[str, Any], sources: tuple[Source, ...]) -> Passage:
    tokens, bits = _count(fields.get("tokens"), "tokens"), _share(fields.get("bits"), "bits", _MOST_BITS)
    return Passage(
        start=_count(fields.get("start"), "start"), end=_count(fields.get("end"), "end"), token_start=0,
        token_end=tokens, kind=_one_of(Kind, fields.get("kind"), "kind"),
        similarity=_share(fields.get("similarity"), "similarity"), bits=bits,
        share_of_work=_share(fields.get("share_of_work"), "share_of_work"), works=_count(fields.get("works"), "works"),
        creators=_count(fields.get("creators"), "creators"), counted_tokens=tokens, counted_bits=bits, sources=sources,
        quote=_quote(fields.get("quote")),
    )  # fmt: skip


def _quote(value: object) -> Quote:
    quote = _typed(value, dict, "quote")
    prefix, exact, suffix = (_typed(quote.get(name), str, name) for name in ("prefix", "exact", "suffix"))
    return Quote(prefix=prefix, exact=exact, suffix=suffix)


def in_the_source(finding: Finding, database: Database) -> Quote | None:
    """Return what the origin says there, with some of what stands around it; None where that is not known.

    Nor is it told to somebody who does not have the passage: that would be a way to read the works.
    """
    source, asked = finding.sources[0], finding.passage.quote.exact
    if source.token_end - source.token_start > _LONGEST or len(asked) > 10 * _LONGEST:
        return None
    try:
        quote = database.quote(source.work, source.token_start, source.token_end, around=_AROUND)
    except UsageError:
        return None
    return _shown(quote) if quote and _is_known(quote.exact, asked) else None


def _shown(quote: Quote) -> Quote:
    """Cut what stands around the passage at whole words, and the passage itself where it is long."""
    _, _, rest = quote.prefix.partition(" ")
    prefix = f"… {rest}" if len(quote.prefix) == _AROUND and rest else quote.prefix
    rest, _, _ = quote.suffix.rpartition(" ")
    suffix = f"{rest} …" if len(quote.suffix) == _AROUND and rest else quote.suffix
    exact = quote.exact if len(quote.exact) <= _SHOWN else f"{quote.exact[:_SHOWN]} … {quote.exact[-_AROUND:]}"
    return Quote(prefix=printable(prefix), exact=printable(exact), suffix=printable(suffix))


def _is_known(text: str, asked: str) -> bool:
    encode = load_tokenizer().encode
    there, here = set(encode(text).tolist()), set(encode(asked).tolist())
    return len(there & here) >= _ALIKE * max(len(there), 1)


def _one_of(kind: type[_T], value: object, name: str) -> _T:
    try:
        return kind(_typed(value, str, name))  # type: ignore[call-arg]  # an enumeration takes its value
    except ValueError:
        raise InputError(f"{name} is {str(value)[:40]!r}; {_REMEDY}", place=_PLACE) from None


def _count(value: object, name: str) -> int:
    number = -1 if isinstance(value, bool) else _typed(value, int, name)
    if not 0 <= number < 2**31:
        raise InputError(f"{name} is out of range; {_REMEDY}", place=_PLACE)
    return number


def _share(value: object, name: str, most: float = 1.0) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(f"{name} is missing or out of range; {_REMEDY}", place=_PLACE)
    return float(value)


def _typed(value: object, kind: type[_T], name: str) -> _T:
    if not isinstance(value, kind):
        raise InputError(f"{name} is missing or no {kind.__name__}; {_REMEDY}", place=_PLACE)
    return value
