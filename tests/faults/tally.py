"""How many faults of a kind were injected, and how did each end? Shared by the tests and by the benchmark."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a fault ended."""

    REFUSED = "refused"  # with an error of ours that says what is wrong and what to do
    UNHARMED = "unharmed"  # nothing was lost, and the answers are the right ones
    WRONG = "wrong"  # lost, half there, a wrong answer, a foreign exception, a crash, a hang


@dataclass(frozen=True)
class Verdict:
    """What became of one fault, and where it is not as it should be, what was seen."""

    outcome: Outcome
    what: str = ""


@dataclass(frozen=True)
class Tally:
    """All faults of one kind: one row of the table."""

    fault: str
    verdicts: tuple[Verdict, ...]
    commands: str = ""

    def count(self, outcome: Outcome) -> int:
        return Counter(verdict.outcome for verdict in self.verdicts)[outcome]

    @property
    def wrong(self) -> list[str]:
        """What was seen where a fault did harm."""
        return [verdict.what for verdict in self.verdicts if verdict.outcome is Outcome.WRONG]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many were refused, unharmed, wrong."""
        return self.count(Outcome.REFUSED), self.count(Outcome.UNHARMED), self.count(Outcome.WRONG)

    @property
    def row(self) -> str:
        """The row of the fault table, in Markdown."""
        numbers = [f"{number:,}" for number in (len(self.verdicts), *self.counts)]
        return f"| {' | '.join([self.fault, *numbers, self.commands])} |"


HEAD = """\
| fault | tried | refused with a clear error | unharmed | lost or wrong | commands |
|---|---:|---:|---:|---:|---|"""
