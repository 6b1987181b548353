"""What does a page of HTML say about itself: title, authors, year, address, licence?

Reads `meta`, `link`, `rel` attributes and JSON-LD. The text comes from `markup`; nothing is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._markup import is_silent, local_name, parse_html, text_of
from provenance_plugins.readers._statements import clear_licence, copyright_line, statements, web_address, year_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
else:
    Element = Any

TITLES = ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title")
AUTHORS = ("citation_author", "dc.creator", "dcterms.creator", "author", "article:author")
DATES = (
    "citation_publication_date", "citation_date", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date",
    "article:published_time", "date",
)  # fmt: skip
LICENCES = ("dcterms.license", "dc.license", "license")
RIGHTS = ("dc.rights", "dcterms.rights", "dcterms.rightsholder", "rights", "copyright")
RESERVATIONS = ("robots", "tdm-reservation", "tdm-policy")
_MAX_AUTHORS = 100
_MAX_JSON = 1 << 20
_MAX_NODES = 10_000


def page(data: bytes, *, place: str, content_type: str = "") -> Document:
    """Return a page as a work.

    Raises:
        InputError: it cannot be decoded or parsed, or has no text.
    """
    root = parse_html(data, place=place, content_type=content_type)
    text = text_of(_content(root))
    if not text:
        raise InputError("empty: a page without text; nothing to ingest", place=place)
    return _gutenberg.trimmed(_described(root, text, place))


def _described(root: Element, text: str, place: str) -> Document:
    metas, linked = _metas(root), list(_linked_data(root))
    licence = statements([*_rel_license(root), *_named(metas, LICENCES), *_stated(linked, ("license",))])
    rights = statements([*_named(metas, RIGHTS), *_stated(linked, ("copyrightNotice",))])
    return Document(
        text=text,
        title=_first(metas, TITLES) or _title(root),
        authors=_authors(metas, linked),
        year=year_of([*(value for _, value in _named(metas, DATES)), *_values(linked, "datePublished")]),
        source=_canonical(root) or web_address(_first(metas, ("og:url",))),
        licence=clear_licence(licence) or clear_licence(rights),
        copyright=copyright_line(rights),
        language=(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:100] or None,
        declarations=statements([*licence, *rights, *_attribution(root), *_named(metas, RESERVATIONS)]),
        place=place,
    )


def _content(root: Element) -> Element:
    """Return the element with what the page is about, where the page says so without doubt."""
    for query in ("//main | //*[@role='main']", "//article"):
        found = root.xpath(query)
        if len(found) == 1 and not any(is_silent(each, local_name(each)) for each in found[0].iterancestors()):
            return found[0]
    return next(root.iter("body"), root)


_Metas = dict[str, list[str]]


def _metas(root: Element) -> _Metas:
    """Return the contents of the page's `meta` elements by their names in lower case."""
    metas: _Metas = {}
    for element in root.iter("meta"):
        name = element.get("name") or element.get("property") or ""
        metas.setdefault(name.strip().lower(), []).append(element.get("content", ""))
    return metas


def _named(metas: _Metas, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(f"meta {name}", value) for name in names for value in metas.get(name, ())]


def _first(metas: _Metas, names: tuple[str, ...]) -> str | None:
    return next((value for _, value in statements(_named(metas, names))), None)


def _title(root: Element) -> str | None:
    for name in ("title", "h1"):
        for element in root.iter(name):
            if title := " ".join("".join(element.itertext()).split()):
                return title[:1_000]
    return None


def _authors(metas: _Metas, linked: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the names that the first of the ways to name authors gives; addresses are no names."""
    groups = [list(metas.get(name, ())) for name in AUTHORS] + [_values(linked, "author")]
    for group in groups:
        names = [name for _, name in statements(("author", value) for value in group) if not web_address(name)]
        if names:
            return tuple(names[:_MAX_AUTHORS])
    return ()


def _canonical(root: Element) -> str | None:
    links = (link for link in root.iter("link") if "canonical" in link.get("rel", "").lower().split())
    return next((address for link in links if (address := web_address(link.get("href")))), None)


def _rel_license(root: Element) -> Iterator[tuple[str, str]]:
    """Yield what the page's `rel=license` links lead to, but no feeds of machine-readable terms (RSL)."""
    for element in root.iter("link", "a", "area"):
        if "license" in element.get("rel", "").lower().split() and "rsl" not in element.get("type", ""):
            yield f"{element.tag} rel=license", element.get("href", "")


def _attribution(root: Element) -> Iterator[tuple[str, str]]:
    """Yield who asks to be named, in the Creative Commons' own vocabulary (ccREL)."""
    for element in root.iter("a", "span", "link"):
        if element.get("property") in {"cc:attributionName", "cc:morePermissions"}:
            yield element.get("property"), "".join(element.itertext())
        if element.get("rel") in {"cc:attributionURL", "cc:morePermissions"}:
            yield element.get("rel"), element.get("href", "")


def _linked_data(root: Element) -> Iterator[dict[str, Any]]:
    """Yield the objects at the top of the page's JSON-LD; what is broken says nothing."""
    for script in root.iter("script"):
        if script.get("type", "").lower().strip() != "application/ld+json" or len(script.text or "") > _MAX_JSON:
            continue
        try:
            value = json.loads(script.text or "null")
        except (ValueError, RecursionError):
            continue
        for item in (value if isinstance(value, list) else [value])[:_MAX_NODES]:
            graph = item.get("@graph") if isinstance(item, dict) else None
            objects = graph if isinstance(graph, list) else [item]
            yield from (each for each in objects[:_MAX_NODES] if isinstance(each, dict))


def _values(linked: list[dict[str, Any]], key: str) -> list[str]:
    """Return the values of a key: strings as they are, of objects their name, else their address."""
    found = []
    for item in linked:
        value = item.get(key)
        for each in value[:_MAX_AUTHORS] if isinstance(value, list) else [value]:
            named = (each.get("name") or each.get("url") or each.get("@id")) if isinstance(each, dict) else each
            if isinstance(named, str):
                found.append(named)
    return found


def _stated(linked: list[dict[str, Any]], keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(f"json-ld {key}", value) for key in keys for value in _values(linked, key)]
