"""What does each answer of a streamed chat completion repeat, and what is a client told of it at its end?

No reading and writing of streams: that is `chat`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from provenance import notices
from provenance.check import Checker, OnError
from provenance.errors import ProvenanceError
from provenance.generation.review import OnReport
from provenance.live import StreamChecker
from provenance.openai.shape import Piece, chunk_like, pieces
from provenance.reports import Report

_LOG = logging.getLogger(__name__)


def url_citations(report: Report) -> list[dict[str, Any]]:
    """Return a `url_citation` for each finding."""
    return [citation.in_chat() for citation in notices.citations(report)]


class Answers:
    """The answers of one streamed completion that have a text so far, each with its own check."""

    def __init__(self, checker: Checker, prompt: str | None, on_error: OnError, on_report: OnReport | None) -> None:
        self._new_stream = partial(StreamChecker, checker, prompt=prompt, on_error=on_error)
        self._on_report = on_report
        self._streams: dict[int, StreamChecker] = {}
        self._cited: Counter[int] = Counter()
        self._pattern: Any = None

    def read(self, chunk: Any) -> list[Piece]:
        """Return what a chunk says of each answer."""
        said = list(pieces(chunk))
        self._pattern = chunk if said else self._pattern
        for piece in said:
            self._cited[piece.index] += piece.citations
        return said

    def feed(self, said: list[Piece]) -> None:
        """Check what a chunk added."""
        for stream, text in self._addressed(said):
            stream.feed(text)

    async def feed_async(self, said: list[Piece]) -> None:
        """Do as `feed` does."""
        for stream, text in self._addressed(said):
            await stream.feed_async(text)

    def end(self, indexes: Iterable[int] | None = None) -> list[Any]:
        """End some answers, or all, and return the chunk with their notices, if there are any texts among them."""
        open_ = self._open(indexes)
        for stream in open_.values():
            stream.end()
        return self._told(open_)

    async def end_async(self, indexes: Iterable[int] | None = None) -> list[Any]:
        """Do as `end` does."""
        open_ = self._open(indexes)
        for stream in open_.values():
            await stream.end_async()
        return self._told(open_)

    def close(self) -> None:
        """End the checks of answers that nobody reads any more."""
        for stream in self._open(None).values():
            try:
                self._deliver(stream.close())
            except ProvenanceError as error:
                _LOG.warning("an answer that broke off was not checked: %s", error)

    def _addressed(self, said: list[Piece]) -> Iterator[tuple[StreamChecker, str]]:
        """Yield each text with the check it goes to; what comes after an answer's end goes to none."""
        for piece in said:
            if piece.text and piece.index not in self._streams:
                self._streams[piece.index] = self._new_stream()
            if piece.text and self._streams[piece.index].report is None:
                yield self._streams[piece.index], piece.text

    def _open(self, indexes: Iterable[int] | None) -> dict[int, StreamChecker]:
        wanted = self._streams if indexes is None else indexes
        return {at: self._streams[at] for at in wanted if at in self._streams and self._streams[at].report is None}

    def _told(self, ended: dict[int, StreamChecker]) -> list[Any]:
        """Return the chunk that tells of some answers; the report of the only answer is the chunk's own."""
        choices = [self._choice(index, self._deliver(stream.close())) for index, stream in ended.items()]
        if [*self._cited] == [0] and choices:
            return [chunk_like(self._pattern, choices, licence_report=choices[0].pop("licence_report"))]
        return [chunk_like(self._pattern, choices)] if choices else []

    def _choice(self, index: int, report: Report) -> dict[str, Any]:
        """Return what is told of an answer; clients cannot add to a list that they have already but by `index`."""
        told = url_citations(report)
        if before := self._cited[index]:
            told = [{**each, "index": before + at} for at, each in enumerate(told)]
        # A chunk without a delta of note is shortened on its way through LiteLLM's proxy: an empty list is one.
        return {"index": index, "delta": {"annotations": told}, "licence_report": report.to_dict()}

    def _deliver(self, report: Report) -> Report:
        if self._on_report is not None:
            self._on_report(report)
        return report
