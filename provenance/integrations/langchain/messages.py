"""LangChain's messages and chunks with the findings in them, as standard citations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.content import Citation

from provenance.integrations.layout import Layout
from provenance.notices import citation_title, licences_label, web_address
from provenance.reports import Report

REPORT = "licence_report"
_OURS = "licence-provenance"
_STANDARD = {"output_version": "v1"}

Block = dict[str, Any]


def read_user_text(messages: Iterable[BaseMessage]) -> str:
    """Return what people wrote and pasted in a conversation."""
    contents = (message.content_blocks for message in messages if isinstance(message, HumanMessage))
    return "\n\n".join(
        str(block.get("text", "")) for blocks in contents for block in blocks if block["type"] in ("text", "text-plain")
    )


def read_answer_text(message: AIMessage) -> str:
    """Return what a reader sees of an answer: its text blocks, one after another."""
    return "".join(block["text"] for block in message.content_blocks if block["type"] == "text")


def annotate(message: AIMessage, report: Report) -> AIMessage:
    """Return a copy of an answer with the citations of a report on `read_answer_text(message)`, and with the report.

    An answer without findings keeps its content as it is.
    """
    metadata = {**message.response_metadata, REPORT: report.to_dict()}
    if not report.findings:
        return message.model_copy(update={"response_metadata": metadata})
    blocks, layout = dict(enumerate(_copy_blocks(message))), Layout()
    for number, block in blocks.items():
        if block["type"] == "text":
            layout.add(number, len(block["text"]))
    for number, citations in _make_citations(layout, report).items():
        blocks[number]["annotations"] = [*_list_foreign(blocks[number]), *citations]
    return message.model_copy(update={"content": list(blocks.values()), "response_metadata": {**metadata, **_STANDARD}})


def _copy_blocks(message: BaseMessage) -> list[Block]:
    """Return the content of a message in the standard form, as copies."""
    return [{**block} for block in message.content_blocks]


def without_citations(messages: Sequence[BaseMessage]) -> list[Any]:
    """Return messages as a model may be given them: without the citations and reports that this module added."""
    return [_strip_message(message) if REPORT in message.response_metadata else message for message in messages]


def _strip_message(message: BaseMessage) -> BaseMessage:
    """Return a copy of a message without our report and citations."""
    metadata = {name: value for name, value in message.response_metadata.items() if name != REPORT}
    if not isinstance(message.content, list):
        return message.model_copy(update={"response_metadata": metadata})
    content: Any = []
    for block in message.content:
        if isinstance(block, dict):
            plain = {name: value for name, value in block.items() if name != "annotations"}
            foreign = _list_foreign(block)
            content.append({**plain, "annotations": foreign} if foreign else plain)
        else:
            content.append(block)
    if metadata.items() >= _STANDARD.items():
        # Not every model takes blocks, so content that is one text becomes a string again. Tool calls are in the
        # message as well, so they do not count.
        calls = {call["id"] for call in getattr(message, "tool_calls", ())}
        rest = [block for block in content if not (block["type"] == "tool_call" and block.get("id") in calls)]
        if len(rest) == 1 and rest[0]["type"] == "text" and rest[0].keys() <= {"type", "text", "index"}:
            content = rest[0]["text"]
            del metadata["output_version"]
    return message.model_copy(update={"content": content, "response_metadata": metadata})


def _list_foreign(block: Mapping[str, Any]) -> list[Any]:
    """Return the annotations of a block that are not ours."""
    return [each for each in block.get("annotations") or () if (each.get("extras") or {}).get("checker") != _OURS]


def _make_citations(layout: Layout, report: Report) -> dict[Any, list[Citation]]:
    """Return the citations of each block, as LangChain's standard annotations; their offsets count in the block."""
    cited: dict[Any, list[Citation]] = {}
    for place in layout.find_places(report):
        finding = report.findings[place.finding]
        work = finding.passage.origin
        citation = Citation(
            type="citation", title=citation_title(finding.passage, report.language),
            start_index=place.start + place.shift, end_index=place.end + place.shift,
            cited_text=report.text[place.start : place.end],
            extras={
                "checker": _OURS, "finding": place.finding, "licence": licences_label(finding.passage, report.language),
                "status": finding.status.value, "action": finding.action.value, "notice": finding.notice,
                "duties": list(finding.duties), "kind": finding.passage.kind.value,
                "similarity": round(finding.passage.similarity, 4),
            },
        )  # fmt: skip
        if address := web_address(work.source):
            citation["url"] = address
        cited.setdefault(place.block, []).append(citation)
    return cited


class Parts:
    """The chunks of one answer, with the blocks that they are parts of and the layout of the text in these.

    Attributes:
        has_chunks: whether there was one.
    """

    def __init__(self) -> None:
        self.has_chunks = False
        self._id: str | None = None
        self._layout = Layout()
        self._block_type = ""
        self._runs = 0  # of neighbouring blocks of one type

    def add(self, chunk: AIMessageChunk) -> tuple[AIMessageChunk, str]:
        """Add a chunk; return it in the standard form, and its text.

        LangChain makes one block of the blocks of neighbouring chunks that have the same index. Text and reasoning
        that come without an index get one that begins with `lc_`, as LangChain's own do, since plain numbers belong to
        tool calls.
        """
        self.has_chunks, self._id = True, chunk.id or self._id
        blocks = _copy_blocks(chunk)
        for block in blocks:
            if block["type"] != self._block_type:
                self._block_type, self._runs = block["type"], self._runs + 1
            if "index" not in block and block["type"] in ("text", "reasoning"):
                block["index"] = f"lc_{block['type']}_{self._runs}"
        texts = [block for block in blocks if block["type"] == "text"]
        for block in texts:
            self._layout.add(block["index"], len(block["text"]))
        metadata = {**chunk.response_metadata, **_STANDARD}
        standard = chunk.model_copy(update={"content": blocks, "response_metadata": metadata})
        return standard, "".join(block["text"] for block in texts)

    def make_last(self, report: Report) -> AIMessageChunk:
        """Return the chunk that adds citations and report to the sum of the others."""
        blocks: list[Any] = [
            # An empty text: LangChain appends it to the block of that index and joins the annotations.
            {"type": "text", "text": "", "index": index, "annotations": citations}
            for index, citations in _make_citations(self._layout, report).items()
        ]
        return AIMessageChunk(content=blocks, id=self._id, response_metadata={REPORT: report.to_dict(), **_STANDARD})
