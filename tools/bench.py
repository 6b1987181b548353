"""Copies of a checkout where tests run, without a fault or with one.

Says which tests run a statement, and whether they notice a mutant of it. The caller chooses the test files.
"""

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from coverage import CoverageData
from coverage.exceptions import DataError

from mutations import Mutant

PATIENCE = 60.0  # seconds of tests, fastest first, to try on a mutant; as recorded, that is slowed down by coverage
OPTIONS = [
    *("-q", "-p", "no:cacheprovider", "-m", "not long"),
    *("-p", "hypothesispytest", "--hypothesis-profile", "ci"),
]
RECORDING = """[run]
core = ctrace
parallel = true
data_file = {place}/data
context = ${{PYTEST_CURRENT_TEST-}}
include =
    {copy}/provenance/**
    {copy}/plugins/**
"""


class Bench:
    """Copies of a checkout where tests run, and what was recorded about the tests."""

    def __init__(self, root: Path, files: Iterable[str], work: Path, *, jobs: int, grace: float) -> None:
        self.grace = grace
        self.work = work
        self.copies: queue.Queue[Path] = queue.Queue()
        self.pool = ThreadPoolExecutor(jobs)
        self.seconds: Counter[str] = Counter()
        self.recorded: set[str] = set()
        self.unsteady: set[str] = set()
        self.tests: dict[str, dict[int, set[str]]] = {}  # by module and line
        for job in range(jobs):
            for file in files:
                target = work / f"{job}" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / file, target, follow_symlinks=False)
            self.copies.put(work / f"{job}")

    def close(self) -> None:
        """Try no further mutant, as after Ctrl-C; those that are being tried come to their end."""
        self.pool.shutdown(cancel_futures=True)

    def run_tests(self, copy: Path, tests: Sequence[str], *, timeout: float | None, **extra: str) -> tuple[int, str]:
        """Pytest's exit code, 0 if all pass, and what it printed; -1 when the time is up."""
        dropped = ("CI", "COVERAGE_", "PYTEST_")  # our tests may skip nothing where CI is set
        environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        paths = [str(copy), str(copy / "plugins"), str(Path(__file__).parent)]
        # Plugins that happen to be installed take seconds to load, and our tests need only Hypothesis's, for
        # its profile that draws the same examples each time. Bytecode of a mutant would outlive it: only recording may
        # write some.
        environment |= {"PYTHONPATH": os.pathsep.join(paths), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= extra or {"PYTHONDONTWRITEBYTECODE": "1"}
        options = [*OPTIONS, *(["-p", "recorder"] if extra else ["-x"])]
        with tempfile.TemporaryFile(dir=self.work) as output:
            command = [sys.executable, "-m", "pytest", *options, *tests]
            process = subprocess.Popen(  # noqa: S603  # ourselves
                command, cwd=copy, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = -1
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what the tests started, too: a mutant may leave a server
            process.wait()
            output.seek(0)
            return code, output.read().decode(errors="replace")

    def list_test_files(self, files: Iterable[str]) -> set[str]:
        """Those of some test files with a test that mutants are tried on; in others all are long."""
        copy = self.copies.get()
        code, output = self.run_tests(copy, ["--collect-only", *sorted(set(files))], timeout=None)
        self.copies.put(copy)
        if code not in {0, 5}:
            sys.exit(f"{output[-4000:]}\nmutants: the tests cannot be collected; mend that first")
        return set(re.findall(r"^(\S+[.]py)::", output, flags=re.MULTILINE))

    def record_tests(self, files: Iterable[str]) -> None:
        """Run test files without a fault, unless they have run before, and note which test runs which lines."""
        new = sorted(set(files) - self.recorded)
        self.recorded.update(new)
        jobs = self.copies.qsize()
        list(self.pool.map(self.record_files, [new[job::jobs] for job in range(jobs) if new[job::jobs]]))

    def record_files(self, files: Sequence[str]) -> None:
        """Run test files under coverage in one process and read what it measured."""
        copy = self.copies.get()
        place = Path(tempfile.mkdtemp(dir=self.work))
        (place / "rc").write_text(RECORDING.format(place=place, copy=copy), encoding="utf-8")
        variables = {"COVERAGE_PROCESS_START": f"{place}/rc", "RECORDED_TESTS": f"{place}/tests.json"}
        code, output = self.run_tests(copy, files, timeout=None, **variables)
        written = place / "tests.json"
        recorded = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {"failed": []}
        failed = {name_test(test) for test in recorded["failed"]}
        if failed and code == 1 and self.run_tests(copy, sorted(failed), timeout=None)[0] == 0:
            print("left out, since they fail now and then:", *sorted(failed), flush=True)
        elif code not in {0, 5}:  # 5: all tests of these files are long
            sys.exit(f"{output[-4000:]}\nmutants: tests fail without a mutant; mend them first")
        for test, took in recorded["seconds"].items():
            self.seconds[name_test(test)] += took
        self.unsteady |= failed
        for path in place.glob("data.*"):
            data = CoverageData(str(path))
            try:
                data.read()
            except DataError:  # of a process that a test killed while it wrote the file
                continue
            for file in data.measured_files():
                lines = self.tests.setdefault(str(Path(file).relative_to(copy)), {})
                for line, contexts in data.contexts_by_lineno(file).items():
                    lines.setdefault(line, set()).update(name_test(context) for context in contexts if context)
        self.copies.put(copy)

    def find_tests(self, mutant: Mutant) -> set[str]:
        """Tests that run the changed statement, as recorded."""
        lines = self.tests.get(mutant.module, {})
        return set().union(*(lines.get(line, ()) for line in mutant.statement or lines))

    def select_tests(self, mutant: Mutant, files: Sequence[str]) -> list[str]:
        """Tests of these files that run the changed statement, the fastest first; where none is known to, all of them.

        Nothing says which test runs what importing a module runs, or what runs in a process with an environment of its
        own, which coverage does not enter.
        """
        known = self.find_tests(mutant)
        among = {test for test in self.seconds.keys() - self.unsteady if test.partition("::")[0] in files}
        patience = PATIENCE
        selected = []
        for test in sorted(among & known if known and mutant.statement else among, key=self.rank_test):
            if (patience := patience - self.seconds[test]) > 0:
                selected.append(test)
        return selected

    def rank_test(self, test: str) -> tuple[float, str]:
        """The fastest first, and those that are as fast in one order."""
        return self.seconds[test], test

    def try_mutant(self, mutant: Mutant, files: Sequence[str]) -> str:
        """Plant a mutant and run the tests: killed, timeout, survived or, where no test runs the statement, unrun."""
        if not (tests := self.select_tests(mutant, files)):
            return "unrun"
        copy = self.copies.get()
        path = copy / mutant.module
        original, times = path.read_bytes(), path.stat()
        try:
            path.write_text(mutant.code, encoding="utf-8")
            # Bytecode is known by its source's size and second: that of the original must not pass for the mutant's.
            os.utime(path, (times.st_atime, times.st_mtime + 2))
            code, _ = self.run_tests(copy, tests, timeout=self.grace + 5 * sum(self.seconds[test] for test in tests))
        finally:
            path.write_bytes(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.copies.put(copy)
        if code == 0 and mutant.statement and not self.find_tests(mutant):
            return "unrun"
        return {0: "survived", -1: "timeout"}.get(code, "killed")

    def try_mutants(self, mutants: Mapping[Mutant, Sequence[str]]) -> Iterator[str]:
        """Verdicts in the order of the mutants, each tried on its own test files."""
        return self.pool.map(self.try_mutant, mutants, mutants.values())

    def show_copies_are_tested(self, ranked: Mapping[Mutant, Sequence[str]]) -> None:
        """Positive control: a module that only raises must fail, or the tests import another copy than ours.

        One such module is enough; of a few that only a command's process imports, the tests do run another copy.
        """
        verdicts = {}
        for mutant, files in ranked.items():
            planted = replace(mutant, statement=range(0), code="raise RuntimeError('planted')\n")
            verdicts[mutant.module] = self.try_mutant(planted, files)
            if verdicts[mutant.module] == "killed":
                return
        if set(verdicts.values()) - {"unrun"}:
            sys.exit(f"mutants: no test notices that {', '.join(verdicts)} raise; the tests import another copy")


def name_test(context: str) -> str:
    """`a.py::test_b[1] (call)` is `a.py::test_b`."""
    return re.sub(r"\[.*| \(\w+\)$", "", context, flags=re.DOTALL)
