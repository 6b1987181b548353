"""Check of a whole text: from a string to a report."""

from provenance.check.checker import Checker
from provenance.check.failure import FailurePolicy, OnError, public_error, reason_of, require_on_error

__all__ = ["Checker", "FailurePolicy", "OnError", "public_error", "reason_of", "require_on_error"]
