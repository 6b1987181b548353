"""What was searched, and what was found and left silent?

One line each, so that "nothing found" can be trusted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from provenance.notices.cleaning import clean
from provenance.notices.labels import work_label
from provenance.notices.language import ENGLISH, messages
from provenance.reports import Coverage, Exemption, Limited, Reason, Report

_TITLED = (Reason.PUBLIC_DOMAIN, Reason.OWN_WORK)
_MOST_TITLES = 3
_TITLE = 80
_BEFORE = 40
_ERROR = 300


def outcome(report: Report) -> str | None:
    """Return what a check came to where nothing is noticed, in three words or so; None where something is."""
    if report.findings:
        return None
    return messages(report.language).say("summary.needs-none" if report.exempt else "summary.nothing")


def headline(report: Report) -> str:
    """Return what a check came to, in a few words."""
    words = messages(report.language)
    if report.error is not None:
        return words.say("report.unchecked")
    if found := outcome(report):
        return found
    passages, works = len(report.findings), len({finding.passage.origin.key for finding in report.findings})
    counted = {"passages": words.count("passage", passages), "works": words.count("known-work", works)}
    return words.forms("report.headline", passages, **counted)


def lead(report: Report) -> str:
    """Return how much of the text lies in findings, as one sentence."""
    words, size = messages(report.language), len(report.text)
    if not size:
        return words.say("report.empty")
    share = words.percent(report.matched_characters / size)
    matched = words.number(report.matched_characters)
    return words.say("report.lead", matched=matched, size=words.count("character", size), share=share)


def coverage_line(coverage: Coverage, language: str = ENGLISH) -> str:
    """Return what a check looked through, as one sentence."""
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
    """Return what was found and not noticed, with the reasons, as one line; None where there is nothing."""
    if not report.exempt:
        return None
    words = messages(report.language)
    reasons = Counter(exemption.reason for exemption in report.exempt)
    parts = (
        f"{words.number(count)} {words.word('reason', reason)}{_titles(report, reason)}"
        for reason, count in reasons.most_common()
    )
    passages = words.count("passage", len(report.exempt))
    return words.say("summary.silent", passages=passages, reasons=", ".join(parts))


def limited_lines(report: Report) -> tuple[str, ...]:
    """Return where the model was kept from going on with a work, or could not be, a line for each."""
    return tuple(_limited_line(limited, report) for limited in report.limited)


def _limited_line(limited: Limited, report: Report) -> str:
    words = messages(report.language)
    before = clean(report.text[max(0, limited.at - _BEFORE) : limited.at], _BEFORE)
    before = f"…{before}" if limited.at > _BEFORE else before
    error = clean(limited.error or "", _ERROR)
    if limited.work is None:
        return words.say("limited.unlimited", before=before, error=error)
    said = {"work": work_label(limited.work, report.language), "tokens": words.count("token", limited.tokens)}
    if limited.error is None:
        return words.say("limited.kept", **said, before=before)
    return words.say("limited.not-kept", **said, before=before, error=error)


def _titles(report: Report, reason: Reason) -> str:
    if reason not in _TITLED:
        return ""
    exempt = (exemption for exemption in report.exempt if exemption.reason is reason)
    titles = list(dict.fromkeys(title for exemption in exempt if (title := _title(exemption))))
    shown = [*titles[:_MOST_TITLES], *(["…"] if len(titles) > _MOST_TITLES else [])]
    return f" ({'; '.join(shown)})" if shown else ""


def _title(exemption: Exemption) -> str:
    return clean(exemption.sources[0].work.title or "", _TITLE) if exemption.sources else ""
