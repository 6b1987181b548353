"""Service that the parts of a server share: the database, the checker and the settings.

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
"""Function that gets each report that goes out, and one word for why its text was not checked; None if it was."""

_T = TypeVar("_T")
_LOG = logging.getLogger("provenance.server")
_HEALTH_SECONDS = 5.0
# What an observer is told of a check that failed; the first kind that fits counts.
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (OverloadedError, "overloaded"),
    (DatabaseBusyError, "locked"),
    (SegmentError, "damaged"),
    (DatabaseError, "database"),
    (PluginError, "plugin"),
)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether texts can be checked now.

    Attributes:
        reason: why they cannot; None if they can.
        coverage: what is searched; None if they cannot.
    """

    reason: str | None
    coverage: Coverage | None

    @property
    def ready(self) -> bool:
        """Whether texts can be checked."""
        return self.reason is None


class Service:
    """Checks texts for the clients of a server. Belongs to one event loop.

    Args:
        checker: with the database; both are made anew when another database replaces it in its folder.
        settings: the operator's.

    Attributes:
        settings: the operator's.
        observers: functions that get each report that goes out.
    """

    def __init__(self, checker: Checker, settings: ServeSettings | None = None) -> None:
        self.settings = settings or ServeSettings()
        self.observers: list[Observer] = []
        self._watch = Watch(checker, self.settings.catalogue)
        self._pool = Pool(self.settings.threads, self.settings.max_waiting, self.settings.max_seconds)
        # A pool of its own, so that the server says whether it is healthy while all checks are taken.
        self._health_pool = Pool(1, 8, min(_HEALTH_SECONDS, self.settings.max_seconds))
        self._streams: weakref.WeakSet[StreamChecker] = weakref.WeakSet()
        self._streams_lock = threading.Lock()

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
        """How many streams have begun and have not ended."""
        with self._streams_lock:
            return sum(stream.report is None for stream in self._streams)

    async def check(
        self, text: str, *, prompt: str | None = None, passages: bool = False, impatient: bool = False
    ) -> Report:
        """Return the report on a text, which is checked in a thread.

        Where `when_broken` is `open` and the text could not be checked, the report says so.

        Args:
            text: the text to check.
            prompt: what the user had supplied, as for `Checker.check`.
            passages: the report lists all passages, as for `Checker.check`.
            impatient: raise OverloadedError where there is too much to check, also with `when_broken` as `open`.

        Raises:
            PolicyViolationError: as `Checker.check`.
            UsageError: as `Checker.check`.
            ProvenanceError: the text could not be checked, and `when_broken` is `closed`.
            OverloadedError: there is too much to check, and `when_broken` is `closed` or the caller impatient.
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
            word = next((word for kind, word in _WORDS if isinstance(error, kind)), "internal")
            self.observe(report, word)
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
        stream = _ObservedStream(
            self._watch.glance(),
            self.observe,
            prompt=prompt,
            hold=self.settings.hold,
            on_error="report" if self.settings.when_broken == "open" else "raise",
        )
        with self._streams_lock:  # streams begin in threads
            self._streams.add(stream)
        return stream

    def observe(self, report: Report, unchecked: str | None = None) -> None:
        """Give the observers a report that goes out.

        Args:
            report: the report.
            unchecked: one word for why the text was not checked; None if it was.
        """
        for observer in self.observers:
            observer(report, unchecked)

    async def health(self) -> Health:
        """Return whether texts can be checked: the database opens, its segments are whole and have their canaries."""
        try:
            return Health(
                None, await self._health_pool.run(lambda: self._watch.checker().database.snapshot().coverage())
            )
        except OverloadedError:
            return Health("the database does not answer in time; does another process keep it locked?", None)
        except ProvenanceError as error:
            return Health(str(error), None)

    async def ask(self, question: Callable[[Database], _T]) -> _T:
        """Return the result of a function that asks the database for something else than a check, in a thread.

        Raises:
            ProvenanceError: the database cannot be used.
            OverloadedError: it does not answer in time.
        """

        def ask() -> _T:
            database = self._watch.checker().database
            database.snapshot()  # raises the error of a database that cannot be used
            return question(database)

        return await self._pool.run(ask)

    def close(self) -> None:
        """Accept no more checks, and close the database."""
        self._pool.close()
        self._health_pool.close()
        self.database.close()


class _ObservedStream(StreamChecker):
    """Stream that gives its report to an observer, once, when it has ended."""

    def __init__(self, checker: Checker, observe: Observer, **options: Any) -> None:
        super().__init__(checker, **options)
        self._observer: Observer | None = observe

    def feed(self, text: str) -> list[Event]:
        try:
            return super().feed(text)
        except PolicyViolationError as refused:
            self._observe(refused.report)
            raise

    def end(self) -> list[Event]:
        try:
            return self._observe_end(super().end())
        except PolicyViolationError as refused:
            self._observe(refused.report)
            raise

    async def end_async(self) -> list[Event]:
        try:
            return self._observe_end(await super().end_async())
        except PolicyViolationError as refused:
            self._observe(refused.report)
            raise

    def _observe_end(self, events: list[Event]) -> list[Event]:
        for event in events:
            if isinstance(event, Ended):
                self._observe(event.report)
        return events

    def _observe(self, report: Report) -> None:
        observer, self._observer = self._observer, None
        if observer:
            observer(report, "stream" if report.error else None)
