"""The table of commands says what the commands themselves say, and imports only the one that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from provenance.cli.commands import COMMANDS, cli, load_command
from tests.cli.conftest import Run

LARGE = {
    "ahocorasick", "alembic", "charset_normalizer", "jinja2", "license_expression", "numpy", "pluggy",
    "provenance_plugins", "rapidfuzz", "sentencepiece", "sqlalchemy",
}  # fmt: skip
FOR_OTHERS = {
    "alembic", "dulwich", "httpx", "jinja2", "lxml", "pyarrow", "pypdf", "sentencepiece", "starlette", "torch",
    "transformers", "uvicorn", "warcio",
}  # fmt: skip


def modules_of(*argv: str) -> set[str]:
    """The top-level modules that are there after a command ran in a process of its own."""
    code = f"import sys\nfrom provenance.cli import main\nmain({list(argv)})\nprint('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_of_help_is_that_of_the_command(name: str) -> None:
    """What the list of commands says of one is what click makes of its own help; so it is shown, or not."""
    command = load_command(name)
    assert (command.name, command.hidden, command.deprecated) == (name, False, False)
    assert COMMANDS[name][2] == command.get_short_help_str(limit=1_000)


def test_the_help_is_that_of_a_group_that_has_imported_everything(run: Run) -> None:
    """To the letter, however wide the terminal is."""
    whole = click.Group(
        params=cli.params, help=cli.help, context_settings=cli.context_settings,
        commands=[load_command(name) for name in COMMANDS],
    )  # fmt: skip
    for width in (40, 80, 200):
        wide = {**cli.context_settings, "info_name": "provenance", "terminal_width": width}
        assert cli.get_help(click.Context(cli, **wide)) == whole.get_help(click.Context(whole, **wide))


@pytest.mark.parametrize("option", ["--version", "--help", "--nonsense"])
def test_nothing_large_is_imported_to_say_what_there_is(option: str) -> None:
    """The command answers at once where no command of the table runs."""
    assert modules_of(option) & LARGE == set()


def test_a_check_imports_what_it_needs(library: Path) -> None:
    """Searching takes NumPy and SQLAlchemy; not what upgrades a schema, reads files, serves, or runs a model."""
    imported = modules_of("check", "times.txt")
    assert {"numpy", "sqlalchemy", "provenance_plugins"} <= imported
    assert imported & FOR_OTHERS == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_with_a_default_says_which(name: str) -> None:
    """Where leaving out an option means one of its values, the help names it; a switch is off and needs none."""
    command = load_command(name)
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    for each in commands:
        context = click.Context(each)
        for option in each.params:
            if isinstance(option, click.Option) and not option.is_flag and not option.hidden:
                told = option.get_help_record(context)
                meant = option.to_info_dict()["default"]
                assert told is not None
                if isinstance(meant, str | int | float):
                    assert "default:" in told[1] or "by default" in told[1].lower(), (each.name, option.name)
