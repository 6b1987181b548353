"""The command `provenance demo`: a small model recites real works, and its reader sees which.

It does what an app would do: it ingests the works, wraps the model, and shows what the model generates. The works and
the model are in the folder examples/ of a checkout, not in the package.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from provenance import Checker, Database, PolicySettings, notices
from provenance.cli.options import load_plugins, policy_options
from provenance.errors import UsageError
from provenance.generation import AnnotatedText, wrap
from provenance.plugins import Plugins
from provenance.policy import load_policy
from provenance.reports import Report
from provenance.sources import Declared, documents

_CHECKOUT = Path(__file__).parent.parent.parent / "examples"
_WIDTH = 100
_RULE = "─" * _WIDTH


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
    folder = examples or _CHECKOUT
    if not (folder / "demo" / "prompts.json").is_file() or not (folder / "works" / "works.jsonl").is_file():
        raise UsageError(
            f"there are no demo works and model in {folder}: they come with the source, not with the package. "
            "Clone the repository and run `make demo`, or name its folder with --examples"
        )
    return run_demo(folder, output, load_plugins(context), settings, colour=sys.stdout.isatty())


def run_demo(folder: Path, output: Path, plugins: Plugins, settings: PolicySettings, *, colour: bool) -> int:
    """Ingest the example works of the folder, let the demo model answer, print the answers and write a page.

    Raises:
        UsageError: the extra `transformers` is not installed.
    """
    try:
        import transformers  # noqa: PLC0415  # the extra `transformers`
    except ImportError as error:
        raise UsageError(f"{error}; the demo needs `pip install 'licence-provenance[transformers]'`") from None
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    with _make_database(folder, output, plugins) as database:
        checker = Checker(database, settings, plugins=plugins)
        # Without `local_files_only`, Transformers would ask its hub for a newer version of the model.
        files: dict[str, Any] = {"pretrained_model_name_or_path": folder / "demo" / "model", "local_files_only": True}
        model = transformers.AutoModelForCausalLM.from_pretrained(**files)
        licensed = wrap(model, transformers.AutoTokenizer.from_pretrained(**files), checker)
        answers = []
        for prompt in json.loads((folder / "demo" / "prompts.json").read_text(encoding="utf-8")):
            sampling = dict(prompt.get("sampling", {}))
            if (seed := sampling.pop("seed", None)) is not None:
                transformers.set_seed(seed)
            answer = licensed.generate_text(prompt["prompt"], max_new_tokens=prompt["max_new_tokens"], **sampling)
            click.echo(f"\n{_RULE}\n{prompt['shows']}\n\n{notices.printable(prompt['prompt'])} …\n")
            if not answer.report.findings:  # the renderer does not repeat a clean text
                lines = notices.printable(answer.text).split("\n")
                click.echo("\n".join(textwrap.fill(line, _WIDTH) for line in lines) + "\n")
            click.echo(answer.render("terminal"), color=colour)
            answers.append(answer)
    page = output / "demo.html"
    page.write_text(_join_reports(answers).render("html"), encoding="utf-8")
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    click.echo(
        f"{_RULE}\nThe page that a reader would see: {page}\n\nTry next:\n"
        f"  provenance works whale --db {output / 'db'}\n"
        f"  provenance check {shown / 'works' / 'wp-ascii'}/*.txt --db {output / 'db'}\n"
        "  provenance ingest YOUR-BOOKS/ --licence CC-BY-4.0 --author 'You'"
    )
    return 0


def _make_database(examples: Path, output: Path, plugins: Plugins) -> Database:
    """Ingest the example works into a new database."""
    folder = output / "db"
    if (folder / "segments").is_dir():  # an earlier demo's; a folder of something else is not removed
        shutil.rmtree(folder)
    database = Database.open(folder, create=True)
    works = documents([examples / "works" / "works.jsonl"], plugins, Declared())
    result = database.ingest(works, trusted=True, plugins=plugins)  # ours, so we vouch for them
    click.echo(
        f"{result.added} works ingested into {folder}: {result.characters:,} characters, {result.tokens:,} tokens"
    )
    return database


def _join_reports(answers: list[AnnotatedText]) -> Report:
    """Return one report on all answers, each after its prompt, for one page."""
    text, findings, exempt = "", [], []
    for answer in answers:
        text += ("\n\n" if text else "") + answer.prompt
        shift = len(text)  # a report counts characters from the beginning of its own answer
        for finding in answer.report.findings:
            pieces = tuple((first + shift, last + shift) for first, last in finding.passage.pieces)
            start, end = finding.start + shift, finding.end + shift
            passage = replace(finding.passage, start=start, end=end, pieces=pieces)
            findings.append(replace(finding, passage=passage))
        exempt += [replace(each, start=each.start + shift, end=each.end + shift) for each in answer.report.exempt]
        text += answer.text
    reports = [answer.report for answer in answers]
    return replace(
        reports[-1], text=text, findings=tuple(findings), exempt=tuple(exempt),
        tokens=sum(report.tokens for report in reports),
        matched_characters=sum(report.matched_characters for report in reports),
    )  # fmt: skip
