"""Reading EPUB books: the chapters in order, and the package's metadata."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import epub

pytest.importorskip("lxml", reason="the extra `epub` is not installed")

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Kettle</dc:title><dc:creator>Ida Brown</dc:creator>
<dc:creator>Ann Example</dc:creator><dc:language>en</dc:language><dc:date>1899-05-01</dc:date>
<dc:identifier>urn:isbn:1</dc:identifier><dc:identifier>https://tea.example/book</dc:identifier>
<dc:rights>CC BY 4.0</dc:rights></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="a" href="text/a%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="../c.html" media-type="text/html"/><item id="i" href="i.png" media-type="image/png"/></manifest>
<spine><itemref idref="c"/><itemref idref="nav"/><itemref idref="i"/><itemref idref="a"/><itemref idref="c"/></spine>
</package>"""
FIRST = "<html><head><title/></head><body><h1>One</h1><p>un&nbsp;closed<br>It sang.</body></html>"
SECOND = """<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>
<script src="x"/></head><body><p>Two &amp; three&mdash;<i>four</i><a id="x"/>.</p><!-- no --></body></html>"""
PARTS = {
    "mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OEBPS/p.opf": PACKAGE,
    "OEBPS/nav.xhtml": "<html><body>contents</body></html>", "OEBPS/text/a b.xhtml": SECOND, "c.html": FIRST,
}  # fmt: skip


def read(path: Path, **changed: str | None) -> Document | InputError:
    """What comes of a book with some parts changed, or left out."""
    parts = {**PARTS, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            if text is not None:
                archive.writestr(name, text)
    (item,) = epub.read(path)
    return item


def test_a_book_is_its_chapters_in_reading_order(tmp_path: Path) -> None:
    """Well-formed or not, each page comes once, and the package says whose book it is."""
    path = tmp_path / "a.epub"
    assert read(path) == Document(
        text="One\n\nun closed\nIt sang.\n\nTwo & three—four.",
        title="The Kettle",
        authors=("Ida Brown", "Ann Example"),
        year=1899,
        source="https://tea.example/book",
        licence="CC BY 4.0",
        language="en",
        declarations=(("dc:rights", "CC BY 4.0"),),
        place=str(path),
    )


def test_rights_that_are_no_licence_are_handed_on(tmp_path: Path) -> None:
    """A copyright line is one, and what cannot be understood is left to others."""
    item = read(tmp_path / "a.epub", OEBPS__p_opf=PACKAGE.replace("CC BY 4.0", "© 1899 Ida Brown"))
    assert isinstance(item, Document)
    assert (item.licence, item.copyright) == (None, "© 1899 Ida Brown")
    assert item.declarations == (("dc:rights", "© 1899 Ida Brown"),)


def test_an_e_book_of_project_gutenberg_is_the_work_alone(tmp_path: Path) -> None:
    """Its boilerplate stands in the pages of a book as it does in plain text."""
    page = (
        "<html><body><p>This ebook is for the use of anyone anywhere</p><p>Title: Tea</p>"
        "<p>[eBook #7]</p><p>*** START OF THE PROJECT GUTENBERG EBOOK TEA ***</p><p>It sang.</p></body></html>"
    )
    package = PACKAGE.replace("CC BY 4.0", "Public domain in the USA.").replace('<itemref idref="a"/>', "")
    item = read(tmp_path / "a.epub", OEBPS__p_opf=package, c_html=page)
    assert isinstance(item, Document)
    assert (item.text, item.title, item.source) == ("It sang.", "Tea", "https://www.gutenberg.org/ebooks/7")
    assert item.licence == "Public domain in the USA."


def test_entities_of_its_own_are_not_expanded(tmp_path: Path) -> None:
    """A page that defines an entity, or one of entities of entities, gives its other text and no file's."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for entity in ('<!ENTITY l9 SYSTEM "file:///etc/passwd">', f'<!ENTITY l0 "ha">{laughs}'):
        page = f"<?xml version='1.0'?><!DOCTYPE html [{entity}]><html><body><p>It &l9;sang.</p></body></html>"
        item = read(tmp_path / "a.epub", c_html=page)
        assert isinstance(item, Document)
        assert item.text.startswith("It")
        assert len(item.text) < 100
        assert "root" not in item.text
        assert "haha" not in item.text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"META-INF__container_xml": None}, " has no part 'META-INF/container.xml', which it names; fetch it again"),
        ({"META-INF__container_xml": "<a/>"}, " META-INF/container.xml names no package; fetch it again"),
        ({"OEBPS__p_opf": "<a"}, "OEBPS/p.opf: not well-formed XML ("),
        ({"c_html": None}, " has no part 'c.html', which it names; fetch it again"),
        ({"OEBPS__p_opf": PACKAGE.replace("itemref", "x")}, " empty: a book without text; nothing to ingest"),
        (
            {"META-INF__encryption_xml": "<e><CipherReference URI='c.html'/><CipherReference URI='f.otf'/></e>"},
            " encrypted ('c.html' and others); give a copy without protection",
        ),
    ],
)  # fmt: skip
def test_a_book_that_cannot_be_read_is_reported(tmp_path: Path, changed: dict[str, str | None], message: str) -> None:
    """Each thing that is missing, broken or locked is one error with its name."""
    error = read(tmp_path / "a.epub", **changed)
    assert isinstance(error, InputError)
    assert str(error).removeprefix(f"{tmp_path}/a.epub:").startswith(message)


def test_a_book_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No part and no book is taken into memory beyond its bound."""
    monkeypatch.setattr(epub, "MAX_BOOK", 2_000)
    error = read(tmp_path / "a.epub", c_html="<p>" + "x" * 5_000)
    message = "'c.html' is larger than 67,108,864 bytes, or all parts than 2,000; split the book"
    assert str(error) == f"{tmp_path}/a.epub: {message}"


def test_what_is_no_book_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes are one error, and so is a missing extra."""
    path = tmp_path / "a.epub"
    path.write_bytes(b"no book")
    assert [str(item) for item in epub.read(path)] == [
        f"{path}: not an EPUB book, or damaged (File is not a zip file); fetch it again"
    ]
    monkeypatch.setattr(epub, "find_spec", lambda name: None)
    assert [str(item) for item in epub.read(path)] == [
        f"{path}: reading EPUB needs lxml: pip install 'licence-provenance[epub]'"
    ]
