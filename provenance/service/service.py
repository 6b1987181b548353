"""What do all parts of a server share? The database, the checker, and the settings: a `Service`.

Nothing here knows HTTP.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from provenance.check import Checker, public_error
from provenance.database import Database
from provenance.errors import (
    DatabaseBusyError,
    DatabaseError,
    PluginError,
    PolicyViolationError,
    ProvenanceError,
    SegmentError,
    UsageError,
)
from provenance.live import Ended, Event, StreamChecker
from provenance.reports import Coverage, Report
from provenance.service.pool import OverloadedError, Pool
from provenance.service.settings import ServeSettings
from provenance.service.watch import Watch

Observer = Callable[[Report, str | None], None]
"""Is called with each report that goes out, and with why the text was not checked: one word, None where it was."""

_T = TypeVar("_T")
_LOG = logging.getLogger("provenance.server")
_HEALTH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """Can texts be checked now? `reason` says why not; `coverage` what is searched if they can."""

    reason: str | None
    coverage: Coverage | None

    @property
    def ready(self) -> bool:
        """Return whether texts can be checked."""
        return self.reason is None


class Service:
    """Checks texts for whoever asks over HTTP. Belongs to one event loop.

    Args:
        checker: with the database; both are made anew where another database comes to lie in its folder.
        settings: the operator's.

    Attributes:
        observers: are told of each report that goes out. streams: those that have not ended.
    """

    def __init__(self, checker: Checker, settings: ServeSettings | None = None) -> None:
        self.settings = settings or ServeSettings()
        self.observers: list[Observer] = []
        self._watch = Watch(checker, self.settings.catalogue)
        self._pool = Pool(self.settings.threads, self.settings.max_waiting, self.settings.max_seconds)
        self._asking = Pool(1, 8, min(_HEALTH_SECONDS, self.settings.max_seconds))
        self._streams: weakref.WeakSet[StreamChecker] = weakref.WeakSet()
        self._counting = threading.Lock()

    @property
    def checker(self) -> Checker:
        """The checker that worked last."""
        return self._watch.latest

    @property
    def database(self) -> Database:
        """The database that texts are checked against."""
        return self.checker.database

    @property
    def streams(self) -> int:
        """How many streams have begun and not ended."""
        with self._counting:
            return sum(stream.report is None for stream in self._streams)

    async def check(
        self, text: str, *, prompt: str | None = None, passages: bool = False, impatient: bool = False
    ) -> Report:
        """Return the report on a text; the event loop goes on meanwhile.

        Where `when_broken` is `open` and the text could not be checked, the report says so.

        Args:
            impatient: raise OverloadedError, whatever `when_broken` is, where there is too much to check.

        Raises:
            ProvenanceError: as `Checker.check`; OverloadedError too, and only with `when_broken` as `closed`.
            PolicyViolationError, UsageError: as `Checker.check`, in any case.
        """
        try:
            report = await self._pool.run(lambda: self._watch.checker().check(text, prompt=prompt, passages=passages))
        except PolicyViolationError as refused:
            self.observe(refused.report)
            raise
        except UsageError:
            raise
        except Exception as error:
            report = self._unchecked(text, error, open_=not (impatient and isinstance(error, OverloadedError)))
            self.observe(report, _word(error))
            return report
        self.observe(report)
        return report

    def _unchecked(self, text: str, error: Exception, *, open_: bool) -> Report:
        """Return the report that says why a text was not checked, or raise the error."""
        error = public_error(error, _LOG)
        if self.settings.when_broken == "closed" or not open_:
            raise error
        return self.checker.unchecked(text, str(error))

    def stream(self, prompt: str | None = None) -> StreamChecker:
        """Return a checker for one answer that is being written."""
        stream = _Observed(
            self._watch.glance(),
            self.observe,
            prompt=prompt,
            hold=self.settings.hold,
            on_error="report" if self.settings.when_broken == "open" else "raise",
        )
        with self._counting:  # streams begin in threads
            self._streams.add(stream)
        return stream

    def observe(self, report: Report, unchecked: str | None = None) -> None:
        """Tell the observers of a report that goes out."""
        for observer in self.observers:
            observer(report, unchecked)

    async def health(self) -> Health:
        """Return whether texts can be checked: the database opens, its segments are whole and have their canaries."""
        try:
            return Health(None, await self._asking.run(lambda: self._watch.checker().database.snapshot().coverage()))
        except OverloadedError:
            return Health("the database does not answer in time; does another process keep it locked?", None)
        except ProvenanceError as error:
            return Health(str(error), None)

    async def ask(self, question: Callable[[Database], _T]) -> _T:
        """Return what a function returns that asks the database for something else than a check.

        Raises:
            ProvenanceError: the database cannot be used; OverloadedError: it does not answer in time.
        """

        def asked() -> _T:
            database = self._watch.checker().database
            database.snapshot()  # raises where it cannot be used
            return question(database)

        return await self._pool.run(asked)

    def close(self) -> None:
        """Take in nothing more, and close the database."""
        self._pool.close()
        self._asking.close()
        self.database.close()


class _Observed(StreamChecker):
    """A stream whose report is told of when it has ended."""

    def __init__(self, checker: Checker, observe: Observer, **options: Any) -> None:
        super().__init__(checker, **options)
        self._observer: Observer | None = observe

    def feed(self, text: str) -> list[Event]:
        try:
            return super().feed(text)
        except PolicyViolationError as refused:
            self._tell(refused.report)
            raise

    def end(self) -> list[Event]:
        try:
            return self._told(super().end())
        except PolicyViolationError as refused:
            self._tell(refused.report)
            raise

    async def end_async(self) -> list[Event]:
        try:
            return self._told(await super().end_async())
        except PolicyViolationError as refused:
            self._tell(refused.report)
            raise

    def _told(self, events: list[Event]) -> list[Event]:
        for event in events:
            if isinstance(event, Ended):
                self._tell(event.report)
        return events

    def _tell(self, report: Report) -> None:
        observer, self._observer = self._observer, None
        if observer:
            observer(report, "stream" if report.error else None)


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (OverloadedError, "overloaded"),
    (DatabaseBusyError, "locked"),
    (SegmentError, "damaged"),
    (DatabaseError, "database"),
    (PluginError, "plugin"),
)


def _word(error: Exception) -> str:
    return next((word for kind, word in _WORDS if isinstance(error, kind)), "internal")
