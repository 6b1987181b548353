"""What had the user supplied? The texts of a request, without what the model itself had said before.

A match with what stands in the prompt is not reported. What an assistant said in earlier turns is the model's, not the
user's, though it comes with each request: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_BREAK = "\n\n"


def chat_prompt(request: Mapping[str, Any]) -> str | None:
    """Return the text of all messages of a chat completion's request but the assistant's; None where there is none."""
    return _BREAK.join(_messages(request.get("messages"))) or None


def response_prompt(request: Mapping[str, Any]) -> str | None:
    """Return instructions and input of a request to the Responses API, but for what the assistant said."""
    given = request.get("input")
    texts = [*_texts(request.get("instructions")), *(_texts(given) if isinstance(given, str) else _messages(given))]
    return _BREAK.join(texts) or None


def wants_text(request: Mapping[str, Any]) -> bool:
    """Return whether the answer is prose, so that something may stand under it, and not JSON to be parsed."""
    text = request.get("text")
    format_ = request.get("response_format") or (text.get("format") if isinstance(text, Mapping) else None)
    return not isinstance(format_, Mapping) or format_.get("type") in (None, "text")


def _messages(messages: object) -> Iterator[str]:
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping) and message.get("role") != "assistant":
            yield from _texts(message.get("content"))
            yield from _texts(message.get("output"))  # what a tool gave, in the Responses API


def _texts(content: object) -> Iterator[str]:
    """Yield the texts of a message's content: a string, or a list of parts some of which are texts."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]
