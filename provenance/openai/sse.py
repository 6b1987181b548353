"""Reader and writer of server-sent events.

The format is that of the HTML standard: lines that end in CRLF, LF or CR; a blank line ends an event. An event is kept
as the bytes that came, so that it can be sent on unchanged. The meaning of the events is known elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

LARGEST = 8 << 20
"""An event of more bytes than this is not read."""

# The look-ahead keeps the CR and LF of one line end together: they would count as a blank line.
_END = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_LINE_END = b"\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event.

    Attributes:
        raw: its bytes, with the lines that end it.
        name: the name of its kind; None where it has none.
        data: its data lines, joined by line feeds; None where it has none, as a comment that keeps a connection open.
    """

    raw: bytes
    name: str | None = None
    data: bytes | None = None

    def json(self) -> dict[str, Any] | None:
        """Return the data where it is a JSON object, else None."""
        return read_json_object(self.data) if self.data else None

    def with_data(self, data: bytes) -> bytes:
        """Return the event's bytes with other data; all its other lines stay as they are."""
        lines: list[bytes] = []
        new = b"".join(b"data: " + line + b"\n" for line in data.split(b"\n"))
        for line in _split_lines(self.raw):
            if _split_field(line)[0] != b"data":
                lines.append(line)
            elif new:  # in place of the first data line; the others are dropped
                lines.append(new)
                new = b""
        return b"".join(lines)


class EventReader:
    """Cuts a stream of bytes into events, independent of how the bytes come in pieces.

    Args:
        largest: the most bytes of an event; what came of a larger one is returned by `rest`.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._searched = 0  # there is no end of an event before this place

    @property
    def is_overflown(self) -> bool:
        """Whether the event that has begun is too large to be read."""
        return len(self._buffer) > self._largest

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Take the next bytes and return the events that they complete."""
        self._buffer += data
        events, start = [], 0
        while end := _END.search(self._buffer, max(start, self._searched)):
            events.append(read_event(bytes(self._buffer[start : end.end()])))
            start = self._searched = end.end()
        del self._buffer[:start]
        # An end has at most four bytes (CR LF CR LF), three of which may have come.
        self._searched = max(0, len(self._buffer) - 3)
        return events

    def rest(self) -> bytes:
        """Return the bytes of an event that has not ended, and forget them."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return rest


def read_event(raw: bytes) -> ServerSentEvent:
    """Return an event from its bytes."""
    name, data = None, []
    for line in _split_lines(raw.removeprefix(_BYTE_ORDER_MARK)):
        field, value = _split_field(line)
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return ServerSentEvent(raw, name, b"\n".join(data) if data else None)


def new_event(content: dict[str, Any], name: str | None = None) -> bytes:
    """Return the bytes of an event of ours."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + encode_json(content) + b"\n\n"


def encode_json(content: Any) -> bytes:
    """Return a value as JSON on one line: UTF-8, or ASCII for half a surrogate pair, which UTF-8 cannot write."""
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def with_field(data: bytes, name: str, value: Any) -> bytes:
    """Return a JSON object's bytes with one more field at its end; all else stays as it was written.

    >>> with_field(b'{"a": 1.50}', "b", [2])
    b'{"a": 1.50,"b":[2]}'
    """
    body = data.rstrip()[:-1].rstrip()
    comma = b"" if body.endswith(b"{") else b","
    return body + comma + encode_json(name) + b":" + encode_json(value) + b"}"


def read_json_object(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object that some bytes hold, None where they hold something else."""
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, a number of thousands of digits, nested too deeply
        return None
    return read if isinstance(read, dict) else None


def _split_lines(raw: bytes) -> list[bytes]:
    return [line for line in _LINE.findall(raw) if line]


def _split_field(line: bytes) -> tuple[bytes, bytes]:
    field, _, value = line.rstrip(_LINE_END).partition(b":")
    return field, value.removeprefix(b" ")
