"""What does one record of a dataset say about a work?

Maps an object as JSON or Parquet gives it to a `Document`, whatever anybody put into it. It reads no dataset files, and
judges no licence: that is kept as given. Understood besides our own fields: `license`, `author`, `url`, `created`, and
all of them under `metadata` (Dolma, Common Pile); `content`, `code`, `repo_name`, `license_type` and the columns of The
Stack. What stands at the top wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from provenance.errors import InputError
from provenance.works import DEFAULT_COLLECTION, Document, Role, Signal
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

_T = TypeVar("_T")
_NAME, _LINE, _PAGE = 1_000, 10_000, 1_000_000  # characters: what names a thing, what is shown, what is quoted in full
_MANY = 10_000
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


def to_document(record: object, *, place: str, folder: Path) -> Document:
    """Return the work that a record describes.

    Args:
        record: the decoded JSON value or Parquet row.
        place: where it stands, for messages and as the work's last resort of a name.
        folder: what a `path` is relative to and may not leave.

    Raises:
        InputError: a field is missing, of the wrong type, too long, or holds a NUL; names the field.
    """
    fields = _fields(record, place)
    return Document(
        text=_text(fields, folder),
        id=_id(fields),
        title=fields.string("title"),
        authors=_authors(fields),
        year=_year(fields),
        source=_source(fields),
        licence=_licence(fields),
        copyright=fields.string("copyright", limit=_PAGE),
        notice=fields.string("notice", limit=_PAGE),
        language=fields.string("language", limit=_NAME),
        collection=fields.string("collection", limit=_NAME) or DEFAULT_COLLECTION,
        role=_role(fields),
        signals=_signals(fields),
        place=place,
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """A record, with its `metadata` behind it."""

    layers: tuple[tuple[str, Mapping[str, Any]], ...]
    place: str

    def first(self, *names: str) -> tuple[str, Any]:
        """Return the first given field, as its full name and its value; null and blank strings count as not given."""
        for prefix, layer in self.layers:
            for name in names:
                value = layer.get(name)
                if value is not None and not (isinstance(value, str) and (not value or value.isspace())):
                    return f"{prefix}{name}", value
        return names[0], None

    def string(self, *names: str, limit: int = _LINE) -> str | None:
        """Return the first given field, which must be a string of at most `limit` characters."""
        name, value = self.first(*names)
        return None if value is None else self.checked(name, value, limit)

    def checked(self, name: str, value: object, limit: int | None) -> str:
        """Return a string that can be stored: no NUL, no lone surrogate, not too long."""
        if not isinstance(value, str):
            raise self.wrong(name, value, "a string")
        if (zero := value.find("\0")) >= 0:
            raise self.error(f"{name!r} holds a NUL at character {zero}; leave it out")
        if limit is not None and len(value) > limit:
            raise self.error(f"{name!r} is {len(value):,} characters long; at most {limit:,} are stored")
        return _without_surrogates(value)

    def wrong(self, name: str, value: object, wanted: str) -> InputError:
        return self.error(f"{name!r} is {_described(value)}; wanted {wanted}")

    def error(self, message: str) -> InputError:
        return InputError(message, place=self.place)


def _fields(record: object, place: str) -> _Fields:
    fields = _Fields((), place)
    if not isinstance(record, Mapping):
        raise fields.error(f"{_described(record)} where an object with a 'text' is wanted")
    metadata = record.get("metadata")
    if metadata is None:
        return _Fields((("", record),), place)
    if not isinstance(metadata, Mapping):
        raise fields.wrong("metadata", metadata, "an object")
    return _Fields((("", record), ("metadata.", metadata)), place)


def _text(fields: _Fields, folder: Path) -> str:
    record = fields.layers[0][1]
    text = next((record[name] for name in TEXTS if record.get(name) is not None), None)
    path = record.get("path")
    if text is None and path is not None:
        try:
            return read_linked(fields.checked("path", path, _LINE), folder=folder)
        except InputError as error:
            raise fields.error(error.message) from error
    if text is None:
        raise fields.error("no 'text'; each record needs a 'text', or a 'path' to a file that holds it")
    checked = fields.checked("text", text, None)
    if not checked or checked.isspace():
        raise fields.error("'text' is empty; nothing to ingest")
    return checked


def _id(fields: _Fields) -> str | None:
    name, value = fields.first("id")
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 128:
        return str(value)
    return None if value is None else fields.checked(name, value, _NAME)


def _authors(fields: _Fields) -> tuple[str, ...]:
    name, value = fields.first("authors", "author")
    if value is None:
        return ()
    if isinstance(value, str) and name.endswith("author"):
        return (fields.checked(name, value, _LINE),)
    if not isinstance(value, list):
        raise fields.wrong(name, value, "a list of names")
    return tuple(_each(fields, name, value, lambda item, author: fields.checked(item, author, _LINE)))


def _each(fields: _Fields, name: str, values: list[Any], convert: Callable[[str, Any], _T]) -> Iterator[_T]:
    if len(values) > _MANY:
        raise fields.error(f"{name!r} has {len(values):,} entries; at most {_MANY:,} are stored")
    for position, value in enumerate(values):
        if value is not None and value != "":
            yield convert(f"{name}[{position}]", value)


def _year(fields: _Fields) -> int | None:
    name, value = fields.first("year")
    if value is None:
        return _created(fields)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of whole numbers with gaps comes as floats
    if isinstance(value, str) and _YEAR.fullmatch(value):
        value = int(value)  # and many datasets write every field as a string
    if not isinstance(value, int) or isinstance(value, bool):
        raise fields.wrong(name, value, "a whole number")
    if value not in _YEARS:
        raise fields.error(f"{name!r} is {_described(value)}; wanted one from {_YEARS[0]} to {_YEARS[-1]}")
    return value


def _created(fields: _Fields) -> int | None:
    """Return the year of Dolma's best guess of when the text was made, where it begins with one."""
    _, value = fields.first("created")
    if isinstance(value, datetime):
        return value.year
    match = _DATE.match(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def _licence(fields: _Fields) -> str | None:
    """Return the licence as given; of a list every entry counts, since nobody says that one may choose."""
    name, value = fields.first("licence", "license", "licenses", *_STACK_LICENCES)
    if not isinstance(value, list):
        return None if value is None else fields.checked(name, value, _LINE)
    said = list(dict.fromkeys(_each(fields, name, value, lambda item, each: fields.checked(item, each, _NAME))))
    if len(said) > 1:
        said = [f"({each})" if " or " in each.lower() else each for each in said]
    return fields.checked(name, " AND ".join(said), _LINE) if said else None


def _source(fields: _Fields) -> str | None:
    # Dolma keeps the name of the dataset in `source` and the address in `url`.
    source, url = fields.string("source"), fields.string("url")
    return source if source and "://" in source else url or _on_github(fields) or source


def _on_github(fields: _Fields) -> str | None:
    """Return the address of a file in The Stack, or in a dataset made like it: all of them come from GitHub."""
    _, repository = fields.first("max_stars_repo_name", "repo_name")
    _, path = fields.first("max_stars_repo_path", "path")
    _, commit = fields.first("max_stars_repo_head_hexsha", "revision_id")
    if not isinstance(repository, str) or not isinstance(path, str) or not _REPOSITORY.fullmatch(repository):
        return None
    at = commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else "HEAD"
    return f"https://github.com/{repository}/blob/{at}/{quote(path.lstrip('/')[:_NAME])}"


def _role(fields: _Fields) -> Role:
    name, value = _Fields(fields.layers[:1], fields.place).first("role")  # in `metadata` it is who speaks, and the like
    if value is None:
        return Role.WORK
    if value not in tuple(Role):
        raise fields.wrong(name, value, " or ".join(f"{role.value!r}" for role in Role))
    return Role(value)


def _signals(fields: _Fields) -> tuple[Signal, ...]:
    name, value = fields.first("signals")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise fields.wrong(name, value, "a list of objects")
    return tuple(_each(fields, name, value, lambda item, signal: _signal(fields, item, signal)))


def _signal(fields: _Fields, name: str, value: object) -> Signal:
    if not isinstance(value, Mapping):
        raise fields.wrong(name, value, "an object with 'kind' and 'value'")
    signal = _Fields(((f"{name}.", value),), fields.place)
    kind, said = signal.string("kind", limit=_NAME), signal.string("value")
    if kind is None or said is None:
        raise fields.error(f"{name!r} has no {'kind' if kind is None else 'value'!r}; a signal needs both")
    return Signal(kind=kind, value=said, url=signal.string("url"), observed_at=_moment(signal))


def _moment(fields: _Fields) -> datetime | None:
    name, value = fields.first("observed_at")
    if value is None:
        return None
    wanted = "a date and time in ISO 8601, such as 2026-11-20T12:00:00Z"
    if not isinstance(value, str | datetime):
        raise fields.wrong(name, value, wanted)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise fields.wrong(name, value, wanted) from error


def _without_surrogates(text: str) -> str:
    """Return the text with each lone surrogate replaced by U+FFFD, so that offsets stay and it can be stored."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def _described(value: object) -> str:
    """Return what a value is, with as much of it as fits a line."""
    kind = _TYPES.get(type(value), type(value).__name__)
    if isinstance(value, str):
        return f"{kind} ({value[:40]!r}{'…' if len(value) > 40 else ''})"
    if isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= 128):
        return f"{kind} ({value!r})"
    return kind
