"""Reading pages: what is text, and what a page says about itself."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.hookspecs import Reader
from provenance.plugins import Plugins
from provenance.sources import read as sources
from provenance.sources.read import Declared, documents
from provenance.works import Document
from provenance_plugins.readers import _damage, _decoding, _extras, _statements, _unpacking, git, html
from provenance_plugins.readers._pages import read_page
from provenance_plugins.readers.text import read as read_text

pytest.importorskip("lxml", reason="the extra `html` is not installed")

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>The  Kettle – Tea &amp; Co</title>
<meta name="author" content="Ida Brown"><meta name=DC.rights content="Copyright 2019 Ida Brown">
<meta property="article:published_time" content="2019-05-04T10:00:00Z">
<meta name="tdm-reservation" content="1"><meta name="robots" content="noai">
<link rel="canonical" href="https://tea.example/kettle"><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
<link rel="license" type="application/rsl+xml" href="/terms.xml"><style>p {}</style>
<script type="application/ld+json">{"@graph": [{"license": {"url": "https://creativecommons.org/licenses/by/4.0/"}}]}</script>
</head><body><nav><a href="/">Home</a></nav><div class="breadcrumb">You are here</div><main><h1>The Kettle</h1>
<p>It had been <b>sing</b>ing for <i>some
time</i>.<br>Nobody&nbsp;answered.</p><script>alert(1)</script><ul><li>One<li>Two</ul>
<table><tr><td>a<td>b<tr><td>c<td>d</table><pre>  if x:
      y</pre><p hidden>secret</p>Last <span property="cc:attributionName">Ida</span>.</main>
<footer>Copyright</footer></body></html>"""

TEXT = """The Kettle

It had been singing for some time.
Nobody answered.

One
Two

a b
c d

  if x:
      y

Last Ida."""


def read(path: Path, data: str | bytes) -> Document | InputError:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (item,) = html.read(path)
    return item


def test_a_page_is_a_work_with_all_that_it_says(tmp_path: Path) -> None:
    """Text without navigation, and each field from where pages put it."""
    path = tmp_path / "a.html"
    by = "https://creativecommons.org/licenses/by/4.0/"
    assert read(path, PAGE) == Document(
        text=TEXT,
        title="The Kettle – Tea & Co",
        authors=("Ida Brown",),
        year=2019,
        source="https://tea.example/kettle",
        licence=by,
        copyright="Copyright 2019 Ida Brown",
        language="en-GB",
        declarations=(
            ("link rel=license", by), ("json-ld license", by), ("meta dc.rights", "Copyright 2019 Ida Brown"),
            ("cc:attributionName", "Ida"), ("meta robots", "noai"), ("meta tdm-reservation", "1"),
        ),
        place=str(path),
    )  # fmt: skip


def test_json_ld_names_authors_and_date(tmp_path: Path) -> None:
    """What only JSON-LD says is taken from there; what is broken or no object in it says nothing."""
    data = '[{"author": [{"name": "Ann"}, "Bea", 7], "datePublished": "1999"}, "x"]'
    scripts = "".join(f'<script type="application/ld+json">{each}</script>' for each in (data, "{", "7", "[" * 100_000))
    item = read(tmp_path / "a.html", f"{scripts}<p>text")
    assert item == Document(text="text", authors=("Ann", "Bea"), year=1999, place=f"{tmp_path}/a.html")


def test_two_licences_are_left_to_those_who_can_tell_them_apart(tmp_path: Path) -> None:
    """Where a page links to two licences none is taken for the page's, and both are handed on."""
    links = '<a rel="license" href="https://spdx.org/licenses/MIT">m</a><a rel=license href="https://spdx.org/licenses/0BSD">'
    item = read(tmp_path / "a.html", links)
    assert isinstance(item, Document)
    assert (item.licence, len(item.declarations)) == (None, 2)


def test_characters_are_what_the_page_says_or_what_they_must_be(tmp_path: Path) -> None:
    """A declared encoding counts where it fits; a wrong one, and names of things that are none, do not."""
    path, said = tmp_path / "a.html", "<p>Où est-il passé l’été"
    for charset, encoding in {"iso-8859-1": "cp1252", "windows-1252": "cp1252", "utf-8": "utf-8"}.items():
        item = read(path, f"<meta charset={charset}>{said}".encode(encoding))
        assert getattr(item, "text", item) == "Où est-il passé l’été"
    for wrong in ("ascii", "iso-8859-1", "zlib_codec", "rot13", "unicode_escape", "nonsense", "utf-16"):
        item = read(path, f"<meta charset={wrong}>{said}".encode())
        assert getattr(item, "text", item) == "Où est-il passé l’été"
    item = read(path, "<meta charset=iso-2022-jp><p>吾輩は猫である".encode("iso-2022-jp"))
    assert getattr(item, "text", item) == "吾輩は猫である"
    doubtful = read(path, b"<p>caf\xe9 au lait")
    assert str(doubtful).startswith(f"{path}: not valid UTF-8 at byte 6 (0xe9), and no other encoding is certain")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "empty: holds no text; nothing to ingest"),
        ("<p>\0", "binary: NUL at byte 3; leave it out, or save it as UTF-8 if it is text"),
        ("<title>T</title><nav>only</nav>", "empty: a page without text; nothing to ingest"),
        ("<div>" * 100_000 + "x", "nested more than 2,048 elements deep; simplify it"),
    ],
)
def test_a_page_that_cannot_be_a_work_is_reported(tmp_path: Path, data: str, message: str) -> None:
    """Nothing, navigation alone, and a page that is nested to do harm are one error each."""
    assert str(read(tmp_path / "a.html", data)) == f"{tmp_path}/a.html: {message}"


def test_a_page_that_is_too_large_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page has a bound of its own, far below that of a work."""
    monkeypatch.setattr(html, "MAX_PAGE", 10)
    error = read(tmp_path / "a.html", "<p>more than ten")
    assert str(error) == f"{tmp_path}/a.html: larger than 10 bytes; split it into several works"


@given(st.text(alphabet="<>/!-&;\"'= \0abpreLiscrt", max_size=200))
def test_any_bytes_are_a_page_or_an_error(data: str) -> None:
    """Nothing that is written into a page makes the reader fail."""
    try:
        assert read_page(data.encode(), place="p").text.strip()
    except InputError as error:
        assert error.place == "p"  # noqa: PT017 - both ends are right


def test_without_lxml_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader loads without its extra, tells how to get it when a page comes, and the other files go on."""
    monkeypatch.setattr(html, "find_spec", lambda name: None)
    (tmp_path / "a.html").write_text("<p>x")
    (tmp_path / "b.txt").write_text("y")
    readers = (
        Reader(name="h", suffixes=(".html",), read=html.read),
        Reader(name="t", suffixes=("",), read=read_text),
    )
    error, work = documents([tmp_path], Plugins(infos=(), readers=readers, renderers={}, judges={}), Declared())
    assert str(error) == f"{tmp_path}/a.html: reading HTML needs lxml: pip install 'licence-provenance[html]'"
    assert getattr(work, "text", None) == "y"


@pytest.mark.parametrize(
    "module", [_damage, _decoding, _extras, _statements, _unpacking, git, sources], ids=lambda module: module.__name__
)
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    """What a docstring shows is what comes out."""
    result = doctest.testmod(sys.modules[module.__name__])  # type: ignore[attr-defined]
    assert (result.failed, result.attempted > 0) == (0, True)
