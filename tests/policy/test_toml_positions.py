"""Where the keys of a TOML file stand."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.policy.toml_positions import places

TEXT = '''\
# [a] = "not a key"
a = "[x] # = \\" y" # more
"b c".d = """
e = 1
[f]"""
g = [
  1, # [h]
  {i = 2, j.k = '}'},
]
  [ l . "m" ]
n = 1979-05-27 07:32:00
'o' = {p = [[{q = 1.5}]], r = \'\'\'
\'\'\'}
[[s]]
t = -1e5
[[s]]
t = 2
'''


def test_every_key_has_its_line_and_column() -> None:
    """Comments, strings, arrays, inline tables and dates do not mislead the count."""
    assert places(TEXT) == {
        ("a",): (2, 1), ("b c",): (3, 1), ("b c", "d"): (3, 1), ("g",): (6, 1), ("g", "i"): (8, 4),
        ("g", "j"): (8, 11), ("g", "j", "k"): (8, 11), ("l",): (10, 5), ("l", "m"): (10, 5), ("l", "m", "n"): (11, 1),
        ("l", "m", "o"): (12, 1), ("l", "m", "o", "p"): (12, 8), ("l", "m", "o", "p", "q"): (12, 15),
        ("l", "m", "o", "r"): (12, 27), ("s",): (14, 3), ("s", "t"): (15, 1),
    }  # fmt: skip
    tomllib.loads(TEXT)


CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), max_codepoint=0xFFFF) | st.sampled_from("\n\t\"'#[]{}=.,")
STRINGS = st.text(CHARACTERS, max_size=8)
SCALARS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | STRINGS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3), max_leaves=8
)
TABLES = st.dictionaries(STRINGS, VALUES, max_size=4)


def written(value: Any, *, lines: bool = True) -> str:
    """The value as TOML; lists over several lines, except in tables, which stand on one."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {written(inner, lines=False)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        inner = [written(each, lines=lines) for each in value]
        return "[ # ]\n" + ",\n".join(inner) + "]" if lines else "[" + ", ".join(inner) + "]"
    return json.dumps(value)


def paths(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The path of every key in a value; those in lists under the list's."""
    if isinstance(value, dict):
        inner = [paths(each, (*path, key)) for key, each in value.items()]
        return set().union({(*path, key) for key in value}, *inner)
    return set().union(*(paths(each, path) for each in value)) if isinstance(value, list) else set()


@given(st.dictionaries(STRINGS, TABLES, max_size=3))
def test_each_place_is_where_its_key_is_written(tables: dict[str, dict[str, Any]]) -> None:
    """Whatever the keys and values hold, each key is found, at the spot where it stands in the text."""
    lines = []
    for name, table in tables.items():
        lines += [f"[{json.dumps(name)}] # x = 1", *(f"{json.dumps(k)} = {written(v)}" for k, v in table.items())]
    text = "\n".join(lines)
    found = places(text)
    assert set(found) == paths(tomllib.loads(text))
    for path, (line, column) in found.items():
        assert text.split("\n")[line - 1][column - 1 :].startswith(json.dumps(path[-1]))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "[", "a = [", "a = {", '"""', "a", "= = =", "[[[[", "]}"])
def test_whatever_the_text_the_scan_ends(text: str) -> None:
    """What is no TOML gives some answer, and never hangs or fails; each place in it is one in the text."""
    lines = text.split("\n")
    for path, (line, column) in places(text).items():
        assert lines[line - 1][column - 1 :].startswith(path[-1])


@pytest.mark.parametrize("rest", ["", "\n[", "\nb = [", "\nb = {", '\nb = """', "\n= =", "\n[[[[", "\n]}"])
def test_what_stands_before_the_mistake_is_found(rest: str) -> None:
    """Wherever a text stops being TOML, the keys before that have their places."""
    found = places(f"[t]\na = 1{rest}")
    assert (found["t",], found["t", "a"]) == ((1, 2), (2, 1))
