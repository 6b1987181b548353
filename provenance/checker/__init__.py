"""Does a text repeat a work, and does it matter? From a string to a report."""

from provenance.checker.checker import Checker

__all__ = ["Checker"]
