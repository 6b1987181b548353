"""Parser of HTML and XHTML, and the text that a reader of a page sees.

Bytes are parsed without loading, expanding or running anything that they name. The text leaves out navigation. Metadata
is the task of `_pages`. Needs lxml, the extra `html`.
"""

from __future__ import annotations

import codecs
import html
import re
from contextlib import suppress
from html.entities import html5
from typing import TYPE_CHECKING, Any

from provenance.errors import InputError
from provenance_plugins.readers._decoding import decode

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
else:
    Element = Any

_CHARSET = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{2,40})""", re.ASCII)
_SAMPLE = 2048  # bytes in which a page must say its encoding
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};)")  # all but those of XML itself
# Encodings that pages are written in. Python has others, some of which are not text (`zlib_codec`, `rot13`).
_CHARSETS = frozenset({
    "ascii", "utf-8", "koi8-r", "koi8-u", "shift_jis", "cp932", "euc_jp",
    "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr", "cp949", "tis-620", "mac-roman",
    *(f"cp125{number}" for number in range(9)), *(f"iso8859-{number}" for number in range(1, 17)),
})  # fmt: skip
# The supersets that browsers read for these labels (WHATWG, Encoding Standard, section 4.2).
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
_SPACES = ("", " ", "\n", "\n\n")  # the weaker first
_ROLES = frozenset({"navigation", "search", "menu", "menubar", "contentinfo"})
_NAVIGATION = frozenset({
    "nav", "navbar", "navigation", "navheader", "navfooter", "navhead", "navfoot", "sidebar", "sphinxsidebar",
    "breadcrumb", "breadcrumbs", "menu", "related", "toc_toggle", "skip-link", "pager", "pagination", "headerlink",
})  # fmt: skip


def parse_html(data: bytes, *, place: str, content_type: str = "") -> Element:
    """Return the root of a page of HTML.

    Args:
        data: the bytes of the page.
        place: the page, for messages.
        content_type: the server's header; the page's own declaration comes next, and a guess from the bytes last.

    Raises:
        InputError: its characters are uncertain, it is nested too deeply, or it holds nothing.
    """
    from lxml import etree  # noqa: PLC0415 - an extra

    # Decoded here, since lxml would replace what does not fit the declared encoding.
    text = _decode_page(data, content_type, place)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError:
        root = None
    # At this bound libxml2 stops reading the page, and only logs it.
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

    text = _decode_page(data, "", place)
    # The characters that HTML has for names, so that no document type needs to be loaded for them.
    text = _ENTITY.sub(lambda match: html.escape(html5.get(match[1], match[0]), quote=False), text)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError as error:
        raise InputError(f"not well-formed XML ({str(error)[:200]}); mend it", place=place) from error


def find_content(root: Element) -> Element:
    """Return the element with the page's content, where the page marks exactly one; else the body."""
    for query in ("//main | //*[@role='main']", "//article"):
        found = root.xpath(query)
        # An article inside navigation is a teaser of another page.
        if len(found) == 1 and not any(is_silent(each, local_name(each)) for each in found[0].iterancestors()):
            return found[0]
    return next(root.iter("body"), root)


def extract_text(root: Element) -> str:
    """Return the text that a reader of an element sees: paragraphs, without navigation, scripts and forms."""
    from lxml import etree  # noqa: PLC0415 - an extra

    text = _TextBuilder()
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        name = local_name(element)
        if event == "start":
            text.start_element(name)
            if is_silent(element, name):
                walker.skip_subtree()
            else:
                text.add_text(element.text)
        else:
            text.end_element(name)
            if element is not root:  # what follows the root is not its own
                text.add_text(element.tail)
    return "".join(text.parts)


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def is_silent(element: Element, name: str) -> bool:
    """Return whether an element is for moving about, not for reading."""
    if name in _SILENT or element.get("hidden") is not None or element.get("role") in _ROLES:
        return True
    words = f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    return name != "body" and not _NAVIGATION.isdisjoint(words)


class _TextBuilder:
    """Text in the making, with white space as a browser shows it.

    Attributes:
        parts: pieces of text and of white space, in turn.
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._gap = ""  # white space before the next piece; none is written before the first or after the last
        self._verbatim = 0  # how many `pre` elements are open

    def start_element(self, name: str) -> None:
        self._break_at(name)
        self._verbatim += name == "pre"

    def end_element(self, name: str) -> None:
        self._verbatim -= name == "pre"
        self._break_at(name)

    def add_text(self, text: str | None) -> None:
        if not text:
            return
        if self._verbatim:
            self._add_piece(text)
            return
        if text[0].isspace():
            self._widen_gap(" ")
        if words := " ".join(text.split()):
            self._add_piece(words)
            if text[-1].isspace():
                self._widen_gap(" ")

    def _add_piece(self, text: str) -> None:
        if self.parts:
            self.parts.append(self._gap)
        self._gap = ""
        self.parts.append(text)

    def _widen_gap(self, space: str) -> None:
        self._gap = max(self._gap, space, key=_SPACES.index)

    def _break_at(self, name: str) -> None:
        self._widen_gap("\n\n" if name in _PARAGRAPHS else "\n" if name in _LINES else " " if name in _CELLS else "")


def _decode_page(data: bytes, content_type: str, place: str) -> str:
    if not data.startswith(_MARKS) and b"\0" not in data:
        declared: list[str] = []
        for match in (_CHARSET.search(content_type.encode("utf-8", "replace")), _CHARSET.search(data, 0, _SAMPLE)):
            if match is None:
                continue
            with suppress(LookupError, ValueError):  # an unknown label
                codec = codecs.lookup(match[1].decode("ascii", "replace")).name
                if codec in _CHARSETS:
                    declared.append(_AS_BROWSERS.get(codec, codec))
        # What a page says about itself is often wrong; what is valid UTF-8 is hardly ever anything else, except
        # for ISO-2022-JP, which is ASCII with escapes.
        for codec in declared if "iso2022_jp" in declared else ("utf-8", *declared):
            with suppress(UnicodeDecodeError):
                return data.decode(codec)
    return decode(data, place=place)
