"""The command `provenance check`: finds the works that a text repeats."""

from __future__ import annotations

import click

from provenance import Checker
from provenance.cli.options import Opened, database_options, language_option, policy_options, with_database
from provenance.cli.output import emit, read_text
from provenance.errors import UsageError
from provenance.policy import load_policy
from provenance.reports import Action


@click.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@database_options
@click.option("--prompt", type=click.Path(), help="File with what the user had supplied; matches with it stay silent.")
@click.option(
    "--format",
    "format_",
    default=None,
    help="terminal (the default), text, markdown, html, html-fragment, json, spdx, openai-annotations, or a plugin's.",
)
@language_option
@policy_options
@click.option("--all", "passages", is_flag=True, help="List every passage too, before exemptions and policy.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write to a file instead of standard output.")
@click.option("--log", is_flag=True, help="Record the check in the database: the text's hash, not the text.")
@with_database
def check(
    state: Opened, file: str, prompt: str | None, format_: str | None, language: str | None, policy: str | None,
    preset: str | None, passages: bool, output: str | None, log: bool,
) -> int:  # fmt: skip
    """Look for the database's works in a text.

    \b
    Examples:
      provenance check answer.txt
      provenance check answer.txt --prompt question.txt --format html --output answer.html
      generate | provenance check - --format json
    """
    renderers = state.plugins.renderers
    format_ = format_ or "terminal"
    if format_ not in renderers:
        raise UsageError(f"no plugin renders the format {format_!r}; known formats: {', '.join(sorted(renderers))}")
    text = read_text(file)
    settings = load_policy(policy, preset=preset, language=language)
    checker = Checker(state.database, settings, plugins=state.plugins, log=log)
    report = checker.check(text, prompt=read_text(prompt) if prompt else None, passages=passages)
    emit(report.render(format_), output)
    return 1 if any(finding.action is not Action.IGNORE for finding in report.findings) else 0
