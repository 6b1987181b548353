"""Table of the commands; `--help` and `--version` import none of them, and each is imported when it runs.

Each command turns options into one call of the library and its result into lines.
"""

from __future__ import annotations

from importlib import import_module

import click

from provenance.version import VERSION

COMMANDS = {
    "check": ("check", "check", "Look for the database's works in a text."),
    "compact": (
        "maintain",
        "compact",
        "Remove what withdrawn and replaced works have left on the disk, and merge small segments.",
    ),
    "db": ("maintain", "db", "Look after a database's schema."),
    "demo": ("demo", "demo", "Let a small model recite real works, and see what its reader is told."),
    "doctor": ("maintain", "doctor", "Check a database from end to end: schema, files, checksums, canaries."),
    "ingest": ("ingest", "ingest", "Put works into a database; it is made if there is none."),
    "notices": ("notices", "write_notices", "Write the third-party notices for a log of answers."),
    "plugins": ("plugins", "list_plugins", "List the installed plugins, without loading them."),
    "policy": ("policy", "policy", "Show the policy that holds here, and explain what it makes of a text."),
    "serve": (
        "serve",
        "serve",
        "Check texts over HTTP: an API, a page for people, and a proxy for OpenAI-compatible servers.",
    ),
    "stats": (
        "maintain",
        "stats",
        "Count a database's works, tokens, licences and bytes, and show which collections are trusted.",
    ),
    "works": ("works", "works", "List and show works, claim their licences, withdraw and trust them, undo an ingest."),
}
"""For each command its module in `provenance.cli`, its name there, and its line in the list of commands."""


class _TableOfCommands(click.Group):
    """A group whose members are names with a line of help, until one of them is to run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that the arguments name, which click then runs or shows the help of."""
        # click's own lookup finds the stand-in, or fails with its usual message.
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name and listed else listed, rest


def load_command(name: str) -> click.Command:
    """Import a command of the table."""
    module, attribute, _ = COMMANDS[name]
    command: click.Command = getattr(import_module(f"provenance.cli.{module}"), attribute)
    return command


@click.group(
    cls=_TableOfCommands,
    commands=[click.Command(name, help=line) for name, (_, _, line) in COMMANDS.items()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="provenance")
@click.option("--no-plugin", multiple=True, metavar="NAME", help="Leave a plugin out; see `provenance plugins`.")
@click.pass_context
def cli(context: click.Context, no_plugin: tuple[str, ...]) -> None:
    """Know which works a text repeats, and tell its reader under which licence.

    \b
    Start here:
      provenance demo                                  see it work
      provenance ingest BOOKS/ --licence CC-BY-4.0     put works into a database
      provenance check answer.txt                      look for them in a text

    The database is ./provenance-db, or what $PROVENANCE_DB or --db names.
    Exit codes: 0 nothing found, 1 findings, 2 wrong usage, 3 broken input, plugin or database.
    """
    context.obj = no_plugin
