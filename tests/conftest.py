"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# Machines are shared and slow at times: a test is never judged by its speed. Where the variable CI is set, Hypothesis
# loads its own profile, which has no deadline either and draws the same examples each time.
settings.register_profile("quick", deadline=None, max_examples=10)
if settings.get_current_profile_name() == "default":
    settings.register_profile("here", deadline=None)
    settings.load_profile("here")

MAY_BE_SKIPPED = {
    "tests/faults/": "a full, slow or read-only disk is a file system that the test mounts, or a user that it becomes; "
    "containers often allow neither",
}
"""Where CI lets a test be skipped, and why; everything else that a test needs, `.ci/run` installs."""


SLOW = (
    "tests/docs/test_examples.py", "tests/examples/", "tests/faults/", "tests/generation/test_limiting.py",
    "tests/packaging/", "tests/web/api/test_server.py", "tests/web/pages/",
)  # fmt: skip
"""Tests that are all `slow`, since each starts processes, a browser or a model."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these, before tests are chosen by their marks."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker("slow")


def unexpected_skips(terminal: Any) -> Iterator[str]:
    """One line for each test that was skipped and is not on the list."""
    for report in terminal.stats.get("skipped", ()):
        if not report.nodeid.startswith(tuple(MAY_BE_SKIPPED)):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            yield f"{report.nodeid}: {reason}"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where CI passed over a test that it should have run."""
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    if (
        os.environ.get("CI")
        and terminal
        and session.exitstatus == pytest.ExitCode.OK
        and any(unexpected_skips(terminal))
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which tests CI may pass over, and which it should not have."""
    if not os.environ.get("CI"):
        return
    terminalreporter.section("skips")
    for where, reason in MAY_BE_SKIPPED.items():
        terminalreporter.line(f"allowed in {where}: {reason}")
    for line in unexpected_skips(terminalreporter):
        terminalreporter.line(f"not allowed: {line}", red=True)
