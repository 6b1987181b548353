"""What do the detectors know of a document? Asks each of them and puts what they say beside what is declared.

What a document says of itself goes before what was detected. Which claim counts in the end is decided in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from provenance.plugins import Plugins
from provenance.sources.surroundings import Disk
from provenance.works import Claim, Detection, Document

MOST_CLAIMS, MOST_LINES, MOST_AUTHORS, MOST_SIGNALS = 20, 100, 100, 100
"""Of one work; a hostile file may say anything any number of times."""
SURE_ENOUGH = 0.5
"""What is less sure than this is a guess."""
_EVIDENCE, _LINE, _NOTICE = 500, 400, 100_000  # characters


class Detector:
    """The detectors of one ingest, with what they have seen around its files."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._surroundings = Disk()

    def detected(self, document: Document) -> Document:
        """Return the document with what was detected.

        Raises:
            PluginError: a detector failed.
        """
        if document.root is not None:
            self._surroundings.admit(document.root)
        found = self._plugins.detect(document, self._surroundings)
        return completed(document, found) if found else document


def completed(document: Document, found: Iterable[tuple[str, Detection]]) -> Document:
    """Return a document with what the detectors of these names found; of two titles, say, the first counts."""
    found = tuple(found)
    detections = [detection for _, detection in found]
    lines = dict.fromkeys(line[:_LINE] for each in detections for line in each.copyright)
    authors = next((each.authors for each in detections if each.authors), ())
    notice = next((each.notice for each in detections if each.notice), None)
    title = next((each.title for each in detections if each.title), None)
    signals = dict.fromkeys(signal for each in detections for signal in each.signals)
    return replace(
        document,
        title=title[:_LINE] if title and _is_unnamed(document) else document.title,
        authors=document.authors or tuple(author[:_LINE] for author in authors[:MOST_AUTHORS]),
        copyright=document.copyright or "\n".join([*lines][:MOST_LINES]) or None,
        notice=document.notice or (notice and notice[:_NOTICE]),
        signals=(*document.signals, *[*signals][:MOST_SIGNALS]),
        claims=(*document.claims, *[*_claims(found)][:MOST_CLAIMS]),
    )


def _claims(found: Iterable[tuple[str, Detection]]) -> Iterator[Claim]:
    """Yield the claims, each in its detector's name; guesses only where nobody knows better."""
    said = [(name, claim) for name, detection in found for claim in detection.claims]
    is_known = any(claim.confidence >= SURE_ENOUGH for _, claim in said)
    for name, claim in said:
        if claim.confidence >= SURE_ENOUGH or not is_known:
            yield replace(claim, who=claim.who or name, evidence=claim.evidence and claim.evidence[:_EVIDENCE])


def _is_unnamed(document: Document) -> bool:
    """Has the document no title but the name of its file?"""
    if document.title is None or document.file is None:
        return document.title is None
    inside = document.file.relative_to(document.root).as_posix() if document.root else document.file.name
    return document.title == inside
