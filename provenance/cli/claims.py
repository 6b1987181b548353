"""The command `provenance works claim`: records who says what about a work's licence, and on what evidence.

`provenance.catalogue.claims` derives a work's licence from its claims; this module does not weigh them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from provenance import Database, licences, notices
from provenance.catalogue import is_withdrawal, select_deciding, select_latest, with_history, withdrawal
from provenance.cli.claim_files import STATED_BASES, Statement, read_statements
from provenance.cli.options import alias_option, database_options, open_database
from provenance.errors import InputError, UsageError
from provenance.works import Basis, Claim, Work

_SHOWN = 50


@click.command()
@click.argument("work_id", metavar="[ID]", required=False)
@database_options
@click.option("--licence", metavar="EXPR", help="SPDX expression, public-domain, all-rights-reserved or unknown.")
@alias_option("--license", "licence")
@click.option("--retract", type=click.IntRange(min=1), metavar="N",
              help="Take back claim N of `works show` instead; that is a new claim, N stays on record.")  # fmt: skip
@click.option("--from", "file", type=click.Path(), metavar="FILE",
              help="Take claims from JSON Lines instead: id, licence, evidence, who, basis, confidence.")  # fmt: skip
@click.option("--evidence", help="What shows it: a quotation, a URL, a letter's date.")
@click.option("--who", help="Who says so.")
@click.option("--basis", type=click.Choice(STATED_BASES), default="curated", show_default=True)
@click.option("--confidence", type=click.FloatRange(0, 1), help="How sure that is; a curator's word is 1.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def claim(
    work_id: str | None, db: Path | None, catalogue: str | None, retract: int | None, file: str | None, format_: str,
    **fields: Any,
) -> int:  # fmt: skip
    """Record what a work's licence is; earlier claims are kept. Nothing is indexed again.

    \b
    Examples:
      provenance works claim moby-dick --licence public-domain --evidence "died 1891" --who Ann
      provenance works claim moby-dick --retract 2 --evidence "that was the sequel" --who Ann
      provenance works claim --from decisions.jsonl --who Ann
    """
    ways = [work_id is not None and fields["licence"] is not None, work_id is not None and retract is not None]
    if [*ways, file is not None].count(True) != 1 or (file and (work_id or fields["licence"])):
        raise UsageError("give ID and --licence, or ID and --retract N, or --from FILE; see `works claim --help`")
    with open_database(db, catalogue) as database, database.writing():
        if file is not None:
            return _record_file(database, file, fields, format_)
        work = database.find_work(work_id or "")
        if retract is not None:
            new = _retract_claim(database.catalogue.claims(work.key), retract, fields["who"], fields["evidence"])
        else:
            notes: list[str] = []
            new = _read_claim(Statement(work_id=work.id, place="", **fields), notes)
            _show_lines(notes)
        changed = database.catalogue.add_claim(work.key, new)
        _show_works([changed], database, format_)
    return 0


def _read_claim(statement: Statement, notes: list[str]) -> Claim:
    """Return the claim that a statement makes, and append to the notes what its licence leaves open."""
    reading = licences.read(statement.licence)
    place = f"{statement.place}: " if statement.place else ""
    if reading.warning:
        notes.append(f"{place}warning: {reading.warning}")
    if reading.question:
        words = reading.licence or reading.status.value
        notes.append(f"{place}note: read as {words}, which leaves open {reading.question}")
    basis = Basis(statement.basis)
    # A curator is sure, also where the spelling of the licence is not.
    default = 1.0 if basis is Basis.CURATED else reading.confidence
    return Claim(
        status=reading.status, licence=reading.licence, basis=basis, evidence=statement.evidence, who=statement.who,
        confidence=default if statement.confidence is None else statement.confidence,
    )  # fmt: skip


def _retract_claim(claims: tuple[Claim, ...], number: int, who: str | None, evidence: str | None) -> Claim:
    """Return the claim that takes back claim `number`, counted from 1, the oldest."""
    if number > len(claims):
        raise UsageError(f"there is no claim {number}: `works show` lists {len(claims)}, the oldest is 1")
    taken_back = claims[number - 1]
    if is_withdrawal(taken_back) or taken_back not in select_latest(claims):
        what = "withdraws another one" if is_withdrawal(taken_back) else "was followed by another one"
        raise UsageError(f"claim {number} {what}, so there is nothing to take back; see `works show`")
    return withdrawal(taken_back, who=who, evidence=evidence, when=datetime.now(UTC))


def _record_file(database: Database, file: str, defaults: dict[str, Any], format_: str) -> int:
    """Record every claim of a file that can be used, in one transaction, and list the lines that cannot."""
    claims: dict[int, list[Claim]] = {}
    notes: list[str] = []
    problems: list[str] = []
    for item in read_statements(Path(file), defaults):
        try:
            if isinstance(item, InputError):
                raise item
            claims.setdefault(database.find_work(item.work_id).key, []).append(_read_claim(item, notes))
        except UsageError as error:  # no work, or several, with this id; it does not know the line
            problems.append(f"passed over: {item.place}: {error}")
        except InputError as error:
            problems.append(f"passed over: {error}")
    changed = database.catalogue.add_claims(claims) if claims else {}
    _show_works([changed[key] for key in claims], database, format_)
    _show_lines(notes)
    _show_lines(problems)
    return InputError.exit_code if problems else 0


def _show_lines(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        click.echo(notices.printable(line), err=True)
    if len(lines) > _SHOWN:
        click.echo(f"… and {len(lines) - _SHOWN:,} more like these", err=True)


def _show_works(works: Iterable[Work], database: Database, format_: str) -> None:
    if format_ == "text":
        for work in works:
            click.echo(format_work(work))
        return
    shown = [with_history(work, database.catalogue.claims(work.key), ()) for work in works]
    click.echo(json.dumps({"works": shown}, ensure_ascii=False, indent=2))


def format_work(work: Work) -> str:
    """Return a work as one line of a list."""
    return notices.printable(f"{work.key:016x}  {notices.work_label(work)}  [{notices.licence_label(work)}]  {work.id}")


def format_claims(claims: tuple[Claim, ...]) -> Iterator[str]:
    """Yield a line for each claim, the newest first, numbered in the order of time."""
    counting = select_deciding(claims)
    for number in range(len(claims), 0, -1):
        counts = "  counts" if claims[number - 1] in counting else ""
        yield f"claim {number:<5} {notices.claim_label(claims[number - 1])}{counts}"
