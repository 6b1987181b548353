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
from typing import Any, BinaryIO, TypeVar

from provenance.errors import InputError
from provenance.reports import Action, Report
from provenance.works import Keep, LicenceStatus, Work, work_key

MAX_BYTES = 256 << 20
"""A report, or a file that is one report, may be so long."""

_WHEN = datetime(1970, 1, 1, tzinfo=UTC)
_REMEDY = "expected a report as `provenance check --format json` writes it"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What a log says of one answer.

    Attributes:
        works: the credited work of each passage that was noticed. checked: False where the check had failed.
    """

    works: tuple[Work, ...]
    checked: bool


def logged(report: Report) -> Logged:
    """Return what a log would say of a report."""
    return Logged(works=tuple(finding.passage.origin for finding in report.findings), checked=report.checked)


def read_logs(path: Path, place: str) -> Iterator[Logged | InputError]:
    """Yield what each report in a file says, and an error for each thing in it that is none.

    Args:
        path: one report, a list of them, or one a line. place: what messages call the file.
    """
    try:
        with path.open("rb") as file:
            yield from _reports(file, place)
    except OSError as error:
        yield InputError(f"{error.strerror or error}; name a file of reports", place=place)


def _reports(file: BinaryIO, place: str) -> Iterator[Logged | InputError]:
    first = file.readline(MAX_BYTES)
    if not _is_json(first):  # not one report a line, so the file as a whole is one, or a list of them
        yield from _decoded(first + file.read(MAX_BYTES), place)
        return
    number = 1
    line = first
    while line:
        if line.strip():
            yield from _decoded(line, f"{place}:{number}")
        line = file.readline(MAX_BYTES)
        number += 1


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(data: bytes, place: str) -> Iterator[Logged | InputError]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        yield InputError(f"not JSON ({str(error)[:100]}); {_REMEDY}", place=place)
        return
    for position, report in enumerate(value if isinstance(value, list) else [value]):
        where = f"{place}[{position}]" if isinstance(value, list) else place
        try:
            yield _logged(report, where)
        except InputError as error:
            yield error


def _logged(report: object, place: str) -> Logged:
    fields = _typed(report, dict, "a report", place)
    if fields.get("schema") != 1:
        raise InputError(f"its schema is {str(fields.get('schema'))[:40]!r}, not 1; {_REMEDY}", place=place)
    findings = _typed(fields.get("findings"), list, "findings", place)
    noticed = (finding for finding in findings if not _is_ignored(finding))
    return Logged(works=tuple(_origin(finding, place) for finding in noticed), checked=fields.get("error") is None)


def _is_ignored(finding: object) -> bool:
    return isinstance(finding, dict) and finding.get("action") == Action.IGNORE


def _origin(finding: object, place: str) -> Work:
    sources = _typed(_typed(finding, dict, "a finding", place).get("sources"), list, "sources", place)
    if not sources:
        raise InputError(f"a finding has no sources; {_REMEDY}", place=place)
    source = _typed(sources[0], dict, "a source", place)
    return _work(_typed(source.get("work"), dict, "a work", place), place)


def _work(fields: Mapping[str, Any], place: str) -> Work:
    """Return the work that a report describes; what a report does not tell of it is left empty."""
    name, collection = _string(fields, "id", place) or "", _string(fields, "collection", place) or ""
    authors = _typed(fields.get("authors", []), list, "authors", place)
    return Work(
        key=work_key(collection, name), id=name, collection=collection, title=_string(fields, "title", place),
        authors=tuple(_typed(author, str, "an author", place) for author in authors), year=_year(fields, place),
        source=_string(fields, "source", place), status=_status(fields, place),
        licence=_string(fields, "licence", place), copyright=_string(fields, "copyright", place),
        notice=_string(fields, "notice", place), language=None, tokens=0, characters=0, keep=Keep.FINGERPRINTS,
        ingested_at=_WHEN,
    )  # fmt: skip


def _status(fields: Mapping[str, Any], place: str) -> LicenceStatus:
    status = _string(fields, "status", place)
    if status not in set(LicenceStatus):
        raise InputError(f"a work's status is {str(status)[:40]!r}; {_REMEDY}", place=place)
    return LicenceStatus(status)


def _year(fields: Mapping[str, Any], place: str) -> int | None:
    return None if fields.get("year") is None else _typed(fields["year"], int, "year", place)


def _string(fields: Mapping[str, Any], name: str, place: str) -> str | None:
    return None if fields.get(name) is None else _typed(fields[name], str, name, place)


def _typed(value: object, kind: type[_T], name: str, place: str) -> _T:
    if not isinstance(value, kind):
        raise InputError(f"{name} is {json.dumps(value)[:40]}; {_REMEDY}", place=place)
    return value
