"""The tables of the catalogue, as SQLAlchemy declares them, and how our types are stored in them.

Rows of these tables never leave this package. The tables themselves are made by the scripts in `migrations/`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from provenance.catalogue.records import in_utc
from provenance.works import Basis, Keep, LicenceStatus, Role

NAME_LENGTH = 600
"""Longest name of a creator or collection, in characters: PostgreSQL indexes at most 2,700 bytes."""

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def plain(value: str) -> str:
    """Return the string as both databases can store it: NUL and lone surrogates become U+FFFD."""
    if value.isascii() and "\0" not in value:
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


class PlainText(TypeDecorator[str]):
    """Text from outside; see `plain`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Return the value as it is stored."""
        return None if value is None else plain(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops the time zone, so it is put back on the way out; a naive value counts as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the value as it is stored."""
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the value as it is handed out."""
        return None if value is None else in_utc(value)


def _enum_type(values: type[StrEnum]) -> Enum:
    """Return the column type of one of our enumerations: its value as text, so that a new value needs no migration."""
    return Enum(
        values,
        native_enum=False,
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


# SQLite numbers its rows by a column of exactly the type INTEGER; BIGINT would cost a second index.
_BigKey = BigInteger().with_variant(Integer, "sqlite")

WorkKey = Annotated[int, mapped_column(_BigKey, ForeignKey("works.key", ondelete="CASCADE"))]
Number = Annotated[int, mapped_column(_BigKey, primary_key=True)]

# SQLite then keeps the rows in the order of the primary key, and not once more beside it.
_CLUSTERED = {"sqlite_with_rowid": False}


class Base(DeclarativeBase):
    """What all tables share: names for every constraint (SQLite cannot alter unnamed ones), and our types."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: PlainText(),
        int: BigInteger(),
        bytes: LargeBinary(),
        datetime: Moment(),
        LicenceStatus: _enum_type(LicenceStatus),
        Basis: _enum_type(Basis),
        Keep: _enum_type(Keep),
        Role: _enum_type(Role),
    }


class CollectionRow(Base):
    """A named set of works."""

    __tablename__ = "collections"
    id: Mapped[Number]
    name: Mapped[str] = mapped_column(unique=True)


class WorkRow(Base):
    """A work. `status` and `licence` are derived from its claims and kept here for reading."""

    __tablename__ = "works"
    __table_args__ = (Index("ix_works_source_id", "source_id"),)
    key: Mapped[int] = mapped_column(_BigKey, primary_key=True, autoincrement=False)
    source_id: Mapped[str]
    collection_id: Mapped[int] = mapped_column(ForeignKey("collections.id"))
    title: Mapped[str | None]
    year: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str | None]
    status: Mapped[LicenceStatus]
    licence: Mapped[str | None]
    copyright: Mapped[str | None]
    notice: Mapped[str | None]
    language: Mapped[str | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    tokens: Mapped[int]
    characters: Mapped[int]
    keep: Mapped[Keep]
    ingested_at: Mapped[datetime]
    place: Mapped[str | None]
    role: Mapped[Role] = mapped_column(server_default=Role.WORK.value)
    label: Mapped[str | None]
    trusted: Mapped[bool] = mapped_column(Boolean, server_default=false())
    carried: Mapped[bool] = mapped_column(Boolean, server_default=false())
    basis: Mapped[Basis | None]
    family: Mapped[int] = mapped_column(server_default="0")
    sketch: Mapped[bytes | None]
    added_by: Mapped[int] = mapped_column(server_default="0")
    changed_by: Mapped[int] = mapped_column(server_default="0")


class CreatorRow(Base):
    """A person or body that made works."""

    __tablename__ = "creators"
    id: Mapped[Number]
    name: Mapped[str] = mapped_column(unique=True)


class WorkCreatorRow(Base):
    """Who made a work, in the order given."""

    __tablename__ = "work_creators"
    __table_args__ = _CLUSTERED
    work_key: Mapped[WorkKey] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    creator_id: Mapped[int] = mapped_column(ForeignKey("creators.id"), index=True)


class ClaimRow(Base):
    """One statement about a work's licence; only ever added."""

    __tablename__ = "claims"
    id: Mapped[Number]
    work_key: Mapped[WorkKey] = mapped_column(index=True)
    status: Mapped[LicenceStatus]
    licence: Mapped[str | None]
    basis: Mapped[Basis]
    evidence: Mapped[str | None]
    who: Mapped[str | None]
    when_: Mapped[datetime]
    confidence: Mapped[float]
    batch_id: Mapped[int | None]


class SignalRow(Base):
    """A reservation seen at a work's source."""

    __tablename__ = "signals"
    id: Mapped[Number]
    work_key: Mapped[WorkKey] = mapped_column(index=True)
    kind: Mapped[str]
    value: Mapped[str]
    url: Mapped[str | None]
    observed_at: Mapped[datetime | None]


class BatchRow(Base):
    """One ingest: what it was called, and what it did."""

    __tablename__ = "batches"
    id: Mapped[Number]
    when_: Mapped[datetime]
    what: Mapped[str]
    trusted: Mapped[bool]
    added: Mapped[int]
    replaced: Mapped[int]
    unchanged: Mapped[int]
    licence_changed: Mapped[int]
    title_changed: Mapped[int]
    left_out: Mapped[int]
    undone_at: Mapped[datetime | None]


class ReplacedWorkRow(Base):
    """A work as it was before a batch changed it, as JSON, so that the batch can be undone."""

    __tablename__ = "replaced_works"
    __table_args__ = _CLUSTERED
    batch_id: Mapped[int] = mapped_column(_BigKey, ForeignKey("batches.id"), primary_key=True)
    work_key: Mapped[int] = mapped_column(_BigKey, primary_key=True, index=True)
    before: Mapped[str]


class TombstoneRow(Base):
    """A withdrawn work: what keeps it out of later ingests until one lets it in again, who withdrew it, and why."""

    __tablename__ = "tombstones"
    __table_args__ = (Index("ix_tombstones_source", "source"),)
    id: Mapped[Number]
    work_key: Mapped[int] = mapped_column(_BigKey, index=True)
    collection: Mapped[str]
    source_id: Mapped[str]
    source: Mapped[str | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    title: Mapped[str | None]
    reason: Mapped[str | None]
    who: Mapped[str | None]
    when_: Mapped[datetime]
    readmitted_by: Mapped[int | None]


class FamilyKeyRow(Base):
    """A value that works of one family share: of a sketch, of a content, of a licence with a copyright line."""

    __tablename__ = "family_keys"
    __table_args__ = _CLUSTERED
    value: Mapped[int] = mapped_column(primary_key=True)
    family: Mapped[int] = mapped_column(primary_key=True)


class SegmentRow(Base):
    """A live index file. A file that is not named here is an orphan."""

    __tablename__ = "segments"
    id: Mapped[Number]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    works: Mapped[int]
    tokens: Mapped[int]
    size_bytes: Mapped[int]
    tokenizer: Mapped[str]
    digest: Mapped[str]


class SegmentMemberRow(Base):
    """A work's place in a segment. It outlives the work, as a deleted member, until the segment is compacted."""

    __tablename__ = "segment_members"
    __table_args__ = (
        Index(
            "ix_segment_members_dead",
            "live",  # or SQLite does not see that the index covers the query
            "segment_id",
            "ordinal",
            sqlite_where=text("live = 0"),
        ),
        _CLUSTERED,
    )
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    work_key: Mapped[int] = mapped_column(primary_key=True, index=True)
    live: Mapped[bool]


class PhraseRow(Base):
    """The content of a work that is too short for a segment.

    `tokens` are little-endian uint16; where none are kept, `fingerprint` (signed) is that of all of them, and `length`
    their number.
    """

    __tablename__ = "phrases"
    work_key: Mapped[WorkKey] = mapped_column(primary_key=True)
    tokens: Mapped[bytes]
    text: Mapped[str | None]
    fingerprint: Mapped[int | None]
    length: Mapped[int | None] = mapped_column(Integer)


class CanaryRow(Base):
    """A fingerprint that must be found in a segment; stored signed, as SQL knows signed 64-bit numbers only."""

    __tablename__ = "canaries"
    __table_args__ = _CLUSTERED
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)
    fingerprint: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)


class CheckRow(Base):
    """A check that was made, with the hash of the text and not the text."""

    __tablename__ = "check_log"
    id: Mapped[Number]
    when_: Mapped[datetime]
    text_hash: Mapped[bytes]
    characters: Mapped[int]
    findings: Mapped[int]
    revision: Mapped[int] = mapped_column("generation")  # its name in the first migration


class MetaRow(Base):
    """Facts about the database: `generation` (the revision), `indexed_at`, and the totals `works` and `tokens`."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]


_POSTGRESQL: dict[str, dict[str, object]] = {
    # A hash index, because a source id may be longer than a B-tree of PostgreSQL takes.
    "ix_works_source_id": {"using": "hash"},
    "ix_tombstones_source": {"using": "hash"},
    "ix_segment_members_dead": {"where": text("NOT live")},
}


def add_postgresql_options() -> None:
    """Give the indexes what they have on PostgreSQL alone; only who compares or makes tables needs it.

    As arguments of `Index` they would import that dialect, which takes a tenth of the time of a small check.
    """
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"].update(_POSTGRESQL.get(str(index.name), {}))


def table_of(row: type[Base]) -> Table:
    """Return the table that rows of the class are in."""
    table = row.__table__
    assert isinstance(table, Table)  # noqa: S101 - says so to the type checker; nothing else can be mapped here
    return table
