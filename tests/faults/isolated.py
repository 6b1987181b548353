"""What becomes of cases that may crash, hang or eat all memory? Each is judged in a child process with limits."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.faults.tally import Outcome, Verdict

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.killed", "tests.faults.shelf"])
SECONDS = 60
"""After this time a case hangs."""
MEMORY = 1 << 30
"""How many bytes of address space a case may take, beyond what the process has before it."""

Judge = Callable[[int], Verdict]


def survey(make_judge: Callable[..., Judge], *arguments: object, numbers: Iterable[int]) -> Iterator[Verdict]:
    """Yield the verdict on each case, by its number; a child that crashes or hangs is replaced by another.

    Args:
        make_judge: called with the arguments in the child; what it returns is called with each number.
    """
    child: _Child | None = None
    for number in numbers:
        child = child or _Child(make_judge, arguments)
        verdict = child.judge(number)
        yield verdict
        if child.process.exitcode is not None:
            child = None
    if child:
        child.end()


class _Child:
    """A process that judges cases."""

    def __init__(self, make_judge: Callable[..., Judge], arguments: tuple[object, ...]) -> None:
        self._ours, theirs = CONTEXT.Pipe()
        self.process: BaseProcess = CONTEXT.Process(target=_serve, args=(theirs, make_judge, arguments), daemon=True)
        self.process.start()
        theirs.close()

    def judge(self, number: int) -> Verdict:
        self._ours.send(number)
        if not self._ours.poll(SECONDS):
            self.end()
            return Verdict(Outcome.WRONG, f"case {number} took longer than {SECONDS} s")
        try:
            verdict: Verdict = self._ours.recv()
        except EOFError:
            self.end()
            return Verdict(Outcome.WRONG, f"case {number} ended the process with {self.process.exitcode}")
        return verdict

    def end(self) -> None:
        self._ours.close()
        self.process.kill()
        self.process.join()


def _serve(connection: Connection, make_judge: Callable[..., Judge], arguments: tuple[object, ...]) -> None:
    judge = make_judge(*arguments)
    limit_memory()
    with suppress(EOFError):
        while True:
            connection.send(judge(connection.recv()))


def limit_memory() -> None:
    """Let this process have only so much more address space than it has (on Linux)."""
    status = Path("/proc/self/statm")
    if status.exists():
        most = int(status.read_text().split()[0]) * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
