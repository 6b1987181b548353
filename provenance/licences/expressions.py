"""Parser of SPDX licence expressions.

The one place that knows the `license_expression` library, whose objects do not leave it. The library takes care of
operators and brackets; the ids come from our own list, `spdx`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from provenance.licences import spdx

MAX_LENGTH = 1000
_PIECE = re.compile(r"[()]|[^\s()]+")
_EXCEPTION = re.compile(r"\bWITH ([^\s()]+)")
_OPERATORS = frozenset({"and", "or", "with"})
# Versions of Creative Commons licences that were ported to countries; SPDX lists few of the ports.
_PORT = re.compile(r"CC-BY(?:-NC)?(?:-SA|-ND)?-(?:2\.[015]|3\.0)-[A-Z]{2,3}", re.ASCII)

#: Deprecated ids that SPDX replaces by exactly one expression. `GPL-2.0` is not among them: it does not say whether
#: only this version is meant or any later one.
_REPLACED = {
    "AGPL-1.0+": "AGPL-1.0-or-later",
    "AGPL-3.0+": "AGPL-3.0-or-later",
    "BSD-2-Clause-FreeBSD": "BSD-2-Clause-Views",
    "BSD-2-Clause-NetBSD": "BSD-2-Clause",
    "bzip2-1.0.5": "bzip2-1.0.6",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "GFDL-1.1+": "GFDL-1.1-or-later",
    "GFDL-1.2+": "GFDL-1.2-or-later",
    "GFDL-1.3+": "GFDL-1.3-or-later",
    "GPL-1.0+": "GPL-1.0-or-later",
    "GPL-2.0+": "GPL-2.0-or-later",
    "GPL-2.0-with-autoconf-exception": "GPL-2.0 WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0 WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0 WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0 WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0 WITH GCC-exception-2.0",
    "GPL-3.0+": "GPL-3.0-or-later",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0 WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0 WITH GCC-exception-3.1",
    "LGPL-2.0+": "LGPL-2.0-or-later",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3.0+": "LGPL-3.0-or-later",
    "Nunit": "zlib-acknowledgement",
    "StandardML-NJ": "SMLNJ",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
}
_REPLACEMENTS = {key.lower(): replacement for key, replacement in _REPLACED.items()}


class Operator(StrEnum):
    """How the parts of an expression go together."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class Branch:
    """Several parts: all of them hold (AND), or one may be chosen (OR).

    Attributes:
        operator: AND or OR.
        parts: licence ids, or branches themselves.
    """

    operator: Operator
    parts: tuple[str | Branch, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A licence expression that could be parsed.

    Attributes:
        text: as SPDX writes it.
        tree: how its licences go together, exceptions left out.
    """

    text: str
    tree: str | Branch

    @property
    def licences(self) -> tuple[str, ...]:
        """The ids in it, exceptions left out, each once."""
        return tuple(dict.fromkeys(_list_leaves(self.tree)))

    @property
    def exceptions(self) -> tuple[str, ...]:
        """The exceptions that come with its licences, each once."""
        return tuple(dict.fromkeys(_EXCEPTION.findall(self.text)))

    @property
    def has_choice(self) -> bool:
        """Whether the reader may choose between licences (an OR)."""
        return _has_choice(self.tree)


@cache
def _load_parser() -> Any:
    # Imported when first needed: it takes as long to load as all the rest of the package's start.
    from license_expression import Licensing  # noqa: PLC0415

    return Licensing()


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression | None:
    """Return the parsed expression, or None where the string is none, or names a licence that is not known.

    >>> parse("mit or (Apache-2.0)").text
    'MIT OR Apache-2.0'
    """
    if len(text) > MAX_LENGTH:
        return None
    pieces: list[str] = []
    for word in _PIECE.findall(text):
        piece = _spell_piece(word, after=pieces[-1] if pieces else "")
        if piece is None:
            return None
        pieces.append(piece)
    try:
        tree = _load_parser().parse(" ".join(pieces), simple=True)
    except Exception:  # the library's own errors, and others from its parser on strings such as "()"
        return None
    # The library's expressions refuse to be used as booleans.
    return None if tree is None else Expression(tree.render(), _build_tree(tree))


def _spell_piece(word: str, *, after: str) -> str | None:
    """Return a word of an expression as SPDX spells it today, or None where it is neither id nor operator."""
    if word in "()":
        return word
    if word.lower() in _OPERATORS:
        return word.upper()
    if after == "WITH":
        return spdx.exception(word) or (word if spdx.OWN_ADDITION.fullmatch(word) else None)
    return licence_id(word)


def licence_id(word: str) -> str | None:
    """Return what SPDX writes today for one licence id, or None where the word is not an id.

    A deprecated id is replaced where SPDX names exactly one successor. A port of a Creative Commons licence that SPDX
    does not list becomes a `LicenseRef-`.

    >>> licence_id("agpl-3.0+"), licence_id("GPL-3.0"), licence_id("cc-by-2.5-br")
    ('AGPL-3.0-or-later', 'GPL-3.0', 'LicenseRef-CC-BY-2.5-BR')
    """
    if replacement := _REPLACEMENTS.get(word.lower()):
        return replacement
    if listed := spdx.licence(word):
        return listed
    # "GPL-2.0-only+" would contradict itself.
    if word.endswith("+") and (base := spdx.licence(word[:-1])) and not base.endswith(("-only", "-or-later")):
        return f"{base}+"
    if _PORT.fullmatch(word.upper()):
        return f"LicenseRef-{word.upper()}"
    return word if spdx.OWN_REFERENCE.fullmatch(word) else None


def _build_tree(node: Any) -> str | Branch:
    operator = str(getattr(node, "operator", "")).strip()
    if operator in {Operator.AND, Operator.OR}:
        return Branch(Operator(operator), tuple(map(_build_tree, node.args)))
    # A licence WITH an exception is one node, whose licence is `license_symbol`.
    return str(getattr(node, "license_symbol", node).key)


def _list_leaves(tree: str | Branch) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        for part in tree.parts:
            yield from _list_leaves(part)


def _has_choice(tree: str | Branch) -> bool:
    return isinstance(tree, Branch) and (tree.operator is Operator.OR or any(map(_has_choice, tree.parts)))
