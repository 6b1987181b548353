"""What does one text repeat that passes through to a client, and what becomes of it where nobody can say?

`Exchange` is what is known of a request whose answer is annotated, `Tracked` follows one text of the answer. A check
that fails never breaks a text off where the service fails open; its report then says that it was not checked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from provenance import notices
from provenance.check import public_error
from provenance.errors import PolicyViolationError
from provenance.live import Ended, Event, StreamChecker
from provenance.openai.faults import FaultError
from provenance.reports import Finding, Report
from provenance.service.service import Service
from provenance.text import with_halves_joined

_LOG = logging.getLogger("provenance.server")
_T = TypeVar("_T")
_PORTION = 512
"""Characters that are checked at a time where nobody waits for what comes of it; less at a time costs more in all."""
_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\[]<`"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request whose answer is annotated.

    Attributes:
        prompt: what the user had supplied. address: where a reader learns more of a work.
        footer: the notices are to stand under the answer too. live: the client listens for passages as they open, grow
            and close. several: it asked for more than one answer.
    """

    service: Service
    prompt: str | None
    address: notices.Address = notices.work_name
    footer: bool = False
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
        """Return the report that says why a text was not checked; `word` says it to the service's observers.

        Raises:
            FaultError: the service fails closed.
        """
        self._require_open(why)
        report = self.service.checker.unchecked(text, why)
        self.service.observe(report, word)
        return report

    def citations(self, report: Report) -> tuple[notices.Citation, ...]:
        """Return what a client is told of a report's findings."""
        return notices.citations(report, self.address)

    def footnotes(self, report: Report) -> str:
        """Return what is to stand under a text; nothing where there is nothing to say or nobody asked for it."""
        return footnotes(report.findings) if self.footer else ""

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
        self._require_open(why)
        return why

    def _require_open(self, why: str) -> None:
        if self.service.settings.when_broken == "closed":
            _LOG.warning("an answer was withheld, since it could not be checked: %s", why)
            raise FaultError(
                503, "not_checked", "this answer could not be checked, and this server sends none unchecked"
            )


class Tracked:
    """One text of an answer, checked as it passes."""

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
    def failed(self) -> bool:
        """Return whether the check has failed; the text goes on."""
        return self._failure is not None

    async def feed(self, text: str) -> list[Event]:
        """Take the next piece and return what it brought about, if somebody waits for that.

        Raises:
            FaultError: as `Exchange.report`.
        """
        if self.report is not None:
            return []
        self._pieces.append(text)
        self._unfed += text
        return await self._fed() if len(self._unfed) >= self._portion else []

    async def end(self) -> list[Event]:
        """End the text and return what that brought about; `report` is known then.

        Raises:
            FaultError: as `Exchange.report`.
        """
        if self.report is not None:
            return []
        events = await self._fed() if self._unfed else []
        events += await self._asked(lambda stream: stream.end_async())
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

    async def _fed(self) -> list[Event]:
        text, self._unfed = self._unfed, ""
        return await self._asked(lambda stream: stream.feed_async(text))

    async def _asked(self, question: Callable[[StreamChecker], Awaitable[list[Event]]]) -> list[Event]:
        """Ask the stream; nothing comes of it any more once it has failed."""
        if self._failure is not None:
            return []

        async def asked() -> list[Event]:
            if self._stream is None:
                exchange = self._exchange  # looks at the disk, and reads the prompt
                self._stream = await asyncio.to_thread(exchange.service.stream, exchange.prompt)
            return await question(self._stream)

        answer = await self._exchange.tried(asked)
        if isinstance(answer, str):
            self._failure = answer
            return []
        return answer


def footnotes(findings: tuple[Finding, ...]) -> str:
    """Return the notices of some findings, each once, as a list that reads well as plain text and as Markdown."""
    told = dict.fromkeys(finding.notice for finding in findings)
    lines = (f"{number}. {notice.translate(_MARKUP)}" for number, notice in enumerate(told, 1))
    return "\n\n---\n" + "\n".join(lines) if told else ""
