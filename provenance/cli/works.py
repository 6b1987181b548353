"""`provenance works`: which works does a database hold, and what is claimed about their licences?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from provenance import licences, notices
from provenance.cli.options import database_options, open_database
from provenance.models import Basis, Claim, Work


class _WorksGroup(click.Group):
    """`provenance works whale` is `provenance works list whale`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
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
        click.echo(_line(work))
    if not found:
        click.echo(f"no work matches {query!r}" if query else "the database holds no works", err=True)


def _line(work: Work) -> str:
    return notices.printable(f"{work.key:016x}  {notices.work_label(work)}  [{notices.licence_label(work)}]  {work.id}")


@works.command()
@click.argument("work_id", metavar="ID")
@database_options
def show(work_id: str, db: Path | None, catalogue: str | None) -> None:
    """Show a work and the history of claims about its licence. ID is its id or its 16-digit key."""
    with open_database(db, catalogue) as database:
        work = database.find_work(work_id)
        claims = database.catalogue.claims(work.key)
        signals = database.catalogue.signals(work.key)
    fields: dict[str, Any] = {
        "key": f"{work.key:016x}", **work.to_dict(), "copyright": work.copyright, "language": work.language,
        "tokens": f"{work.tokens:,}", "characters": f"{work.characters:,}", "keep": work.keep.value,
        "ingested": f"{work.ingested_at:%Y-%m-%d %H:%M} UTC",
    }  # fmt: skip
    for name, value in fields.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown not in (None, ""):
            click.echo(f"{name:11} {notices.clean(str(shown), 500)}")
    for claim in claims:
        click.echo(f"claim       {_claim_line(claim)}")
    for signal in signals:
        click.echo(f"signal      {notices.clean(f'{signal.kind}: {signal.value}', 500)}")


def _claim_line(claim: Claim) -> str:
    parts = [f"{claim.when:%Y-%m-%d}", claim.basis.value, claim.licence or claim.status.value]
    parts += [f"by {claim.who}"] if claim.who else []
    parts += [f"({claim.evidence})"] if claim.evidence else []
    return notices.clean(" ".join(parts), 500)


@works.command()
@click.argument("work_id", metavar="ID")
@database_options
@click.option("--licence", required=True, metavar="EXPR")
@click.option("--evidence", help="What shows it: a quotation, a URL, a letter's date.")
@click.option("--who", help="Who says so.")
def claim(
    work_id: str, db: Path | None, catalogue: str | None, licence: str, evidence: str | None, who: str | None
) -> None:
    """Record what a work's licence is; earlier claims are kept. Nothing is indexed again."""
    reading = licences.read(licence)
    if reading.warning:
        click.echo(f"warning: {reading.warning}", err=True)
    if reading.question:
        understood = reading.licence or reading.status.value
        click.echo(notices.printable(f"note: read as {understood}, which leaves open {reading.question}"), err=True)
    with open_database(db, catalogue) as database, database.writing():
        work = database.find_work(work_id)
        claimed = Claim(
            status=reading.status, licence=reading.licence, basis=Basis.CURATED, evidence=evidence, who=who,
            confidence=reading.confidence,
        )  # fmt: skip
        click.echo(_line(database.catalogue.add_claim(work.key, claimed)))


@works.command()
@click.argument("work_id", metavar="ID")
@database_options
def withdraw(work_id: str, db: Path | None, catalogue: str | None) -> None:
    """Take a work out of every result, at once. Its content goes with the next `provenance compact`."""
    with open_database(db, catalogue) as database:
        work = database.find_work(work_id)
        database.withdraw(work)
    click.echo(f"withdrawn: {notices.work_label(work)}; run `provenance compact` to remove its content from the disk")
