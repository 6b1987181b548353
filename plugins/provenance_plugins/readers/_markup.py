"""What does a page of HTML or XHTML say to somebody who reads it?

Parses bytes without loading, expanding or running anything that they name, and gives the text without navigation. It
does not look at metadata. Needs lxml, the extra `html`.
"""

from __future__ import annotations

import codecs
import html
import re
from html.entities import html5
from typing import TYPE_CHECKING, Any

from provenance.errors import InputError
from provenance_plugins.readers._decoding import decode

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
else:
    Element = Any

_CHARSET = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{2,40})""", re.ASCII)
_SAMPLE = 2048
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_CHARSETS = frozenset({
    "ascii", "utf-8", "koi8-r", "koi8-u", "shift_jis", "cp932", "euc_jp",
    "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr", "cp949", "tis-620", "mac-roman",
    *(f"cp125{number}" for number in range(9)), *(f"iso8859-{number}" for number in range(1, 17)),
})  # fmt: skip
_AS_BROWSERS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}

_SILENT = frozenset({
    "head", "script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "button", "select", "input",
    "textarea", "canvas", "audio", "video", "map", "dialog",
})  # fmt: skip
_PARAGRAPHS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "details", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "ol", "p",
    "pre", "section", "table", "ul",
})  # fmt: skip
_LINES = frozenset({"br", "dd", "dt", "li", "summary", "tr"})
_CELLS = frozenset({"td", "th"})
_SPACES = ("", " ", "\n", "\n\n")
_ROLES = frozenset({"navigation", "search", "menu", "menubar", "contentinfo"})
_NAVIGATION = frozenset({
    "nav", "navbar", "navigation", "navheader", "navfooter", "navhead", "navfoot", "sidebar", "sphinxsidebar",
    "breadcrumb", "breadcrumbs", "menu", "related", "toc_toggle", "skip-link", "pager", "pagination", "headerlink",
})  # fmt: skip


def parse_html(data: bytes, *, place: str, content_type: str = "") -> Element:
    """Return the root of a page of HTML.

    Args:
        content_type: what the server said; the page's own word comes next, and what the bytes look like last.

    Raises:
        InputError: its characters are uncertain, it is nested too deeply, or it holds nothing.
    """
    from lxml import etree  # noqa: PLC0415 - an extra

    text = _decoded(data, content_type, place)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError:
        root = None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise InputError("nested more than 2,048 elements deep; simplify it", place=place)
    if root is None:
        raise InputError("empty: holds no text; nothing to ingest", place=place)
    return root


def parse_xml(data: bytes, *, place: str) -> Element:
    """Return the root of an XML document; entities that it defines itself are not expanded.

    Raises:
        InputError: it is not well-formed.
    """
    from lxml import etree  # noqa: PLC0415 - an extra

    text = _ENTITY.sub(_character, _decoded(data, "", place))
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError as error:
        raise InputError(f"not well-formed XML ({str(error)[:200]}); mend it", place=place) from error


def text_of(root: Element) -> str:
    """Return what a reader of the element sees: paragraphs, without navigation, scripts and forms."""
    from lxml import etree  # noqa: PLC0415 - an extra

    lines = _Lines()
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        name = local_name(element)
        if event == "start":
            lines.enter(name)
            if is_silent(element, name):
                walker.skip_subtree()
            else:
                lines.say(element.text)
        else:
            lines.leave(name)
            if element is not root:
                lines.say(element.tail)
    return "".join(lines.parts)


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def is_silent(element: Element, name: str) -> bool:
    """Return whether an element is for moving about, not for reading."""
    if name in _SILENT or element.get("hidden") is not None or element.get("role") in _ROLES:
        return True
    words = f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    return name != "body" and not _NAVIGATION.isdisjoint(words)


class _Lines:
    """Text on its way to paragraphs: white space means what it means in a browser."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._space = ""
        self._verbatim = 0

    def enter(self, name: str) -> None:
        self._separate(name)
        self._verbatim += name == "pre"

    def leave(self, name: str) -> None:
        self._verbatim -= name == "pre"
        self._separate(name)

    def say(self, text: str | None) -> None:
        if not text:
            return
        if self._verbatim:
            self._put(text)
            return
        if text[0].isspace():
            self._wait(" ")
        if words := " ".join(text.split()):
            self._put(words)
            if text[-1].isspace():
                self._wait(" ")

    def _put(self, text: str) -> None:
        if self.parts:
            self.parts.append(self._space)
        self._space = ""
        self.parts.append(text)

    def _wait(self, space: str) -> None:
        self._space = max(self._space, space, key=_SPACES.index)

    def _separate(self, name: str) -> None:
        self._wait("\n\n" if name in _PARAGRAPHS else "\n" if name in _LINES else " " if name in _CELLS else "")


def _decoded(data: bytes, content_type: str, place: str) -> str:
    if not data.startswith(_MARKS) and b"\0" not in data:
        said = (_CHARSET.search(content_type.encode("utf-8", "replace")), _CHARSET.search(data, 0, _SAMPLE))
        named = [codec for match in said if match and (codec := _codec(match[1].decode("ascii", "replace")))]
        # What a page says of itself is often wrong; what is valid UTF-8 is hardly ever anything else.
        for codec in named if "iso2022_jp" in named else ("utf-8", *named):
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                continue
    return decode(data, place=place)


def _codec(label: str) -> str | None:
    """Return Python's name of an encoding that pages are written in; None for any other, since some are no text."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _AS_BROWSERS.get(name, name) if name in _CHARSETS else None


def _character(match: re.Match[str]) -> str:
    """Return the character that HTML has for a name, so that no document type needs to be loaded for it."""
    name = match[1]
    own = name in {"amp;", "lt;", "gt;", "quot;", "apos;"}
    return match[0] if own else html.escape(html5.get(name, match[0]), quote=False)
