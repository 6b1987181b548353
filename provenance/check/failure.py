"""What may become of a text whose check fails? The caller says by `on_error`; nothing here checks."""

from __future__ import annotations

from typing import Literal, get_args

from provenance.errors import UsageError

OnError = Literal["report", "raise"]
"""`report`: the text goes on, and its report says that it was not checked, and why. `raise`: the error is raised."""

_LONGEST_REASON = 500


def require_on_error(on_error: object) -> None:
    """Refuse a value that cannot be meant.

    Raises:
        UsageError: it is neither `report` nor `raise`.
    """
    if on_error not in get_args(OnError):
        raise UsageError(f"on_error is {on_error!r}; it must be 'report' or 'raise'")


def reason_of(error: Exception) -> str:
    """Return in one line why a text was not checked."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
