"""Which works are in this folder, and under which licence? Writes the lists and the table of `README.md`.

    python examples/works/make_manifest.py COLLECTION

COLLECTION is the larger collection of works that these were taken from: a folder with a `manifest.json` that names
title, author, year, licence, origin and files of each work. Only what it says of the works that lie beside this
script is used. The texts themselves are neither read for their words nor changed; licences are stated, not judged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MARK = "<!-- table: written by make_manifest.py -->"
LICENCE_FILES = re.compile(r"(?i)^(licen[cs]e|copying|notice)(\.|$)")
# A licence names who holds the copyright in its own wording, and has forms to fill in (`[yyyy]`, `<year>`); neither
# is the copyright line of the work.
FOREIGN_COPYRIGHT = re.compile(r"(?i)free software foundation|creative commons|\[yyyy\]|<year>")
COPYRIGHT = re.compile(r"^\W*(?P<line>Copyright\s*(\(c\)|©|\d{4}).*?)[\s*#/]*$", re.MULTILINE | re.IGNORECASE)
WAIVED = ("CC-PDM-1.0", "CC0-1.0")
HEADER_CHARACTERS = 1500
LANGUAGES = {
    "arb": ("ar", "Arabic"), "cmn_hans": ("zh", "Chinese"), "deu_1996": ("de", "German"), "eng": ("en", "English"),
    "fra": ("fr", "French"), "hin": ("hi", "Hindi"), "jpn": ("ja", "Japanese"), "kor": ("ko", "Korean"),
    "rus": ("ru", "Russian"), "spa": ("es", "Spanish"), "tha": ("th", "Thai"), "vie": ("vi", "Vietnamese"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `works.jsonl`, in the order in which it is written."""

    id: str
    path: str
    title: str
    authors: list[str]
    year: int
    source: str
    licence: str
    copyright: str | None
    notice: str | None
    language: str
    collection: str = "examples"

    def to_json(self) -> str:
        """Return the line without its end."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)


def licence_of(work: dict[str, Any]) -> str:
    """Return the licence as our JSON Lines shape spells it: what bears the Public Domain Mark is `public-domain`."""
    return "public-domain" if work["spdx"] == "CC-PDM-1.0" else str(work["spdx"])


def title_of(work: dict[str, Any], path: Path) -> str:
    """Return the title of one file: `attrs 26.1.0: attr/_make.py`, `The Holy Bible, King James Version: Psalms`."""
    title = str(work["title"])
    if len(text_files(work)) == 1:
        return title
    if path.suffix != ".txt":
        return f"{title}: {path.relative_to(work['id']).as_posix()}"
    if path.stem in LANGUAGES:
        return f"{title} ({LANGUAGES[path.stem][1]})"
    return f"{title.partition(' (')[0]}: {path.stem.partition('.')[0].capitalize()}"


def text_files(work: dict[str, Any]) -> list[Path]:
    """Return the files of a work that are the work itself, relative to this folder."""
    paths = [Path(file["path"]).relative_to("works") for file in work["files"]]
    return sorted(path for path in paths if not LICENCE_FILES.match(path.name))


def legal_texts(work: dict[str, Any], *, notice: bool) -> Iterator[str]:
    """Yield the licence texts that came with a work, or its NOTICE."""
    for file in work["files"]:
        path = Path(file["path"]).relative_to("works")
        if LICENCE_FILES.match(path.name) and notice == path.name.upper().startswith("NOTICE"):
            yield (HERE / path).read_text("utf-8")


def copyright_line(texts: Iterable[str]) -> str | None:
    """Return the first copyright line in `texts` that is about the work, verbatim but for comment marks around it.

    >>> copyright_line(["# Copyright (c) 2015 Ada\\n"])
    'Copyright (c) 2015 Ada'
    """
    for text in texts:
        for match in COPYRIGHT.finditer(text):
            if not FOREIGN_COPYRIGHT.search(match["line"]):
                return re.sub(r"\s+", " ", match["line"])
    return None


def entries(work: dict[str, Any]) -> Iterator[Entry]:
    """Yield a work's lines, one per file."""
    files = text_files(work)
    for path in files:
        header = (HERE / path).read_text("utf-8")[:HEADER_CHARACTERS]
        yield Entry(
            id=f"works:{work['id'] if len(files) == 1 else path.as_posix()}",
            path=path.as_posix(),
            title=title_of(work, path),
            authors=[name.strip() for name in work["author"].split(";")],
            year=work["year"],
            source=work["source_url"],
            licence=licence_of(work),
            copyright=None if work["spdx"] in WAIVED else copyright_line([*legal_texts(work, notice=False), header]),
            notice=next(legal_texts(work, notice=True), None),
            language=LANGUAGES.get(path.stem, (work["language"],))[0],
        )


def table(works: list[dict[str, Any]]) -> str:
    """Return the README's table: one row per work with its licence and where it came from."""
    rows = ["| work | files | licence | origin |", "|---|---:|---|---|"]
    for work in works:
        title, origin = work["title"].replace("|", "\\|"), work["obtained_from"].partition(" (")[0]
        link = f"[{title}]({work['source_url']})<br>{work['author']}"
        rows.append(f"| {link} | {len(text_files(work))} | {licence_of(work)} | {origin} |")
    return "\n".join(rows)


def check(work: dict[str, Any]) -> None:
    """Stop if a file of a work is missing or is not, byte for byte, what the collection holds."""
    for file in work["files"]:
        path = HERE / Path(file["path"]).relative_to("works")
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
            sys.exit(f"{path}: missing or changed; copy it again from the collection")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write works.jsonl, commons.jsonl and the table of README.md.")
    parser.add_argument("collection", type=Path, help="a folder with a manifest.json")
    manifest = json.loads((parser.parse_args().collection / "manifest.json").read_text("utf-8"))
    works = sorted((work for work in manifest["works"] if (HERE / work["id"]).is_dir()), key=lambda work: work["id"])
    for work in works:
        check(work)
    listed = [entry for work in works for entry in entries(work)]
    commons = [entry for entry in listed if entry.licence == "public-domain"]
    for name, chosen in (("works.jsonl", listed), ("commons.jsonl", commons)):
        (HERE / name).write_text("".join(entry.to_json() + "\n" for entry in chosen), "utf-8", newline="\n")
    readme = HERE / "README.md"
    before, _, rest = readme.read_text("utf-8").partition(MARK)
    readme.write_text(f"{before}{MARK}\n{table(works)}\n{MARK}{rest.partition(MARK)[2]}", "utf-8", newline="\n")
    print(f"{len(works)} works, {len(listed)} files")


if __name__ == "__main__":
    main()
