"""Request whose answer is annotated, and the checks of the answer's texts as they pass through to the client.

`Exchange` is the request, `TextCheck` checks one text of the answer. Where the service fails open, a check that fails
never breaks a text off; the report then says that the text was not checked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from provenance.check import public_error
from provenance.errors import PolicyViolationError
from provenance.live import Ended, Event, StreamChecker
from provenance.openai.faults import FaultError
from provenance.openai.wording import Wording
from provenance.reports import Report
from provenance.service.service import Service
from provenance.text import with_halves_joined

_LOG = logging.getLogger("provenance.server")
_T = TypeVar("_T")
_PORTION = 512
"""Characters that are checked at a time where no client waits for events; smaller portions cost more in all."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request whose answer is annotated.

    Attributes:
        service: checks the texts.
        prompt: what the user had supplied.
        wording: how notices are worded.
        live: the client listens for passages as they open, grow and close.
        several: the client asked for more than one answer.
    """

    service: Service
    prompt: str | None
    wording: Wording = field(default_factory=Wording)
    live: bool = False
    several: bool = False

    async def report(self, text: str) -> Report:
        """Return the report on a whole text.

        Raises:
            FaultError: it must not go out: the policy forbids it, or it was not checked and the service fails closed.
        """
        tried = await self.tried(lambda: self.service.check(text, prompt=self.prompt))
        return self.unchecked(text, tried, "internal") if isinstance(tried, str) else tried

    def unchecked(self, text: str, why: str, word: str = "unread") -> Report:
        """Return the report that says why a text was not checked.

        Args:
            text: the text.
            why: the reason, for people.
            word: the reason in one word, for the service's observers.

        Raises:
            FaultError: the service fails closed.
        """
        self.require_open(why)
        report = self.service.checker.unchecked(text, why)
        self.service.observe(report, word)
        return report

    async def tried(self, check: Callable[[], Awaitable[_T]]) -> _T | str:
        """Return what a check returns, or why it failed.

        Raises:
            FaultError: as `report`.
        """
        try:
            return await check()
        except PolicyViolationError as error:
            raise FaultError(403, "policy_violation", str(error)) from None
        except Exception as error:
            why = str(public_error(error, _LOG))
        self.require_open(why)
        return why

    def require_open(self, why: str) -> None:
        """Do nothing if a text that was not checked may go out.

        Raises:
            FaultError: the service fails closed.
        """
        if self.service.settings.when_broken == "closed":
            _LOG.warning("an answer was withheld, since it could not be checked: %s", why)
            raise FaultError(
                503, "not_checked", "this answer could not be checked, and this server sends none unchecked"
            )


class TextCheck:
    """Check of one text of an answer as it passes.

    Args:
        exchange: the request that is answered.

    Attributes:
        report: the report on the whole text; None as long as it has not ended.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._stream: StreamChecker | None = None
        self._pieces: list[str] = []
        self._portion = 0 if exchange.live or exchange.service.settings.hold else _PORTION
        self._unfed = ""
        self._failure: str | None = None
        self.report: Report | None = None

    @property
    def text(self) -> str:
        """All that passed; the halves of a character that came in two pieces are one character."""
        return with_halves_joined("".join(self._pieces))

    @property
    def has_failed(self) -> bool:
        """Whether the check has failed; the text is still sent."""
        return self._failure is not None

    async def feed(self, text: str) -> list[Event]:
        """Take the next piece and return its events; without a listener they may come with a later piece.

        A text that goes on after its end counts as not checked.

        Raises:
            FaultError: as `Exchange.report`.
        """
        if self.report is not None and text:
            self._failure = "text came after the end of the answer"
            self._exchange.require_open(self._failure)
            self.report = None
        self._pieces.append(text)
        self._unfed += text
        return await self._check_unfed() if len(self._unfed) >= self._portion else []

    async def end(self) -> list[Event]:
        """End the text and return its last events; `report` is known then.

        Raises:
            FaultError: as `Exchange.report`.
        """
        if self.report is not None:
            return []
        events = await self._check_unfed() if self._unfed else []
        events += await self._ask_stream(lambda stream: stream.end_async())
        self.report = next((event.report for event in events if isinstance(event, Ended)), None)
        if self.report is None:
            self.give_up(self._failure or "the check gave no report", "internal")
        return events

    def give_up(self, why: str, word: str = "unread") -> Report:
        """End the text without a check of all of it.

        Raises:
            FaultError: the service fails closed.
        """
        self.report = self._exchange.unchecked(self.text, why, word)
        return self.report

    def outcome(self) -> Report:
        """Return the report on the text, which has ended."""
        return self.report or self.give_up("the text had not ended")

    async def _check_unfed(self) -> list[Event]:
        text, self._unfed = self._unfed, ""
        return await self._ask_stream(lambda stream: stream.feed_async(text))

    async def _ask_stream(self, question: Callable[[StreamChecker], Awaitable[list[Event]]]) -> list[Event]:
        """Return the events that the stream answers; a stream that has failed is not asked again."""
        if self._failure is not None:
            return []

        async def ask() -> list[Event]:
            if self._stream is None:
                # In a thread: a stream looks at the disk and reads the prompt when it is made.
                exchange = self._exchange
                self._stream = await asyncio.to_thread(exchange.service.stream, exchange.prompt)
            return await question(self._stream)

        answer = await self._exchange.tried(ask)
        if isinstance(answer, str):
            self._failure = answer
            return []
        return answer
