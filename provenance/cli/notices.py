"""The command `provenance notices`: the third-party notices of a log of answers."""

from __future__ import annotations

from collections.abc import Iterator

import click

from provenance import notices
from provenance.cli.options import language_option, load_plugins
from provenance.cli.output import STANDARD_INPUT, emit, source_files
from provenance.errors import InputError, UsageError
from provenance.policy import default_language


@click.command("notices")
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--format", "format_", default="text", show_default=True, help="text, markdown, html, or a plugin's.")
@language_option
@click.option("--output", type=click.Path(dir_okay=False), help="Write to a file instead of standard output.")
@click.pass_context
def write_notices(
    context: click.Context, logs: tuple[str, ...], format_: str, language: str | None, output: str | None
) -> int:
    """Write the third-party notices for a log of answers.

    LOG is a file of reports as `provenance check --format json` writes them: one a file, or one a line; "-" is standard
    input. The works are grouped by licence, each named once, and each licence text is given once. What is not a report
    is listed and does not stop the rest; then the exit code is 3.

    \b
    Example:
      provenance notices answers.jsonl --output THIRD-PARTY-NOTICES
    """
    bundles = load_plugins(context).bundles
    if format_ not in bundles:
        raise UsageError(f"no plugin writes notices as {format_!r}; known formats: {', '.join(sorted(bundles))}")
    code = notices.language_code(language or default_language())
    problems: list[InputError] = []
    with source_files(logs) as (files, piped):
        # A generator, because a log may be larger than memory.
        def read_reports() -> Iterator[notices.Logged]:
            for file in files:
                for found in notices.read_logs(file, STANDARD_INPUT if file == piped else str(file)):
                    if isinstance(found, InputError):
                        problems.append(found)
                    else:
                        yield found

        bundle = notices.bundle(read_reports(), language=code)
    emit(bundles[format_](bundle), output)
    for problem in problems:
        click.echo(notices.printable(f"passed over: {problem}"), err=True)
    return InputError.exit_code if problems else 0
