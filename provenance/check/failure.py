"""Policy for a text whose check failed: report it as not checked, or raise the error.

Every part that checks texts (streams, generation, limits, the server) decides and words a failure here.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import Literal, get_args

from provenance.errors import DatabaseError, ProvenanceError, UsageError

OnError = Literal["report", "raise"]
"""`report`: the text is passed on, and its report says why it was not checked. `raise`: the error is raised."""

_LONGEST_REASON = 500
"""Characters of a reason; the message of a foreign exception may be arbitrarily long."""


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """What happens when a check fails.

    Attributes:
        on_error: `report` or `raise`, as the caller chose.
    """

    on_error: OnError

    def report_or_raise(self, error: Exception, logger: logging.Logger, what: str) -> str:
        """Return why a check failed, in one line, and log a warning; or raise the error.

        Args:
            error: the failure of the check.
            logger: where the warning goes.
            what: the beginning of the warning, such as "generated text was not checked".

        Raises:
            Exception: the error itself, where `on_error` is `raise`.
        """
        if self.on_error == "raise":
            raise error
        reason = reason_of(error)
        logger.warning("%s: %s", what, reason)
        return reason


def require_on_error(on_error: object) -> None:
    """Refuse an unknown value of `on_error`.

    Raises:
        UsageError: it is neither `report` nor `raise`.
    """
    if on_error not in get_args(OnError):
        raise UsageError(f"on_error is {on_error!r}; it must be 'report' or 'raise'")


def reason_of(error: Exception) -> str:
    """Return in one line why a text was not checked."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]


def public_error(error: Exception, logger: logging.Logger) -> ProvenanceError:
    """Return a failure of a check in words that a client of a server may read.

    Our own errors are worded for users already. Any other is a defect: its message may quote a text,
    so only its type goes to the client, and only the places in the code go to the log.
    """
    if isinstance(error, ProvenanceError):
        return error
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a check failed: %s\n%s", type(error).__name__, where)
    return DatabaseError(f"internal error: {type(error).__name__}; the server's log says where")
