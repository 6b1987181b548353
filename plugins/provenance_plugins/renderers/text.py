"""The text with footnote numbers and the notices below it: for plain places such as an e-mail or a log.

Also the file THIRD-PARTY-NOTICES for a whole log of answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Bundle,
    BundleRenderer,
    Credit,
    LicenceText,
    Note,
    Section,
    coverage_line,
    duty_words,
    encodable,
    footnote_marks,
    heading,
    limit_lines,
    messages,
    notes,
    outcome,
    overlap,
    printable,
    silence_line,
    stretches,
    texts_below_report,
    web_address,
)
from provenance.reports import Renderer, Report


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `text`."""
    register("text", render)


@hookimpl
def provenance_register_bundles(register: Callable[[str, BundleRenderer], None]) -> None:
    """Offer the format `text`."""
    register("text", render_bundle)


def render(report: Report) -> str:
    """Return the text with footnotes."""
    footnotes = notes(report)
    marks = footnote_marks(footnotes)
    body = "".join(_marked(printable(stretch.text), marks(stretch)) for stretch in stretches(report))
    told = (_note(note, report.language) for note in footnotes)
    texts = (f"{title}\n\n{text}" for title, text in texts_below_report(footnotes, report.language))
    parts = (body.strip("\n"), "\n\n".join(told), *texts, "\n".join(_foot(report)))
    return encodable("\n\n".join(filter(None, parts)) + "\n")


def _marked(text: str, numbers: tuple[int, ...]) -> str:
    core = text.rstrip()
    return core + "".join(f"[{number}]" for number in numbers) + text[len(core) :]


def _note(note: Note, language: str) -> str:
    first, words = note.findings[0], messages(language)
    lines = [f"[{note.number}] {first.notice}", f"    {overlap(*note.findings, language=language)}"]
    if first.duties:
        asked = words.join(duty_words(first.duties, language))
        lines.append(f"    {words.label(words.say('label.conditions'), asked)}")
    return "\n".join(lines)


def _foot(report: Report) -> Iterator[str]:
    if report.error is not None:
        yield messages(report.language).say("report.not-checked", error=printable(report.error))
        return
    yield from limit_lines(report)
    if silent := silence_line(report):
        yield silent
    nothing = f"{found}. " if (found := outcome(report)) else ""
    yield nothing + coverage_line(report.coverage, report.language)


def render_bundle(bundle: Bundle) -> str:
    """Return the notices file."""
    words = messages(bundle.language)
    parts = [_title(words.say("bundle.title"), "="), *bundle.summary]
    for section in bundle.sections:
        parts += _section(section, bundle.language)
    if bundle.texts:
        parts += [_title(words.say("bundle.texts"), "="), *map(_licence_text, bundle.texts)]
    return encodable("\n\n".join(filter(None, parts)) + "\n")


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def _section(section: Section, language: str) -> Iterator[str]:
    words = messages(language)
    named = ", ".join(section.names)
    yield _title(section.licence, "-")
    yield "\n".join(filter(None, (named, *section.addresses, section.warning, *section.advice)))
    yield from (_credit(credit, language) for credit in section.credits)
    if section.duties:
        yield words.say("bundle.conditions", duties=words.join(section.duties))
    yield from (words.say("bundle.see-text", licence=licence) for licence in section.texts)
    yield from section.missing


def _credit(credit: Credit, language: str) -> str:
    words = messages(language)
    named = filter(None, (heading(credit.work, language), web_address(credit.work.source)))
    rows = [f"* {', '.join(named)}", f"  {credit.matching}"]
    for fact in credit.facts:
        if fact.name == "copyright":  # says itself what it is
            rows += _indented(fact.value, "  ")
            continue
        start = words.label(fact.label, "").rstrip()
        rows += (
            [f"  {start} {fact.value}"] if "\n" not in fact.value else [f"  {start}", *_indented(fact.value, "    ")]
        )
    return "\n".join(rows)


def _indented(text: str, indent: str) -> list[str]:
    return [f"{indent}{line}".rstrip() for line in text.split("\n")]


def _licence_text(text: LicenceText) -> str:
    return f"{_title(text.licence, '-')}\n\n{text.text}"
