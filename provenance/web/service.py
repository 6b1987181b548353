"""What do all parts of a server share? The database, the checker, and the settings: a `Service`.

Nothing here knows HTTP.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from provenance.checker import Checker, StreamChecker
from provenance.ingest import Database
from provenance.models import Report
from provenance.web.settings import ServeSettings


@dataclass(frozen=True, slots=True)
class Service:
    """Checks texts for whoever asks over HTTP.

    Attributes:
        checker: with the database. settings: the operator's.
    """

    checker: Checker
    settings: ServeSettings = field(default_factory=ServeSettings)

    @property
    def database(self) -> Database:
        """The database that texts are checked against."""
        return self.checker.database

    async def check(self, text: str, *, prompt: str | None = None, passages: bool = False) -> Report:
        """Return the report on a text; the event loop goes on meanwhile.

        Raises:
            ProvenanceError: as `Checker.check`.
        """
        return await asyncio.to_thread(self.checker.check, text, prompt=prompt, passages=passages)

    def stream(self, prompt: str | None = None) -> StreamChecker:
        """Return a checker for one answer that is being written."""
        return StreamChecker(
            self.checker,
            prompt=prompt,
            hold=self.settings.hold,
            on_error="report" if self.settings.when_broken == "open" else "raise",
        )
