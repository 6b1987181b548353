"""How is a database looked after? `doctor`: is every byte what was written? `compact`: what is not needed goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from provenance.cli.options import database_options, open_database
from provenance.cli.output import read_text
from provenance.database import examine
from provenance.errors import ProvenanceError
from provenance.policy import default_database


@click.command()
@database_options
@click.option("--withdrawn", metavar="FILE", help="Text of a withdrawn work; prove that nothing of it is left.")
def doctor(db: Path | None, catalogue: str | None, withdrawn: str | None) -> int:
    """Check a database from end to end: schema, files, checksums, canaries.

    Prints a line for each thing; the exit code is 3 if anything is wrong.
    """
    path = db or default_database()
    text = None if withdrawn is None else read_text(withdrawn)
    sound = True
    for subject, trouble in _examined(path, catalogue, text):
        click.echo(f"{'ok ' if trouble is None else 'BAD'} {subject}{f': {trouble}' if trouble else ''}")
        sound = sound and trouble is None
    return 0 if sound else ProvenanceError.exit_code


def _examined(path: Path, catalogue: str | None, withdrawn: str | None) -> Iterator[tuple[str, str | None]]:
    try:
        yield from examine(path, catalogue=catalogue, withdrawn=withdrawn)
    except ProvenanceError as error:
        yield str(path), str(error)


@click.command()
@database_options
def compact(db: Path | None, catalogue: str | None) -> None:
    """Remove what withdrawn and replaced works have left on the disk, and merge small segments.

    Checks go on meanwhile. `provenance doctor --withdrawn FILE` then proves that a work is gone.
    """
    with open_database(db, catalogue) as database:
        result = database.compact()
    click.echo(
        f"{database.folder}: {result.segments_before:,} segments with {result.bytes_before:,} bytes are now "
        f"{result.segments_after:,} with {result.bytes_after:,}; contents removed: {result.contents_removed:,}"
    )
    if not result.wiped:
        click.echo("warning: the catalogue was being read, and its log was not emptied; run this again", err=True)
