"""Annotator of chat completions, whole or streamed, as dicts and as objects of any client's library, without I/O.

It decides which texts are checked, what ends an answer, and where annotations and reports go. Its drivers run the
checks and send the chunks: `chat_events` for server-sent events, `sdk` for the iterators of client libraries.

- Checked is the `content` of a message: a string, or the texts of a list of parts, one after the other. Reasoning,
  refusals and tool calls are not.
- `annotations` of a message: a `url_citation` for each finding. In a stream all of them come in one delta, since
  clients add lists up and fail on a second one; where the upstream had sent some, ours are numbered on from them.
- `licence_report`: on the completion, or in a stream on a chunk. Where a request asked for several answers (`n`), each
  choice has its own; where the request is not known, the number of choices says it.
- `licence_events`: on chunks of ours, for clients that ask for them, as soon as a passage opens, grows or closes.

The chunk of ours on an answer comes before the chunk with its `finish_reason`. What the model wrote is never changed.
Some servers send a reason with every chunk: it is the end only if no more text follows, so such a chunk waits for what
comes next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from provenance.live import Noticed
from provenance.openai.shape import (
    append_text,
    chunk_like,
    extend_list,
    get_field,
    get_list,
    list_texts,
    set_field,
    text_part,
)
from provenance.openai.wording import Wording
from provenance.reports import Report

_T = TypeVar("_T")
_STREAM_FIELDS = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
"""The fields that all chunks of a stream share."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a whole completion that has a text.

    Attributes:
        index: its number among the answers.
        choice: the object that holds it.
        message: the message in the choice.
        text: the content of the message.
    """

    index: int
    choice: Any
    message: Any
    text: str


def read_answers(completion: Any) -> list[Answer]:
    """Return the answers of a whole completion whose text is to be checked."""
    answers = []
    for index, choice in _list_choices(completion):
        message = get_field(choice, "message")
        if text := "".join(list_texts(get_field(message, "content"))):
            answers.append(Answer(index, choice, message, text))
    return answers


def annotate_answers(
    completion: Any, reports: Iterable[tuple[Answer, Report]], wording: Wording, *, several: bool | None = None
) -> None:
    """Put the notices on its answers into a whole completion.

    Args:
        completion: is changed.
        reports: its answers, each with the report on it.
        wording: how notices are worded.
        several: the request asked for more than one answer; None if the request is not known.
    """
    if several is None:
        several = len(get_list(completion, "choices")) > 1
    for answer, report in reports:
        if annotations := wording.chat_annotations(report):
            extend_list(answer.message, "annotations", annotations)
        if footnotes := wording.footnotes(report):
            append_text(answer.message, footnotes)
        holder = answer.choice if several or answer.index != 0 else completion
        set_field(holder, "licence_report", report.to_dict())


@dataclass(frozen=True, slots=True)
class ChunkContent:
    """What a chunk of a stream adds to its answers.

    Attributes:
        texts: texts to be checked, each after the index of its answer.
        ended: the indexes of the answers with a text that end with this chunk, if none of it follows.
        has_choices: whether the chunk says anything of an answer.
    """

    texts: tuple[tuple[int, str], ...]
    ended: tuple[int, ...]
    has_choices: bool


class EndQueue(Generic[_T]):
    """Chunks that seem to end an answer, until it is sure that they do.

    What says nothing of an answer, such as the usage, comes after an end and waits with it; other answers go on.

    >>> ends = EndQueue[str]()
    >>> ends.order("a", ChunkContent(((0, "One"),), ended=(0,), has_choices=True))
    []
    >>> ends.order("b", ChunkContent(((0, " two."),), ended=(0,), has_choices=True))
    [('a', ())]
    >>> ends.order("usage", ChunkContent((), (), has_choices=False)), ends.release()
    ([], [('b', (0,)), ('usage', ())])
    """

    def __init__(self) -> None:
        self._ends: list[tuple[_T, tuple[int, ...]]] = []
        self._after: list[tuple[_T, tuple[int, ...]]] = []

    def order(self, item: _T, content: ChunkContent) -> list[tuple[_T, tuple[int, ...]]]:
        """Return the chunks that go on when one has come, each with the answers that it ends."""
        going_on = {index for index, _ in content.texts}.union(content.ended)
        ends = [(held, tuple(index for index in ended if index not in going_on)) for held, ended in self._ends]
        out = [(held, ended) for held, ended in ends if not ended]
        self._ends = [(held, ended) for held, ended in ends if ended]
        if not self._ends:
            out += self._after
            self._after = []
        if content.ended:
            self._ends.append((item, content.ended))
        elif self._ends and not content.has_choices:
            self._after.append((item, ()))
        else:
            out.append((item, ()))
        return out

    def release(self) -> list[tuple[_T, tuple[int, ...]]]:
        """Return all chunks that wait, at the end of the stream."""
        out = self._ends + self._after
        self._ends, self._after = [], []
        return out


class ChatAnnotator:
    """State of one streamed chat completion.

    The driver gives each chunk to `read` and to an `EndQueue`. It has the texts of each chunk that the queue returns
    checked, and sends it on. Before it sends a chunk that ends an answer, it ends the check and sends the chunk that
    `tell` makes of the report. At the end of the stream it does so for each answer without an end of its own.

    Args:
        wording: how notices are worded.
        several: the request asked for more than one answer; None if the request is not known.

    Attributes:
        told: the indexes of the answers whose report was sent.
    """

    def __init__(self, wording: Wording, *, several: bool | None = None) -> None:
        self.told: set[int] = set()
        self._wording = wording
        self._several = several
        self._cited: Counter[int] = Counter()  # annotations of the upstream's; has each index that was seen
        self._in_parts: dict[int, bool] = {}  # of the answers that have a text: is it a list of parts?
        self._fields: dict[str, Any] = {"object": "chat.completion.chunk"}
        self._pattern: Any = None  # the last chunk that is an object of a library

    def read(self, chunk: Any) -> ChunkContent:
        """Return what a chunk adds; anything else than a chunk adds nothing."""
        if type(chunk) is dict:
            self._fields |= {name: chunk[name] for name in _STREAM_FIELDS if name in chunk}
        elif get_list(chunk, "choices"):
            self._pattern = chunk
        texts: list[tuple[int, str]] = []
        ended: dict[int, None] = {}
        for index, choice in _list_choices(chunk):
            delta = get_field(choice, "delta")
            content = get_field(delta, "content")
            self._cited[index] += len(get_list(delta, "annotations"))
            if text := "".join(list_texts(content)):
                texts.append((index, text))
                self._in_parts[index] = not isinstance(content, str)
            if get_field(choice, "finish_reason") and index in self._in_parts:
                ended[index] = None
        return ChunkContent(tuple(texts), tuple(ended), bool(get_list(chunk, "choices")))

    def tell(self, index: int, report: Report, *, alone: bool) -> Any:
        """Return the chunk of ours on an answer that has ended; None where there is nothing to say.

        Args:
            index: which answer.
            report: the report on its text.
            alone: no chunk of the upstream's can carry the report; else `report_for_end` is for the one with the end.
        """
        self.told.add(index)
        delta: dict[str, Any] = {}
        if footnotes := self._wording.footnotes(report):
            # Clients add up what they get: to a list of parts only a list can be added.
            delta["content"] = [text_part(footnotes)] if self._in_parts.get(index) else footnotes
        annotations = self._wording.chat_annotations(report)
        if before := self._cited[index]:
            annotations = [{"index": place, **each} for place, each in enumerate(annotations, before)]
        # LiteLLM's proxy shortens a chunk with an empty delta on its way: an empty list keeps it whole.
        if annotations or alone:
            delta["annotations"] = annotations
        choice = {"index": index, "delta": delta}
        if self._has_own_report(index):
            return self._new_chunk({**choice, "licence_report": report.to_dict()})
        if alone:
            return self._new_chunk(choice, licence_report=report.to_dict())
        return self._new_chunk(choice) if delta else None

    def report_for_end(self, index: int, report: Report) -> dict[str, Any] | None:
        """Return the report for the chunk that ends an answer; None where the chunk of ours has it."""
        return None if self._has_own_report(index) else report.to_dict()

    def tell_events(self, index: int, events: Iterable[Noticed]) -> Any:
        """Return the chunk of ours that tells of passages in an answer that is not complete yet."""
        return self._new_chunk({"index": index, "delta": {}}, licence_events=[event.to_dict() for event in events])

    def _has_own_report(self, index: int) -> bool:
        several = len(self._cited) > 1 if self._several is None else self._several
        return several or index != 0

    def _new_chunk(self, choice: dict[str, Any], **fields: Any) -> Any:
        # A library's chunk is copied, since only it knows how its class is made; a dict is written anew, since a copy
        # would repeat fields that say something of the chunk itself, such as the ids of its tokens.
        if self._pattern is not None:
            return chunk_like(self._pattern, choice, **fields)
        return {**self._fields, "choices": [{"finish_reason": None, **choice}], **fields}


def split_end(chunk: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a chunk that has both a text and an end as two: one without what ends its choices, one with that alone."""
    choices = [choice for choice in get_list(chunk, "choices") if isinstance(choice, dict)]
    content = {name: value for name, value in chunk.items() if name != "usage"}
    content["choices"] = [{**choice, "finish_reason": None} for choice in choices]
    ending = [{**choice, "delta": {}} for choice in choices if choice.get("finish_reason")]
    for choice in ending:
        choice.pop("logprobs", None)
    return content, {**chunk, "choices": ending}


def _list_choices(completion: Any) -> Iterator[tuple[int, Any]]:
    """Yield the choices of a completion or chunk, each after its index; without one its place counts."""
    for place, choice in enumerate(get_list(completion, "choices")):
        index = get_field(choice, "index")
        yield (index if isinstance(index, int) else place), choice
