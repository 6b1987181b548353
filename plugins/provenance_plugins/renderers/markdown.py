"""The text as a block quotation with footnotes, in Markdown: for issues, chats and notebooks.

Footnotes are written `[^1]` (GitHub, GitLab, remark); elsewhere they stay readable. Nothing from a work or a model is
taken as Markdown or HTML. Also the notices file for a whole log of answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Bundle,
    BundleRenderer,
    Credit,
    Fact,
    Note,
    Section,
    coverage_line,
    encodable,
    footnote_marks,
    full,
    heading,
    limit_lines,
    messages,
    notes,
    outcome,
    printable,
    silence_line,
    split_links,
    stretches,
    texts_below_report,
    web_address,
)
from provenance.reports import Renderer, Report

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_AT_LINE_START = re.compile(r"^(?:([-+=#:])|(\d{1,9})(?=[.)]))")
_MARK_BEFORE = re.compile(r"\[\^\d+\](?=[(:])")
_BREAK = "\\\n    "


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `markdown`."""
    register("markdown", render)


@hookimpl
def provenance_register_bundles(register: Callable[[str, BundleRenderer], None]) -> None:
    """Offer the format `markdown`."""
    register("markdown", render_bundle)


def render(report: Report) -> str:
    """Return the report as Markdown."""
    footnotes = notes(report)
    told = (_note(note, report.language) for note in footnotes)
    texts = (
        f"**{_escape(title)}**\n\n{_quotation(_escape(text))}"
        for title, text in texts_below_report(footnotes, report.language)
    )
    parts = (_quotation(_body(report, footnotes)), *told, *texts, *_foot(report))
    return encodable("\n\n".join(filter(None, parts)) + "\n")


def escape(text: str) -> str:
    r"""Return one line of text so that Markdown shows it as it is.

    >>> escape("1. see *a* at https://x.org")
    '1\\. see \\*a\\* at https\\://x.org'
    """
    return _escape_start(_escape(text))


def _escape_start(line: str) -> str:
    # A number makes a list by the full stop or bracket behind it, the other marks by themselves.
    return _AT_LINE_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\", line)


def _body(report: Report, footnotes: tuple[Note, ...]) -> str:
    """Return the text, escaped apart from the starts of lines, with emphasis and footnote marks."""
    marks = footnote_marks(footnotes)
    runs: list[tuple[str, bool, str]] = []
    for stretch in stretches(report):
        text, bold = printable(stretch.text), bool(stretch.findings)
        if runs and runs[-1][1] == bold and not runs[-1][2]:
            text = runs.pop()[0] + text
        runs.append((text, bold, "".join(f"[^{number}]" for number in marks(stretch))))
    pieces = []
    for position, (text, bold, mark) in enumerate(runs):
        before = runs[position - 1][2][-1:] or runs[position - 1][0][-1:] if position else ""
        after = mark[:1] or "".join(run[0][:1] for run in runs[position + 1 : position + 2])
        core = text.rstrip()
        pieces.append((_emphasise(core, before, after) if bold else _escape(core)) + mark + text[len(core) :])
    # Where footnotes are unknown, a mark with a bracket behind it would be a link to what stands in the bracket.
    return _MARK_BEFORE.sub(r"\g<0>\\", "".join(pieces))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _emphasise(text: str, before: str, after: str) -> str:
    """Set each line in bold, where Markdown's rules on what may stand beside the asterisks let it."""
    lines = text.split("\n")
    for position, line in enumerate(lines):
        core = line.strip()
        left = before if position == 0 and line == line.lstrip() else " "
        right = after if position == len(lines) - 1 and line == line.rstrip() else " "
        bold = core and _may_open(left, core[0]) and _may_open(right, core[-1])
        lead = line[: len(line) - len(line.lstrip())]
        trail = line[len(line.rstrip()) :]
        lines[position] = f"{lead}**{_escape(core)}**{trail}" if bold else _escape(line)
    return "\n".join(lines)


def _may_open(outside: str, inside: str) -> bool:
    """Say whether asterisks between these two characters make emphasis (CommonMark 0.31, "flanking")."""
    return not _is_mark(inside) or not outside or outside.isspace() or _is_mark(outside)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _quotation(body: str) -> str:
    lines = body.strip("\n").split("\n")
    following = [*(line.strip() for line in lines[1:]), ""]
    rows = (_quoted_line(line, last=not after) for line, after in zip(lines, following, strict=True))
    return "\n".join(rows) if body.strip() else ""


def _quoted_line(line: str, *, last: bool) -> str:
    text = line.strip()
    if not text:
        return ">"
    indent = line[: len(line) - len(line.lstrip())].expandtabs(4)
    # Line breaks and indentation are kept: the text may be code.
    return f"> {'&nbsp;' * len(indent)}{text if indent else _escape_start(text)}{'' if last else chr(92)}"


def _note(note: Note, language: str) -> str:
    first, words = note.findings[0], messages(language)
    notice = full(*note.findings, language=language)
    address = web_address(first.passage.origin.source)
    rows = [_with_link(first.notice, address)]
    rows += [
        f"**{words.label(fact.label, '').rstrip()}** {_value(fact)}" for fact in notice.facts if _adds(fact, address)
    ]
    rows += [f"→ {_escape(sentence)}" for sentence in notice.advice]
    # One paragraph with hard line breaks: where footnotes are unknown, a list in it would be taken for code.
    return f"[^{note.number}]: {_BREAK.join(rows)}"


def _adds(fact: Fact, address: str | None) -> bool:
    """Does the fact say more than the short notice above it?"""
    return fact.name != "note" and not (fact.name == "source" and address)


def _with_link(text: str, address: str | None) -> str:
    if address is None:
        return _escape(text)
    return "".join(_piece(piece, link) for piece, link in split_links(text, [address]))


def _value(fact: Fact) -> str:
    return "".join(_piece(text, link) for text, link in fact.pieces)


def _piece(text: str, link: str | None) -> str:
    if link == text:
        return f"<{link}>"
    rows = [_escape(line) for line in text.split("\n") if line]
    shown = _BREAK.join((*rows[:1], *map(_escape_start, rows[1:])))
    return f"[{shown}]({link})" if link else shown


def _foot(report: Report) -> list[str]:
    if report.error is not None:
        error = " ".join(printable(report.error).split())
        return [f"**{_escape(messages(report.language).say('report.not-checked', error=error))}**"]
    nothing = f"{found}. " if (found := outcome(report)) else ""
    silent = silence_line(report)
    lines = [*limit_lines(report), *filter(None, [silent]), nothing + coverage_line(report.coverage, report.language)]
    return [_escape(line) for line in lines]


def render_bundle(bundle: Bundle) -> str:
    """Return the notices file as Markdown."""
    words = messages(bundle.language)
    parts = [f"# {words.say('bundle.title')}", *map(_escape_start, map(_escape, bundle.summary))]
    for section in bundle.sections:
        parts += _section(section, bundle.language)
    if bundle.texts:
        parts.append(f"## {words.say('bundle.texts')}")
        parts += [f"### {_escape(text.licence)}\n\n{_quotation(_escape(text.text))}" for text in bundle.texts]
    return encodable("\n\n".join(parts) + "\n")


def _section(section: Section, language: str) -> Iterator[str]:
    words = messages(language)
    yield f"## {_escape(section.licence)}"
    named = [_escape(", ".join(section.names))] if section.names else []
    if known := [*named, *(f"<{address}>" for address in section.addresses)]:
        yield "\\\n".join(known)
    if section.warning:
        yield f"**{_escape(section.warning)}**"
    yield from map(_escape, section.advice)
    yield from (_credit(credit, language) for credit in section.credits)
    if section.duties:
        yield _escape(words.say("bundle.conditions", duties=words.join(section.duties)))
    yield from (_escape(words.say("bundle.see-text", licence=licence)) for licence in section.texts)
    yield from map(_escape, section.missing)


def _credit(credit: Credit, language: str) -> str:
    words, address = messages(language), web_address(credit.work.source)
    rows = [_escape(heading(credit.work, language)) + (f", <{address}>" if address else ""), _escape(credit.matching)]
    for fact in credit.facts:
        label = "" if fact.name == "copyright" else f"**{words.label(fact.label, '').rstrip()}** "
        rows.append(_escape_start(label + _value(fact)))
    return "- " + "\\\n  ".join(rows).replace(_BREAK, "\\\n  ")
