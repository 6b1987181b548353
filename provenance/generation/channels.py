"""Which part of what a model writes does its reader see, which is reasoning, and which goes to a tool?

Models set the parts apart by markers, in text or as special tokens. Where a tokenizer brings transformers' own
`response_template`, its parser decides; else a list of markers does. Markers belong to no part. Nothing here decodes
or checks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from provenance.errors import UsageError

ANSWER = "answer"
REASONING = "reasoning"
TOOLS = "tools"

Piece = tuple[str, str]  # a channel's name, and text of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What stands between two markers, or after the first where there is no second; the markers, as the model writes.

    Channels of one name are one text. A marker that is a special token of the tokenizer is one here too: the same
    letters put together from other tokens are not taken for it.
    """

    name: str
    opens: str
    closes: str | None = None


CHANNELS = (
    Channel(name=REASONING, opens="<think>", closes="</think>"),
    Channel(name=REASONING, opens="[THINK]", closes="[/THINK]"),
    Channel(name=REASONING, opens="<|channel>thought\n", closes="<channel|>"),
    Channel(name=TOOLS, opens="<tool_call>", closes="</tool_call>"),
    Channel(name=TOOLS, opens="<|tool_call>", closes="<tool_call|>"),
    Channel(name=TOOLS, opens="[TOOL_CALLS]"),
    Channel(name=TOOLS, opens="<|python_tag|>"),
)

_FIELDS = {
    "content": ANSWER, "reasoning_content": REASONING, "reasoning": REASONING, "thinking": REASONING,
    "tool_calls": TOOLS,
}  # fmt: skip
_ANCHORS = ("open", "open_pattern", "close", "close_pattern")


class Splitter(Protocol):
    """Tells the parts of one text apart while it is written."""

    def feed(self, text: str) -> list[Piece]:
        """Return which text has come to which channel; what may be the beginning of a marker is held."""

    def end(self) -> list[Piece]:
        """Return what was held; it is no marker."""


class Dialect:
    """How one tokenizer's models mark their channels.

    Args:
        tokenizer: brings a `response_template`, or not.
        channels: stand in for that template and for `CHANNELS`; none at all make all text the answer.
        special: the special tokens.

    Attributes:
        signs: what stands in the text to split for each special token that is, or is part of, a marker.

    Raises:
        UsageError: the tokenizer's template cannot be used.
    """

    signs: Mapping[str, str]

    def __init__(self, tokenizer: Any, channels: Sequence[Channel] | None, special: Collection[str]) -> None:
        self._tokenizer = tokenizer
        self._template = _plain_template(tokenizer) if channels is None else None
        self._channels = CHANNELS if channels is None else tuple(channels)
        if self._template is not None:
            anchors = _anchors(self._template)
            self.signs = {token: token for token in special if token in anchors}
        else:
            self.signs = _signs(self._channels, special)

    def splitter(self, prompt: str) -> Splitter:
        """Return what splits the text that follows a prompt, given with its special tokens."""
        if self._template is not None:
            return TemplateSplitter(self._tokenizer.get_response_parser(self._template, prefix=prompt), self.signs)
        return MarkerSplitter(self._channels, self.signs, prompt)


class MarkerSplitter:
    """Splits by markers, which may come in pieces; outside all channels is the answer, and channels do not nest."""

    def __init__(self, channels: Sequence[Channel], signs: Mapping[str, str], prompt: str) -> None:
        self._signs = set(signs.values())
        self._hidden = dict.fromkeys(map(ord, self._signs))
        self._opening = {_with_signs(channel.opens, signs): channel for channel in reversed(channels)}
        self._closing = {channel: _with_signs(channel.closes, signs) for channel in channels if channel.closes}
        self._pending = ""
        self._enter(_left_open(channels, prompt))

    def feed(self, text: str) -> list[Piece]:
        """See `Splitter.feed`."""
        if not self._pending and self._firsts.isdisjoint(text):
            return [(self._channel.name if self._channel else ANSWER, text)] if text else []
        self._pending += text
        pieces: list[Piece] = []
        while self._markers and (marker := self._markers.search(self._pending)):
            pieces += self._piece(marker.start())
            self._pending = self._pending[len(marker[0]) :]
            self._enter(self._opening[marker[0]] if self._channel is None else None)
        return pieces + self._piece(len(self._pending) - self._unsure())

    def end(self) -> list[Piece]:
        """See `Splitter.end`."""
        return self._piece(len(self._pending))

    def _enter(self, channel: Channel | None) -> None:
        """Go into a channel, or back to the answer; from now on look for the markers that lead out of it."""
        self._channel = channel
        if channel is None:
            wanted = sorted(self._opening, key=len, reverse=True)
        else:
            wanted = [self._closing[channel]] if channel in self._closing else []
        self._markers = re.compile("|".join(map(re.escape, wanted))) if wanted else None
        self._beginnings = {marker[:length] for marker in wanted for length in range(1, len(marker))}
        self._firsts = {marker[0] for marker in wanted} | self._signs
        self._longest = max(map(len, self._beginnings), default=0)

    def _unsure(self) -> int:
        """Return how many characters at the end may be the beginning of a marker."""
        longest = min(self._longest, len(self._pending))
        return next((length for length in range(longest, 0, -1) if self._pending[-length:] in self._beginnings), 0)

    def _piece(self, length: int) -> list[Piece]:
        """Take so many characters off what is pending."""
        text, self._pending = self._pending[:length], self._pending[length:]
        if self._hidden:
            text = text.translate(self._hidden)
        return [(self._channel.name if self._channel else ANSWER, text)] if text else []


class TemplateSplitter:
    """Splits as transformers' parser of responses does; its fields are the channels."""

    def __init__(self, parser: Any, signs: Mapping[str, str]) -> None:
        self._parser = parser
        self._hidden = re.compile("|".join(map(re.escape, signs))) if signs else None

    def feed(self, text: str) -> list[Piece]:
        """See `Splitter.feed`."""
        return self._pieces(self._parser.feed(text))

    def end(self) -> list[Piece]:
        """See `Splitter.end`."""
        return self._pieces(self._parser.finalize()[1])

    def _pieces(self, events: Iterable[Mapping[str, Any]]) -> list[Piece]:
        chunks = [event for event in events if event["type"] == "region_chunk"]
        pieces = [(_FIELDS.get(chunk["field"], chunk["field"]), self._visible(chunk["text"])) for chunk in chunks]
        return [(channel, text) for channel, text in pieces if text]

    def _visible(self, text: str) -> str:
        return self._hidden.sub("", text) if self._hidden else text


def _signs(channels: Sequence[Channel], special: Collection[str]) -> dict[str, str]:
    """Return a character for each special token within a marker; surrogates, which no decoded text has."""
    markers = [marker for channel in channels for marker in (channel.opens, channel.closes) if marker]
    named = sorted((token for token in special if token and any(token in marker for marker in markers)), key=len)
    return {token: chr(0xD800 + number) for number, token in enumerate(reversed(named))}


def _with_signs(marker: str, signs: Mapping[str, str]) -> str:
    """Return a marker as it comes; where one special token is part of another the longer one counts."""
    for token, sign in signs.items():
        marker = marker.replace(token, sign)
    return marker


def _left_open(channels: Sequence[Channel], prompt: str) -> Channel | None:
    """Return the channel that a prompt ends with: chat templates write the first marker of it for the model."""
    end = prompt[-100:].rstrip()
    return next((channel for channel in channels if end.endswith(channel.opens.rstrip())), None)


def _anchors(template: Mapping[str, Any]) -> str:
    """Return all that a plain template looks for; in its patterns special characters are escaped."""
    anchors = [field[name] for field in template["fields"].values() for name in _ANCHORS if name in field]
    texts = [text for anchor in anchors for text in ([anchor] if isinstance(anchor, str) else anchor)]
    return re.sub(r"\\(.)", r"\1", "\n".join(texts))


def _plain_template(tokenizer: Any) -> dict[str, Any] | None:
    """Return the tokenizer's response template with nothing but its markers, so that its parser only splits."""
    template = getattr(tokenizer, "response_template", None)
    if template is None:
        return None
    try:
        fields = {
            name: {anchor: field[anchor] for anchor in _ANCHORS if anchor in field}
            | {"content": "text", "repeats": True, "transform": "{content}"}
            for name, field in template["fields"].items()
        }
        starts = {name: template[name] for name in ("start_anchor", "start_anchor_pattern") if name in template}
        plain = {**starts, "fields": fields}
        tokenizer.get_response_parser(plain, prefix="")
    except Exception as error:
        raise UsageError(
            f"the tokenizer's response_template cannot be used ({error}); say with `channels` how its model marks "
            "reasoning and tool calls, `channels=()` if it does not"
        ) from error
    return plain
