"""Commands that look after a database: `provenance doctor`, `compact`, `db` and `stats`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provenance import Database, notices
from provenance.cli.conflicts import list_conflicts
from provenance.cli.options import database_options, open_database
from provenance.cli.output import read_text
from provenance.database import examine, upgrade_database
from provenance.database.conflicts import LEAST_TOKENS
from provenance.errors import ProvenanceError
from provenance.policy import default_database
from provenance.thresholds import LEAST_RUN
from provenance.works import Sensitivity


@click.command()
@database_options
@click.option("--withdrawn", metavar="FILE", help="Text of a withdrawn work; prove that nothing of it is left.")
@click.option(
    "--conflicts", is_flag=True, help="List wordings that works hold under claims that contradict each other."
)
@click.option("--min-tokens", type=click.IntRange(LEAST_RUN), default=LEAST_TOKENS, show_default=True,
              help="The shortest wording that --conflicts lists.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
              help="The most wordings that --conflicts lists.")  # fmt: skip
def doctor(
    db: Path | None, catalogue: str | None, withdrawn: str | None, conflicts: bool, min_tokens: int, limit: int
) -> int:
    """Check a database from end to end: schema, files, checksums, canaries.

    Prints a line for each thing; the exit code is 3 if anything is wrong. A conflict of licences is no damage, and
    leaves the exit code as it is.
    """
    path = db or default_database()
    text = None if withdrawn is None else read_text(withdrawn)
    sound = True

    def show_result(subject: str, trouble: str | None) -> None:
        click.echo(f"{'ok ' if trouble is None else 'BAD'} {subject}{f': {trouble}' if trouble else ''}")

    try:
        for subject, trouble in examine(path, catalogue=catalogue, withdrawn=text):
            show_result(subject, trouble)
            sound = sound and trouble is None
    except ProvenanceError as error:  # such as a database that cannot be opened; what was found before it is shown
        show_result(str(path), str(error))
        sound = False
    if conflicts and sound:
        with Database.open(path, catalogue=catalogue, read_only=True) as database:
            for line in list_conflicts(database, min_tokens, limit):
                click.echo(line)
    elif conflicts:
        click.echo("conflicts are not looked for in a damaged database", err=True)
    return 0 if sound else ProvenanceError.exit_code


@click.command()
@database_options
@click.option("--sensitivity", type=click.Choice([each.value for each in Sensitivity]),
              help="Sample all works as densely as this from now on; by default as they are.")  # fmt: skip
def compact(db: Path | None, catalogue: str | None, sensitivity: str | None) -> None:
    """Remove what withdrawn and replaced works have left on the disk, and merge small segments.

    Checks go on meanwhile. `provenance doctor --withdrawn FILE` then proves that a work is gone.
    """
    with open_database(db, catalogue) as database:
        result = database.compact(sensitivity=sensitivity)
    click.echo(
        f"{database.folder}: {result.segments_before:,} segments with {result.bytes_before:,} bytes are now "
        f"{result.segments_after:,} with {result.bytes_after:,}; contents removed: {result.contents_removed:,}"
    )
    if not result.wiped:
        click.echo("warning: the catalogue was being read, and its log was not emptied; run this again", err=True)


@click.group()
def db() -> None:
    """Look after a database's schema."""


@db.command()
@database_options
def upgrade(db: Path | None, catalogue: str | None) -> None:
    """Bring a database to this release's schema."""
    path = db or default_database()
    click.echo(f"{path}: schema {upgrade_database(path, catalogue=catalogue)}")


@click.command()
@database_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def stats(db: Path | None, catalogue: str | None, format_: str) -> None:
    """Count a database's works, tokens, licences and bytes, and show which collections are trusted."""
    with open_database(db, catalogue) as database:
        state = database.snapshot().state
        counts = database.catalogue.statistics()
    size = sum(segment.size for segment in state.segments)
    # Not `state.tokens`: segments still have the tokens of withdrawn works, until `compact` removes them.
    indexed = sum(segment.tokens for segment in state.segments)
    numbers = {
        "works": state.works, "tokens": state.tokens, "creators": counts["creators"], "revision": state.revision,
        "segments": len(state.segments), "index_bytes": size,
        "index_bytes_per_token": round(size / indexed, 2) if indexed else None,
    }  # fmt: skip
    tables = {name: counts[name] for name in ("statuses", "licences", "collections")}
    if format_ == "json":
        click.echo(json.dumps({**numbers, **tables, "trust": counts["trust"]}, ensure_ascii=False, indent=2))
        return
    for name, number in numbers.items():
        shown = number if number is None or name.endswith("token") else f"{number:,}"  # a ratio has no thousands
        click.echo(f"{name.replace('_', ' '):24}{shown:>16}")
    for name, table in tables.items():
        click.echo(f"\n{name}")
        for key, number in table.items():
            trust = f"  {counts['trust'][key]}" if name == "collections" else ""
            click.echo(f"  {notices.clean(key, 60):60}{number:>12,}{trust}")
