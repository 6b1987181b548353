"""`provenance demo`: a small model recites real works, and its reader is told which.

Everything in it is real and goes the way that an app would go: the works are ingested, the model is wrapped, the
answers are what it generates. The works and the model are in the folder examples/ of a checkout, not in the package.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from provenance import Checker, Database, PolicySettings, notices
from provenance.cli.options import plugins_of, policy_options
from provenance.errors import UsageError
from provenance.generation import AnnotatedText, wrap
from provenance.plugins import Plugins
from provenance.policy import load_policy
from provenance.reports import Finding, Report
from provenance.sources import Declared, documents

_CHECKOUT = Path(__file__).parent.parent.parent / "examples"
_WIDTH = 100
_RULE = "─" * _WIDTH


@dataclass(frozen=True, slots=True)
class _Prompt:
    shows: str
    prompt: str
    options: dict[str, Any]


@click.command()
@click.option("--examples", type=click.Path(path_type=Path), help="The folder examples/ of a checkout.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True,
              help="Where the database and the page are written.")  # fmt: skip
@policy_options
@click.pass_context
def demo(
    context: click.Context, examples: Path | None, output: Path, policy: str | None, preset: str | None
) -> int:  # fmt: skip
    """Let a small model recite real works, and see what its reader is told.

    Needs the extra `transformers` and the folder examples/ of a checkout.
    """
    settings = load_policy(policy, preset=preset)
    return run_demo(examples, output, plugins_of(context), settings, colour=sys.stdout.isatty())


def run_demo(
    examples: Path | None, output: Path, plugins: Plugins, settings: PolicySettings, *, colour: bool
) -> int:  # fmt: skip
    """Ingest the example works, let the demo model answer, print the answers and write a page.

    Raises:
        UsageError: the examples are not there.
    """
    folder = _examples(examples)
    transformers = _transformers()
    with _database(folder, output, plugins) as database:
        checker = Checker(database, settings, plugins=plugins)
        files = {"pretrained_model_name_or_path": folder / "demo" / "model", "local_files_only": True}
        model = transformers.AutoModelForCausalLM.from_pretrained(**files)
        licensed = wrap(model, transformers.AutoTokenizer.from_pretrained(**files), checker)
        answers = []
        for prompt in _prompts(folder / "demo" / "prompts.json"):
            options = dict(prompt.options)
            if (seed := options.pop("seed", None)) is not None:
                transformers.set_seed(seed)
            answer = licensed.generate_text(prompt.prompt, **options)
            _show(prompt, answer, colour)
            answers.append(answer)
    page = output / "demo.html"
    page.write_text(_together(answers).render("html"), encoding="utf-8")
    click.echo(f"{_RULE}\nThe page that a reader would see: {page}\n\nTry next:")
    for command in _next_steps(output / "db", folder):
        click.echo(f"  {command}")
    return 0


def _examples(folder: Path | None) -> Path:
    folder = folder or _CHECKOUT
    if not (folder / "demo" / "prompts.json").is_file() or not (folder / "works" / "works.jsonl").is_file():
        raise UsageError(
            f"there are no demo works and model in {folder}: they come with the source, not with the package. "
            "Clone the repository and run `make demo`, or name its folder with --examples"
        )
    return folder


def _database(examples: Path, output: Path, plugins: Plugins) -> Database:
    """Make a fresh database of the example works."""
    folder = output / "db"
    if (folder / "segments").is_dir():
        shutil.rmtree(folder)
    database = Database.open(folder, create=True)
    works = documents([examples / "works" / "works.jsonl"], plugins, Declared())
    result = database.ingest(works, plugins=plugins)
    click.echo(
        f"{result.added} works ingested into {folder}: {result.characters:,} characters, {result.tokens:,} tokens"
    )
    return database


def _transformers() -> Any:
    try:
        import transformers  # noqa: PLC0415  # the extra `transformers`
    except ImportError as error:
        raise UsageError(f"{error}; the demo needs `pip install 'licence-provenance[transformers]'`") from None
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    return transformers


def _prompts(file: Path) -> list[_Prompt]:
    return [
        _Prompt(
            given["shows"], given["prompt"], {"max_new_tokens": given["max_new_tokens"], **given.get("sampling", {})}
        )
        for given in json.loads(file.read_text(encoding="utf-8"))
    ]


def _show(prompt: _Prompt, answer: AnnotatedText, colour: bool) -> None:
    click.echo(f"\n{_RULE}\n{prompt.shows}\n\n{notices.printable(prompt.prompt)} …\n")
    if not answer.report.findings:  # a clean text is not repeated by the renderer
        lines = notices.printable(answer.text).split("\n")
        click.echo("\n".join(textwrap.fill(line, _WIDTH) for line in lines) + "\n")
    click.echo(answer.render("terminal"), color=colour)


def _together(answers: list[AnnotatedText]) -> Report:
    """Return one report on all answers, each after its prompt, for one page."""
    text, findings, exempt = "", [], []
    for answer in answers:
        text += ("\n\n" if text else "") + answer.prompt
        findings += [_moved(finding, len(text)) for finding in answer.report.findings]
        exempt += [replace(e, start=e.start + len(text), end=e.end + len(text)) for e in answer.report.exempt]
        text += answer.text
    reports = [answer.report for answer in answers]
    return replace(
        reports[-1], text=text, findings=tuple(findings), exempt=tuple(exempt),
        tokens=sum(report.tokens for report in reports),
        matched_characters=sum(report.matched_characters for report in reports),
    )  # fmt: skip


def _moved(finding: Finding, by: int) -> Finding:
    passage = finding.passage
    return replace(finding, passage=replace(passage, start=passage.start + by, end=passage.end + by))


def _next_steps(database: Path, examples: Path) -> tuple[str, ...]:
    if examples.is_relative_to(Path.cwd()):
        examples = examples.relative_to(Path.cwd())
    return (
        f"provenance works whale --db {database}",
        f"provenance check {examples / 'works' / 'wp-ascii'}/*.txt --db {database}",
        "provenance ingest YOUR-BOOKS/ --licence CC-BY-4.0 --author 'You'",
    )
