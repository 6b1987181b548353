"""Positions of the keys of a TOML file, which the standard library's reader does not tell.

Only for text that `tomllib` has read: nothing is checked here. Of a key that an array repeats, the first one counts.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Key = tuple[str, ...]
Place = tuple[int, int]
"""Line and column, both from 1."""

# Strings first: brackets, commas and # within them are text. Up to five quotation marks end a long string.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{},=.\n]"
    r"|[^\s\[\]{},=.#\"']+",
    re.DOTALL,
)


def places(text: str) -> dict[Key, Place]:
    r"""Return the line and column of each key of a TOML text, tables too, by its full path.

    >>> places('a = 1\n[b.c]\n"d e" = {f = 2}\n')
    {('a',): (1, 1), ('b',): (2, 2), ('b', 'c'): (2, 2), ('b', 'c', 'd e'): (3, 1), ('b', 'c', 'd e', 'f'): (3, 10)}
    """
    return _Scan(text).run()


class _Scan:
    """One pass over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._tokens = [match for match in _TOKEN.finditer(text) if not match[0].startswith("#")]
        self._at = 0
        self._found: dict[Key, Place] = {}

    def run(self) -> dict[Key, Place]:
        table: Key = ()
        while self._has_more():
            if self._peek() == "\n":
                self._at += 1
            elif self._peek() == "[":
                self._skip_tokens("[")
                table = self._read_key(())
                self._skip_tokens("]")
            else:
                self._read_pair(table)
        return self._found

    def _has_more(self) -> bool:
        return self._at < len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._has_more() else "\n"

    def _skip_tokens(self, *tokens: str) -> None:
        while self._has_more() and self._peek() in tokens:
            self._at += 1

    def _read_pair(self, table: Key) -> None:
        key = self._read_key(table)
        self._skip_tokens("=")
        self._skip_value(key)

    def _read_key(self, table: Key) -> Key:
        """Read a dotted key and note its place."""
        begins, parts = self._at, []
        while (word := self._peek()) not in {"=", "]", "\n"}:
            if word != ".":
                parts.append(next(iter(tomllib.loads(f"{word} = 0"))) if word[0] in "\"'" else word)
            self._at += 1
        self._at += begins == self._at  # text that is not TOML must not stop the scan
        path = (*table, *parts)
        for length in range(len(table) + 1, len(path) + 1):
            position = self._tokens[begins].start()
            line = bisect_right(self._lines, position)
            self._found.setdefault(path[:length], (line, position - self._lines[line - 1] + 1))
        return path

    def _skip_value(self, key: Key) -> None:
        """Read over a value, and note the keys of the tables in it."""
        if self._peek() == "[":
            self._at += 1
            while self._has_more() and self._peek() != "]":
                self._skip_value(key)
                self._skip_tokens(",", "\n")
            self._at += 1
        elif self._peek() == "{":
            self._at += 1
            self._skip_tokens("\n")
            while self._has_more() and self._peek() != "}":
                self._read_pair(key)
                self._skip_tokens(",", "\n")
            self._at += 1
        else:
            begins = self._at
            while self._peek() not in {",", "]", "}", "\n"}:
                self._at += 1
            self._at += begins == self._at or self._peek() == "\n"
