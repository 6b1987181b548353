"""The catalogue: which works does a database know, under which licence, and which segments are live?

Opens, locks, reads and writes; what is read and written is in `inventory`, `reading` and `writing`. Rows never leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine

from provenance.catalogue import changes, inventory, members, queries, schema
from provenance.catalogue.engine import Access, access_to, make_engine, parse_url, place_of, reader_of, tidy, writer_of
from provenance.catalogue.faults import legible, translated
from provenance.catalogue.members import Demands
from provenance.catalogue.queries import Content
from provenance.catalogue.records import (
    Batch,
    Commit,
    Holding,
    Location,
    Member,
    Phrase,
    Replacement,
    State,
    Statistics,
)
from provenance.errors import DatabaseError
from provenance.works import Claim, Keep, Signal, Work


class Catalogue:
    """An open catalogue. May be used by several threads; a forked process gets connections of its own.

    Every method raises `DatabaseError` (`DatabaseBusyError` where waiting helps) if the database fails.

    Attributes:
        place: the file, or the URL without the password, for messages.
        read_only: can it not be written?
    """

    def __init__(self, engine: Engine, url: URL, access: Access) -> None:
        self.place = place_of(url)
        self.read_only = access not in (Access.CREATE, Access.WRITE)
        self._access = access
        self._engine = engine
        self._reader, self._writer = reader_of(engine), writer_of(engine)

    @classmethod
    def open(cls, url: str, *, create: bool = False, read_only: bool = False) -> Self:
        """Open the catalogue at a URL: `sqlite:////folder/catalogue.sqlite` or `postgresql://user@host/database`.

        A catalogue in a folder that cannot be written is opened for reading only.

        Args:
            create: make it where there is none; one that is there is opened as it is.
            read_only: refuse every change.

        Raises:
            DatabaseNotFoundError: there is none, or the file is not a database.
            SchemaError: it was written by an older or a newer release.
        """
        parsed = parse_url(url)
        access = access_to(parsed, create=create, read_only=read_only)
        catalogue = cls(make_engine(parsed, access), parsed, access)
        try:
            catalogue._prepare(parsed)
        except BaseException:
            catalogue.close()
            raise
        return catalogue

    def _prepare(self, url: URL) -> None:
        """Make the tables of a new database; check those of an existing one."""
        with self._reading() as connection:
            new = self._access is Access.CREATE and schema.is_empty(connection)
            if not new:
                schema.require_current(connection, url)
        if new:
            with self._writing() as connection:
                schema.bring_up(connection, url)

    def close(self) -> None:
        """Close every connection; the catalogue cannot be used any more."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with legible(self.place), translated(self.place), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self.read_only:
            raise DatabaseError(f"catalogue {self.place}: {_WHY_READ_ONLY[self._access]}")
        with translated(self.place), self._writer.begin() as connection:
            yield connection

    def revision(self) -> int:
        """Return a number that every change raises; cheap enough to ask before each check.

        The driver is asked itself, in a fifth of the time. Should that fail, the way of all others says what is wrong.
        """
        with translated(self.place), suppress(self._engine.dialect.loaded_dbapi.Error):
            if (number := inventory.revision_at_once(self._engine)) is not None:
                return number
        with self._reading() as connection:
            return inventory.revision(connection)

    def identity(self) -> str:
        """Return a name that no other catalogue has, drawn when it was made."""
        with self._reading() as connection:
            return inventory.facts(connection)["identity"]

    def verify(self) -> None:
        """Read the whole catalogue, and check its structure where the database can do that itself (SQLite).

        Raises:
            DatabaseError: it is damaged.
        """
        with self._reading() as connection:
            inventory.check(connection, self.place)
            queries.read_all(connection)

    def state(self) -> State:
        """Return what is to be searched, as of one moment."""
        with self._reading() as connection:
            return inventory.state(connection)

    def commit(self, batch: Batch) -> Commit:
        """Add segments and works in one transaction: all of the batch or nothing.

        A work whose key is there already is replaced: its metadata and content change, its claims are kept, and new
        ones are added unless they only repeat what was said. Of two works with one key in the batch the later one
        counts.

        Raises:
            UsageError: a work names a segment that is nowhere, or a segment is there already.
        """
        with self._writing() as connection:
            return changes.commit(connection, batch, now=datetime.now(UTC))

    def replace_segments(self, replacement: Replacement) -> int:
        """Let new segments take the place of old ones in one transaction; return the new revision.

        Raises:
            UsageError: an old segment is not here, a new one is, or a live member of an old one is moved nowhere.
        """
        with self._writing() as connection:
            return changes.replace_segments(connection, replacement)

    def live_ordinals(self, segment: str) -> list[int]:
        """Return, ascending, the contents of a segment that live works have."""
        with self._reading() as connection:
            return inventory.live_ordinals(connection, segment)

    def vacuum(self) -> bool:
        """Wipe what deleted rows have left in the file of SQLite; PostgreSQL looks after its own.

        Return whether all of it is gone; False where somebody was reading, so that it is still in the log.
        """
        with translated(self.place):
            return tidy(self._engine)

    def known(self, keys: Iterable[int]) -> dict[int, tuple[bytes, Keep]]:
        """Return content hash and keep level of those of the works that are here."""
        with self._reading() as connection:
            return queries.known(connection, keys)

    def find_content(self, hashes: Iterable[bytes], keep: Keep) -> dict[bytes, Content]:
        """Return (place, tokens, characters) of those contents that a live work has at this keep level."""
        with self._reading() as connection:
            return queries.find_content(connection, hashes, keep)

    def segment_names(self) -> set[str]:
        """Return the names of all live segments; a segment file of another name is an orphan."""
        with self._reading() as connection:
            return inventory.segment_names(connection)

    def resolve(self, locations: Iterable[Location]) -> dict[Location, tuple[Work, ...]]:
        """Return, for each place, all live works that have their content there.

        The earliest year comes first, works without a year last, then by key. A place nobody uses has no works.
        """
        with self._reading() as connection:
            return queries.resolve(connection, locations)

    def holdings(self, locations: Iterable[Location], demands: Demands) -> dict[Location, Holding]:
        """Return, for each place, the first of the live works that have their content there, and how many there are.

        However many they are, few are read. A place nobody uses has no works.
        """
        with self._reading() as connection:
            return members.holdings(connection, locations, demands)

    def members(self, keys: Iterable[int], demands: Demands) -> dict[int, Member]:
        """Return what is known at a glance of those of the works that are here."""
        with self._reading() as connection:
            return members.members(connection, keys, demands)

    def works(self, keys: Iterable[int]) -> dict[int, Work]:
        """Return those of the works that are here."""
        with self._reading() as connection:
            return queries.works(connection, keys)

    def work(self, name: str) -> tuple[Work, ...]:
        """Return the works called so: by source id (of any collection), or by key in decimal or 16 hex digits."""
        with self._reading() as connection:
            return queries.named(connection, name)

    def place_of(self, key: int) -> Location | None:
        """Return where a work has its content; None where it is a phrase, or not here."""
        with self._reading() as connection:
            return queries.place(connection, key)

    def search(self, query: str | None = None, *, limit: int = 50, offset: int = 0) -> tuple[Work, ...]:
        """Return works, by title, that have the query in title, id, source, licence or a creator's name.

        Case does not count. Without a query, every work.
        """
        with self._reading() as connection:
            return queries.search(connection, query, limit=limit, offset=offset)

    def phrases(self) -> Iterator[tuple[int, Phrase]]:
        """Yield the key of every work that is a phrase, and the phrase, as of one moment."""
        with self._reading() as connection:
            yield from queries.phrases(connection)

    def claims(self, key: int) -> tuple[Claim, ...]:
        """Return everything claimed about a work's licence, in the order of time."""
        with self._reading() as connection:
            return tuple(queries.claims(connection, [key]).get(key, ()))

    def signals(self, key: int) -> tuple[Signal, ...]:
        """Return every reservation seen at a work's source, in the order of recording."""
        with self._reading() as connection:
            return tuple(queries.signals(connection, [key]).get(key, ()))

    def add_claim(self, key: int, claim: Claim) -> Work:
        """Record a claim and return the work with the licence that follows from all its claims.

        Raises:
            UsageError: there is no such work.
        """
        return self.add_claims({key: [claim]})[key]

    def add_claims(self, claims: Mapping[int, Iterable[Claim]]) -> dict[int, Work]:
        """Record claims about works in one transaction, and return the works as they are then.

        Raises:
            UsageError: one of the works is not there; nothing was recorded.
        """
        with self._writing() as connection:
            return changes.add_claims(connection, claims)

    def withdraw(self, key: int) -> bool:
        """Take a work out of every result, with all that is known about it; return whether it was there."""
        with self._writing() as connection:
            return changes.withdraw(connection, key)

    def statistics(self) -> Statistics:
        """Return counts for people."""
        with self._reading() as connection:
            return queries.statistics(connection)

    def log_check(self, text_hash: bytes, characters: int, findings: int, revision: int) -> None:
        """Record that a text was checked: its hash, not the text."""
        with self._writing() as connection:
            changes.log_check(
                connection,
                text_hash=text_hash,
                characters=characters,
                findings=findings,
                revision=revision,
                now=datetime.now(UTC),
            )


_NOT_WRITABLE = "the file or its folder is read-only; make both writable, or work on a copy of the database"
_WHY_READ_ONLY = {
    Access.READ: "it was opened for reading only; open it without `read_only`",
    Access.SHARED: _NOT_WRITABLE,
    Access.FROZEN: _NOT_WRITABLE,
}
