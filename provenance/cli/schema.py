"""`provenance db`: does a database have this release's schema, and how does it get it?"""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.options import database_options
from provenance.config import default_database
from provenance.ingest import upgrade_database


@click.group()
def db() -> None:
    """Look after a database's schema."""


@db.command()
@database_options
def upgrade(db: Path | None, catalogue: str | None) -> None:
    """Bring a database to this release's schema."""
    path = db or default_database()
    click.echo(f"{path}: schema {upgrade_database(path, catalogue=catalogue)}")
