"""Says what the licence statements mean that a reader found in a page, a book or a record (`Document.declarations`).

`rel=license`, ccREL and Dublin Core in HTML and EPUB, JSON-LD, columns of datasets; and reservations such as TDMRep,
which become signals and never licences. No address is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from provenance import licences
from provenance.hookspecs import hookimpl
from provenance.works import Claim, Detection, Document, LicenceStatus, Signal
from provenance_plugins.detectors._findings import claim
from provenance_plugins.detectors._recognition import Recognised, in_work, quoted, together

_MOST, _LONGEST, _DEEPEST = 200, 100_000, 6
_LICENCE = re.compile(r"licen[cs]e|rights(?!holder)", re.IGNORECASE)
_SIGNAL = re.compile(
    r"tdm-?(?:reservation|policy)|content-?(?:usage|signals?)|robots|ai\.txt|rsl|plus:datamining|noai|noimageai",
    re.IGNORECASE,
)
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
    """Return what the statements that came with a document mean."""
    if not document.declarations:
        return None
    stated = [(name.strip(), value) for name, value in _unfolded(document.declarations[:_MOST]) if value.strip()]
    place = document.place or document.source_id
    return Detection(
        claims=tuple(_claims(stated, place)),
        signals=tuple(_signals(stated, document.source)),
        title=next(iter(_called("title", stated)), None),
        authors=tuple(dict.fromkeys(_called("author", stated))),
        copyright=tuple(dict.fromkeys([*_called("copyright", stated), *_copyright(stated)])),
    )


def _called(kind: str, stated: list[tuple[str, str]]) -> Iterator[str]:
    return (" ".join(value.split()) for name, value in stated if _NAMES[kind].fullmatch(name) and len(value) < 1_000)


def _copyright(stated: list[tuple[str, str]]) -> Iterator[str]:
    """Yield rights statements that are copyright lines."""
    for name, value in stated:
        if "rights" in name.lower() and re.match(r"\s*(?:©|\(c\)|copyright\b)", value, re.IGNORECASE):
            yield " ".join(value.split())[:1_000]


def _unfolded(declarations: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield the statements, those within JSON-LD one by one."""
    for name, value in declarations:
        if "json" in name.lower() and value.lstrip()[:1] in {"{", "["}:
            yield from _in_json(value)
        else:
            yield name, value[:_LONGEST]


def _in_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        value = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    for _ in range(10 * _MOST):
        if not waiting:
            return
        name, each, depth = waiting.pop()
        if isinstance(each, str) and name:
            yield f"json-ld {name}", each
        elif isinstance(each, dict) and depth < _DEEPEST:
            named = each.get("url") or each.get("@id") or each.get("name")
            waiting += [(key, inner, depth + 1) for key, inner in reversed(each.items()) if key != "publisher"]
            if name and isinstance(named, str):  # a licence or a person that is an object of its own
                yield f"json-ld {name}", each.get("name", named) if name in {"author", "creator"} else named
        elif isinstance(each, list) and depth < _DEEPEST:
            waiting += [(name, inner, depth + 1) for inner in reversed(each[:_MOST])]


def _claims(stated: list[tuple[str, str]], place: str) -> Iterator[Claim]:
    """Yield the claim that all statements about a licence together amount to."""
    found = [said for name, value in stated if _is_about_licence(name) and (said := _read(name, value))]
    known = [each for each in found if each.reading.status is not LicenceStatus.UNKNOWN]
    said = together(known) if known else next(iter(found), None)
    if said is not None:
        yield claim(said.reading, quote=said.quote, place=place)


def _is_about_licence(name: str) -> bool:
    return _LICENCE.search(name) is not None and _SIGNAL.fullmatch(name) is None


def _read(name: str, value: str) -> Recognised | None:
    """Return what one statement means: a name or an address, or a sentence with words that say so."""
    reading = licences.read(value)
    if reading.status is LicenceStatus.UNKNOWN or reading.confidence < 0.6:
        sentence = in_work(value[:4_000])
        if sentence is not None and sentence.reading.confidence > reading.confidence:
            return replace(sentence, quote=f"{name}: {sentence.quote}")
    if reading.licence is None and reading.status is LicenceStatus.UNKNOWN:
        return None
    return Recognised(reading, f"{name}: {quoted(value[:400])}", 0)


def _signals(stated: list[tuple[str, str]], source: str | None) -> Iterator[Signal]:
    """Yield the reservations; of `robots` only what is about use by machines that learn."""
    for name, value in stated:
        plain = name.lower().removeprefix("meta ").removeprefix("header ")
        if _SIGNAL.fullmatch(plain) and (plain != "robots" or _RESERVES.search(value)):
            yield Signal(kind=_KINDS.get(plain, plain), value=" ".join(value.split())[:1_000], url=source)
