"""Renderer of the text as a block quotation with footnotes, in Markdown: for issues, chats and notebooks.

Footnotes are written `[^1]` (GitHub, GitLab, remark); elsewhere they stay readable. Nothing from a work or a model is
taken as Markdown or HTML. The notices file for a whole log of answers is a Markdown document too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Bundle,
    BundleRenderer,
    Credit,
    Note,
    encodable,
    footnote_marks,
    full,
    heading,
    messages,
    notes,
    printable,
    split_links,
    stretches,
    texts_below_report,
    web_address,
)
from provenance.reports import Renderer, Report
from provenance_plugins.renderers._footers import report_footer, section_footer

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
    blocks = [_quote_block(_mark_passages(report, footnotes))]
    blocks += [_format_note(note, report.language) for note in footnotes]
    for title, text in texts_below_report(footnotes, report.language):
        blocks.append(f"**{_escape_inline(title)}**\n\n{_quote_block(_escape_inline(text))}")
    if report.error is None:
        blocks += map(_escape_inline, report_footer(report))
    else:
        error = " ".join(printable(report.error).split())
        blocks.append(f"**{_escape_inline(messages(report.language).say('report.not-checked', error=error))}**")
    return encodable("\n\n".join(filter(None, blocks)) + "\n")


def escape(text: str) -> str:
    r"""Return one line of text so that Markdown shows it as it is.

    >>> escape("1. see *a* at https://x.org")
    '1\\. see \\*a\\* at https\\://x.org'
    """
    return _escape_start(_escape_inline(text))


def _escape_inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _escape_start(line: str) -> str:
    # A number makes a list by the full stop or bracket behind it, the other marks by themselves.
    return _AT_LINE_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\", line)


def _mark_passages(report: Report, footnotes: tuple[Note, ...]) -> str:
    """Return the text, escaped apart from the starts of lines, with emphasis and footnote marks."""
    marks = footnote_marks(footnotes)
    runs: list[tuple[str, bool, str]] = []
    for stretch in stretches(report):
        text, is_bold = printable(stretch.text), bool(stretch.findings)
        # Neighbours without a mark between them are one run: `**a****b**` would not be read as two.
        if runs and runs[-1][1] == is_bold and not runs[-1][2]:
            text = runs.pop()[0] + text
        runs.append((text, is_bold, "".join(f"[^{number}]" for number in marks(stretch))))
    pieces = []
    for position, (text, is_bold, mark) in enumerate(runs):
        before = runs[position - 1][2][-1:] or runs[position - 1][0][-1:] if position else ""
        after = mark[:1] or "".join(run[0][:1] for run in runs[position + 1 : position + 2])
        core = text.rstrip()
        pieces.append((set_bold(core, before, after) if is_bold else _escape_inline(core)) + mark + text[len(core) :])
    # Where footnotes are unknown, a mark before a bracket would be a link to the words in the bracket.
    return _MARK_BEFORE.sub(r"\g<0>\\", "".join(pieces))


def set_bold(text: str, before: str, after: str) -> str:
    """Set each line in bold, where Markdown's rules on what may stand beside the asterisks let it.

    >>> set_bold("two\\n words", "", ""), set_bold("(so)", "x", "")
    ('**two**\\n **words**', '(so)')
    """
    lines = text.split("\n")
    for position, line in enumerate(lines):
        core = line.strip()
        left = before if position == 0 and line == line.lstrip() else " "
        right = after if position == len(lines) - 1 and line == line.rstrip() else " "
        is_bold = core and _may_flank(left, core[0]) and _may_flank(right, core[-1])
        lead = line[: len(line) - len(line.lstrip())]
        trail = line[len(line.rstrip()) :]
        lines[position] = f"{lead}**{_escape_inline(core)}**{trail}" if is_bold else _escape_inline(line)
    return "\n".join(lines)


def _may_flank(outside: str, inside: str) -> bool:
    """Say whether asterisks between these two characters make emphasis (CommonMark 0.31, "flanking")."""
    return not _is_mark(inside) or not outside or outside.isspace() or _is_mark(outside)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _quote_block(body: str) -> str:
    """Return escaped lines as a block quotation; the text may be code, so line breaks and indentation are kept."""
    if not body.strip():
        return ""
    lines = body.strip("\n").split("\n")
    rows = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())].expandtabs(4)
        shown = f"{'&nbsp;' * len(indent)}{text if indent else _escape_start(text)}"
        # A backslash breaks the line; at the end of a paragraph it would be shown.
        line_end = "\\" if after.strip() else ""
        rows.append(f"> {shown}{line_end}" if text else ">")
    return "\n".join(rows)


def _format_note(note: Note, language: str) -> str:
    """Return one footnote: the short notice, the facts that it does not say, and the advice."""
    first, words = note.findings[0], messages(language)
    notice = full(*note.findings, language=language)
    address = None if first.passage.is_disputed else web_address(first.passage.origin.source)
    rows = [_escape_inline(first.notice) if address is None else _format_pieces(split_links(first.notice, [address]))]
    for fact in notice.facts:
        if fact.name != "note" and not (fact.name == "source" and address):
            rows.append(f"**{words.label(fact.label, '').rstrip()}** {_format_pieces(fact.pieces)}")
    rows += [f"→ {_escape_inline(sentence)}" for sentence in notice.advice]
    # One paragraph with hard line breaks: where footnotes are unknown, a list in it would be taken for code.
    return f"[^{note.number}]: {_BREAK.join(rows)}"


def _format_pieces(pieces: Iterable[tuple[str, str | None]]) -> str:
    """Return pieces of text, some of them with a link, escaped and with hard line breaks."""
    formatted = []
    for text, link in pieces:
        rows = [_escape_inline(line) for line in text.split("\n")]
        # a piece that begins or ends with a line break stands beside a link
        rows = [row for number, row in enumerate(rows) if row or number in {0, len(rows) - 1}]
        shown = _BREAK.join((*rows[:1], *map(_escape_start, rows[1:])))
        if not link:
            formatted.append(shown)
        else:
            formatted.append(f"<{link}>" if link == text else f"[{shown}]({link})")
    return "".join(formatted)


def render_bundle(bundle: Bundle) -> str:
    """Return the notices file as Markdown."""
    words = messages(bundle.language)
    blocks = [f"# {words.say('bundle.title')}", *map(escape, bundle.summary)]
    for section in bundle.sections:
        blocks.append(f"## {_escape_inline(section.licence)}")
        known = [_escape_inline(", ".join(section.names))] if section.names else []
        known += [f"<{address}>" for address in section.addresses]
        if known:
            blocks.append("\\\n".join(known))
        if section.warning:
            blocks.append(f"**{_escape_inline(section.warning)}**")
        blocks += map(_escape_inline, section.advice)
        blocks += [_format_credit(credit, bundle.language) for credit in section.credits]
        blocks += map(_escape_inline, section_footer(section, bundle.language))
    if bundle.texts:
        blocks.append(f"## {words.say('bundle.texts')}")
        blocks += [
            f"### {_escape_inline(text.licence)}\n\n{_quote_block(_escape_inline(text.text))}" for text in bundle.texts
        ]
    return encodable("\n\n".join(blocks) + "\n")


def _format_credit(credit: Credit, language: str) -> str:
    """Return one work of a section as an item of a list: its heading, what matched, and its facts."""
    words, address = messages(language), web_address(credit.work.source)
    title = _escape_inline(heading(credit.work, language))
    rows = [title + (f", <{address}>" if address else ""), _escape_inline(credit.matching)]
    for fact in credit.facts:
        # A copyright line says itself what it is.
        label = "" if fact.name == "copyright" else f"**{words.label(fact.label, '').rstrip()}** "
        rows.append(_escape_start(label + _format_pieces(fact.pieces)))
    # The lines of an item are indented by its mark's two columns, not by a footnote's four.
    return "- " + "\\\n  ".join(rows).replace(_BREAK, "\\\n  ")
