"""Commonplace wording: short, held by many families, and the work of none of them."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.check.attribution import AttributedMatch


@dataclass(frozen=True, slots=True)
class CommonWording:
    """What is commonplace in one library.

    Attributes:
        families: the fewest families of a commonplace passage.
        longest: the most tokens of one.
    """

    families: int
    longest: int

    def includes(self, match: AttributedMatch) -> bool:
        """Return whether a match is commonplace."""
        return match.match.end - match.match.start <= self.longest and match.families >= self.families
