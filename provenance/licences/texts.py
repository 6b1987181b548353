"""Full texts of licences and exceptions, as SPDX keeps them, with its placeholders such as `<year>`.

They are packed into one file of 0.4 MB, which is read when the first text is asked for. `terms` says which of them a
notice must show.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib.resources import files

from provenance.licences import spdx

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@cache
def _read_texts() -> dict[str, str]:
    packed = (files("provenance") / "data" / "licence-texts.json.zst").read_bytes()
    texts: dict[str, str] = json.loads(zstd.decompress(packed))
    return texts


def text(licence: str) -> str | None:
    """Return the full text of a licence or exception by its SPDX id, or None where none ships with us.

    An id that says only or or-later has the text of that version.

    >>> text("MIT").splitlines()[0]
    'MIT License'
    """
    key = spdx.licence(licence) or spdx.exception(licence)
    return _read_texts().get(key) if key else None


def texts() -> tuple[str, ...]:
    """Return the ids of all texts that ship with us."""
    return tuple(_read_texts())
