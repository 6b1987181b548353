"""What does an application get that wants one checked text and no tensors? A value; nothing here checks."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedText:
    """A generated text with the report of its check.

    Attributes:
        text: what the model wrote, without the prompt and without special tokens; `str()` gives it too.
        report: what the check found in `text`; its offsets count in `text`.
        prompt: what the user supplied, as the check saw it.
    """

    text: str
    report: Report
    prompt: str

    def __str__(self) -> str:
        return self.text

    @property
    def notices(self) -> tuple[str, ...]:
        """The notice of each finding, in the order of the text."""
        return tuple(finding.notice for finding in self.report.findings)

    def render(self, format: str = "terminal") -> str:
        """Return the text with its notices as `Report.render` shows them."""
        return self.report.render(format)
