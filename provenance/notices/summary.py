"""Summary of a report in single lines: what was searched, and what was found and left silent.

With these lines "nothing found" can be trusted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from provenance.notices.cleaning import clean
from provenance.notices.labels import work_label
from provenance.notices.language import ENGLISH, messages
from provenance.reports import Coverage, Reason, Report

_TITLED = (Reason.PUBLIC_DOMAIN, Reason.OWN_WORK)
_MOST_TITLES = 3
_TITLE = 80
_BEFORE = 40
_ERROR = 300


def outcome(report: Report) -> str | None:
    """Return the result of a check without findings, in a few words; None where there are findings."""
    if report.findings:
        return None
    return messages(report.language).say("summary.needs-none" if report.exempt else "summary.nothing")


def headline(report: Report) -> str:
    """Return the result of a check, in a few words."""
    words = messages(report.language)
    if report.error is not None:
        return words.say("report.unchecked")
    if found := outcome(report):
        return found
    passages, works = len(report.findings), len({finding.passage.origin.key for finding in report.findings})
    counted = {"passages": words.count("passage", passages), "works": words.count("known-work", works)}
    return words.forms("report.headline", passages, **counted)


def lead(report: Report) -> str:
    """Return how much of the text is in findings, as one sentence."""
    words, size = messages(report.language), len(report.text)
    if not size:
        return words.say("report.empty")
    share = words.percent(report.matched_characters / size)
    matched = words.number(report.matched_characters)
    return words.say("report.lead", matched=matched, size=words.count("character", size), share=share)


def coverage_line(coverage: Coverage, language: str = ENGLISH) -> str:
    """Return what a check searched, as one sentence."""
    words = messages(language)
    if not coverage.works:
        return words.say("summary.empty-database")
    said = {
        "works": words.count("work", coverage.works),
        "tokens": words.count("token", coverage.tokens),
        "revision": coverage.revision,
        "canaries": words.word("canaries", coverage.canaries),
    }
    if coverage.indexed_at is None:
        return words.say("summary.searched", **said)
    return words.say("summary.searched-on", **said, date=date(coverage.indexed_at))


def date(moment: datetime) -> str:
    """Return the day, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def silence_line(report: Report) -> str | None:
    """Return what was found and left silent, with the reasons, as one line; None where nothing was."""
    if not report.exempt:
        return None
    words, parts = messages(report.language), []
    for reason, count in Counter(exemption.reason for exemption in report.exempt).most_common():
        shown: list[str] = []
        if reason in _TITLED:  # only these reasons rest on a work
            exempt = [each for each in report.exempt if each.reason is reason]
            works = [work for each in exempt for work in (each.silenced_by or [of.work for of in each.sources])[:1]]
            titles = list(dict.fromkeys(title for work in works if (title := clean(work.title or "", _TITLE))))
            shown = [*titles[:_MOST_TITLES], *(["…"] if len(titles) > _MOST_TITLES else [])]
        named = f" ({'; '.join(shown)})" if shown else ""
        parts.append(f"{words.number(count)} {words.word('reason', reason)}{named}")
    passages = words.count("passage", len(report.exempt))
    return words.say("summary.silent", passages=passages, reasons=", ".join(parts))


def limit_lines(report: Report) -> tuple[str, ...]:
    """Return a line for each place where the model was kept from continuing a work, or could not be kept."""
    words, lines = messages(report.language), []
    for limited in report.limited:
        before = clean(report.text[max(0, limited.at - _BEFORE) : limited.at], _BEFORE)
        before = f"…{before}" if limited.at > _BEFORE else before
        error = clean(limited.error or "", _ERROR)
        if limited.work is None:
            lines.append(words.say("limited.unlimited", before=before, error=error))
            continue
        said = {"work": work_label(limited.work, report.language), "tokens": words.count("token", limited.tokens)}
        if limited.error is None:
            lines.append(words.say("limited.kept", **said, before=before))
        else:
            lines.append(words.say("limited.not-kept", **said, before=before, error=error))
    return tuple(lines)
