"""The command `provenance ingest`: puts works into a database."""

from __future__ import annotations

from typing import Any

import click

from provenance import Database, licences, notices
from provenance.cli.options import alias_option, collection_option, database_options, load_plugins, trust_options
from provenance.cli.output import rename_piped, source_files
from provenance.cli.progress import show_progress
from provenance.database import IngestInterruptedError, IngestResult
from provenance.errors import InputError, UsageError
from provenance.policy import default_database
from provenance.sources import Declared, documents
from provenance.works import Keep, Role, Sensitivity

_SHOWN_PROBLEMS = 50
_SHOWN_LICENCES = 5


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@database_options
@click.option(
    "--licence",
    metavar="EXPR",
    help="The licence of works that say nothing: SPDX expression, public-domain, all-rights-reserved or unknown.",
)
@alias_option("--license", "licence")
@click.option("--title", help="Title; for the files of a folder, what their titles begin with.")
@click.option("--author", "authors", multiple=True, help="An author; may be given several times.")
@click.option("--year", type=int, help="Year of first publication.")
@click.option("--source", metavar="URL", help="Where the works come from.")
@collection_option
@trust_options
@click.option("--keep", type=click.Choice([k.value for k in Keep]), default="text", show_default=True,
              help="What is kept: with text, reports give places in characters; tokens are not readable.")  # fmt: skip
@click.option("--sensitivity", type=click.Choice([each.value for each in Sensitivity]),
              help="How densely a new database samples its works: fine (the default) finds more of short and edited "
              "copies, wide is half as large.")  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that build segments."
)
@click.option("--readmit", is_flag=True, help="Let works in again that were withdrawn; else they are left out.")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True)
@click.pass_context
def ingest(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    keep: str,
    sensitivity: str | None,
    workers: int,
    engine: str,
    trusted: bool,
    readmit: bool,
    **options: Any,
) -> int:
    """Put works into a database; it is made if there is none.

    SOURCE is a file, a folder (with all in it), "-" for standard input, JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst; one
    work a line: {"text": …, "title": …, "authors": […], "year": …, "source": …, "licence": …}) or Parquet with the
    same columns. What a work says itself goes before the options. A work is known by its collection and id: ingested
    again, it replaces the old one. What cannot be read is listed and does not stop the rest; then the exit code is 3.

    \b
    Examples:
      provenance ingest moby-dick.txt --title Moby-Dick --author "Herman Melville" --licence public-domain
      provenance ingest gutenberg.jsonl.zst --collection gutenberg --workers 2
    """
    if engine == "spark":
        raise UsageError("the Spark engine is not in this release; use --engine local with --workers N")
    path, catalogue = options.pop("db"), options.pop("catalogue")
    declared = Declared(**options)
    trusted = trusted or declared.role is Role.BOILERPLATE  # the operator's own word
    if declared.licence and (warning := licences.read(declared.licence).warning):
        click.echo(notices.printable(f"warning: --licence: {warning}"), err=True)
    plugins = load_plugins(context)
    with Database.open(path or default_database(), create=True, catalogue=catalogue) as database:
        with source_files(sources) as (files, piped), show_progress(files) as progress:
            items = rename_piped(documents(files, plugins, declared, leave_out=database.folder), piped)
            try:
                result = database.ingest(
                    progress.count_bytes(items), keep=keep, sensitivity=sensitivity, trusted=trusted,
                    readmit=readmit, workers=workers, what=", ".join(sources), progress=progress, plugins=plugins,
                )  # fmt: skip
            except IngestInterruptedError as stopped:
                _show_result(stopped.result, database)
                done = stopped.result.added + stopped.result.replaced + stopped.result.unchanged
                click.echo(f"interrupted: {done:,} works are in; run the same command again to go on", err=True)
                return 130  # as after any Ctrl-C
        _show_result(result, database)
    return InputError.exit_code if result.problems else 0


def _show_result(result: IngestResult, database: Database) -> None:
    for warning in result.warnings[:_SHOWN_PROBLEMS]:
        click.echo(notices.printable(f"warning: {warning}"), err=True)
    for problem in result.problems[:_SHOWN_PROBLEMS]:
        click.echo(notices.printable(f"passed over: {problem}"), err=True)
    hidden = max(0, len(result.warnings) - _SHOWN_PROBLEMS) + max(0, len(result.problems) - _SHOWN_PROBLEMS)
    if hidden:
        click.echo(f"… and {hidden:,} more like these", err=True)
    state = database.snapshot().state
    counts = f"{result.added:,} works added, {result.replaced:,} replaced, {result.unchanged:,} unchanged"
    passed_over = f", {len(result.problems):,} passed over" if result.problems else ""
    changes = (
        (result.licence_changed, "licence", "changed"), (result.title_changed, "title", "changed"),
        (result.left_out, "withdrawn work", "left out"),
    )  # fmt: skip
    changed = ", ".join(f"{count:,} {what}{'s' * (count > 1)} {how}" for count, what, how in changes if count)
    # An ingest that only added works is seldom a mistake.
    batch = f" (batch {result.batch})" if result.batch and (changed or result.replaced) else ""
    click.echo(
        f"{database.folder}: {counts}{passed_over}{changed and f'; {changed}'}{batch}; "
        f"it holds {state.works:,} works, {state.tokens:,} tokens"
    )
    if result.licences:
        shown = [f"{count:,} {notices.clean(licence, 60)}" for licence, count in result.licences.items()]
        if len(shown) > _SHOWN_LICENCES:
            rest = sum([*result.licences.values()][_SHOWN_LICENCES:])
            shown = [*shown[:_SHOWN_LICENCES], f"{rest:,} with others"]
        click.echo(f"licences: {', '.join(shown)}")
    if batch:
        click.echo(f"to take this back: provenance works batches --undo {result.batch}")
