"""Detector of what the declarations of a page, a book or a record mean (`Document.declarations`, found by its reader).

It reads `rel=license`, ccREL and Dublin Core in HTML and EPUB, JSON-LD, and columns of datasets. Reservations such as
TDMRep become signals and never licences. No address is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from provenance import licences
from provenance.hookspecs import hookimpl
from provenance.works import Claim, Detection, Document, LicenceStatus, Signal
from provenance_plugins.detectors._findings import make_claim
from provenance_plugins.detectors._recognition import (
    Recognised,
    combine_recognised,
    format_quote,
    recognise_work,
)

_MAX_ITEMS, _MAX_JSON, _MAX_DEPTH = 200, 100_000, 6
_LICENCE = re.compile(r"licen[cs]e|rights(?!holder)", re.IGNORECASE)
_SIGNAL = re.compile(
    r"tdm-?(?:reservation|policy)|content-?(?:usage|signals?)|robots|ai\.txt|rsl|plus:datamining|noai|noimageai",
    re.IGNORECASE,
)
# The short names of standards.
_KINDS = {"tdm-reservation": "tdmrep", "tdm-policy": "tdmrep-policy", "content-usage": "aipref"}
_RESERVES = re.compile(r"\b(?:noai|noimageai|none|noml)\b|ai|tdm|train", re.IGNORECASE)
_NAMES = {
    "title": re.compile(r"(?:(?:dct|dc|dcterms|og)[:.])?title|json-ld (?:name|headline)", re.IGNORECASE),
    "author": re.compile(
        r"cc:attributionname|(?:(?:dct|dc|dcterms|schema)[:.])?creator|(?:meta )?author|json-ld (?:author|creator)",
        re.IGNORECASE,
    ),
    "copyright": re.compile(r"(?:meta )?copyright|json-ld copyrightnotice", re.IGNORECASE),
}


@hookimpl
def provenance_detect_licences(document: Document) -> Detection | None:
    """Return what the declarations that came with a document mean."""
    if not document.declarations:
        return None
    stated: list[tuple[str, str]] = []
    for name, value in document.declarations[:_MAX_ITEMS]:
        is_json = "json" in name.lower() and value.lstrip()[:1] in {"{", "["}
        stated += walk_json_ld(value) if is_json else [(name, value[:_MAX_JSON])]
    stated = [(name.strip(), value) for name, value in stated if value.strip()]
    signals = []
    for name, value in stated:
        kind = name.lower().removeprefix("meta ").removeprefix("header ")
        # `robots` mostly speaks to search engines; only what is about machines that learn is a reservation.
        if _SIGNAL.fullmatch(kind) and (kind != "robots" or _RESERVES.search(value)):
            text = " ".join(value.split())[:1_000]
            signals.append(Signal(kind=_KINDS.get(kind, kind), value=text, url=document.source))
    # A rights statement may be a copyright line or the name of a licence.
    rights = (
        " ".join(value.split())[:1_000]
        for name, value in stated
        if "rights" in name.lower() and re.match(r"\s*(?:©|\(c\)|copyright\b)", value, re.IGNORECASE)
    )
    return Detection(
        claims=tuple(_claim_licence(stated, document.place or document.source_id)),
        signals=tuple(signals),
        title=next(_find_values("title", stated), None),
        authors=tuple(dict.fromkeys(_find_values("author", stated))),
        copyright=tuple(dict.fromkeys([*_find_values("copyright", stated), *rights])),
    )


def _find_values(kind: str, stated: list[tuple[str, str]]) -> Iterator[str]:
    return (" ".join(value.split()) for name, value in stated if _NAMES[kind].fullmatch(name) and len(value) < 1_000)


def walk_json_ld(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each property of a JSON-LD text that has a string; nothing from a broken text.

    >>> list(walk_json_ld('{"license": {"@id": "https://x.org/l"}, "publisher": {"name": "X"}}'))
    [('json-ld license', 'https://x.org/l'), ('json-ld @id', 'https://x.org/l')]
    """
    try:
        value = json.loads(text) if len(text) <= _MAX_JSON else None
    except (ValueError, RecursionError):
        return
    # A stack of our own, so that neither depth nor breadth of a hostile text costs more than the bounds allow.
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    for _ in range(10 * _MAX_ITEMS):
        if not waiting:
            return
        name, each, depth = waiting.pop()
        if isinstance(each, str) and name:
            yield f"json-ld {name}", each
        elif isinstance(each, dict) and depth < _MAX_DEPTH:
            address = each.get("url") or each.get("@id") or each.get("name")
            waiting += [(key, inner, depth + 1) for key, inner in reversed(each.items()) if key != "publisher"]
            if name and isinstance(address, str):  # a licence or a person that is an object of its own
                yield f"json-ld {name}", each.get("name", address) if name in {"author", "creator"} else address
        elif isinstance(each, list) and depth < _MAX_DEPTH:
            waiting += [(name, inner, depth + 1) for inner in reversed(each[:_MAX_ITEMS])]


def _claim_licence(stated: list[tuple[str, str]], place: str) -> Iterator[Claim]:
    """Yield the one claim that all statements about a licence make together."""
    found: list[Recognised] = []
    for name, value in stated:
        if _LICENCE.search(name) is None or _SIGNAL.fullmatch(name):
            continue
        reading = licences.read(value)
        # Most values are a name or an address; else the value may be a sentence with words that say so.
        if reading.status is LicenceStatus.UNKNOWN or reading.confidence < 0.6:
            sentence = recognise_work(value[:4_000])
            if sentence is not None and sentence.reading.confidence > reading.confidence:
                found.append(replace(sentence, quote=f"{name}: {sentence.quote}"))
                continue
        if reading.licence is not None or reading.status is not LicenceStatus.UNKNOWN:
            found.append(Recognised(reading, f"{name}: {format_quote(value[:400])}", 0))
    known = [each for each in found if each.reading.status is not LicenceStatus.UNKNOWN]
    together = combine_recognised(known) if known else next(iter(found), None)
    if together is not None:
        yield make_claim(together.reading, quote=together.quote, place=place)
