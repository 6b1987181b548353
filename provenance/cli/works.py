"""The commands `provenance works …`: list, show, claim and withdraw."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provenance import notices
from provenance.catalogue import with_history
from provenance.cli.claims import claim, format_claims, format_work
from provenance.cli.common import common
from provenance.cli.options import database_options, open_database


class _WorksGroup(click.Group):
    """A group that reads `provenance works whale` as `provenance works list whale`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        # The first argument that is neither an option nor its value; every long option of these commands has a value
        # (but --yes, which goes after the command).
        values = {i + 1 for i, argument in enumerate(args) if argument.startswith("--") and "=" not in argument}
        at = next((i for i, argument in enumerate(args) if i not in values and not argument.startswith("-")), None)
        if at is not None and args[at] in self.commands:
            args = [args[at], *args[:at], *args[at + 1 :]]
        elif not {"-h", "--help"} & set(args):
            args = ["list", *args]
        return super().parse_args(context, args)


@click.group(cls=_WorksGroup)
def works() -> None:
    """List and show works, claim their licences, withdraw them.

    `provenance works whale` lists the works with "whale" in title, author, id or licence.
    """


@works.command("list")
@click.argument("query", required=False)
@database_options
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_works(query: str | None, db: Path | None, catalogue: str | None, limit: int, format_: str) -> None:
    """List works, by title."""
    with open_database(db, catalogue) as database:
        found = database.catalogue.search(query, limit=limit)
    if format_ == "json":
        click.echo(json.dumps([work.to_dict() for work in found], ensure_ascii=False, indent=2))
        return
    for work in found:
        click.echo(format_work(work))
    if not found:
        click.echo(f"no work matches {query!r}" if query else "the database holds no works", err=True)


@works.command()
@click.argument("work_id", metavar="ID")
@database_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(work_id: str, db: Path | None, catalogue: str | None, format_: str) -> None:
    """Show a work with every claim about its licence, newest first. ID is its id or its 16-digit key.

    "counts" is written after the claims that the licence rests on.
    """
    with open_database(db, catalogue) as database:
        work = database.find_work(work_id)
        claims = database.catalogue.claims(work.key)
        signals = database.catalogue.signals(work.key)
    if format_ == "json":
        click.echo(json.dumps(with_history(work, claims, signals), ensure_ascii=False, indent=2))
        return
    fields = {
        "key": f"{work.key:016x}", "id": work.id, "title": work.title, "authors": ", ".join(work.authors),
        "year": work.year, "source": work.source, "licence": work.licence, "status": work.status.value,
        "collection": work.collection, "copyright": work.copyright, "language": work.language,
        "tokens": f"{work.tokens:,}", "characters": f"{work.characters:,}", "keep": work.keep.value,
        "ingested": f"{work.ingested_at:%Y-%m-%d %H:%M} UTC",
    }  # fmt: skip
    for name, value in fields.items():
        if value not in (None, ""):
            click.echo(f"{name:11} {notices.clean(str(value), 500)}")
    for line in format_claims(claims):
        click.echo(line)
    for signal in signals:
        where = f", {signal.url}" if signal.url else ""
        when = f", seen {signal.observed_at:%Y-%m-%d}" if signal.observed_at else ""
        # A signal is the words of a web page or file, so nothing of it is trusted.
        click.echo(f"signal      {notices.clean(f'{signal.kind}: {signal.value}{where}{when}', 500)}")


works.add_command(claim)
works.add_command(common)


@works.command()
@click.argument("work_id", metavar="ID")
@database_options
def withdraw(work_id: str, db: Path | None, catalogue: str | None) -> None:
    """Take a work out of every result, at once. Its content goes with the next `provenance compact`."""
    with open_database(db, catalogue) as database:
        work = database.find_work(work_id)
        database.withdraw(work)
    click.echo(f"withdrawn: {notices.work_label(work)}; run `provenance compact` to remove its content from the disk")
