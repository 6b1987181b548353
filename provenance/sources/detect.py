"""Detection of licences: asks each detector about a document and merges the answers with what is declared.

What a document says itself goes before what was detected. The catalogue decides later which claim counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from provenance.plugins import Plugins
from provenance.sources.surroundings import Disk
from provenance.works import Detection, Document

MOST_CLAIMS, MOST_LINES, MOST_AUTHORS, MOST_SIGNALS = 20, 100, 100, 100
"""Upper bounds for one work, because a hostile file may say anything any number of times."""
SURE_ENOUGH = 0.5
"""A claim with less confidence than this is a guess."""
_EVIDENCE, _LINE, _NOTICE = 500, 400, 100_000  # characters


class Detector:
    """The detectors of one ingest, with what they have seen around its files."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._surroundings = Disk()

    def add_detections(self, document: Document) -> Document:
        """Return the document with what was detected.

        Raises:
            PluginError: a detector failed.
        """
        if document.root is not None:
            self._surroundings.admit(document.root)
        found = self._plugins.detect(document, self._surroundings)
        return merge_detections(document, found) if found else document


def merge_detections(document: Document, found: Iterable[tuple[str, Detection]]) -> Document:
    """Return a document with what detectors found; the first title, notice and list of authors count.

    Args:
        document: the document as its reader made it.
        found: what was detected, each with the name of its detector.
    """
    found = tuple(found)
    detections = [detection for _, detection in found]
    # Dictionaries drop what several detectors found, and keep the order.
    lines = dict.fromkeys(line[:_LINE] for each in detections for line in each.copyright)
    authors = next((each.authors for each in detections if each.authors), ())
    notice = next((each.notice for each in detections if each.notice), None)
    title = next((each.title for each in detections if each.title), None)
    signals = dict.fromkeys(signal for each in detections for signal in each.signals)
    claims = [(name, claim) for name, detection in found for claim in detection.claims]
    # Guesses count only where no detector is sure, or they would dispute what is known.
    least = SURE_ENOUGH if any(claim.confidence >= SURE_ENOUGH for _, claim in claims) else 0.0
    named = [
        replace(claim, who=claim.who or name, evidence=claim.evidence and claim.evidence[:_EVIDENCE])
        for name, claim in claims
        if claim.confidence >= least
    ]
    # A file without a title of its own was given its path as one; a detected title is better.
    path = None
    if document.file is not None:
        path = document.file.relative_to(document.root).as_posix() if document.root else document.file.name
    return replace(
        document,
        title=title[:_LINE] if title and document.title in (None, path) else document.title,
        authors=document.authors or tuple(author[:_LINE] for author in authors[:MOST_AUTHORS]),
        copyright=document.copyright or "\n".join([*lines][:MOST_LINES]) or None,
        notice=document.notice or (notice and notice[:_NOTICE]),
        signals=(*document.signals, *[*signals][:MOST_SIGNALS]),
        claims=(*document.claims, *named[:MOST_CLAIMS]),
    )
