"""`provenance policy`: what holds here, who said so, and why was a passage noticed or not?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from provenance import Checker, notices
from provenance.cli.options import Opened, database_options, opened, policy_options
from provenance.cli.output import read_text
from provenance.errors import PolicyViolationError
from provenance.policy import PolicySettings, load_policy
from provenance.reports import Exemption, Finding, Report

_Judged = Finding | Exemption
_WORDS = 60
_DEEDS = {"annotate": "annotated", "warn": "warned of", "limit": "to be limited", "raise": "refused"}


@click.group()
def policy() -> None:
    """Show the policy that holds here, and explain what it makes of a text."""


@policy.command()
@policy_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(policy: str | None, preset: str | None, format_: str) -> None:
    """Show every setting, with where it was given: line and column of a file, a variable, or the preset."""
    settings = load_policy(policy, preset=preset)
    rows = [(".".join(name), value, settings.place(".".join(name))) for name, value in _values(settings)]
    if format_ == "json":
        told = {name: {"value": value, "from": place} for name, value, place in rows}
        click.echo(json.dumps({"source": settings.source, "settings": told}, ensure_ascii=False, indent=2))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, place in rows:
        shown = ", ".join(value) or "none" if isinstance(value, list) else f"{value}"
        click.echo(notices.printable(f"{name:{width}}  {shown:12}  {place}"))


def _values(settings: PolicySettings) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each setting with its name, as it stands in a report."""
    for name, value in settings.to_dict().items():
        if name != "source":
            yield from _flat((name,), value)


def _flat(name: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat((*name, key), inner)
    else:
        yield name, value


@policy.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@database_options
@policy_options
@click.option("--prompt", type=click.Path(), help="File with what the user had supplied; matches with it stay silent.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@opened
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
        told = [_as_json(report, each) for each in judged]
        click.echo(json.dumps({"policy": settings.to_dict(), "passages": told}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join([*_blocks(report, judged), notices.coverage_line(report.coverage)]))
    return 1 if report.findings else 0


def _blocks(report: Report, judged: Sequence[_Judged]) -> Iterator[str]:
    for number, each in enumerate(judged, 1):
        words = notices.clean(report.text[each.start : each.end], _WORDS)
        origin = each.sources[0].work
        yield notices.printable(
            f"{number}. “{words}” (characters {each.start:,} to {each.end:,})\n"
            f"   {notices.work_label(origin)} ({notices.licence_label(origin)})\n"
            f"   {_outcome(each)}: {notices.clean(_why(each), 1_000)}"
        )
    if not judged:
        yield "No passage of this text stands in a work."


def _outcome(each: _Judged) -> str:
    if isinstance(each, Finding):
        return _DEEDS.get(each.action.value, each.action.value)
    return f"silent, {each.reason.value}"


def _why(each: _Judged) -> str:
    return each.why or "a plugin decided, and does not say why"


def _as_json(report: Report, each: _Judged) -> dict[str, Any]:
    noticed = isinstance(each, Finding)
    return {
        "start": each.start, "end": each.end, "text": report.text[each.start : each.end], "noticed": noticed,
        "action": each.action.value if isinstance(each, Finding) else "ignore",
        "reason": None if isinstance(each, Finding) else each.reason.value,
        "why": _why(each), "work": each.sources[0].work.to_dict(),
    }  # fmt: skip
