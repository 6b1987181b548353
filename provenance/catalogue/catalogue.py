"""The catalogue: the works that a database knows, their licences, and the segments that are live.

`Catalogue` opens the database and its transactions. Each question is a function of a connection in `inventory`,
`members` or `queries`, each change one in `changes`; here they become methods that open a connection for the call, so
that what is asked is documented where it is answered. Rows of tables never leave this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Connection, Engine

from provenance.catalogue import batches, changes, inventory, queries, schema, tombstones
from provenance.catalogue import members as member_queries
from provenance.catalogue.engine import Access, access_to, make_engine, parse_url, place_of, reader_of, tidy, writer_of
from provenance.catalogue.faults import report_illegible_rows, translate_errors
from provenance.catalogue.records import Member, Phrase
from provenance.errors import DatabaseError
from provenance.works import Claim, Signal, Work

P = ParamSpec("P")
R = TypeVar("R")


def _make_method(
    begin: Callable[[Catalogue], AbstractContextManager[Connection]], function: Callable[Concatenate[Connection, P], R]
) -> Callable[Concatenate[Catalogue, P], R]:
    """Return the method that calls a function with a connection of its own.

    Args:
        begin: begins the transaction: to read, at one moment of the database; or to write, all of it or nothing.
        function: a question or a change.
    """

    @wraps(function)
    def method(self: Catalogue, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with begin(self) as connection:
            return function(connection, *args, **kwargs)

    return method


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
            with catalogue._begin_reading() as connection:
                is_new = access is Access.CREATE and schema.is_empty(connection)
                if not is_new:
                    schema.require_current(connection, parsed)
            if is_new:
                with catalogue._begin_writing() as connection:
                    schema.bring_up(connection, parsed)
        except BaseException:
            catalogue.close()
            raise
        return catalogue

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
    def _begin_reading(self) -> Iterator[Connection]:
        with report_illegible_rows(self.place), translate_errors(self.place), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _begin_writing(self) -> Iterator[Connection]:
        if self.read_only:
            raise DatabaseError(f"catalogue {self.place}: {_WHY_READ_ONLY[self._access]}")
        with translate_errors(self.place), self._writer.begin() as connection:
            yield connection

    def revision(self) -> int:
        """Return a number that every change raises; cheap enough to ask before each check.

        The driver itself is asked, which takes a fifth of the time. Where that fails, the question is asked as all
        others are, whose errors say what is wrong.
        """
        with translate_errors(self.place), suppress(self._engine.dialect.loaded_dbapi.Error):
            if (number := inventory.revision_at_once(self._engine)) is not None:
                return number
        with self._begin_reading() as connection:
            return inventory.revision(connection)

    def verify(self) -> None:
        """Read the whole catalogue, and check its structure where the database can do that itself (SQLite).

        Raises:
            DatabaseError: it is damaged.
        """
        with self._begin_reading() as connection:
            inventory.check(connection, self.place)
            queries.read_all(connection)

    def vacuum(self) -> bool:
        """Wipe what deleted rows have left in the file of SQLite; PostgreSQL looks after its own.

        Return whether all of it is gone; False where another process was reading, so that it is still in the log.
        """
        with translate_errors(self.place):
            return tidy(self._engine)

    identity = _make_method(_begin_reading, inventory.identity)
    state = _make_method(_begin_reading, inventory.state)
    live_ordinals = _make_method(_begin_reading, inventory.live_ordinals)
    segment_names = _make_method(_begin_reading, inventory.segment_names)

    holdings = _make_method(_begin_reading, member_queries.holdings)
    members = _make_method(_begin_reading, member_queries.members)

    content_hashes = _make_method(_begin_reading, queries.content_hashes)
    count_licences = _make_method(_begin_reading, queries.count_licences)
    find_content = _make_method(_begin_reading, queries.find_content)
    works = _make_method(_begin_reading, queries.works)
    works_at = _make_method(_begin_reading, queries.works_at)
    works_in = _make_method(_begin_reading, queries.works_in)
    find_works = _make_method(_begin_reading, queries.find_works)
    search = _make_method(_begin_reading, queries.search)
    unsketched = _make_method(_begin_reading, queries.unsketched)
    location_of = _make_method(_begin_reading, queries.location_of)
    statistics = _make_method(_begin_reading, queries.statistics)

    list_batches = _make_method(_begin_reading, batches.list_batches)
    replaced_phrases = _make_method(_begin_reading, batches.replaced_phrases)
    list_tombstones = _make_method(_begin_reading, tombstones.list_tombstones)
    has_tombstones = _make_method(_begin_reading, tombstones.has_tombstones)
    find_withdrawn = _make_method(_begin_reading, tombstones.find_withdrawn)

    def phrases(self) -> Iterator[tuple[int, Phrase]]:
        """Yield the key of every work that is a phrase, and the phrase, as of one moment."""
        # A generator: its transaction is open until the last phrase has been read.
        with self._begin_reading() as connection:
            yield from queries.phrases(connection)

    def members_of(self, segment: str, demands: member_queries.Demands) -> Iterator[tuple[int, Member]]:
        """Yield every live work of a segment, with the number of its content there, as of one moment."""
        with self._begin_reading() as connection:  # open until the last one has been read, as above
            yield from member_queries.members_of(connection, segment, demands)

    def claims(self, key: int) -> tuple[Claim, ...]:
        """Return everything claimed about one work's licence, in the order of time."""
        with self._begin_reading() as connection:
            return tuple(queries.claims(connection, [key]).get(key, ()))

    def signals(self, key: int) -> tuple[Signal, ...]:
        """Return every reservation seen at one work's source, in the order of recording."""
        with self._begin_reading() as connection:
            return tuple(queries.signals(connection, [key]).get(key, ()))

    commit = _make_method(_begin_writing, changes.commit)
    replace_segments = _make_method(_begin_writing, changes.replace_segments)
    renew_families = _make_method(_begin_writing, changes.renew_families)
    undo = _make_method(_begin_writing, changes.undo)
    withdraw = _make_method(_begin_writing, changes.withdraw)
    trust = _make_method(_begin_writing, changes.trust)
    clear_lost_works = _make_method(_begin_writing, batches.clear_lost_works)
    add_claims = _make_method(_begin_writing, changes.add_claims)
    log_check = _make_method(_begin_writing, changes.log_check)

    def add_claim(self, key: int, claim: Claim) -> Work:
        """Record a claim and return the work with the licence that follows from all its claims.

        Raises:
            UsageError: the work is not there.
        """
        return self.add_claims({key: [claim]})[key]


_NOT_WRITABLE = "the file or its folder is read-only; make both writable, or work on a copy of the database"
_WHY_READ_ONLY = {
    Access.READ: "it was opened for reading only; open it without `read_only`",
    Access.SHARED: _NOT_WRITABLE,
    Access.FROZEN: _NOT_WRITABLE,
}
