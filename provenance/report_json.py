"""Reader of reports in their JSON form, as `provenance check --format json` writes them.

A file holds one report, one a line, or a list of them. The content is untrusted: each field is checked before it is
used, and a field of another form is reported with its place. `Report.to_dict` is the writer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from provenance.errors import InputError
from provenance.reports import Action, Report, find_claimants
from provenance.works import Keep, LicenceStatus, Work, work_key

MAX_BYTES = 256 << 20
"""Maximum length in bytes of a report, or of a file that is one report."""

_WHEN = datetime(1970, 1, 1, tzinfo=UTC)
_REMEDY = "expected a report as `provenance check --format json` writes it"
_SCHEMAS = (1, 2)  # of what is read here, both have the same fields
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What a log says of one answer.

    Attributes:
        works: for each finding, in order, the works to credit: the origin, or those that disagree, the origin first.
        checked: False where the check had failed.
    """

    works: tuple[tuple[Work, ...], ...]
    checked: bool


def log_report(report: Report) -> Logged:
    """Return what a log would say of a report."""
    return Logged(works=tuple(finding.passage.works_to_credit for finding in report.findings), checked=report.checked)


def read_logs(path: Path, place: str) -> Iterator[Logged | InputError]:
    """Yield what each report in a file says, and an error for each other thing in it.

    Args:
        path: one report, a list of them, or one a line.
        place: what messages call the file.
    """
    try:
        with path.open("rb") as file:
            first = file.readline(MAX_BYTES)
            try:
                json.loads(first)
            except (ValueError, RecursionError):  # not one report a line: the whole file is one, or a list of them
                yield from _read_reports(first + file.read(MAX_BYTES), place)
                return
            number, line = 1, first
            while line:
                if line.strip():
                    yield from _read_reports(line, f"{place}:{number}")
                number, line = number + 1, file.readline(MAX_BYTES)
    except OSError as error:
        yield InputError(f"{error.strerror or error}; name a file of reports", place=place)


def _read_reports(data: bytes, place: str) -> Iterator[Logged | InputError]:
    """Yield what the reports in some JSON say: one report, or a list of them."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        yield InputError(f"not JSON ({str(error)[:100]}); {_REMEDY}", place=place)
        return
    for position, report in enumerate(value if isinstance(value, list) else [value]):
        where = f"{place}[{position}]" if isinstance(value, list) else place
        try:
            yield _read_report(report, where)
        except InputError as error:
            yield error


def _read_report(report: object, place: str) -> Logged:
    fields = _require_type(report, dict, "a report", place)
    if fields.get("schema") not in _SCHEMAS:
        raise InputError(f"its schema is {str(fields.get('schema'))[:40]!r}, not 1 or 2; {_REMEDY}", place=place)
    works = []
    for finding in _require_type(fields.get("findings"), list, "findings", place):
        if isinstance(finding, dict) and finding.get("action") == Action.IGNORE:
            continue
        given = _require_type(_require_type(finding, dict, "a finding", place).get("sources"), list, "sources", place)
        if not given:
            raise InputError(f"a finding has no sources; {_REMEDY}", place=place)
        origin = _read_source(given[0], place)
        others = (_read_source(each, place) for each in given[1:])
        works.append(find_claimants(origin, others, finding.get("status"), finding.get("licence")) or (origin,))
    return Logged(works=tuple(works), checked=fields.get("error") is None)


def _read_source(value: object, place: str) -> Work:
    """Return the work of a source."""
    fields = _require_type(value, dict, "a source", place)
    work = _require_type(fields.get("work"), dict, "a work", place)
    return _read_work(work, place, trusted=fields.get("trust") == "trusted")


def _read_work(fields: Mapping[str, Any], place: str, *, trusted: bool) -> Work:
    """Return the work that a report describes; fields that a report does not have are left empty."""
    name, collection = _read_string(fields, "id", place) or "", _read_string(fields, "collection", place) or ""
    authors = _require_type(fields.get("authors", []), list, "authors", place)
    status = _read_string(fields, "status", place)
    if status not in set(LicenceStatus):
        raise InputError(f"a work's status is {str(status)[:40]!r}; {_REMEDY}", place=place)
    return Work(
        key=work_key(collection, name), id=name, collection=collection, title=_read_string(fields, "title", place),
        authors=tuple(_require_type(author, str, "an author", place) for author in authors),
        year=None if fields.get("year") is None else _require_type(fields["year"], int, "year", place),
        source=_read_string(fields, "source", place), status=LicenceStatus(status),
        licence=_read_string(fields, "licence", place), copyright=_read_string(fields, "copyright", place),
        notice=_read_string(fields, "notice", place), language=None, tokens=0, characters=0, keep=Keep.FINGERPRINTS,
        ingested_at=_WHEN, trusted=trusted,
    )  # fmt: skip


def _read_string(fields: Mapping[str, Any], name: str, place: str) -> str | None:
    return None if fields.get(name) is None else _require_type(fields[name], str, name, place)


def _require_type(value: object, kind: type[_T], name: str, place: str) -> _T:
    if not isinstance(value, kind):
        raise InputError(f"{name} is {json.dumps(value)[:40]}; {_REMEDY}", place=place)
    return value
