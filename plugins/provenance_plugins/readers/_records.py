"""Records of datasets, each an object as JSON or Parquet gives it, as works.

A record is untrusted: each field is checked for type, length and characters. Licences are kept as given, not judged.
Understood besides our own fields: `license`, `author`, `url`, `created`, and all of them under `metadata` (Dolma,
Common Pile); `content`, `code`, `repo_name`, `license_type` and the columns of The Stack. A field at the top wins over
one in `metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from provenance.errors import InputError
from provenance.works import Document, Role, Signal
from provenance_plugins.readers._linked import read_linked

COLUMNS = (
    "id", "text", "path", "title", "authors", "author", "year", "source", "url", "licence", "license", "copyright",
    "notice", "language", "collection", "role", "signals", "metadata", "content", "code", "created", "licenses",
    "detected_licenses", "max_stars_repo_licenses", "repo_name", "max_stars_repo_name", "max_stars_repo_path",
    "max_stars_repo_head_hexsha", "revision_id",
)  # fmt: skip
"""Every field that means something at the top of a record."""

TEXTS = ("text", "content", "code")
"""The fields that may hold the text, the likeliest first."""

# The longest values in characters: what names a thing, what is shown in a line, what is quoted in full.
_NAME, _LINE, _PAGE = 1_000, 10_000, 1_000_000
_MAX_ENTRIES = 10_000
_MAX_BITS = 128  # of a number that is written out: Python takes time quadratic in its digits
_SURROGATE = re.compile("[\ud800-\udfff]")
_YEAR = re.compile(r"-?[0-9]{1,9}")
_DATE = re.compile(r"([12][0-9]{3})(?![0-9])")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_STACK_LICENCES = ("max_stars_repo_licenses", "detected_licenses")
_YEARS = range(-9_999, 10_000)
_TYPES: dict[type, str] = {
    type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list",
    dict: "an object",
}  # fmt: skip


def to_document(value: object, *, place: str, folder: Path) -> Document:
    """Return the work that a record describes.

    Args:
        value: the decoded JSON value or Parquet row.
        place: the record's file and line or row, for messages; also the name of a work that lacks a better one.
        folder: the folder that a `path` is relative to and may not leave.

    Raises:
        InputError: a field is missing, of the wrong type, too long, or holds a NUL; names the field.
    """
    record = _Record((), place)
    if not isinstance(value, Mapping):
        raise record.error(f"{_describe_value(value)} where an object with a 'text' is wanted")
    metadata = value.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise record.type_error("metadata", metadata, "an object")
    record = _Record((("", value), ("metadata.", metadata or {})), place)
    return Document(
        text=record.read_text(folder),
        id=record.read_id(),
        title=record.read_string("title"),
        authors=record.read_authors(),
        year=record.read_year(),
        source=record.read_source(),
        licence=record.read_licence(),
        copyright=record.read_string("copyright", limit=_PAGE),
        notice=record.read_string("notice", limit=_PAGE),
        language=record.read_string("language", limit=_NAME),
        label=record.read_string("collection", limit=_NAME),  # only the operator names the collection of a work
        role=record.read_role(),
        signals=tuple(record.read_signals()),
        place=place,
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """The fields of one record.

    Attributes:
        layers: objects that are asked for a field in turn (the record, its `metadata`), each with the prefix that
            messages put before the names of its fields.
        place: the record's file and line or row, for messages.
    """

    layers: tuple[tuple[str, Mapping[str, Any]], ...]
    place: str

    def find_field(self, *names: str) -> tuple[str, Any]:
        """Return the full name and value of the first given field; null and blank strings count as not given."""
        for prefix, layer in self.layers:
            for name in names:
                value = layer.get(name)
                if value is not None and not (isinstance(value, str) and (not value or value.isspace())):
                    return f"{prefix}{name}", value
        return names[0], None

    def read_string(self, *names: str, limit: int = _LINE) -> str | None:
        """Return the first given field, which must be a string of at most `limit` characters."""
        name, value = self.find_field(*names)
        return None if value is None else self.check_string(name, value, limit)

    def check_string(self, name: str, value: object, limit: int | None) -> str:
        """Return the value of a field as a string that can be stored.

        Raises:
            InputError: it is not a string, holds a NUL, or is longer than `limit` characters.
        """
        if not isinstance(value, str):
            raise self.type_error(name, value, "a string")
        if (zero := value.find("\0")) >= 0:
            raise self.error(f"{name!r} holds a NUL at character {zero}; leave it out")
        if limit is not None and len(value) > limit:
            raise self.error(f"{name!r} is {len(value):,} characters long; at most {limit:,} are stored")
        if not value.isascii():
            try:
                value.encode("utf-8")  # faster than the search, which is needed only where this fails
            except UnicodeEncodeError:  # JSON may escape half of a surrogate pair; one for one, so that offsets stay
                return _SURROGATE.sub("\ufffd", value)
        return value

    def check_entries(self, name: str, values: list[Any]) -> Iterator[tuple[str, Any]]:
        """Yield the name and value of each entry of a list that is neither null nor an empty string."""
        if len(values) > _MAX_ENTRIES:
            raise self.error(f"{name!r} has {len(values):,} entries; at most {_MAX_ENTRIES:,} are stored")
        for position, value in enumerate(values):
            if value is not None and value != "":
                yield f"{name}[{position}]", value

    def type_error(self, name: str, value: object, wanted: str) -> InputError:
        return self.error(f"{name!r} is {_describe_value(value)}; wanted {wanted}")

    def error(self, message: str) -> InputError:
        return InputError(message, place=self.place)

    def read_text(self, folder: Path) -> str:
        # Only the record's own layer: a `text` or `path` in `metadata` is about something else.
        top = self.layers[0][1]
        text = next((top[name] for name in TEXTS if top.get(name) is not None), None)
        path = top.get("path")
        if text is None and path is not None:
            try:
                return read_linked(self.check_string("path", path, _LINE), folder=folder)
            except InputError as error:  # its place is the file; the reader of the message looks for the record
                raise self.error(error.message) from error
        if text is None:
            raise self.error("no 'text'; each record needs a 'text', or a 'path' to a file that holds it")
        checked = self.check_string("text", text, None)
        if not checked or checked.isspace():
            raise self.error("'text' is empty; nothing to ingest")
        return checked

    def read_id(self) -> str | None:
        name, value = self.find_field("id")
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _MAX_BITS:
            return str(value)
        return None if value is None else self.check_string(name, value, _NAME)

    def read_authors(self) -> tuple[str, ...]:
        name, value = self.find_field("authors", "author")
        if value is None:
            return ()
        if isinstance(value, str) and name.endswith("author"):
            return (self.check_string(name, value, _LINE),)
        if not isinstance(value, list):
            raise self.type_error(name, value, "a list of names")
        return tuple(self.check_string(entry, author, _LINE) for entry, author in self.check_entries(name, value))

    def read_year(self) -> int | None:
        name, value = self.find_field("year")
        if value is None:
            # Dolma's best guess of when the text was made, often only a part of a date.
            _, created = self.find_field("created")
            match = _DATE.match(created) if isinstance(created, str) else None
            return created.year if isinstance(created, datetime) else int(match[1]) if match else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a column of whole numbers with gaps comes as floats
        if isinstance(value, str) and _YEAR.fullmatch(value):
            value = int(value)  # and many datasets write every field as a string
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.type_error(name, value, "a whole number")
        if value not in _YEARS:
            raise self.type_error(name, value, f"one from {_YEARS[0]} to {_YEARS[-1]}")
        return value

    def read_source(self) -> str | None:
        # Dolma keeps the name of the dataset in `source` and the address in `url`.
        source, url = self.read_string("source"), self.read_string("url")
        if source and "://" in source:
            return source
        if url:
            return url
        # The files of The Stack, and of datasets made like it, all come from GitHub.
        _, repository = self.find_field("max_stars_repo_name", "repo_name")
        _, path = self.find_field("max_stars_repo_path", "path")
        _, commit = self.find_field("max_stars_repo_head_hexsha", "revision_id")
        if not isinstance(repository, str) or not isinstance(path, str) or not _REPOSITORY.fullmatch(repository):
            return source
        at = commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else "HEAD"
        return f"https://github.com/{repository}/blob/{at}/{quote(path.lstrip('/')[:_NAME])}"

    def read_licence(self) -> str | None:
        """Return the licence as given; all entries of a list apply, since the dataset does not offer a choice."""
        name, value = self.find_field("licence", "license", "licenses", *_STACK_LICENCES)
        if not isinstance(value, list):
            return None if value is None else self.check_string(name, value, _LINE)
        entries = self.check_entries(name, value)
        terms = list(dict.fromkeys(self.check_string(entry, licence, _NAME) for entry, licence in entries))
        if len(terms) > 1:  # AND binds tighter than OR
            terms = [f"({term})" if " or " in term.lower() else term for term in terms]
        return self.check_string(name, " AND ".join(terms), _LINE) if terms else None

    def read_role(self) -> Role:
        # In `metadata`, datasets call the speaker of a conversation a role.
        name, value = _Record(self.layers[:1], self.place).find_field("role")
        if value is None:
            return Role.WORK
        if value not in tuple(Role):
            raise self.type_error(name, value, " or ".join(f"{role.value!r}" for role in Role))
        return Role(value)

    def read_signals(self) -> Iterator[Signal]:
        name, value = self.find_field("signals")
        if value is None:
            return
        if not isinstance(value, list):
            raise self.type_error(name, value, "a list of objects")
        for entry, fields in self.check_entries(name, value):
            if not isinstance(fields, Mapping):
                raise self.type_error(entry, fields, "an object with 'kind' and 'value'")
            signal = _Record(((f"{entry}.", fields),), self.place)
            kind, content = signal.read_string("kind", limit=_NAME), signal.read_string("value")
            if kind is None or content is None:
                raise self.error(f"{entry!r} has no {'kind' if kind is None else 'value'!r}; a signal needs both")
            url, moment = signal.read_string("url"), signal.read_observation_time()
            yield Signal(kind=kind, value=content, url=url, observed_at=moment)

    def read_observation_time(self) -> datetime | None:
        """Return when a signal was observed, in UTC; a time without a zone is taken for UTC."""
        name, value = self.find_field("observed_at")
        if value is None:
            return None
        wanted = "a date and time in ISO 8601, such as 2026-11-20T12:00:00Z"
        if not isinstance(value, str | datetime):
            raise self.type_error(name, value, wanted)
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError) as error:  # OverflowError: in UTC it is before the year 1
            raise self.type_error(name, value, wanted) from error


def _describe_value(value: object) -> str:
    """Return the type of a value in JSON's words, with as much of the value as fits a line."""
    kind = _TYPES.get(type(value), type(value).__name__)
    if isinstance(value, str):
        return f"{kind} ({value[:40]!r}{'…' if len(value) > 40 else ''})"
    if isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= _MAX_BITS):
        return f"{kind} ({value!r})"
    return kind
