"""Finds what a work says itself: licence texts and notices, copyright lines, headers of Project Gutenberg.

Looks at the beginning and the end, where such things stand; a work that speaks of licences in its middle speaks of
somebody's. A file of licence text is not under that licence, and says nothing.
"""

from __future__ import annotations

import re

from provenance.hookspecs import hookimpl
from provenance.models import Detection, Document
from provenance_plugins.copyright_lines import copyright_lines
from provenance_plugins.findings import claim, place_in
from provenance_plugins.licence_files import is_licence_file
from provenance_plugins.recognition import Recognised, in_work, together

HEAD, TAIL = 4_096, 2_048
"""How many characters at either end of a work are looked at."""

_HINTS = ("icens", "icenc", "opyright", "©", "ublic domain")
_HINT = re.compile(r"licen[sc]|copyright|©|public domain", re.IGNORECASE)
_FIELD = re.compile(r"^(Title|Author): {1,8}(\S[^\n]{0,300})$", re.MULTILINE)


@hookimpl
def provenance_detect_licences(document: Document) -> Detection | None:
    """Return what the beginning and the end of a work say about its licence and its makers."""
    text = document.text
    head, tail = text[:HEAD], text[max(HEAD, len(text) - TAIL) :]
    if not (_is_hinted(head) or _is_hinted(tail)):
        return None
    if document.file and (is_licence_file(document.file.name) or document.file.parent.name == "LICENSES"):
        return None
    header = dict(reversed(_FIELD.findall(head))) if "Project Gutenberg" in head else {}
    author = header.get("Author", "").strip()
    return Detection(
        claims=tuple(
            claim(said.reading, quote=said.quote, place=place_in(document, text, said.start))
            for said in _recognised(text, is_copyrighted="COPYRIGHTED Project Gutenberg" in head)
        ),
        copyright=copyright_lines(head), title=header.get("Title", "").strip() or None,
        authors=(author,) if author else (),
    )  # fmt: skip


def _is_hinted(text: str) -> bool:
    return any(hint in text for hint in _HINTS) and _HINT.search(text) is not None


def _recognised(text: str, *, is_copyrighted: bool) -> tuple[Recognised, ...]:
    """Return what the ends of a text say; of an eBook whose header takes back that it is free, nothing."""
    if is_copyrighted:
        return ()
    parts = [in_work(text, end=HEAD)]
    if len(text) > HEAD:
        parts.append(in_work(text, start=max(HEAD, len(text) - TAIL)))
    said = together(part for part in parts if part is not None)
    return () if said is None else (said,)
