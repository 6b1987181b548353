"""Reading PDF files: pages as one text, and what the file says of itself."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import pdf

pypdf = pytest.importorskip("pypdf", reason="the extra `pdf` is not installed")
generic = pytest.importorskip("pypdf.generic")

XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmpRights:WebStatement="https://tea.example/terms">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">The Kettle</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Ida Brown</rdf:li><rdf:li>Ann Example</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 1899 Ida Brown</rdf:li></rdf:Alt></dc:rights>
<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
<dc:identifier>https://tea.example/kettle.pdf</dc:identifier><dc:language>en</dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def written(path: Path, *pages: str, xmp: str | None = None, password: str | None = None, **information: str) -> Path:
    """A PDF file with a line of text on each page."""
    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(width=200, height=200)
        font = generic.DictionaryObject()
        for key, value in {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}.items():
            font[generic.NameObject(key)] = generic.NameObject(value)
        fonts = generic.DictionaryObject({generic.NameObject("/F1"): font})
        page[generic.NameObject("/Resources")] = generic.DictionaryObject({generic.NameObject("/Font"): fonts})
        content = generic.StreamObject()
        content.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
        page[generic.NameObject("/Contents")] = content
    writer.add_metadata({f"/{name}": value for name, value in information.items()})
    if xmp is not None:
        stream = generic.StreamObject()
        stream.set_data(xmp.encode())
        writer.root_object[generic.NameObject("/Metadata")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    data = BytesIO()
    writer.write(data)
    path.write_bytes(data.getvalue())
    return path


def read(path: Path) -> Document | InputError:
    (item,) = pdf.read(path)
    return item


def test_a_file_is_its_pages_and_its_information(tmp_path: Path) -> None:
    """Pages follow each other, and the document information names title, author and year."""
    path = written(
        tmp_path / "a.pdf", "It sang.", "", "Nobody answered.",
        Title="Tea", Author="Ida Brown", CreationDate="D:19990203040506Z",
    )  # fmt: skip
    assert read(path) == Document(
        text="It sang.\n\nNobody answered.", title="Tea", authors=("Ida Brown",), year=1999, place=str(path)
    )


def test_xmp_goes_before_the_document_information(tmp_path: Path) -> None:
    """Programs write what they like into the latter; the former also has licence, address and language."""
    path = written(tmp_path / "a.pdf", "It sang.", xmp=XMP, Title="untitled.doc", Author="A Program")
    assert read(path) == Document(
        text="It sang.",
        title="The Kettle",
        authors=("Ida Brown", "Ann Example"),
        source="https://tea.example/kettle.pdf",
        licence="https://creativecommons.org/licenses/by/4.0/",
        copyright="© 1899 Ida Brown",
        language="en",
        declarations=(
            ("xmpRights:WebStatement", "https://tea.example/terms"), ("dc:rights", "© 1899 Ida Brown"),
            ("cc:license", "https://creativecommons.org/licenses/by/4.0/"),
        ),
        place=str(path),
    )  # fmt: skip


@pytest.mark.parametrize("xmp", ["<broken", '<!DOCTYPE x [<!ENTITY e "haha">]><x>&e;</x>', "", "x" * (1 << 21)])
def test_a_description_that_is_broken_says_nothing(tmp_path: Path, xmp: str) -> None:
    """The text is a work all the same."""
    path = written(tmp_path / "a.pdf", "It sang.", xmp=xmp)
    assert read(path) == Document(text="It sang.", place=str(path))


def test_a_file_that_cannot_be_a_work_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan, a locked file, one beyond all measure, and other bytes are one error each."""
    path = tmp_path / "a.pdf"
    said = f"{path}: "
    written(path, "", "")
    assert str(read(path)) == f"{said}empty: holds no text, perhaps a scan; run text recognition on it first"
    written(path, "It sang.", password="secret")
    assert str(read(path)) == f"{said}encrypted; give a copy without a password"
    written(path, "It sang.", "It sang.")
    monkeypatch.setattr(pdf, "MAX_TEXT", 10)
    assert str(read(path)) == f"{said}more than 10 characters; split it into several works"
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    assert str(read(path)) == f"{said}more than 1 pages; split it into several works"
    for data in (b"", b"no document", path.read_bytes()[:200]):
        path.write_bytes(data)
        assert str(read(path)).startswith(f"{said}not PDF, or damaged (")


def test_without_pypdf_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader loads without its extra, and tells how to get it when a file comes."""
    path = written(tmp_path / "a.pdf", "It sang.")
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    assert str(read(path)) == f"{path}: reading PDF needs pypdf: pip install 'licence-provenance[pdf]'"
