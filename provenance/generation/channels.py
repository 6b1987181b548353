"""Channels of what a model writes: the answer that a reader sees, the reasoning, and the calls of tools.

Models separate them by markers, in text or as special tokens. If a tokenizer has transformers' own
`response_template`, its parser decides; else a list of markers does. Markers belong to no channel. This module neither
decodes nor checks.
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
    """The text between two markers, or after the first one if it has none that closes it.

    Channels of one name are one text. A marker that is a special token of the tokenizer is found as that token only:
    the same letters written with other tokens are text.

    Attributes:
        name: `ANSWER`, `REASONING`, `TOOLS` or a name of your own.
        opens: the first marker, as the model writes it.
        closes: the second marker.
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
    """Splits one text into its channels while it is written."""

    def feed(self, text: str) -> list[Piece]:
        """Return the text that is new in each channel; what may be the beginning of a marker is held."""

    def end(self) -> list[Piece]:
        """Return what was held, since no marker came of it."""


class Dialect:
    """The markers that one tokenizer's models write.

    Args:
        tokenizer: may have a `response_template`.
        channels: replace that template and `CHANNELS`; if there are none at all, all text is the answer.
        special: the special tokens.

    Attributes:
        signs: for each special token that is a marker or part of one, the text that the splitter gets for it.

    Raises:
        UsageError: the tokenizer's template cannot be used.
    """

    signs: Mapping[str, str]

    def __init__(self, tokenizer: Any, channels: Sequence[Channel] | None, special: Collection[str]) -> None:
        self._tokenizer = tokenizer
        self._template = _simplify_template(tokenizer) if channels is None else None
        self._channels = CHANNELS if channels is None else tuple(channels)
        if self._template is not None:
            # The template's parser looks for the letters of a special token. In its patterns these are escaped.
            fields = self._template["fields"].values()
            anchors = [field[name] for field in fields for name in _ANCHORS if name in field]
            texts = [text for anchor in anchors for text in ([anchor] if isinstance(anchor, str) else anchor)]
            sought = re.sub(r"\\(.)", r"\1", "\n".join(texts))
            self.signs = {token: token for token in special if token in sought}
        else:
            # Each special token within a marker is one surrogate. No decoded text has surrogates, so a model that
            # writes the letters of a marker does not change the channel.
            markers = [marker for each in self._channels for marker in (each.opens, each.closes) if marker]
            parts = [token for token in special if token and any(token in marker for marker in markers)]
            # The longest comes first, because one special token may be part of another (see `_replace_tokens`).
            parts = sorted(parts, key=len)[::-1]
            self.signs = {token: chr(0xD800 + number) for number, token in enumerate(parts)}

    def make_splitter(self, prompt: str) -> Splitter:
        """Return the splitter of the text that follows a prompt, which is given with its special tokens."""
        if self._template is not None:
            return TemplateSplitter(self._tokenizer.get_response_parser(self._template, prefix=prompt), self.signs)
        return MarkerSplitter(self._channels, self.signs, prompt)


class MarkerSplitter:
    """Splits by markers, which may come in pieces. Text outside all channels is the answer; channels do not nest."""

    def __init__(self, channels: Sequence[Channel], signs: Mapping[str, str], prompt: str) -> None:
        self._signs = set(signs.values())
        self._hidden = dict.fromkeys(map(ord, self._signs))
        # Reversed, so that the first of two channels with one marker wins.
        self._opening = {_replace_tokens(channel.opens, signs): channel for channel in reversed(channels)}
        self._closing = {channel: _replace_tokens(channel.closes, signs) for channel in channels if channel.closes}
        self._pending = ""
        # Chat templates write the first marker of a channel at the end of the prompt, for the model.
        end = prompt[-100:].rstrip()
        self._enter_channel(next((each for each in channels if end.endswith(each.opens.rstrip())), None))

    def feed(self, text: str) -> list[Piece]:
        """See `Splitter.feed`."""
        if not self._pending and self._firsts.isdisjoint(text):
            return [(self._channel.name if self._channel else ANSWER, text)] if text else []
        self._pending += text
        pieces: list[Piece] = []
        while self._markers and (marker := self._markers.search(self._pending)):
            pieces += self._take_piece(marker.start())
            self._pending = self._pending[len(marker[0]) :]
            self._enter_channel(self._opening[marker[0]] if self._channel is None else None)
        # The end of the text waits if it may be the beginning of a marker; the longest such end counts.
        longest = min(self._longest, len(self._pending))
        ends = (length for length in range(longest, 0, -1) if self._pending[-length:] in self._beginnings)
        return pieces + self._take_piece(len(self._pending) - next(ends, 0))

    def end(self) -> list[Piece]:
        """See `Splitter.end`."""
        return self._take_piece(len(self._pending))

    def _enter_channel(self, channel: Channel | None) -> None:
        """Go into a channel, or back to the answer; from now on look for the markers that lead out of it."""
        self._channel = channel
        if channel is None:
            wanted = sorted(self._opening, key=len, reverse=True)  # the longest of alternatives must come first
        else:
            wanted = [self._closing[channel]] if channel in self._closing else []
        self._markers = re.compile("|".join(map(re.escape, wanted))) if wanted else None
        self._beginnings = {marker[:length] for marker in wanted for length in range(1, len(marker))}
        self._firsts = {marker[0] for marker in wanted} | self._signs
        self._longest = max(map(len, self._beginnings), default=0)

    def _take_piece(self, length: int) -> list[Piece]:
        """Return this many of the pending characters, for the channel that they are in."""
        text, self._pending = self._pending[:length], self._pending[length:]
        if self._hidden:  # a special token that is part of a marker, without the rest of it
            text = text.translate(self._hidden)
        return [(self._channel.name if self._channel else ANSWER, text)] if text else []


class TemplateSplitter:
    """Splits as transformers' parser of responses does; its fields are the channels."""

    def __init__(self, parser: Any, signs: Mapping[str, str]) -> None:
        self._parser = parser
        self._hidden = re.compile("|".join(map(re.escape, signs))) if signs else None

    def feed(self, text: str) -> list[Piece]:
        """See `Splitter.feed`."""
        return self._read_pieces(self._parser.feed(text))

    def end(self) -> list[Piece]:
        """See `Splitter.end`."""
        return self._read_pieces(self._parser.finalize()[1])

    def _read_pieces(self, events: Iterable[Mapping[str, Any]]) -> list[Piece]:
        """Return the text in the parser's events; markers that the parser left in it are taken out."""
        chunks = [event for event in events if event["type"] == "region_chunk"]
        pieces = []
        for chunk in chunks:
            text = self._hidden.sub("", chunk["text"]) if self._hidden else chunk["text"]
            if text:
                pieces.append((_FIELDS.get(chunk["field"], chunk["field"]), text))
        return pieces


def _replace_tokens(marker: str, signs: Mapping[str, str]) -> str:
    """Return a marker with signs for its special tokens; a token that is part of another comes after it in `signs`."""
    for token, sign in signs.items():
        marker = marker.replace(token, sign)
    return marker


def _simplify_template(tokenizer: Any) -> dict[str, Any] | None:
    """Return the tokenizer's response template with only its markers, so that its parser splits and does no more.

    Raises:
        UsageError: the template cannot be used.
    """
    template = getattr(tokenizer, "response_template", None)
    if template is None:
        return None
    try:
        # With these settings a field is its text as the model wrote it, also if that is broken JSON.
        fields = {
            name: {anchor: field[anchor] for anchor in _ANCHORS if anchor in field}
            | {"content": "text", "repeats": True, "transform": "{content}"}
            for name, field in template["fields"].items()
        }
        starts = {name: template[name] for name in ("start_anchor", "start_anchor_pattern") if name in template}
        plain = {**starts, "fields": fields}
        tokenizer.get_response_parser(plain, prefix="")  # raises now rather than when the model writes
    except Exception as error:
        raise UsageError(
            f"the tokenizer's response_template cannot be used ({error}); say with `channels` how its model marks "
            "reasoning and tool calls, `channels=()` if it does not"
        ) from error
    return plain
