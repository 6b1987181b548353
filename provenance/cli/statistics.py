"""`provenance stats`: what does a database hold, in numbers?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from provenance import notices
from provenance.cli.options import database_options, open_database


@click.command()
@database_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def stats(db: Path | None, catalogue: str | None, format_: str) -> None:
    """Count a database's works, tokens, licences and bytes."""
    with open_database(db, catalogue) as database:
        state = database.snapshot().state
        counts = database.catalogue.statistics()
    size = sum(segment.size for segment in state.segments)
    indexed = sum(segment.tokens for segment in state.segments)
    numbers = {
        "works": state.works, "tokens": state.tokens, "creators": counts["creators"], "revision": state.revision,
        "segments": len(state.segments), "index_bytes": size,
        "index_bytes_per_token": round(size / indexed, 2) if indexed else None,
    }  # fmt: skip
    tables = {name: counts[name] for name in ("statuses", "licences", "collections")}
    if format_ == "json":
        click.echo(json.dumps({**numbers, **tables}, ensure_ascii=False, indent=2))
        return
    for name, number in numbers.items():
        click.echo(
            f"{name.replace('_', ' '):24}{number if number is None or name.endswith('token') else f'{number:,}':>16}"
        )
    for name, table in tables.items():
        click.echo(f"\n{name}")
        for key, number in table.items():
            click.echo(f"  {notices.clean(key, 60):60}{number:>12,}")
