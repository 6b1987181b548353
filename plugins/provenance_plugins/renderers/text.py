"""Renderer of the text with footnote numbers and the notices below it: for plain places such as an e-mail or a log.

It also writes the file THIRD-PARTY-NOTICES for a whole log of answers.
"""

from __future__ import annotations

from collections.abc import Callable

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Bundle,
    BundleRenderer,
    Credit,
    duty_words,
    encodable,
    footnote_marks,
    full,
    heading,
    messages,
    notes,
    overlap,
    printable,
    stretches,
    texts_below_report,
    web_address,
)
from provenance.reports import Renderer, Report
from provenance_plugins.renderers._footers import report_footer, section_footer


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
    pieces = []
    for stretch in stretches(report):
        text = printable(stretch.text)
        core = text.rstrip()
        # The numbers stand at the last word, before the white space behind it.
        pieces.append(core + "".join(f"[{number}]" for number in marks(stretch)) + text[len(core) :])
    blocks = ["".join(pieces).strip("\n")]
    words = messages(report.language)
    for note in footnotes:
        matched = overlap(*note.findings, language=report.language)
        lines = [f"[{note.number}] {note.findings[0].notice}"]
        if note.findings[0].passage.is_disputed:
            facts = full(*note.findings, language=report.language).facts
            lines += [row for fact in facts if fact.name == "disagreement" for row in _indent_lines(fact.value, "    ")]
        lines.append(f"    {matched}")
        if duties := note.findings[0].duties:
            conditions = words.join(duty_words(duties, report.language))
            lines.append(f"    {words.label(words.say('label.conditions'), conditions)}")
        blocks.append("\n".join(lines))
    blocks += [f"{title}\n\n{text}" for title, text in texts_below_report(footnotes, report.language)]
    if report.error is None:
        blocks.append("\n".join(report_footer(report)))
    else:
        blocks.append(words.say("report.not-checked", error=printable(report.error)))
    return encodable("\n\n".join(filter(None, blocks)) + "\n")


def render_bundle(bundle: Bundle) -> str:
    """Return the notices file."""
    words = messages(bundle.language)
    blocks = [_underline_title(words.say("bundle.title"), "="), *bundle.summary]
    for section in bundle.sections:
        blocks.append(_underline_title(section.licence, "-"))
        names = ", ".join(section.names)
        blocks.append("\n".join(filter(None, (names, *section.addresses, section.warning, *section.advice))))
        blocks += [_format_credit(credit, bundle.language) for credit in section.credits]
        blocks += section_footer(section, bundle.language)
    if bundle.texts:
        blocks.append(_underline_title(words.say("bundle.texts"), "="))
        blocks += [f"{_underline_title(text.licence, '-')}\n\n{text.text}" for text in bundle.texts]
    return encodable("\n\n".join(filter(None, blocks)) + "\n")


def _underline_title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def _format_credit(credit: Credit, language: str) -> str:
    """Return one work of a section as an item of a list: its heading, what matched, and its facts."""
    words = messages(language)
    title = filter(None, (heading(credit.work, language), web_address(credit.work.source)))
    rows = [f"* {', '.join(title)}", f"  {credit.matching}"]
    for fact in credit.facts:
        label = words.label(fact.label, "").rstrip()
        if fact.name == "copyright":  # says itself what it is
            rows += _indent_lines(fact.value, "  ")
        elif "\n" in fact.value:
            rows += [f"  {label}", *_indent_lines(fact.value, "    ")]
        else:
            rows.append(f"  {label} {fact.value}")
    return "\n".join(rows)


def _indent_lines(text: str, indent: str) -> list[str]:
    return [f"{indent}{line}".rstrip() for line in text.split("\n")]
