"""Which commands are there? Each of them turns options into one call of the library and its result into lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from provenance import Checker, Database, notices
from provenance.cli.bundles import write_notices
from provenance.cli.doctor import compact, doctor
from provenance.cli.options import (
    Opened,
    aliased,
    collection_option,
    database_options,
    language_option,
    opened,
    plugins_of,
    policy_options,
    role_option,
)
from provenance.cli.output import emit, read_text, source_files, streamed
from provenance.cli.policy import policy as policy_group
from provenance.cli.progress import shown
from provenance.cli.serve import serve
from provenance.cli.statistics import stats
from provenance.cli.works import works
from provenance.config import default_database, load_policy
from provenance.errors import InputError, UsageError
from provenance.ingest import Declared, IngestInterruptedError, IngestResult, documents, upgrade_database
from provenance.models import VERSION, Action, Keep
from provenance.pluginmanager import list_entry_points

_SHOWN_PROBLEMS = 50


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@database_options
@click.option("--licence", metavar="EXPR", help="SPDX expression, public-domain, all-rights-reserved or unknown.")
@aliased("--license", "licence")
@click.option("--title", help="Title; for the files of a folder it goes before their names.")
@click.option("--author", "authors", multiple=True, help="An author; may be given several times.")
@click.option("--year", type=int, help="Year of first publication.")
@click.option("--source", metavar="URL", help="Where the works come from.")
@collection_option
@role_option
@click.option("--keep", type=click.Choice([k.value for k in Keep]), default="text", show_default=True,
              help="What is kept: with text, reports give places in characters; tokens are not readable.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that build.")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True)
@click.pass_context
def ingest(
    context: click.Context, /, sources: tuple[str, ...], keep: str, workers: int, engine: str, **options: Any
) -> int:
    """Put works into a database; it is made if there is none.

    SOURCE is a file, a folder (with all in it), "-" for standard input, JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst; one
    work a line: {"text": …, "title": …, "authors": […], "year": …, "source": …, "licence": …}) or Parquet with the
    same columns. What a work says of itself goes before the options. The same work ingested again replaces the old
    one. Whatever cannot be read is listed and does not stop the rest; then the exit code is 3.

    \b
    Examples:
      provenance ingest moby-dick.txt --title Moby-Dick --author "Herman Melville" --licence public-domain
      provenance ingest gutenberg.jsonl.zst --collection gutenberg --workers 2
    """
    if engine == "spark":
        raise UsageError("the Spark engine is not in this release; use --engine local with --workers N")
    path, catalogue = options.pop("db"), options.pop("catalogue")
    declared = Declared(**options)
    plugins = plugins_of(context)
    with Database.open(path or default_database(), create=True, catalogue=catalogue) as database:
        with source_files(sources) as (files, piped), shown(files) as progress:
            items = streamed(documents(files, plugins, declared, leave_out=database.folder), piped)
            try:
                result = database.ingest(
                    progress.counting(items), keep=keep, workers=workers, progress=progress, plugins=plugins
                )
            except IngestInterruptedError as stopped:
                return _stopped(stopped.result, database)
        return _told(result, database)


def _stopped(result: IngestResult, database: Database) -> int:
    _told(result, database)
    done = result.added + result.replaced + result.unchanged
    click.echo(f"interrupted: {done:,} works are in; run the same command again to go on", err=True)
    return 130


def _told(result: IngestResult, database: Database) -> int:
    for warning in result.warnings[:_SHOWN_PROBLEMS]:
        click.echo(notices.printable(f"warning: {warning}"), err=True)
    for problem in result.problems[:_SHOWN_PROBLEMS]:
        click.echo(notices.printable(f"passed over: {problem}"), err=True)
    hidden = max(0, len(result.warnings) - _SHOWN_PROBLEMS) + max(0, len(result.problems) - _SHOWN_PROBLEMS)
    if hidden:
        click.echo(f"… and {hidden:,} more like these", err=True)
    state = database.snapshot().state
    click.echo(
        f"{database.folder}: {result.added:,} works added, {result.replaced:,} replaced, {result.unchanged:,} unchanged"
        f"{f', {len(result.problems):,} passed over' if result.problems else ''}; "
        f"it holds {state.works:,} works, {state.tokens:,} tokens"
    )
    return InputError.exit_code if result.problems else 0


@cli.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@database_options
@click.option("--prompt", type=click.Path(), help="File with what the user had supplied; matches with it stay silent.")
@click.option(
    "--format",
    "format_",
    default=None,
    help="terminal (the default), text, markdown, html, html-fragment, json, spdx, openai-annotations, or a plugin's.",
)
@language_option
@policy_options
@click.option("--all", "passages", is_flag=True, help="List every passage too, before exemptions and policy.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write to a file instead of standard output.")
@click.option("--log", is_flag=True, help="Record the check in the database: the text's hash, not the text.")
@opened
def check(
    state: Opened, file: str, prompt: str | None, format_: str | None, language: str | None, policy: str | None,
    preset: str | None, passages: bool, output: str | None, log: bool,
) -> int:  # fmt: skip
    """Look for the database's works in a text.

    \b
    Examples:
      provenance check answer.txt
      provenance check answer.txt --prompt question.txt --format html --output answer.html
      generate | provenance check - --format json
    """
    renderers = state.plugins.renderers
    format_ = format_ or "terminal"
    if format_ not in renderers:
        raise UsageError(f"no plugin renders the format {format_!r}; known formats: {', '.join(sorted(renderers))}")
    text = read_text(file)
    settings = load_policy(policy, preset=preset, language=language)
    checker = Checker(state.database, settings, plugins=state.plugins, log=log)
    report = checker.check(text, prompt=read_text(prompt) if prompt else None, passages=passages)
    emit(report.render(format_), output)
    return 1 if any(finding.action is not Action.IGNORE for finding in report.findings) else 0


@cli.command("plugins")
def list_plugins() -> None:
    """List the installed plugins, without loading them."""
    for info in list_entry_points():
        click.echo(f"{info.name:24} {info.module:44} {info.distribution} {info.version}")


@cli.group()
def db() -> None:
    """Look after a database's schema."""


@db.command()
@database_options
def upgrade(db: Path | None, catalogue: str | None) -> None:
    """Bring a database to this release's schema."""
    path = db or default_database()
    click.echo(f"{path}: schema {upgrade_database(path, catalogue=catalogue)}")


@cli.command()
@click.option("--examples", type=click.Path(path_type=Path), help="The folder examples/ of a checkout.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True,
              help="Where the database and the page are written.")  # fmt: skip
@policy_options
@click.pass_context
def demo(
    context: click.Context, examples: Path | None, output: Path, policy: str | None, preset: str | None
) -> int:  # fmt: skip
    """Let a small model recite real works, and see what its reader is told.

    Needs the extra `transformers` and the folder examples/ of a checkout.
    """
    from provenance.cli.demo import run_demo  # noqa: PLC0415  # loads torch

    settings = load_policy(policy, preset=preset)
    return run_demo(examples, output, plugins_of(context), settings, colour=sys.stdout.isatty())


for command in (works, policy_group, stats, doctor, compact, serve, write_notices):
    cli.add_command(command)
