"""Check of a whole text: from a string to a report."""

from provenance.check.checker import Checker
from provenance.check.failure import OnError, reason_of, require_on_error

__all__ = ["Checker", "OnError", "reason_of", "require_on_error"]
