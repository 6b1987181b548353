"""What was searched, and what was found and left silent?

One line each, so that "nothing found" can be trusted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from provenance.models import Coverage, Exemption, Reason, Report
from provenance.notices.cleaning import clean

_TITLED = (Reason.PUBLIC_DOMAIN, Reason.OWN_WORK)
_MOST_TITLES = 3
_TITLE = 80


def outcome(report: Report) -> str | None:
    """Return what a check came to where nothing is noticed, in three words or so; None where something is."""
    if report.findings:
        return None
    return "No passage needs a notice" if report.exempt else "No matching passages"


def coverage_line(coverage: Coverage) -> str:
    """Return what a check looked through, as one sentence."""
    if not coverage.works:
        return "Searched 0 works: the database is empty, so finding nothing means nothing."
    works, tokens = _count(coverage.works, "work"), _count(coverage.tokens, "token")
    indexed = f", indexed {date(coverage.indexed_at)}" if coverage.indexed_at else ""
    return f"Searched {works} ({tokens}), generation {coverage.generation}{indexed}; canaries {coverage.canaries}."


def date(moment: datetime) -> str:
    """Return the day, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def silence_line(report: Report) -> str | None:
    """Return what was found and not noticed, with the reasons, as one line; None where there is nothing."""
    if not report.exempt:
        return None
    reasons = Counter(exemption.reason for exemption in report.exempt)
    parts = (f"{count:,} {reason.value}{_titles(report, reason)}" for reason, count in reasons.most_common())
    return f"{_count(len(report.exempt), 'passage')} left silent: {', '.join(parts)}"


def _titles(report: Report, reason: Reason) -> str:
    if reason not in _TITLED:
        return ""
    exempt = (exemption for exemption in report.exempt if exemption.reason is reason)
    titles = list(dict.fromkeys(title for exemption in exempt if (title := _title(exemption))))
    shown = [*titles[:_MOST_TITLES], *(["…"] if len(titles) > _MOST_TITLES else [])]
    return f" ({'; '.join(shown)})" if shown else ""


def _title(exemption: Exemption) -> str:
    return clean(exemption.sources[0].work.title or "", _TITLE) if exemption.sources else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
