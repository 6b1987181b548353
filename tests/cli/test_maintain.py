"""`stats`, `doctor`, `db upgrade`, `plugins`, `--no-plugin`, and what help says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provenance.cli.commands import cli, load_command
from provenance.version import VERSION
from tests.cli.conftest import Ran, Run


def commands(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(load_command(name) if command is cli else inner, (*path, name))


def test_stats(library: Path, run: Run) -> None:
    """Works, tokens, creators, licences and bytes, as lines and as JSON."""
    found = json.loads(run("stats", "--format", "json").out)
    size = sum(path.stat().st_size for path in (library / "segments").iterdir())
    assert found == {
        "works": 2, "tokens": 127, "creators": 1, "revision": 2, "segments": 2, "index_bytes": size,
        "index_bytes_per_token": round(size / 127, 2), "statuses": {"licensed": 1, "public-domain": 1},
        "licences": {"CC-BY-4.0": 1}, "collections": {"sea": 1, "times.txt": 1},
        "trust": {"sea": "untrusted", "times.txt": "untrusted"},
    }  # fmt: skip
    shown = run("stats")
    assert (shown.code, shown.err) == (0, "")
    assert re.findall(r"(?m)^(works|tokens) +(\d+)$", shown.out) == [("works", "2"), ("tokens", "127")]


def test_doctor_on_a_sound_database(library: Path, run: Run) -> None:
    """A line for each thing looked at, and exit code 0; other files are counted."""
    (library / "segments" / "left.building").touch()
    ran = run("doctor")
    first, *segments, last = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert first == f"ok  catalogue {library / 'catalogue.sqlite'}: 2 works, revision 2"
    assert all(re.fullmatch(r"ok  segment \w{32}\.seg: 1 works, [\d,]+ bytes", line) for line in segments)
    assert len(segments) == 2
    assert last == "ok  left-over files: 1 (removed by the next ingest)"


def test_doctor_where_there_is_no_database(run: Run) -> None:
    """A database that cannot be opened is one bad line, and exit code 3."""
    assert run("doctor", "--db", "no") == Ran(
        3, "BAD no: there is no provenance database at no; make one with `provenance ingest SOURCE --db no`, or name "
        "another with --db\n", "",
    )  # fmt: skip


def test_db_upgrade(library: Path, run: Run) -> None:
    """An up-to-date database stays as it is; none is an error."""
    assert run("db", "upgrade") == Ran(0, "provenance-db: schema 0004\n", "")
    assert run("db", "upgrade", "--db", str(library)).code == 0
    assert run("db", "upgrade", "--db", "no").code == 3
    assert run("check", "-", stdin=b"x").code == 0


def test_plugins(run: Run) -> None:
    """Every plugin with its module, distribution and version."""
    ran = run("plugins")
    assert (ran.code, ran.err) == (0, "")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["render-json", "provenance_plugins.renderers.json", "licence-provenance", VERSION] in rows


def test_no_plugin(library: Path, run: Run) -> None:
    """--no-plugin leaves a plugin out of what is known and of the report; an unknown name is a usage error."""
    assert run("--no-plugin", "render-html", "check", "-", "--format", "html", stdin=b"x") == Ran(
        2,
        "",
        "provenance: no plugin renders the format 'html'; known formats: json, markdown, openai-annotations, spdx, "
        "terminal, text\n",
    )
    found = json.loads(run("--no-plugin", "render-html", "check", "--format", "json", stdin=b"x").out)
    assert "render-html" not in [plugin["name"] for plugin in found["plugins"]]
    assert run("--no-plugin", "nonsense", "check", "-").code == 2


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_help_of_every_command(run: Run, path: tuple[str, ...], command: click.Command) -> None:
    """--help and -h explain every option that is not hidden, without a database."""
    ran = run(*path, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: provenance{''.join(f' {part}' for part in path)} ")
    assert run(*path, "-h") == ran
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert max(parameter.opts, key=len) in ran.out


def test_version(run: Run) -> None:
    """--version says which."""
    assert run("--version") == Ran(0, f"provenance, version {VERSION}\n", "")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["check", "--nonsense"], ["works", "show"], ["stats", "x"], ["db"]])
def test_wrong_usage(run: Run, argv: list[str]) -> None:
    """An unknown command or option, or a missing one, is exit code 2 with the usage on standard error."""
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: provenance")
