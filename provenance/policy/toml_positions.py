"""In which line and column of a TOML file does each key stand? The standard library's reader does not say.

Only for text that `tomllib` has read: nothing is checked here, and of a key that an array repeats the first counts.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Key = tuple[str, ...]
Place = tuple[int, int]
"""Line and column, both from 1."""

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
    r"""Return where each key of a TOML text stands, tables too, by its full path.

    >>> places('a = 1\n[b.c]\n"d e" = {f = 2}\n')
    {('a',): (1, 1), ('b', 'c'): (2, 2), ('b', 'c', 'd e'): (3, 1), ('b', 'c', 'd e', 'f'): (3, 10)}
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
        while self._more():
            if self._next() == "\n":
                self._at += 1
            elif self._next() == "[":
                self._skip("[")
                table = self._key(())
                self._skip("]")
            else:
                self._pair(table)
        return self._found

    def _next(self) -> str:
        return self._tokens[self._at][0] if self._more() else "\n"

    def _more(self) -> bool:
        return self._at < len(self._tokens)

    def _skip(self, *tokens: str) -> None:
        while self._more() and self._next() in tokens:
            self._at += 1

    def _pair(self, table: Key) -> None:
        key = self._key(table)
        self._skip("=")
        self._value(key)

    def _key(self, table: Key) -> Key:
        """Read a dotted key and note its place."""
        begins, parts = self._at, []
        while self._next() not in {"=", "]", "\n"}:
            if self._next() != ".":
                parts.append(_unquoted(self._next()))
            self._at += 1
        self._at += begins == self._at  # what is no TOML must not stop the scan
        path = (*table, *parts)
        for length in range(len(table) + 1, len(path) + 1):
            self._found.setdefault(path[:length], self._place(self._tokens[begins].start()))
        return path

    def _value(self, key: Key) -> None:
        if self._next() == "[":
            self._at += 1
            while self._more() and self._next() != "]":
                self._value(key)
                self._skip(",", "\n")
            self._at += 1
        elif self._next() == "{":
            self._at += 1
            self._skip("\n")
            while self._more() and self._next() != "}":
                self._pair(key)
                self._skip(",", "\n")
            self._at += 1
        else:
            begins = self._at
            while self._next() not in {",", "]", "}", "\n"}:
                self._at += 1
            self._at += begins == self._at or self._next() == "\n"

    def _place(self, position: int) -> Place:
        line = bisect_right(self._lines, position)
        return line, position - self._lines[line - 1] + 1


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key
