"""Reader of the finding that a page sends back, as untrusted data.

What the finding says about its works is not believed. They are looked up by collection and id, and their licences and
duties come from the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

from provenance import licences, notices
from provenance.database import Database
from provenance.errors import InputError, UsageError
from provenance.notices import printable
from provenance.reports import Action, Finding, Kind, Passage, Quote, Source, find_claimants
from provenance.text import load_tokenizer
from provenance.works import work_key

_MOST_SOURCES = 100
_AROUND = 200  # characters that are shown before and after a passage
_LONGEST_SHOWN = 1_000  # characters of a passage that are shown in its source
_LONGEST_QUOTED = 20_000  # tokens of a passage that are looked up in its source
_LEAST_SHARED = 0.6  # of the source's tokens must be in the passage
_MOST_BITS = 1e9
_PLACE = "request"
_REMEDY = "send a finding as a report has it"
_T = TypeVar("_T")


def read_finding(value: object, database: Database, language: str) -> Finding | None:
    """Return a finding, given in its JSON form, with its works as they are now; None where its origin is gone.

    Raises:
        InputError: it has not the form of a finding.
    """
    fields = _require_type(value, dict, "the finding")
    given = _require_type(fields.get("sources"), list, "sources")
    places = []
    for each in islice(given, _MOST_SOURCES):
        source = _require_type(each, dict, "a source")
        work = _require_type(source.get("work"), dict, "a work")
        # The JSON form of a work has no key; it is computed from collection and id.
        collection = _require_type(work.get("collection"), str, "collection")
        key = work_key(collection, _require_type(work.get("id"), str, "id"))
        places.append((key, _read_count(source, "token_start"), _read_count(source, "token_end")))
    works = database.catalogue.works(key for key, _, _ in places)
    if not places or places[0][0] not in works:  # the first source is the origin
        return None
    sources = [
        Source(work=works[key], token_start=start, token_end=end, origin=number == 0)
        for number, (key, start, end) in enumerate(places)
        if key in works
    ]
    passage = _read_passage(fields, tuple(sources))
    origin = passage.origin
    return Finding(
        passage=passage,
        action=_read_choice(Action, fields.get("action"), "action"),
        duties=licences.terms(origin).duties,
        notice=notices.short(passage, language),
    )


def _read_passage(fields: Mapping[str, Any], sources: tuple[Source, ...]) -> Passage:
    quote = _require_type(fields.get("quote"), dict, "quote")
    prefix, exact, suffix = (_require_type(quote.get(name), str, name) for name in ("prefix", "exact", "suffix"))
    tokens, bits = _read_count(fields, "tokens"), _read_number(fields, "bits", _MOST_BITS)
    # a finding can say that its works disagree; whether they do is asked of the database
    origin, *others = (source.work for source in sources)
    claimants = find_claimants(origin, others, fields.get("status"), fields.get("licence"))
    return Passage(
        start=_read_count(fields, "start"), end=_read_count(fields, "end"), token_start=0, token_end=tokens,
        kind=_read_choice(Kind, fields.get("kind"), "kind"), similarity=_read_number(fields, "similarity", 1.0),
        bits=bits, share_of_work=_read_number(fields, "share_of_work", 1.0), works=_read_count(fields, "works"),
        families=_read_count(fields, "families"), counted_tokens=tokens, counted_bits=bits, sources=sources,
        quote=Quote(prefix=prefix, exact=exact, suffix=suffix), is_disputed=bool(claimants),
        claimants=claimants,
    )  # fmt: skip


def quote_source(finding: Finding, database: Database) -> Quote | None:
    """Return what the origin says at the passage, and around it; None where that is not known.

    It is None, too, where the caller does not have the passage: else anybody could read the works by sending findings.
    """
    source, passage = finding.sources[0], finding.passage.quote.exact
    if source.token_end - source.token_start > _LONGEST_QUOTED or len(passage) > 10 * _LONGEST_QUOTED:
        return None
    try:
        quote = database.quote(source.work, source.token_start, source.token_end, around=_AROUND)
    except UsageError:  # the work has fewer tokens now, or the finding is made up
        return None
    if quote is None:
        return None
    encode = load_tokenizer().encode
    in_source, in_passage = set(encode(quote.exact).tolist()), set(encode(passage).tolist())
    if len(in_source & in_passage) < _LEAST_SHARED * max(len(in_source), 1):
        return None
    # The text around the passage is cut at whole words, unless it is the beginning or end of the work.
    _, _, rest = quote.prefix.partition(" ")
    prefix = f"… {rest}" if len(quote.prefix) == _AROUND and rest else quote.prefix
    rest, _, _ = quote.suffix.rpartition(" ")
    suffix = f"{rest} …" if len(quote.suffix) == _AROUND and rest else quote.suffix
    is_short = len(quote.exact) <= _LONGEST_SHOWN
    exact = quote.exact if is_short else f"{quote.exact[:_LONGEST_SHOWN]} … {quote.exact[-_AROUND:]}"
    return Quote(prefix=printable(prefix), exact=printable(exact), suffix=printable(suffix))


def _read_choice(kind: type[_T], value: object, name: str) -> _T:
    try:
        return kind(_require_type(value, str, name))  # type: ignore[call-arg]  # an enumeration takes its value
    except ValueError:
        raise InputError(f"{name} is {str(value)[:40]!r}; {_REMEDY}", place=_PLACE) from None


def _read_count(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    number = -1 if isinstance(value, bool) else _require_type(value, int, name)  # `true` is the number 1 to Python
    if not 0 <= number < 2**31:
        raise InputError(f"{name} is out of range; {_REMEDY}", place=_PLACE)
    return number


def _read_number(fields: Mapping[str, Any], name: str, most: float) -> float:
    value = fields.get(name)
    if not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(f"{name} is missing or out of range; {_REMEDY}", place=_PLACE)
    return float(value)


def _require_type(value: object, kind: type[_T], name: str) -> _T:
    if not isinstance(value, kind):
        raise InputError(f"{name} is missing or no {kind.__name__}; {_REMEDY}", place=_PLACE)
    return value
