"""Finds what a work says itself: licence texts and notices, copyright lines, headers of Project Gutenberg.

Looks at the beginning and the end, where such things stand; a work that speaks of licences in its middle speaks of
somebody's. A file of licence text is not under that licence, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from provenance.hookspecs import hookimpl
from provenance.works import Detection, Document
from provenance_plugins.detectors._copyright_lines import copyright_lines
from provenance_plugins.detectors._findings import claim, place_in
from provenance_plugins.detectors._licence_files import is_licence_file
from provenance_plugins.detectors._recognition import Recognised, in_work, together

HEAD, TAIL = 4_096, 2_048
"""How many characters at either end of a work are looked at."""

_BEFORE, _AFTER = 500, 1_000
_MARKS = (
    "icens", "icenc", "ICENS", "opyright", "OPYRIGHT", "©", "ublic domain", "ublic Domain", "ermission is hereby",
    "use of anyone", "ights reserved", "be reproduced",
)  # fmt: skip
_FIELD = re.compile(r"^(Title|Author): {1,8}(\S[^\n]{0,300})$", re.MULTILINE)


@hookimpl
def provenance_detect_licences(document: Document) -> Detection | None:
    """Return what the beginning and the end of a work say about its licence and its makers."""
    text = document.text
    parts = [*_parts(text)]
    if not parts:
        return None
    if document.file and (is_licence_file(document.file.name) or document.file.parent.name == "LICENSES"):
        return None
    head = text[:HEAD]
    header = dict(reversed(_FIELD.findall(head))) if "Project Gutenberg" in head else {}
    author = header.get("Author", "").strip()
    return Detection(
        claims=tuple(
            claim(said.reading, quote=said.quote, place=place_in(document, text, said.start))
            for said in _recognised(text, parts, is_copyrighted="COPYRIGHTED Project Gutenberg" in head)
        ),
        copyright=copyright_lines(head), title=header.get("Title", "").strip() or None,
        authors=(author,) if author else (),
    )  # fmt: skip


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield what is worth reading at the beginning and at the end: from the first hint to the last, and some more."""
    ends = ((0, HEAD), (len(text) - TAIL, len(text))) if len(text) > HEAD + TAIL else ((0, len(text)),)
    for start, end in ends:
        part = text[start:end]
        if _is_hinted(part):
            marks = [mark for mark in _MARKS if mark in part]
            if marks:
                first, last = min(map(part.find, marks)), max(map(part.rfind, marks))
                yield start + max(0, first - _BEFORE), min(start + last + _AFTER, end)


def _is_hinted(part: str) -> bool:
    """Say whether one of the four strings is there that nearly every work has which says something."""
    return "opyrigh" in part or "icen" in part or "©" in part or "ublic dom" in part


def _recognised(text: str, parts: Iterable[tuple[int, int]], *, is_copyrighted: bool) -> tuple[Recognised, ...]:
    """Return what parts of a text say; of an eBook whose header takes back that it is free, nothing."""
    if is_copyrighted:
        return ()
    found = (in_work(text, start=start, end=end) for start, end in parts)
    said = together(each for each in found if each is not None)
    return () if said is None else (said,)
