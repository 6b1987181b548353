"""Detector of what a work says itself: licence texts and notices, copyright lines, headers of Project Gutenberg.

It looks at the beginning and the end, where such statements usually are; a work that speaks of licences in its middle
mostly speaks of another work's. A file of licence text is not under that licence, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provenance.hookspecs import hookimpl
from provenance.works import Claim, Detection, Document
from provenance_plugins.detectors._copyright_lines import find_copyright_lines
from provenance_plugins.detectors._findings import make_claim, place_in
from provenance_plugins.detectors._licence_files import is_licence_file
from provenance_plugins.detectors._recognition import combine_recognised, recognise_work

HEAD, TAIL = 4_096, 2_048
"""How many characters at either end of a work are looked at."""

_BEFORE, _AFTER = 500, 1_000
_HINTS = (
    "icens", "icenc", "ICENS", "opyright", "OPYRIGHT", "©", "ublic domain", "ublic Domain", "ermission is hereby",
    "use of anyone", "ights reserved", "be reproduced",
)  # fmt: skip
_FIELD = re.compile(r"^(Title|Author): {1,8}(\S[^\n]{0,300})$", re.MULTILINE)


@hookimpl
def provenance_detect_licences(document: Document) -> Detection | None:
    """Return what the beginning and the end of a work say about its licence and its makers."""
    text = document.text
    parts = list(find_hinted_parts(text))
    if not parts:
        return None
    if document.file and (is_licence_file(document.file.name) or document.file.parent.name == "LICENSES"):
        return None
    head = text[:HEAD]
    header = dict(reversed(_FIELD.findall(head))) if "Project Gutenberg" in head else {}
    author = header.get("Author", "").strip()
    together = None
    # The header of such an eBook takes back that it is free, which the licence text around it still says.
    if "COPYRIGHTED Project Gutenberg" not in head:
        found = (recognise_work(text, start=start, end=end) for start, end in parts)
        together = combine_recognised(each for each in found if each is not None)
    claims: tuple[Claim, ...] = ()
    if together is not None:
        place = place_in(document, text, together.start)
        claims = (make_claim(together.reading, quote=together.quote, place=place),)
    return Detection(
        claims=claims, copyright=find_copyright_lines(head), title=header.get("Title", "").strip() or None,
        authors=(author,) if author else (),
    )  # fmt: skip


def find_hinted_parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield what is worth reading at the beginning and at the end: from the first hint to the last, and some more.

    >>> list(find_hinted_parts("No hint.")), list(find_hinted_parts(f"{'x' * 900}license"))
    ([], [(401, 907)])
    """
    ends = ((0, HEAD), (len(text) - TAIL, len(text))) if len(text) > HEAD + TAIL else ((0, len(text)),)
    for start, end in ends:
        part = text[start:end]
        # Nearly every work that says something has one of these four, and most works have none of them.
        if not ("opyrigh" in part or "icen" in part or "©" in part or "ublic dom" in part):
            continue
        hints = [hint for hint in _HINTS if hint in part]
        if hints:
            first, last = min(map(part.find, hints)), max(map(part.rfind, hints))
            yield start + max(0, first - _BEFORE), min(start + last + _AFTER, end)
