"""Options that several commands share, and the database and plugins that they name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from provenance import Database
from provenance.plugins import Plugins, get_plugin_manager
from provenance.policy import PRESETS, default_database
from provenance.works import Role

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """The database and the plugins that a command works with."""

    database: Database
    plugins: Plugins


def database_options(command: Command) -> Command:
    """Add --db and --catalogue."""
    command = click.option(
        "--catalogue", envvar="PROVENANCE_CATALOGUE", metavar="URL",
        help="Where the catalogue is, if not in the database's folder: postgresql://user@host/name.",
    )(command)  # fmt: skip
    return click.option(
        "--db",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="The database; else $PROVENANCE_DB, ./provenance-db.",
    )(command)


def policy_options(command: Command) -> Command:
    """Add --policy and --preset."""
    command = click.option(
        "--preset", type=click.Choice([*PRESETS]), help="Where the values come from that the policy lacks."
    )(command)
    return click.option(
        "--policy", type=click.Path(), metavar="FILE",
        help="The policy; else $PROVENANCE_POLICY, ./provenance.toml, [tool.provenance] in ./pyproject.toml.",
    )(command)  # fmt: skip


def collection_option(command: Command) -> Command:
    """Add --collection."""
    return click.option(
        "--collection",
        metavar="NAME",
        help="The data set that the works belong to; else the name of the file or folder.",
    )(command)


def trust_options(command: Command) -> Command:
    """Add --role and --trusted."""
    command = click.option("--trusted", is_flag=True, help="Vouch for what the works say of themselves.")(command)
    return click.option(
        "--role", type=click.Choice([role.value for role in Role]),
        callback=lambda _context, _option, role: Role(role) if role else None,
        help="boilerplate: text that all may use; a passage in it is never noticed. Implies --trusted.",
    )(command)  # fmt: skip


def language_option(command: Command) -> Command:
    """Add --language."""
    return click.option(
        "--language", metavar="CODE", help="Language of the notices: de, en or fr; else $PROVENANCE_LANGUAGE, English."
    )(command)


def alias_option(name: str, target: str) -> Callable[[Command], Command]:
    """Add a hidden option that sets another one."""

    def store(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.params[target] = value

    return click.option(name, hidden=True, expose_value=False, callback=store)


def load_plugins(context: click.Context) -> Plugins:
    """Load the plugins, without those that --no-plugin names."""
    return get_plugin_manager(disabled=context.find_root().obj or ())


def open_database(path: Path | None, catalogue: str | None) -> Database:
    """Open the database that the options name."""
    return Database.open(path or default_database(), catalogue=catalogue)


def with_database(command: Command) -> Command:
    """Give a command, in place of the values of `database_options`, the open database and the loaded plugins."""

    @functools.wraps(command)
    def run_command(context: click.Context, /, db: Path | None, catalogue: str | None, **options: Any) -> Any:
        # Plugins first: one that cannot be loaded is a fault of every database.
        plugins = load_plugins(context)
        with open_database(db, catalogue) as database:
            return command(Opened(database, plugins), **options)

    return click.pass_context(run_command)
