"""Reading our own documents: their fenced blocks, the commands in them, their sections and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
FRONT = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
WAYS_IN = tuple(sorted(f"examples/{page.parent.name}/README.md" for page in (ROOT / "examples").glob("*/README.md")))
DOCUMENTS = (*FRONT, "examples/README.md", "tests/benchmarks/RESULTS.md", *PAGES, *WAYS_IN)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b(?= *[;.]| \d\d:\d\d)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the word after the fence, and what stands inside."""

    language: str
    content: str


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[Block]:
    return [Block(language, content) for language, content in _BLOCK.findall(read(document))]


def links(document: str) -> list[str]:
    """The link targets that are files, as the document has them, without the heading."""
    return [path for path, _ in references(document) if path]


def references(document: str) -> list[tuple[str, str]]:
    """The links to files of ours and to their headings: path, empty for the document itself, and anchor or nothing."""
    prose = _BLOCK.sub("", read(document))
    targets = [target.partition("#") for target in _LINK.findall(prose) if "://" not in target]
    return [(path, anchor) for path, _, anchor in targets]


def anchors(document: str) -> set[str]:
    """The names by which the headings of a document are linked to.

    >>> "provenance-check" in anchors("docs/check.md")
    True
    """
    headings = _HEADING.findall(_BLOCK.sub("", read(document)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sections(document: str) -> dict[str, str]:
    """The text under each heading, by the heading without its back-quotes."""
    prose = read(document)
    headings = list(_HEADING.finditer(prose))
    ends = [heading.start() for heading in headings[1:]] + [len(prose)]
    return {
        heading[1].replace("`", ""): prose[heading.end() : end] for heading, end in zip(headings, ends, strict=True)
    }


def section(heading: str) -> str:
    """The text under a heading that just one page of docs/ has."""
    (found,) = (sections(page)[heading] for page in PAGES if heading in sections(page))
    return found


def transcript(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block with the output that stands below each; days are made alike.

    >>> transcript(Block("console", "$ date\\n2026-11-20;\\n$ true\\n"))
    [('date', 'DAY;'), ('true', '')]
    """
    parts = re.split(r"^\$ (.*)\n", block.content, flags=re.MULTILINE)[1:]
    return [(command, undated(output).strip("\n")) for command, output in zip(parts[::2], parts[1::2], strict=True)]


def undated(output: str) -> str:
    """The output with the day of an ingest left open."""
    return _DAY.sub("DAY", output)
