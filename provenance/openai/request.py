"""Texts of a request, and which of them the user had supplied.

A match with a text that the user supplied is not reported. What the assistant said in earlier turns is the model's,
though it comes with each request: it does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.openai.shape import get_field, list_texts

# A paragraph, so that the last word of one text and the first of the next are not read as one.
_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class PromptPart:
    """One text of a request.

    Attributes:
        text: as it was sent.
        origin: the role that it was sent under, such as `system`, `user`, `assistant` or `tool`; None without a role.
    """

    text: str
    origin: str | None


def read_messages(messages: Any) -> Iterator[PromptPart]:
    """Yield the texts of a request's messages, dicts or objects, in order.

    The items of the Responses API have the shape of messages too, but for what a tool gave: it is in `output`.
    """
    for message in messages if isinstance(messages, list | tuple) else ():
        role = get_field(message, "role")
        origin = role if isinstance(role, str) else None
        yield from (PromptPart(text, origin) for text in list_texts(get_field(message, "content")))
        yield from (PromptPart(text, origin or "tool") for text in list_texts(get_field(message, "output")))


def join_prompt(parts: Iterable[PromptPart]) -> str | None:
    """Return the prompt that a check takes: all parts but the assistant's; None without any text."""
    return _BREAK.join(part.text for part in parts if part.text and part.origin != "assistant") or None


def chat_prompt(request: Mapping[str, Any]) -> str | None:
    """Return what the user had supplied in a request for a chat completion; None without any text."""
    return join_prompt(read_messages(request.get("messages")))


def response_prompt(request: Mapping[str, Any]) -> str | None:
    """Return what the user had supplied in a request to the Responses API; None without any text."""
    given = request.get("input")
    parts = [PromptPart(text, "system") for text in list_texts(request.get("instructions"))]
    parts += [PromptPart(given, "user")] if isinstance(given, str) else read_messages(given)
    return join_prompt(parts)


def wants_text(request: Mapping[str, Any]) -> bool:
    """Return whether the answer is prose, so that notices may be written under it, and not JSON to be parsed."""
    text = request.get("text")
    format_ = request.get("response_format") or (text.get("format") if isinstance(text, Mapping) else None)
    return not isinstance(format_, Mapping) or format_.get("type") in (None, "text")
