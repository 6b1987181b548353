"""Works and what is known about them, as immutable values.

Nothing here reads or writes files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from provenance.errors import UsageError

DEFAULT_COLLECTION = "default"
VENDOR_FOLDERS = frozenset(
    (
        "_vendor", "vendor", "vendored", "third_party", "third-party", "thirdparty", "3rdparty", "node_modules",
        "extern", "_extern", "externals", "deps", "module_utils",
    )
)  # fmt: skip
"""Folders in which package managers and projects keep copies of others' works."""


class LicenceStatus(StrEnum):
    """How much is known about the licence of a work."""

    LICENSED = "licensed"
    PUBLIC_DOMAIN = "public-domain"
    ALL_RIGHTS_RESERVED = "all-rights-reserved"
    UNKNOWN = "unknown"
    CONFLICTING = "conflicting"


class Family(StrEnum):
    """Licences that a person complies with in the same way, the least demanding first."""

    PUBLIC_DOMAIN = "public-domain"
    UNCONDITIONAL = "unconditional"
    ATTRIBUTION = "attribution"
    CREATIVE_COMMONS = "creative-commons"
    PERMISSIVE = "permissive"
    APACHE = "apache"
    SHARE_ALIKE = "share-alike"
    WEAK_COPYLEFT = "weak-copyleft"
    COPYLEFT = "copyleft"
    NETWORK_COPYLEFT = "network-copyleft"
    RESTRICTED = "restricted"
    OTHER = "other"


class Basis(StrEnum):
    """What a licence claim rests on; `DEFAULT` is what the operator said of the works that say nothing."""

    DECLARED = "declared"
    DETECTED = "detected"
    CURATED = "curated"
    INHERITED = "inherited"
    DEFAULT = "default"


class Scope(StrEnum):
    """What a licence claim is about, the nearest to the work first.

    `WORK` is the work itself, `FOLDER` the files of a folder that it is in, `PACKAGE` the package or repository that it
    belongs to. `PART` is anything else that the words may speak of: bundled parts, a figure, a comment, a dependency,
    another work. Such a claim is kept and shown, and never decides.
    """

    WORK = "work"
    FOLDER = "folder"
    PACKAGE = "package"
    PART = "part"


class Sensitivity(StrEnum):
    """How densely an index samples its works.

    With `fine`, short and edited copies are found better; `wide` has half as many entries, for very large databases.
    """

    FINE = "fine"
    WIDE = "wide"


class Keep(StrEnum):
    """How much of a work the database holds."""

    FINGERPRINTS = "fingerprints"
    TOKENS = "tokens"
    TEXT = "text"

    @property
    def sensitivity(self) -> Sensitivity:
        """Return how densely works kept like this are sampled, unless asked otherwise."""
        # shingles of five tokens could be put together to the text: see docs/ingest.md
        return Sensitivity.WIDE if self is Keep.FINGERPRINTS else Sensitivity.FINE


class Role(StrEnum):
    """How a check treats a work: like any other, or as boilerplate, which never needs a notice."""

    WORK = "work"
    BOILERPLATE = "boilerplate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A dated reservation seen at the source (TDMRep, robots, RSL, ai.txt): recorded, never treated as a licence.

    Attributes:
        kind: the kind of reservation.
        value: what it says.
        url: where it was seen.
        observed_at: when it was seen.
    """

    kind: str
    value: str
    url: str | None = None
    observed_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the signal in its JSON form."""
        moment = self.observed_at.astimezone(UTC).isoformat() if self.observed_at else None
        return {"kind": self.kind, "value": self.value, "url": self.url, "observed_at": moment}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A work on its way in: text and metadata as a reader found it.

    Args:
        text: the whole text.
        id: the name of the work in its collection. By default it is `source`, else `place`, else the hash of the
            content. To ingest a work with the same collection and id again replaces it.
        title: as declared.
        authors: as declared.
        year: as declared.
        source: as declared: a URL, or any reference to where the work came from.
        licence: an SPDX expression, `public-domain`, `all-rights-reserved`, `unknown`, or any string as found.
        copyright: the copyright line, verbatim.
        notice: the NOTICE text, verbatim.
        language: as declared.
        collection: the data set that it belongs to, as the caller names it. With the id it says which work this is.
        label: the name that the record itself gives its collection. It is shown and searched, and decides nothing.
        role: how a check treats it; only that of a trusted ingest counts.
        signals: the reservations seen at its source.
        declarations: other machine-readable statements about its rights in the file, as (name, value), such as
            ("link rel=license", URL) or ("dc:rights", "…"). A reader only collects them; plugins interpret them.
        place: where a reader found it (`books.jsonl:7`), for messages.
        file: the file whose whole content is the work, if there is one; not compared.
        root: the ingested folder that has the file; detectors may look around in it. Not compared.
        claims: what is known about the licence besides what `licence` declares.
    """

    text: str
    id: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    source: str | None = None
    licence: str | None = None
    copyright: str | None = None
    notice: str | None = None
    language: str | None = None
    collection: str = DEFAULT_COLLECTION
    label: str | None = None
    role: Role = Role.WORK
    signals: tuple[Signal, ...] = ()
    declarations: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    file: Path | None = field(default=None, compare=False, repr=False)
    root: Path | None = field(default=None, compare=False, repr=False)
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.authors, str):  # type: ignore[unreachable]  # the annotation does not stop a caller
            raise UsageError(f"authors must be a list of names, not {self.authors!r}; write authors=[{self.authors!r}]")
        object.__setattr__(self, "authors", tuple(self.authors))
        if self.role not in tuple(Role):
            raise UsageError(f"role is {self.role!r}; it must be one of {', '.join(map(repr, map(str, Role)))}")
        object.__setattr__(self, "role", Role(self.role))

    @property
    def content_hash(self) -> bytes:
        """BLAKE2b of the text, 16 bytes."""
        return hashlib.blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    @property
    def source_id(self) -> str:
        """The name of the work in its collection."""
        return self.id or self.source or self.place or f"blake2b:{self.content_hash.hex()}"

    @property
    def is_carried(self) -> bool:
        """Whether a folder below the ingested one says that it is a copy of another work, as of vendored code.

        >>> Document(text="", id="pip/_vendor/six.py").is_carried
        True
        >>> Document(text="", id="file:///home/ann/vendor/kettle/pot.py").is_carried
        False
        """
        if self.file and self.root and self.file.is_relative_to(self.root):
            path = self.file.relative_to(self.root).as_posix()
        else:  # of an archive's file the path in the archive counts, of a single file no folder
            _, packed, inside = self.source_id.rpartition("!/")
            path = inside if packed or not inside.startswith("file:") else ""
        return not VENDOR_FOLDERS.isdisjoint(path.casefold().split("/")[:-1])

    @property
    def key(self) -> int:
        """The work's key, see `work_key`."""
        return work_key(self.collection, self.source_id)


def work_key(collection: str, source_id: str) -> int:
    """Return the deterministic key of a work: 63 bits of BLAKE2b over collection and source id, never 0."""
    name = f"{collection}\0{source_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big") >> 1 or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement about a work's licence. Claims are kept, never overwritten.

    Attributes:
        status: what is claimed.
        licence: an SPDX expression, or the string as found, where the claim names one.
        basis: what the claim rests on.
        evidence: a quotation that shows it, with its place.
        who: the person or detector that makes the claim.
        when: the moment of the claim.
        confidence: from 0 to 1, how sure it is.
        scope: what it is about.
    """

    status: LicenceStatus
    licence: str | None
    basis: Basis
    evidence: str | None = None
    who: str | None = None
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
    confidence: float = 1.0
    scope: Scope = Scope.WORK

    def to_dict(self) -> dict[str, Any]:
        """Return the claim in its JSON form."""
        return {
            "status": self.status.value, "licence": self.licence, "basis": self.basis.value,
            "evidence": self.evidence, "who": self.who, "when": self.when.astimezone(UTC).isoformat(),
            "confidence": self.confidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a detector found out about one work.

    Attributes:
        claims: about its licence, with the evidence.
        copyright: copyright lines, verbatim.
        title: used if the work does not declare one.
        authors: used if the work does not declare any.
        notice: the NOTICE text, used if the work does not declare one.
        signals: reservations, which are never treated as a licence.
    """

    claims: tuple[Claim, ...] = ()
    copyright: tuple[str, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] = ()
    notice: str | None = None
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A work in the database, with its current licence status.

    Attributes:
        key: 63-bit key, see `work_key`.
        id: the name it was ingested under.
        collection: the set of works it belongs to.
        title: as declared, else as detected.
        authors: as declared, else as detected.
        year: as declared.
        source: a URL, or any reference to where it came from.
        status: how much is known about its licence.
        licence: SPDX expression (or the string as given) where the status is `licensed`, `unknown` or `conflicting`;
            else None.
        copyright: copyright lines, verbatim.
        notice: the NOTICE text, verbatim.
        language: as declared.
        tokens: its length in tokens.
        characters: its length in code points.
        keep: how much of it the database holds.
        ingested_at: the moment of its latest ingest.
        role: how a check treats it.
        trusted: does the operator vouch for what it says of itself?
        label: the name that its record gave the collection, which need not be the operator's.
        claims: those that disagree, where the status is `conflicting`; else none.
    """

    key: int
    id: str
    collection: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None
    source: str | None
    status: LicenceStatus
    licence: str | None
    copyright: str | None
    notice: str | None
    language: str | None
    tokens: int
    characters: int
    keep: Keep
    ingested_at: datetime
    role: Role = Role.WORK
    trusted: bool = False
    label: str | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def trust(self) -> str:
        """Whether the operator vouches for it, in a word."""
        return "trusted" if self.trusted else "untrusted"

    def to_dict(self, *, credited: bool = True) -> dict[str, Any]:
        """Return the fields of a work that a report shows; the claims only where they disagree.

        Args:
            credited: include the copyright line and the NOTICE text, which may be long.
        """
        kept = {"copyright": self.copyright, "notice": self.notice} if credited else {}
        claims = {"claims": [claim.to_dict() for claim in self.claims]} if self.claims else {}
        return {
            "id": self.id, "title": self.title, "authors": list(self.authors), "year": self.year,
            "source": self.source, "licence": self.licence, "status": self.status.value,
            "collection": self.collection, **{name: text for name, text in kept.items() if text}, **claims,
        }  # fmt: skip
