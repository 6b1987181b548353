"""Reader of one HTML page: its text, and what it says about itself (title, authors, year, address, licence).

Metadata comes from `meta` elements, `link` elements, `rel` attributes and JSON-LD, the text from `_markup`. Nothing is
fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._markup import extract_text, find_content, parse_html
from provenance_plugins.readers._statements import (
    clean_statements,
    find_clear_licence,
    find_copyright_line,
    find_year,
    parse_web_address,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
else:
    Element = Any

# Names of `meta` elements, those first that scholarly publishers and libraries use: they are written with most care.
TITLES = ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title")
AUTHORS = ("citation_author", "dc.creator", "dcterms.creator", "author", "article:author")
DATES = (
    "citation_publication_date", "citation_date", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date",
    "article:published_time", "date",
)  # fmt: skip
LICENCES = ("dcterms.license", "dc.license", "license")
RIGHTS = ("dc.rights", "dcterms.rights", "dcterms.rightsholder", "rights", "copyright")
RESERVATIONS = ("robots", "tdm-reservation", "tdm-policy")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MAX_AUTHORS = 100
_MAX_JSON = 1 << 20  # characters of one script
_MAX_NODES = 10_000


def read_page(data: bytes, *, place: str, content_type: str = "") -> Document:
    """Return a page as a work.

    Args:
        data: the bytes of the page.
        place: the page, for messages.
        content_type: the server's header of this name, which may declare the encoding.

    Raises:
        InputError: it cannot be decoded or parsed, or is without text.
    """
    root = parse_html(data, place=place, content_type=content_type)
    text = extract_text(find_content(root))
    if not text:
        raise InputError("empty: a page without text; nothing to ingest", place=place)
    metadata = _Metadata(root)
    licence = clean_statements(metadata.list_licences())
    rights = clean_statements(metadata.list_rights())
    reservations = metadata.list_metas(RESERVATIONS)
    document = Document(
        text=text,
        title=metadata.find_title(),
        authors=metadata.find_authors(),
        year=metadata.find_publication_year(),
        source=metadata.find_address(),
        licence=find_clear_licence(licence) or find_clear_licence(rights),
        copyright=find_copyright_line(rights),
        language=(root.get("lang") or root.get(_XML_LANG) or "")[:100] or None,
        declarations=clean_statements([*licence, *rights, *metadata.list_attributions(), *reservations]),
        place=place,
    )
    return _gutenberg.trim_ebook(document)


class _Metadata:
    """What a page says about itself; what is broken in it is passed over."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._metas: dict[str, list[str]] = {}  # contents by names in lower case
        for element in root.iter("meta"):
            name = element.get("name") or element.get("property") or ""
            self._metas.setdefault(name.strip().lower(), []).append(element.get("content", ""))
        self._objects = list(_iterate_json_ld(root))

    def find_title(self) -> str | None:
        for _, title in clean_statements(self.list_metas(TITLES)):
            return title
        for element in chain(self._root.iter("title"), self._root.iter("h1")):
            if title := " ".join("".join(element.itertext()).split()):
                return title[:1_000]
        return None

    def find_authors(self) -> tuple[str, ...]:
        """Return the names from the first field that names authors; some pages put addresses there."""
        for group in [*(self._metas.get(name, []) for name in AUTHORS), self._find_values("author")]:
            stated = clean_statements(("author", value) for value in group)
            if names := [name for _, name in stated if not parse_web_address(name)]:
                return tuple(names[:_MAX_AUTHORS])
        return ()

    def find_publication_year(self) -> int | None:
        dates = [value for _, value in self.list_metas(DATES)]
        return find_year([*dates, *self._find_values("datePublished")])

    def find_address(self) -> str | None:
        """Return the canonical address, else the one for sharing."""
        links = (link for link in self._root.iter("link") if "canonical" in link.get("rel", "").lower().split())
        shared = (value for _, value in clean_statements(self.list_metas(("og:url",))))
        addresses = (parse_web_address(link.get("href")) for link in links)
        return next(filter(None, addresses), None) or parse_web_address(next(shared, None))

    def list_licences(self) -> Iterator[tuple[str, str]]:
        for element in self._root.iter("link", "a", "area"):
            # RSL is a feed of terms for machines, not a licence for people.
            if "license" in element.get("rel", "").lower().split() and "rsl" not in element.get("type", ""):
                yield f"{element.tag} rel=license", element.get("href", "")
        yield from self.list_metas(LICENCES)
        yield from (("json-ld license", value) for value in self._find_values("license"))

    def list_rights(self) -> Iterator[tuple[str, str]]:
        yield from self.list_metas(RIGHTS)
        yield from (("json-ld copyrightNotice", value) for value in self._find_values("copyrightNotice"))

    def list_attributions(self) -> Iterator[tuple[str, str]]:
        """Yield who asks to be named, in the Creative Commons' own vocabulary (ccREL)."""
        for element in self._root.iter("a", "span", "link"):
            if element.get("property") in {"cc:attributionName", "cc:morePermissions"}:
                yield element.get("property"), "".join(element.itertext())
            if element.get("rel") in {"cc:attributionURL", "cc:morePermissions"}:
                yield element.get("rel"), element.get("href", "")

    def list_metas(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(f"meta {name}", value) for name in names for value in self._metas.get(name, ())]

    def _find_values(self, key: str) -> list[str]:
        """Return the values of a key in JSON-LD: strings as they are, of objects their name, else their address."""
        found = []
        for item in self._objects:
            value = item.get(key)
            for each in value[:_MAX_AUTHORS] if isinstance(value, list) else [value]:
                named = (each.get("name") or each.get("url") or each.get("@id")) if isinstance(each, dict) else each
                if isinstance(named, str):
                    found.append(named)
        return found


def _iterate_json_ld(root: Element) -> Iterator[dict[str, Any]]:
    """Yield the objects at the top of the page's JSON-LD, as far as it can be parsed."""
    for script in root.iter("script"):
        if script.get("type", "").lower().strip() != "application/ld+json" or len(script.text or "") > _MAX_JSON:
            continue
        try:
            value = json.loads(script.text or "null")
        except (ValueError, RecursionError):
            continue
        for item in (value if isinstance(value, list) else [value])[:_MAX_NODES]:
            # Programs that describe a whole site put its objects into one graph.
            graph = item.get("@graph") if isinstance(item, dict) else None
            objects = graph if isinstance(graph, list) else [item]
            yield from (each for each in objects[:_MAX_NODES] if isinstance(each, dict))
