"""Reader of Debian's copyright files (DEP-5), `debian/copyright` and `.reuse/dep5`: the licence of each path.

It reads the machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) and nothing
else: a copyright file in free words gives no paragraphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from provenance_plugins.detectors._globs import matches

_MAX_PARAGRAPHS, _MAX_PATTERNS = 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph about files.

    Attributes:
        patterns: the patterns that match the paths of these files.
        licence: the short name of the licence.
        copyright: the lines about copyright.
    """

    patterns: tuple[str, ...]
    licence: str
    copyright: tuple[str, ...]


@lru_cache(maxsize=64)  # each file below the folder asks for the same text
def read_paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs about files, in their order; none where the text is in another form."""
    if "Format" not in _read_fields(text[:2_000].split("\n\n", 1)[0]):
        return ()
    found = []
    # Paragraphs with a licence's text lie between those about files, so the bound on blocks is a wider one.
    for block in text.replace("\r\n", "\n").split("\n\n")[: 10 * _MAX_PARAGRAPHS]:
        fields = _read_fields(block)
        if fields.get("Files") and fields.get("License"):
            patterns = " ".join(fields["Files"]).split()[:_MAX_PATTERNS]
            found.append(Paragraph(tuple(patterns), fields["License"][0], tuple(fields.get("Copyright", ()))))
    return tuple(found[:_MAX_PARAGRAPHS])


def _read_fields(block: str) -> dict[str, list[str]]:
    """Return the lines of each field of one paragraph; a line that begins with white space continues a field."""
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


def find_paragraph(path: str, text: str) -> Paragraph | None:
    """Return the last paragraph whose patterns match a path, which is the one that counts."""
    for paragraph in reversed(read_paragraphs(text)):
        if any(matches(path, pattern.removeprefix("./"), stars_cross=True) for pattern in paragraph.patterns):
            return paragraph
    return None
