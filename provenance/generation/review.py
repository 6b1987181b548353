"""The check of a row or text after it was written, which survives a failure of ours.

This module does not know how a row came about, and it needs neither torch nor transformers.
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
    """The methods that generation calls on a checker; `provenance.Checker` has them."""

    def check(self, text: str, *, prompt: str | None = None) -> Report:
        """Return the report on `text`; passages that are also in `prompt` came from the user."""

    def unchecked(self, text: str, error: str) -> Report:
        """Return a report that says that `text` was not checked, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Checks rows of ids and texts.

    Attributes:
        tokenizer: decodes rows; None if only texts are checked.
        checker: finds the passages.
        on_error: `report` or `raise`, as for `wrap`.
        on_report: called with each report that `deliver` is given, as for `wrap`.
    """

    tokenizer: Any
    checker: TextChecker
    on_error: OnError
    on_report: OnReport | None

    def decode(self, ids: Ids) -> str:
        """Return the text that a reader sees of these ids."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def check_row(self, row: Row, prompt: str | None = None) -> Report:
        """Return the report on what was written in one row; `prompt` replaces the ids it was given."""
        try:
            text = self.decode(row.written)
            prompt = self.decode(row.given) if prompt is None else prompt
        except Exception as error:
            return self.failed("", error)
        return self.check_text(text, prompt)

    def check_text(self, text: str, prompt: str) -> Report:
        """Return the report on a text; a policy's violation is raised, any other failure is treated by `on_error`."""
        try:
            return self.checker.check(text, prompt=prompt or None)
        except PolicyViolationError:
            raise  # no failure, but the policy's own answer: `on_error` has no say in it
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
