"""The command `provenance works common`: lists the wordings that most families of works hold, and marks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from provenance import Database, notices
from provenance.cli.options import database_options, open_database
from provenance.cli.output import emit
from provenance.database.common import LONG, NOBODYS, CommonWording, find_common, list_marked, mark_common
from provenance.errors import UsageError
from provenance.thresholds import LEAST_RUN

_SHOWN = 300
"""Characters of a wording that are shown."""
_SEARCHED = 10_000
"""Wordings that are looked through for those to mark."""


@click.command()
@database_options
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Wordings to list.")
@click.option("--min-tokens", type=click.IntRange(LEAST_RUN, LONG), default=LEAST_RUN, show_default=True,
              help="The shortest wording to list.")  # fmt: skip
@click.option("--mark", metavar="ID,…", help="Mark these wordings as no one's; checks are then silent about them.")
@click.option("--who", metavar="NAME", help="Who marks them.")
@click.option("--yes", is_flag=True, help=f"Mark wordings of more than {LONG} tokens too.")
@click.option("--export", type=click.Path(), metavar="FILE", help="Write the marked wordings as JSON Lines instead.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def common(
    db: Path | None, catalogue: str | None, limit: int, min_tokens: int, mark: str | None, who: str | None, yes: bool,
    export: str | None, format_: str,
) -> None:  # fmt: skip
    """List the wordings that most families of works hold, and mark those that are no one's.

    \b
    Examples:
      provenance works common --limit 20
      provenance works common --mark 5f0c1a9e,77b3d210 --who Ann
      provenance works common --export nobodys.jsonl
      provenance ingest nobodys.jsonl --trusted --role boilerplate --collection nobodys
    """
    if mark is not None and export is not None:
        raise UsageError("give --mark or --export, not both")
    with open_database(db, catalogue) as database:
        if export is not None:
            _export_marked(database, export)
        elif mark is not None:
            wordings = _select_wordings(database, mark, min_tokens)
            _refuse_long(wordings, yes=yes)
            mark_common(database, wordings, who=who)
            for wording in wordings:
                click.echo(f"marked: {wording.id}  {notices.clean(wording.text, 80)}")
        else:
            found = list(islice(find_common(database, least=min_tokens), limit))
            marked = list_marked(database)
            if format_ == "json":
                fields = {
                    "wordings": [wording.to_dict() for wording in found],
                    "marked": [{"key": f"{work.key:016x}", "id": work.id, "title": work.title} for work in marked],
                }
                click.echo(json.dumps(fields, ensure_ascii=False, indent=2))
                return
            for number, wording in enumerate(found, 1):
                click.echo("\n".join(_format_wording(number, wording)))
            if not found:
                click.echo("no wording is held by three families or more", err=True)
            if marked:
                click.echo(f"marked as no one's, and no longer listed above: {len(marked):,} (collection {NOBODYS})")
            for work in marked[:limit]:
                click.echo(f"  {work.key:016x}  {notices.clean(work.title or work.id, 100)}")


def _format_wording(number: int, wording: CommonWording) -> Iterator[str]:
    size = f"{wording.families:,} families, {wording.works:,} works, {wording.tokens:,} tokens"
    yield f"{number:>3}  {wording.id}  {size}{', LONG' if wording.is_long else ''}"
    yield f"     {notices.clean(wording.text, _SHOWN)}"
    label, collection = notices.work_label(wording.earliest), notices.clean(wording.earliest.collection, 60)
    yield f"     first in {notices.printable(label)}, collection {collection}"


def _select_wordings(database: Database, ids: str, least: int) -> list[CommonWording]:
    """Return the wordings with these ids, in the order of the list.

    Raises:
        UsageError: one of them is none.
    """
    wanted = {word.strip().lower() for word in ids.split(",") if word.strip()}
    found = []
    for wording in islice(find_common(database, least=least), _SEARCHED):
        if wording.id in wanted:
            found.append(wording)
            wanted.discard(wording.id)
        if not wanted:
            break
    if wanted or not found:
        raise UsageError(
            f"no common wording has the id {', '.join(sorted(wanted)) or repr(ids)}; take ids from `provenance works "
            "common`, with the same --min-tokens (they change when the works do)"
        )
    return found


def _refuse_long(wordings: list[CommonWording], *, yes: bool) -> None:
    for wording in wordings:
        if wording.is_long and not yes:
            raise UsageError(
                f"wording {wording.id} has {wording.tokens:,} tokens: to mark it hides a whole passage of "
                f"{notices.printable(notices.work_label(wording.earliest))}; add --yes if it is no one's all the same"
            )


def _export_marked(database: Database, file: str) -> None:
    """Write the marked wordings so that another library can take them."""
    lines = []
    for work in list_marked(database):
        quote = database.quote(work, 0, work.tokens, around=0)
        if quote is None:
            raise UsageError(
                f"the database does not keep the text of {work.id}, so that it cannot be handed on; mark the wordings "
                "in a database with --keep text"
            )
        lines.append(json.dumps({"id": work.id, "title": work.title, "text": quote.exact}, ensure_ascii=False))
    emit("\n".join(lines), file)
    click.echo(f"{file}: {len(lines):,} wordings; take them into another library with `provenance ingest {file} "
               f"--trusted --role boilerplate --collection {NOBODYS}`", err=True)  # fmt: skip
