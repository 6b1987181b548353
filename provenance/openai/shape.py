"""How is a chat completion read and written that may be a dict, or an object of any client's library?

All hosts share the names that OpenAI's API gave to things; here is the one place that knows them. What comes from a
server may be broken: whatever is not there, or of another type, counts as nothing. No host's library is needed, and
nothing here knows what is written into an answer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a chunk of a stream adds to one answer.

    Attributes:
        index: which answer of the completion. text: may be empty. citations: how many annotations come along.
        last: the answer ends with this chunk.
    """

    index: int
    text: str
    citations: int
    last: bool


def get(thing: Any, name: str) -> Any:
    """Return a field, None where there is none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def put(thing: Any, name: str, value: Any) -> None:
    """Set a field."""
    if isinstance(thing, MutableMapping):
        thing[name] = value
    else:
        setattr(thing, name, value)


def extend(thing: Any, name: str, entries: Sequence[dict[str, Any]]) -> None:
    """Add entries to a field that is a list; where a library has a class for them, they become objects of it."""
    construct = getattr(type(thing), "model_construct", None)
    typed = getattr(construct(**{name: entries}), name, ()) if construct else ()
    # LiteLLM's entries are typed dicts, and what its types do not know is lost on the way.
    kept = entries if not typed or any(isinstance(entry, Mapping) for entry in typed) else typed
    put(thing, name, [*listed(thing, name), *kept])


def listed(thing: Any, name: str) -> Sequence[Any]:
    """Return a field that is a list; an empty one where it is something else."""
    value = get(thing, name)
    return value if isinstance(value, list | tuple) else ()


def text_of(content: Any) -> str:
    """Return the text of a content: a string, or the texts in a list of parts, one after the other.

    >>> text_of([{"type": "text", "text": "Call me "}, {"type": "image_url"}, {"type": "text", "text": "Ishmael"}])
    'Call me Ishmael'
    """
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else ()
    return "".join(text for part in parts if isinstance(text := get(part, "text"), str))


def supplied(messages: Any) -> str | None:
    """Return the text of a request's messages but the assistant's own; None where there is none.

    What the assistant said in earlier turns is the model's, though it comes with each request.
    """
    given = messages if isinstance(messages, list | tuple) else ()
    texts = (text_of(get(message, "content")) for message in given if get(message, "role") != "assistant")
    return _BREAK.join(filter(None, texts)) or None


def pieces(chunk: Any) -> Iterator[Piece]:
    """Yield what a chunk adds to each answer that it is about."""
    for at, choice in enumerate(listed(chunk, "choices")):
        index, delta = get(choice, "index"), get(choice, "delta")
        yield Piece(
            index=index if isinstance(index, int) else at, text=text_of(get(delta, "content")),
            citations=len(listed(delta, "annotations")), last=isinstance(get(choice, "finish_reason"), str),
        )  # fmt: skip


def chunk_like(chunk: Any, choices: Sequence[dict[str, Any]], **fields: Any) -> Any:
    """Return a chunk of the same stream and type that says nothing but these choices and fields."""
    pattern = listed(chunk, "choices")[0]
    silent = {"finish_reason": None, "logprobs": None}
    said = [{**silent, **choice, "delta": _like(get(pattern, "delta"), choice["delta"])} for choice in choices]
    return _changed(chunk, {"usage": None, **fields, "choices": [_changed(pattern, choice) for choice in said]})


def _like(delta: Any, fields: dict[str, Any]) -> Any:
    return fields if delta is None or isinstance(delta, Mapping) else type(delta)(**fields)


def _changed(thing: Any, fields: Mapping[str, Any]) -> Any:
    """Return a copy with other fields; one that is not there is not made up to say nothing."""
    changed = copy.copy(thing)
    for name, value in fields.items():
        if value is not None or get(thing, name) is not None:
            put(changed, name, value)
    return changed
