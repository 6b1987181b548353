"""`provenance doctor`: is every byte of a database what was written, and does it find what it should?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from provenance.cli.options import database_options
from provenance.config import default_database
from provenance.errors import ProvenanceError
from provenance.ingest import examine


@click.command()
@database_options
def doctor(db: Path | None, catalogue: str | None) -> int:
    """Check a database from end to end: schema, files, checksums, canaries.

    Prints a line for each thing; the exit code is 3 if anything is wrong.
    """
    path = db or default_database()
    sound = True
    for subject, trouble in _examined(path, catalogue):
        click.echo(f"{'ok ' if trouble is None else 'BAD'} {subject}{f': {trouble}' if trouble else ''}")
        sound = sound and trouble is None
    return 0 if sound else ProvenanceError.exit_code


def _examined(path: Path, catalogue: str | None) -> Iterator[tuple[str, str | None]]:
    try:
        yield from examine(path, catalogue=catalogue)
    except ProvenanceError as error:
        yield str(path), str(error)
