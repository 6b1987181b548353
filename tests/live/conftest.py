"""The checkers of `tests/check`, for texts that are still being written."""

from tests.check.conftest import checker_of

__all__ = ["checker_of"]
