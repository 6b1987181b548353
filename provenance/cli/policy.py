"""The commands `provenance policy …`: show the policy with its sources, and explain its decisions on a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from provenance import Checker, notices
from provenance.cli.options import Opened, database_options, policy_options, with_database
from provenance.cli.output import read_text
from provenance.errors import PolicyViolationError
from provenance.policy import load_policy
from provenance.reports import Exemption, Finding

_Judged = Finding | Exemption
_QUOTED = 60  # characters of a passage that are shown
_OUTCOMES = {"annotate": "annotated", "warn": "warned of", "limit": "to be limited", "raise": "refused"}
_MOST_SILENCERS = 10
_NOT_SAID = "a plugin decided, and does not say why"


@click.group()
def policy() -> None:
    """Show the policy that holds here, and explain what it makes of a text."""


@policy.command()
@policy_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(policy: str | None, preset: str | None, format_: str) -> None:
    """Show every setting, with where it was given: line and column of a file, a variable, or the preset."""
    settings = load_policy(policy, preset=preset)
    values = {name: value for name, value in settings.to_dict().items() if name != "source"}
    rows = [(".".join(name), value, settings.place(".".join(name))) for name, value in _flatten(values)]
    if format_ == "json":
        shown = {name: {"value": value, "from": place} for name, value, place in rows}
        click.echo(json.dumps({"source": settings.source, "settings": shown}, ensure_ascii=False, indent=2))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, place in rows:
        words = ", ".join(value) or "none" if isinstance(value, list) else f"{value}"
        click.echo(notices.printable(f"{name:{width}}  {words:12}  {place}"))


def _flatten(table: dict[str, Any], *outer: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value of a table of tables with its name.

    >>> list(_flatten({"preset": "strict", "families": {"copyleft": {"min_tokens": 12}}}))
    [(('preset',), 'strict'), (('families', 'copyleft', 'min_tokens'), 12)]
    """
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, *outer, key)
        else:
            yield (*outer, key), value


@policy.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@database_options
@policy_options
@click.option("--prompt", type=click.Path(), help="File with what the user had supplied; matches with it stay silent.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_database
def explain(
    state: Opened, file: str, policy: str | None, preset: str | None, prompt: str | None, format_: str
) -> int:  # fmt: skip
    """Say for each passage of a text why it is noticed or not: the threshold or rule that decided, and who set it."""
    settings = load_policy(policy, preset=preset)
    checker = Checker(state.database, settings, plugins=state.plugins)
    try:
        report = checker.check(read_text(file), prompt=read_text(prompt) if prompt else None)
    except PolicyViolationError as refused:
        report = refused.report
    judged: list[_Judged] = sorted([*report.findings, *report.exempt], key=lambda each: (each.start, -each.end))
    if format_ == "json":
        passages = [_describe_passage(each, report.text) for each in judged]
        click.echo(json.dumps({"policy": settings.to_dict(), "passages": passages}, ensure_ascii=False, indent=2))
        return 1 if report.findings else 0
    blocks = []
    for number, each in enumerate(judged, 1):
        words = notices.clean(report.text[each.start : each.end], _QUOTED)
        if isinstance(each, Finding):
            outcome = _OUTCOMES.get(each.action.value, each.action.value)
        else:
            outcome = f"silent, {each.reason.value}"
        block = (
            f"{number}. “{words}” (characters {each.start:,} to {each.end:,})\n"
            f"   {_name_works(each)}\n"
            f"   {outcome}: {notices.clean(each.why or _NOT_SAID, 1_000)}"
            + "".join(f"\n   earned by {label}" for label in _list_silencers(each))
        )
        blocks.append(notices.printable(block))
    if not judged:
        blocks.append("No passage of this text is in a work of the database.")
    click.echo("\n\n".join([*blocks, notices.coverage_line(report.coverage)]))
    return 1 if report.findings else 0


def _name_works(each: _Judged) -> str:
    """Return the work that a passage is credited to; where works disagree, those, and what settles it."""
    if isinstance(each, Finding) and each.passage.is_disputed:
        names = notices.claimants_label(each.passage, notices.claimant_label)
        return f"{names} disagree:\n   `provenance works trust` or `provenance works claim` settles it"
    return notices.claimant_label(each.sources[0].work)


def _list_silencers(each: _Judged) -> list[str]:
    """Return the works whose claims take tokens of a passage away, or silence it."""
    works = each.passage.silenced_by if isinstance(each, Finding) else each.silenced_by
    return [notices.silencer_label(work) for work in works[:_MOST_SILENCERS]]


def _describe_passage(each: _Judged, text: str) -> dict[str, Any]:
    is_noticed = isinstance(each, Finding)
    return {
        "start": each.start, "end": each.end, "text": text[each.start : each.end], "noticed": is_noticed,
        "action": each.action.value if isinstance(each, Finding) else "ignore",
        "reason": None if isinstance(each, Finding) else each.reason.value,
        "why": each.why or _NOT_SAID, "earned_by": _list_silencers(each),
        "work": each.sources[0].work.to_dict(),
    }  # fmt: skip
