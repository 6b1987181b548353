"""How is an SPDX licence expression taken apart?

The one place that knows the `license_expression` library, whose objects do not leave it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from provenance.licences.table import listed

MAX_LENGTH = 1000
_OWN_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expression:
    """A licence expression that could be parsed.

    Attributes:
        text: as SPDX writes it. licences: the ids in it, exceptions left out, each once. choice: may the reader choose
        between licences (an OR)?
    """

    text: str
    licences: tuple[str, ...]
    choice: bool


@cache
def _licensing() -> Any:
    # Imported when first needed: it takes as long to load as all the rest of the package's start.
    from license_expression import get_spdx_licensing  # noqa: PLC0415

    return get_spdx_licensing()


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression | None:
    """Return the parsed expression, or None where the string is none, or names a licence that nobody knows.

    >>> parse("mit or (Apache-2.0)").text
    'MIT OR Apache-2.0'
    """
    if not text.strip() or len(text) > MAX_LENGTH:
        return None
    licensing = _licensing()
    try:
        tree = licensing.parse(text, strict=True)
    except Exception:  # the library's own errors, and on strings such as "()" whatever its parser runs into
        return None
    # The library's expressions refuse to be used as booleans.
    if tree is None or not all(map(_acceptable, licensing.unknown_license_keys(tree))):
        return None
    return Expression(tree.render(), _licences(tree), _has_choice(tree))


def _acceptable(key: str) -> bool:
    return _OWN_REFERENCE.fullmatch(key) is not None or listed(key)


def _licences(tree: Any) -> tuple[str, ...]:
    symbols = (getattr(symbol, "license_symbol", symbol) for symbol in tree.get_literals())
    return tuple(dict.fromkeys(symbol.key for symbol in symbols))


def _has_choice(tree: Any) -> bool:
    if getattr(tree, "operator", "").strip() == "OR":
        return True
    return any(_has_choice(branch) for branch in getattr(tree, "args", ()))
