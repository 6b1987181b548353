"""Fields of a chat completion, read and written alike in dicts and in the objects of any client's library.

All hosts share the names that OpenAI's API gave to things. What comes from a server may be broken: a field that is
missing or of another type counts as empty. No host's library is needed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any


def get_field(thing: Any, name: str) -> Any:
    """Return a field, None where there is none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def set_field(thing: Any, name: str, value: Any) -> None:
    """Set a field."""
    if isinstance(thing, MutableMapping):
        thing[name] = value
    else:
        setattr(thing, name, value)


def get_list(thing: Any, name: str) -> Sequence[Any]:
    """Return a field that is a list; an empty one where it is something else."""
    value = get_field(thing, name)
    return value if isinstance(value, list | tuple) else ()


def extend_list(thing: Any, name: str, entries: Sequence[dict[str, Any]]) -> None:
    """Add entries to a field that is a list; where a library has a class for them, they become objects of it."""
    construct = getattr(type(thing), "model_construct", None)  # of Pydantic, which most libraries build on
    typed = getattr(construct(**{name: entries}), name, ()) if construct else ()
    # LiteLLM's entries are typed dicts, and what its types do not know is lost on the way.
    kept = entries if not typed or any(isinstance(entry, Mapping) for entry in typed) else typed
    set_field(thing, name, [*get_list(thing, name), *kept])


def list_texts(content: Any) -> list[str]:
    """Return the texts of a content: a string, or those parts of a list that have a text.

    >>> list_texts([{"type": "text", "text": "Call me "}, {"type": "image_url"}, {"type": "text", "text": "Ishmael"}])
    ['Call me ', 'Ishmael']
    """
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list | tuple) else ()
    return [text for part in parts if isinstance(text := get_field(part, "text"), str)]


def append_text(message: Any, text: str) -> None:
    """Put a text under the content of a message: at the end of a string, or as the last of a list of parts."""
    content = get_field(message, "content")
    if isinstance(content, str):
        set_field(message, "content", content + text)
    else:
        set_field(message, "content", [*content, text_part(text)])


def text_part(text: str) -> dict[str, Any]:
    """Return a text as one part of a content."""
    return {"type": "text", "text": text}


def chunk_like(pattern: Any, choice: Mapping[str, Any], **fields: Any) -> Any:
    """Return a chunk that says nothing but one choice and some fields.

    Args:
        pattern: a chunk with a choice, of the same type and stream.
        choice: the fields of the choice, with its `delta` as a dict.
        fields: other fields of the chunk.
    """
    first = get_list(pattern, "choices")[0]
    delta, like = choice["delta"], get_field(first, "delta")
    if like is not None and not isinstance(like, Mapping):
        delta = type(like)(**delta)
    said = _copy_with(first, {"finish_reason": None, "logprobs": None, **choice, "delta": delta})
    return _copy_with(pattern, {"usage": None, **fields, "choices": [said]})


def _copy_with(thing: Any, fields: Mapping[str, Any]) -> Any:
    """Return a copy with other fields; a field that `thing` does not have is not added to be None."""
    changed = copy.copy(thing)
    for name, value in fields.items():
        if value is not None or get_field(thing, name) is not None:
            set_field(changed, name, value)
    return changed
