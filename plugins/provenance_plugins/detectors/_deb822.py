"""What does a file of Debian's kind (DEP-5) say about the licence of each path? `debian/copyright` and `.reuse/dep5`.

Reads the machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) and nothing else:
a copyright file in free words gives no paragraphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from provenance_plugins.detectors._globs import matches

_MOST_PARAGRAPHS, _MOST_PATTERNS = 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What is said of some files: their patterns, the licence's short name, the lines about copyright."""

    patterns: tuple[str, ...]
    licence: str
    copyright: tuple[str, ...]


@lru_cache(maxsize=64)
def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs about files, in their order; none where the text is not of this kind."""
    if "Format" not in _fields(text[:2_000].split("\n\n", 1)[0]):
        return ()
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n")[: 10 * _MOST_PARAGRAPHS]:
        fields = _fields(block)
        if fields.get("Files") and fields.get("License"):
            found.append(_paragraph(fields))
    return tuple(found[:_MOST_PARAGRAPHS])


def _fields(block: str) -> dict[str, list[str]]:
    """Return the fields of one paragraph; a line that begins with white space goes on with the field before."""
    fields: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in block.splitlines():
        if line[:1].isspace():
            if lines is not None:
                lines.append(line.strip())
        else:
            name, colon, value = line.partition(":")
            lines = fields.setdefault(name.strip(), []) if colon else None
            if lines is not None and value.strip():
                lines.append(value.strip())
    return fields


def _paragraph(fields: dict[str, list[str]]) -> Paragraph:
    patterns = " ".join(fields["Files"]).split()[:_MOST_PATTERNS]
    return Paragraph(tuple(patterns), fields["License"][0], tuple(fields.get("Copyright", ())))


def paragraph_for(path: str, text: str) -> Paragraph | None:
    """Return the last paragraph whose patterns match a path, which is the one that counts."""
    for paragraph in reversed(paragraphs(text)):
        if any(matches(path, pattern.removeprefix("./"), stars_cross=True) for pattern in paragraph.patterns):
            return paragraph
    return None
