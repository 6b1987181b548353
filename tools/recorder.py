"""Pytest plugin of `tools/mutants.py` that records which test runs which line, and how long each test takes.

Coverage is on before pytest starts, because `COVERAGE_PROCESS_START` is set; this plugin tells it the test's name. A
subprocess that a test starts finds the name in `PYTEST_CURRENT_TEST` instead.
"""

import json
import os
from collections import Counter
from pathlib import Path

import coverage
import pytest

SECONDS: Counter[str] = Counter()
FAILED: set[str] = set()


def pytest_runtest_logstart(nodeid: str) -> None:
    """Attribute the lines from here on, those of fixtures too, to this test."""
    if running := coverage.Coverage.current():
        running.switch_context(nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what setting up, running and tearing down a test took, and note whether one of them failed."""
    if report.failed:
        FAILED.add(report.nodeid)
    SECONDS[report.nodeid] += report.duration  # type: ignore[assignment]  # Counter is typed for whole numbers


def pytest_sessionfinish() -> None:
    """Write what `tools/mutants.py` reads."""
    recorded = {"seconds": SECONDS, "failed": sorted(FAILED)}
    Path(os.environ["RECORDED_TESTS"]).write_text(json.dumps(recorded), encoding="utf-8")
