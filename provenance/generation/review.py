"""What happens to one row once it is written: decode it, check it, and survive a check that fails.

Nothing here knows how the row came about, and nothing here needs torch or transformers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from provenance.check import FailurePolicy, OnError
from provenance.errors import PolicyViolationError
from provenance.generation.rows import Ids, Row
from provenance.reports import Report

logger = logging.getLogger(__name__)

OnReport = Callable[[Report], None]


class TextChecker(Protocol):
    """What generation needs of a checker; `provenance.Checker` has it."""

    def check(self, text: str, *, prompt: str | None = None) -> Report:
        """Return the report on `text`; what also stands in `prompt` came from the user."""

    def unchecked(self, text: str, error: str) -> Report:
        """Return a report that says that `text` was not checked, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Checks rows of ids and texts; the options are those of `wrap`."""

    tokenizer: Any
    checker: TextChecker
    on_error: OnError
    on_report: OnReport | None

    def decode(self, ids: Ids) -> str:
        """Return the text that a reader sees of these ids."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def row(self, row: Row, prompt: str | None = None) -> Report:
        """Return the report on what was written in one row; `prompt` stands in for the ids it was given."""
        try:
            text = self.decode(row.written)
            prompt = self.decode(row.given) if prompt is None else prompt
        except Exception as error:
            return self.failed("", error)
        return self.text(text, prompt)

    def text(self, text: str, prompt: str) -> Report:
        """Return the report on a text; a policy's violation is raised, any other failure goes by `on_error`."""
        try:
            return self.checker.check(text, prompt=prompt or None)
        except PolicyViolationError:
            raise
        except Exception as error:
            return self.failed(text, error)

    def failed(self, text: str, error: Exception) -> Report:
        """Return a report that says that the check failed, or raise the error, as `on_error` says."""
        reason = FailurePolicy(self.on_error).report_or_raise(error, logger, "generated text was not checked")
        return self.checker.unchecked(text, error=reason)

    def deliver(self, report: Report) -> Report:
        """Hand the report to the application's callback and return it."""
        if self.on_report is not None:
            self.on_report(report)
        return report
