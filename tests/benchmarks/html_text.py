"""How fast is a page read, and how much of it is kept? Prints a table of our reader and its peers.

    python tests/benchmarks/html_text.py FOLDER...

Reads all pages of HTML under the folders. "kept" is the share of the letters between the page's body tags that are in
the text, "nested" the CPU seconds for a page of 20,000 elements one inside the other. Peers that are not installed are
left out.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lxml import html

from provenance.errors import InputError
from provenance_plugins.readers._pages import read_page
from provenance_plugins.readers.html import MAX_PAGE

Extract = Callable[[bytes], str]
NESTED = b"<div>" * 20_000 + b"<p>word"


def main(folders: list[str]) -> None:
    pages = [path.read_bytes() for folder in folders for path in sorted(Path(folder).rglob("*.htm*")) if path.is_file()]
    pages = [data for data in pages if len(data) <= MAX_PAGE and b"<" in data and b"\0" not in data]
    megabytes = sum(map(len, pages)) / 1e6
    print(f"{len(pages)} pages, {megabytes:.1f} MB\n")
    print("| reader | MB/s | kept | nested, s |\n|---|---|---|---|")
    whole = sum(_letters(_body(data)) for data in pages)
    for name, extract in _readers().items():
        start = time.process_time()
        texts = [extract(data) for data in pages]
        seconds = time.process_time() - start
        kept = sum(map(_letters, texts)) / whole
        start = time.process_time()
        extract(NESTED)
        nested = time.process_time() - start
        print(f"| {name} | {megabytes / seconds:.1f} | {kept:.3f} | {nested:.3f} |")


def _body(data: bytes) -> str:
    root = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    for element in root.xpath("//script | //style"):
        element.drop_tree()
    return " ".join(root.find("body").itertext()) if root.find("body") is not None else ""


def _letters(text: str) -> int:
    return sum(map(len, text.split()))


def _ours(data: bytes) -> str:
    try:
        return read_page(data, place="page").text
    except InputError:
        return ""


def _readers() -> dict[str, Extract]:
    readers: dict[str, Extract] = {"ours (lxml)": _ours}
    try:
        trafilatura = importlib.import_module("trafilatura")
        readers["trafilatura"] = lambda data: trafilatura.extract(data) or ""
    except ImportError:
        pass
    try:
        lexbor = importlib.import_module("selectolax.lexbor")
        readers["selectolax, whole body"] = lambda data: lexbor.LexborHTMLParser(data).body.text(separator=" ")
    except ImportError:
        pass
    return readers


if __name__ == "__main__":
    main(sys.argv[1:])
