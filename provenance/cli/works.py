"""The commands `provenance works …`: list, show, claim, withdraw, trust and batches."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from provenance import notices
from provenance.catalogue import BatchSummary, Tombstone, UndoResult, with_history
from provenance.cli.claims import claim, format_claims, format_work
from provenance.cli.common import common
from provenance.cli.options import database_options, open_database
from provenance.errors import UsageError
from provenance.works import Basis

_SHOWN_KEPT = 50


class _WorksGroup(click.Group):
    """A group that reads `provenance works whale` as `provenance works list whale`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        # The first argument that is neither an option nor its value; every long option that may come first has a value.
        values = {i + 1 for i, argument in enumerate(args) if argument.startswith("--") and "=" not in argument}
        at = next((i for i, argument in enumerate(args) if i not in values and not argument.startswith("-")), None)
        if at is not None and args[at] in self.commands:
            args = [args[at], *args[:at], *args[at + 1 :]]
        elif not {"-h", "--help"} & set(args):
            args = ["list", *args]
        return super().parse_args(context, args)


@click.group(cls=_WorksGroup)
def works() -> None:
    """List and show works, claim their licences, withdraw and trust them, undo an ingest.

    `provenance works whale` lists the works with "whale" in title, author, id, label or licence.
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
        "collection": work.collection, "label": work.label,
        "trust": work.trust, "copyright": work.copyright, "language": work.language,
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
@click.argument("work_id", metavar="[ID]", required=False)
@database_options
@click.option("--reason", metavar="TEXT", help="Why; later ingests that leave the work out say so.")
@click.option("--who", metavar="NAME", help="Who withdraws it.")
@click.option("--list", "is_list", is_flag=True, help="List the works that are withdrawn and kept out instead.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Of the list.")  # fmt: skip
def withdraw(
    work_id: str | None, db: Path | None, catalogue: str | None, reason: str | None, who: str | None, is_list: bool,
    format_: str,
) -> None:  # fmt: skip
    """Take a work out of every result, at once, and keep it out of later ingests.

    Its content goes with the next `provenance compact`. `provenance ingest --readmit` lets it in again.
    """
    if is_list == (work_id is not None):
        raise UsageError("give the ID of a work, or --list; see `provenance works withdraw --help`")
    with open_database(db, catalogue) as database:
        if work_id is None:
            _show_tombstones(database.catalogue.list_tombstones(), format_)
            return
        work = database.find_work(work_id)
        curated = sum(claim.basis is Basis.CURATED for claim in database.catalogue.claims(work.key))
        database.withdraw(work, reason=reason, who=who)
    gone = f", with {curated:,} curators' claim{'s' * (curated > 1)}" if curated else ""
    click.echo(
        f"withdrawn: {notices.work_label(work)}{gone}; run `provenance compact` to remove its content from the disk"
    )


def _show_tombstones(stones: tuple[Tombstone, ...], format_: str) -> None:
    if format_ == "json":
        click.echo(json.dumps([stone.to_dict() for stone in stones], ensure_ascii=False, indent=2))
        return
    for stone in stones:
        by, why = f" by {stone.who}" if stone.who else "", f": {stone.reason}" if stone.reason else ""
        words = (f"{stone.when:%Y-%m-%d}{by}", stone.title or "untitled", f"{stone.source_id}{why}")
        click.echo("  ".join([f"{stone.work_key:016x}", *(notices.clean(each, 300) for each in words)]))
    if not stones:
        click.echo("no work is withdrawn", err=True)


@works.command()
@click.argument("collection")
@database_options
@click.option("--revoke", is_flag=True, help="Vouch for them no longer.")
def trust(collection: str, db: Path | None, catalogue: str | None, revoke: bool) -> None:
    """Vouch for what the works say of themselves that are in COLLECTION now.

    What a work that is not trusted says adds notices and never takes one away. Works that come into the collection
    later are trusted if they are ingested with --trusted.
    """
    with open_database(db, catalogue) as database:
        count = database.trust(collection, trusted=not revoke)
    click.echo(f"{notices.clean(collection, 60)}: {count:,} works are {'untrusted' if revoke else 'trusted'} now")


@works.command()
@database_options
@click.option("--undo", type=click.IntRange(min=1), metavar="N", help="Take back what batch N did.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def batches(db: Path | None, catalogue: str | None, undo: int | None, format_: str) -> None:
    """List what each ingest did, the latest first, or take one back.

    Undone, the works that an ingest added go, and those that it changed are as before. Curators' claims stay.
    """
    with open_database(db, catalogue) as database:
        if undo is None:
            found = database.catalogue.list_batches()
        else:
            result = database.undo(undo)
    if undo is None:
        if format_ == "json":
            click.echo(json.dumps([batch.to_dict() for batch in found], ensure_ascii=False, indent=2))
            return
        for batch in found:
            click.echo(_format_batch(batch))
    elif format_ == "json":
        click.echo(json.dumps(asdict(result), ensure_ascii=False, indent=2))
    else:
        _show_undone(result)


def _format_batch(batch: BatchSummary) -> str:
    """Return a batch as one line of a list: its number, moment and name, and what it did."""
    counts = {
        "added": batch.added, "replaced": batch.replaced, "unchanged": batch.unchanged,
        "with another licence": batch.licence_changed, "with another title": batch.title_changed,
        "left out": batch.left_out,
    }  # fmt: skip
    did = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    trusted = ", trusted" if batch.trusted else ""
    undone = f"; undone {batch.undone_at:%Y-%m-%d %H:%M}" if batch.undone_at else ""
    return f"{batch.id:>5}  {batch.when:%Y-%m-%d %H:%M} UTC  {notices.clean(batch.what, 200)}{trusted}: {did}{undone}"


def _show_undone(result: UndoResult) -> None:
    click.echo(f"batch {result.batch} undone: {result.removed:,} works are gone, {result.restored:,} are as before")
    for name in result.kept[:_SHOWN_KEPT]:
        line = f"as it was: {name}: its earlier text is no longer in the database; ingest that again to have it back"
        click.echo(notices.printable(line), err=True)
    if len(result.kept) > _SHOWN_KEPT:
        click.echo(f"… and {len(result.kept) - _SHOWN_KEPT:,} more like these", err=True)
