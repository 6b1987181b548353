"""What holds for every test."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

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
    "tests/catalogue/test_database.py", "tests/check/test_extent.py", "tests/check/test_information.py",
    "tests/check/test_origins.py", "tests/check/test_prompt.py", "tests/cli/", "tests/database/",
    "tests/docs/test_examples.py", "tests/docs/test_growth.py", "tests/examples/", "tests/generation/",
    "tests/index/test_damage.py", "tests/integrations/", "tests/notices/test_families.py", "tests/packaging/",
    "tests/plugins/test_example_plugin.py", "tests/web/",
)  # fmt: skip
"""Tests that are all `slow`: most start a process, a browser, a server or a model, or build a library for each case."""

LONG = (
    "tests/examples/test_limit_examples.py", "tests/examples/test_transformers_stream.py", "tests/faults/",
    "tests/integrations/test_litellm.py", "tests/integrations/test_pages.py", "tests/packaging/test_skips.py",
    "tests/readers/test_damage.py",
    "tests/tools/test_mutants.py", "tests/web/pages/test_accessible.py", "tests/web/pages/test_example.py",
    "tests/web/proxy/test_transformers_serve.py",
)  # fmt: skip
"""Tests that are all `long`: kills, full disks, every byte of a file, foreign servers, scripts that run a model."""

SIZES = {"slow": SLOW, "long": LONG}


SCRIPTS = ("tests/catalogue/test_opening.py", "tests/catalogue/test_schema.py", "tests/faults/")
"""Tests for which the migration scripts themselves make the tables of each database."""


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the statements that make in a new SQLite file what the migration scripts make there."""
    from provenance.catalogue import Catalogue

    path = tmp_path_factory.mktemp("tables") / "catalogue.sqlite"
    Catalogue.open(f"sqlite:///{path}", create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]


@pytest.fixture(autouse=True, scope="module")
def made_at_once(request: pytest.FixtureRequest, empty_tables: list[str]) -> Iterator[None]:
    """Spare a test the migration scripts: hundreds of tests make a database, and to run them takes the most of that."""
    from provenance.catalogue import schema

    run_scripts = schema.bring_up

    def bring_up(connection: Connection, url: URL) -> None:
        if connection.dialect.name != "sqlite" or not schema.is_empty(connection):
            return run_scripts(connection, url)
        for statement in empty_tables:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE meta SET value = ? WHERE key = 'identity'", (uuid.uuid4().hex,))
        return None

    with pytest.MonkeyPatch.context() as patch:
        if not request.path.relative_to(request.config.rootpath).as_posix().startswith(SCRIPTS):
            patch.setattr(schema, "bring_up", bring_up)
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what is not wanted: its imports take longer than all quick tests."""
    where = f"{collection_path.relative_to(config.rootpath).as_posix()}/"
    expression = config.option.markexpr
    return any(f"not {size}" in expression and where.startswith(paths) for size, paths in SIZES.items()) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these and what runs on PostgreSQL, before tests are chosen by their marks."""
    for item in items:
        for size, paths in SIZES.items():
            if item.nodeid.startswith(paths):
                item.add_marker(size)
        if "[postgresql" in item.nodeid:
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
