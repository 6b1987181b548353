"""What does a message of LangChain's look like with the findings in its text, and how do chunks come to one?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.content import Citation

from provenance.integrations.layout import Layout, Place
from provenance.notices import citation_title, licence_label, web_address
from provenance.reports import Report

REPORT = "licence_report"
_OURS = "licence-provenance"
_STANDARD = {"output_version": "v1"}

Block = dict[str, Any]


def supplied(messages: Iterable[BaseMessage]) -> str:
    """Return what people said and pasted in a conversation."""
    said = (message.content_blocks for message in messages if isinstance(message, HumanMessage))
    return "\n\n".join(
        str(block.get("text", "")) for blocks in said for block in blocks if block["type"] in ("text", "text-plain")
    )


def written(message: AIMessage) -> str:
    """Return what a reader sees of an answer: its text blocks, one after another."""
    return "".join(block["text"] for block in _blocks(message) if block["type"] == "text")


def annotate(message: AIMessage, report: Report) -> AIMessage:
    """Return a copy of an answer with the citations of a report on `written(message)`, and with the report.

    An answer without findings keeps its content as it is.
    """
    metadata = {**message.response_metadata, REPORT: report.to_dict()}
    if not report.findings:
        return message.model_copy(update={"response_metadata": metadata})
    blocks, layout = dict(enumerate(_blocks(message))), Layout()
    for place, block in blocks.items():
        if block["type"] == "text":
            layout.add(place, len(block["text"]))
    for place, citations in _citations(layout, report).items():
        blocks[place]["annotations"] = [*_foreign(blocks[place]), *citations]
    return message.model_copy(update={"content": list(blocks.values()), "response_metadata": {**metadata, **_STANDARD}})


def _blocks(message: BaseMessage) -> list[Block]:
    """Return the content of a message in the standard form, as copies."""
    return [{**block} for block in message.content_blocks]


def without_citations(messages: Sequence[BaseMessage]) -> list[Any]:
    """Return messages as a model may be given them: without the citations and reports that this module added."""
    return [_without(message) if REPORT in message.response_metadata else message for message in messages]


def _without(message: BaseMessage) -> BaseMessage:
    metadata = {name: value for name, value in message.response_metadata.items() if name != REPORT}
    content: Any = message.content
    if isinstance(content, list):
        content = [_plain(block) if isinstance(block, dict) else block for block in content]
        text = _only_text(message, content) if metadata.items() >= _STANDARD.items() else None
        if text is not None:
            content = text
            del metadata["output_version"]
    return message.model_copy(update={"content": content, "response_metadata": metadata})


def _only_text(message: BaseMessage, blocks: list[Block]) -> str | None:
    """Return the text where there is nothing else in standard content: not every model takes blocks.

    Calls stand in the message, too, so they do not count.
    """
    calls = {call["id"] for call in getattr(message, "tool_calls", ())}
    rest = [block for block in blocks if not (block["type"] == "tool_call" and block.get("id") in calls)]
    plain = len(rest) == 1 and rest[0]["type"] == "text" and rest[0].keys() <= {"type", "text", "index"}
    return rest[0]["text"] if plain else None


def _plain(block: Block) -> Block:
    """Return a block without our citations; one that had no others goes without the key."""
    plain = {name: value for name, value in block.items() if name != "annotations"}
    foreign = _foreign(block)
    return {**plain, "annotations": foreign} if foreign else plain


def _foreign(block: Mapping[str, Any]) -> list[Any]:
    """Return the annotations of a block that are not ours."""
    return [each for each in block.get("annotations") or () if (each.get("extras") or {}).get("checker") != _OURS]


def _citations(layout: Layout, report: Report) -> dict[Any, list[Citation]]:
    """Return the citations of each block."""
    cited: dict[Any, list[Citation]] = {}
    for place in layout.places(report):
        cited.setdefault(place.block, []).append(_citation(place, report))
    return cited


def _citation(place: Place, report: Report) -> Citation:
    """Return a stretch of a finding as LangChain's standard annotation; its offsets count in its block."""
    finding = report.findings[place.finding]
    work = finding.passage.origin
    licence, address = licence_label(work, report.language), web_address(work.source)
    citation = Citation(
        type="citation", title=citation_title(work, report.language),
        start_index=place.start + place.moved, end_index=place.end + place.moved,
        cited_text=report.text[place.start : place.end],
        extras={
            "checker": _OURS, "finding": place.finding, "licence": licence, "status": finding.status.value,
            "action": finding.action.value, "notice": finding.notice, "duties": list(finding.duties),
            "kind": finding.passage.kind.value, "similarity": round(finding.passage.similarity, 4),
        },
    )  # fmt: skip
    return {**citation, "url": address} if address else citation


class Parts:
    """The chunks of one answer: which blocks they are parts of, and where the text lies in these."""

    def __init__(self) -> None:
        self.any = False
        self._id: str | None = None
        self._layout = Layout()
        self._kind = ""
        self._runs = 0

    def take(self, chunk: AIMessageChunk) -> tuple[AIMessageChunk, str]:
        """Return a chunk in the standard form, and its text.

        Blocks of neighbouring chunks are one block where they have the same index. Text and reasoning that come
        without one get one that begins with `lc_`, as LangChain's own do, since plain numbers belong to tool calls.
        """
        self.any, self._id = True, chunk.id or self._id
        blocks = [self._indexed(block) for block in _blocks(chunk)]
        texts = [block for block in blocks if block["type"] == "text"]
        for block in texts:
            self._layout.add(block["index"], len(block["text"]))
        metadata = {**chunk.response_metadata, **_STANDARD}
        taken = chunk.model_copy(update={"content": blocks, "response_metadata": metadata})
        return taken, "".join(block["text"] for block in texts)

    def _indexed(self, block: Block) -> Block:
        if block["type"] != self._kind:
            self._kind, self._runs = block["type"], self._runs + 1
        if "index" not in block and block["type"] in ("text", "reasoning"):
            block["index"] = f"lc_{block['type']}_{self._runs}"
        return block

    def last(self, report: Report) -> AIMessageChunk:
        """Return the chunk that adds citations and report to the sum of the others."""
        blocks: list[Any] = [
            {"type": "text", "text": "", "index": index, "annotations": citations}
            for index, citations in _citations(self._layout, report).items()
        ]
        return AIMessageChunk(content=blocks, id=self._id, response_metadata={REPORT: report.to_dict(), **_STANDARD})
