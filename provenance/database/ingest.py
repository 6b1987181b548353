"""Ingest of documents: portion by portion into segments, then all at once into the catalogue.

Metadata of the whole run is held until the commit (about 1 kB a work); texts only of portions that wait for a builder.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from provenance import licences
from provenance.catalogue import (
    Batch,
    Canary,
    Catalogue,
    Commit,
    Location,
    NewWork,
    Phrase,
    SegmentRecord,
    Stored,
    Tombstone,
)
from provenance.database.build import Order, Portion, build_segments
from provenance.database.segment_files import canaries_of, discard, flush, record_of
from provenance.errors import InputError
from provenance.index import SegmentSummary
from provenance.works import Basis, Claim, Document, Keep, Role, Sensitivity

BATCH_CHARACTERS = 32_000_000
BATCH_WORKS = 20_000
_PORTION_CHARACTERS = 1_000_000
_PORTION_WORKS = 2_000
_MOST_CLAIMS = 100  # of documents that are one work; a hostile source may repeat it any number of times
_LONGEST_NAME = 200

Detect = Callable[[Document], Document]
"""Returns a document with what detectors found out about it added."""

Progress = Callable[[int, int], None]
"""Called with the number of characters and of works that are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What an ingest did.

    Attributes:
        added: the number of new works.
        replaced: the number of works whose text is another than before.
        unchanged: the number of works that had the same text before; their metadata is new.
        tokens: in all works of this run.
        characters: in all works of this run.
        revision: that of the database after it.
        batch: the number to undo it by; 0 where it changed nothing.
        licence_changed: the number of works that were there under another licence.
        title_changed: the number of works that were there under another title.
        left_out: the number of documents that were left out because they were withdrawn before.
        problems: what was passed over, and where.
        warnings: what was ingested but is not as it should be.
        licences: the licences of the works of this run, the most frequent first, and how many have each.
    """

    added: int
    replaced: int
    unchanged: int
    tokens: int
    characters: int
    revision: int
    problems: tuple[InputError, ...]
    warnings: tuple[str, ...]
    batch: int = 0
    licence_changed: int = 0
    title_changed: int = 0
    left_out: int = 0
    licences: Mapping[str, int] = field(default_factory=dict)


class IngestInterruptedError(KeyboardInterrupt):
    """Ctrl-C ended an ingest. The works of `result` are committed; the same ingest, run again, adds the others."""

    def __init__(self, result: IngestResult) -> None:
        super().__init__("the ingest was interrupted; run it again to go on")
        self.result = result


@dataclass(frozen=True, slots=True)
class _Content:
    stored: Stored
    tokens: int
    characters: int
    sketch: bytes | None


@dataclass(frozen=True, slots=True)
class _Namesakes:
    """Documents of one collection that have one id, and more than one text.

    Attributes:
        id: the id.
        is_stated: did a document state the id itself, rather than get it from its source?
        names: for each text, by its hash, the key and id of its work.
    """

    id: str
    is_stated: bool
    names: dict[bytes, tuple[int, str]]


@dataclass(slots=True)
class _Run:
    """What one ingest has gathered so far."""

    documents: dict[int, Document] = field(default_factory=dict)
    hashes: dict[int, bytes] = field(default_factory=dict)
    contents: dict[bytes, _Content] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    namesakes: dict[int, _Namesakes] = field(default_factory=dict)
    segments: list[SegmentRecord] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    withdrawn: dict[int, tuple[Tombstone, ...]] = field(default_factory=dict)
    characters: int = 0
    works: int = 0


class Ingestion:
    """One run of ingest. The caller holds the writer's lock."""

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        *,
        keep: Keep,
        sensitivity: Sensitivity,
        trusted: bool = False,
        workers: int,
        detect: Detect,
        progress: Progress | None,
        readmit: bool = False,
        what: str = "",
    ) -> None:
        self._catalogue, self._folder, self._keep, self._sensitivity = catalogue, folder, keep, sensitivity
        self._readmit, self._what = readmit, what
        self._has_tombstones = catalogue.has_tombstones()
        self._trusted, self._workers, self._detect = trusted, workers, detect
        self._progress = progress or (lambda _characters, _works: None)
        self._run = _Run()

    def run(self, items: Iterable[Document | InputError]) -> IngestResult:
        """Build the segments and commit the works; on any error leave the database as it was.

        Raises:
            IngestInterruptedError: Ctrl-C was pressed; what was whole by then has been committed. Pressed again before
                that is done, nothing is.
        """
        try:
            is_complete = self._build_segments(items)
            flush(self._folder)
            result = self._commit_works()
        except BaseException:
            discard(self._catalogue, self._folder, (record.name for record in self._run.segments))
            raise
        if not is_complete:
            raise IngestInterruptedError(result)
        return result

    def _build_segments(self, items: Iterable[Document | InputError]) -> bool:
        """Build the segments; return False where Ctrl-C ended it, after leaving out what is not whole.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed before anything was whole.
        """
        order = Order(
            folder=self._folder, keep=self._keep, sensitivity=self._sensitivity, works=BATCH_WORKS,
            characters=BATCH_CHARACTERS,
        )  # fmt: skip
        portions = map(self._select_new, self._cut_portions(items))
        try:
            build_segments(portions, order, workers=self._workers, built=self._note_segment)
        except KeyboardInterrupt:
            run = self._run
            # Works whose segment was finished, or whose text the database had before.
            whole = [key for key in run.documents if run.hashes.get(key) in run.contents]
            if not whole:
                raise
            run.documents = {key: run.documents[key] for key in whole}
            run.hashes = {key: run.hashes[key] for key in whole}
            return False
        return True

    def _cut_portions(self, items: Iterable[Document | InputError]) -> Iterator[list[Document]]:
        """Yield the documents that can be used in lists of about a megabyte; note the problems of the others."""
        portion: list[Document] = []
        size, most_works = 0, min(_PORTION_WORKS, BATCH_WORKS)
        most_characters = min(_PORTION_CHARACTERS, BATCH_CHARACTERS)
        for item in items:
            if isinstance(item, InputError):
                self._run.problems.append(item)
            elif problem := _find_problem(item):
                self._run.problems.append(problem)
            else:
                portion.append(self._detect(item))
                size += len(item.text)
            if size >= most_characters or len(portion) >= most_works:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def _select_new(self, documents: list[Document]) -> Portion:
        """Note the works; return the texts that neither the database nor this run has yet."""
        run = self._run
        hashes = [document.content_hash for document in documents]
        keys = [self._note_work(*noted) for noted in zip(documents, hashes, strict=True)]
        if self._has_tombstones:
            self._sort_out_withdrawn(set(keys))
        texts = {
            content_hash: document.text
            for document, content_hash, key in zip(documents, hashes, keys, strict=True)
            if key in run.documents and content_hash not in run.seen
        }
        run.seen |= texts.keys()
        there = self._catalogue.find_content(texts, self._keep)
        run.contents |= {content_hash: _Content(*found) for content_hash, found in there.items()}
        new = [content_hash for content_hash in texts if content_hash not in there]
        return Portion([texts[content_hash] for content_hash in new], new)

    def _sort_out_withdrawn(self, keys: set[int]) -> None:
        """Note which works were withdrawn before, and leave them out unless they are to come back."""
        run = self._run
        # The hash of a work that is left out stays: its name is taken, and another chapter does not get it.
        sought = {key: (run.documents[key].source, run.hashes[key]) for key in sorted(keys)}
        withdrawn = self._catalogue.find_withdrawn(sought)
        run.withdrawn |= withdrawn
        if not self._readmit:
            for key in withdrawn:
                del run.documents[key]

    def _note_work(self, document: Document, content_hash: bytes) -> int:
        """Note a document as a work of its own, unless its text was noted under the same id before; return its key."""
        run = self._run
        named = self._name_work(document, content_hash)
        if (earlier := run.documents.get(named.key)) is None:
            run.documents[named.key], run.hashes[named.key] = named, content_hash
        else:  # the same work said twice: what either says of its licence counts
            said = {(claim.basis, claim.who, claim.status, claim.licence) for claim in _claims_of(earlier)[0]}
            more = [c for c in _claims_of(named)[0] if (c.basis, c.who, c.status, c.licence) not in said]
            if more and len(earlier.claims) < _MOST_CLAIMS:
                run.documents[named.key] = replace(earlier, claims=(*earlier.claims, *more))
        run.characters += len(document.text)
        run.works += 1
        self._progress(run.characters, run.works)
        return named.key

    def _name_work(self, document: Document, content_hash: bytes) -> Document:
        """Return the document, without its text, under an id that no other text of this run has.

        The second text with an id gets a number, `id#2`, so that neither replaces the other.
        """
        run = self._run
        named = replace(document, id=document.source_id, text="")
        key = named.key
        if run.hashes.get(key, content_hash) == content_hash:
            return named
        name = document.source_id
        first = {run.hashes[key]: (key, name)}
        names = run.namesakes.setdefault(key, _Namesakes(name, bool(document.id), first)).names
        if content_hash in names:
            return replace(named, id=names[content_hash][1])
        numbered = (replace(named, id=f"{name}#{number}") for number in itertools.count(len(names) + 1))
        named = next(each for each in numbered if run.hashes.get(each.key, content_hash) == content_hash)
        names[content_hash] = named.key, named.source_id
        return named

    def _settle_names(self) -> None:
        """Let each text with an id that others have keep the id that it has in the database.

        So the order of the documents decides nothing, and what curators said of a work stays with its text.
        """
        run = self._run
        every = [key for namesakes in run.namesakes.values() for key, _ in namesakes.names.values()]
        stored = self._catalogue.content_hashes(every)
        for base, namesakes in run.namesakes.items():
            # Without those that have no word, or whose segment was not finished before Ctrl-C.
            keys = {run.hashes[key]: key for key, _ in namesakes.names.values() if key in run.documents}
            ids = {key: run.documents[key].id for key in keys.values()}
            settled = {stored[key]: key for key in keys.values() if stored.get(key) in keys}
            held = set(settled.values())
            free = iter([key for key in keys.values() if key not in held])
            settled = {text: settled[text] if text in settled else next(free) for text in keys}
            documents = {settled[text]: run.documents[key] for text, key in keys.items()}
            for text, key in settled.items():
                run.hashes[key], run.documents[key] = text, replace(documents[key], id=ids[key])
            if not namesakes.is_stated:
                continue
            holder = documents[base].place if base in documents else None
            run.warnings += [
                f"{document.place or 'a document'} has the id {namesakes.id!r} of {holder or 'another document'} and "
                f"another text; both are kept, this one as {ids[key]!r}"
                for key, document in documents.items()
                if key != base
            ]

    def _note_segment(self, hashes: list[bytes], summary: SegmentSummary) -> None:
        """Note what a built segment holds."""
        run = self._run
        if summary.path is not None:
            run.segments.append(record_of(summary))
            run.canaries += canaries_of(summary)
        for content_hash, built in zip(hashes, summary.documents, strict=True):
            stored: Stored
            if built.ordinal is not None and summary.path is not None:
                stored = Location(summary.path.name, built.ordinal)
            elif built.fingerprint is not None:
                stored = Phrase(b"", None, built.fingerprint, built.tokens)
            else:
                stored = Phrase(built.phrase or b"", built.text if self._keep is Keep.TEXT else None)
            run.contents[content_hash] = _Content(stored, built.tokens, built.characters, built.sketch)

    def _commit_works(self) -> IngestResult:
        run = self._run
        for key in [key for key in run.documents if run.contents[run.hashes[key]].tokens == 0]:
            document = run.documents.pop(key)
            place = document.place or document.source_id
            run.problems.append(InputError("there is no word in it that could be matched; passed over", place=place))
        self._settle_names()
        works = tuple(self._make_work(key, document) for key, document in run.documents.items())
        if not works:
            return self._make_result(Commit(revision=self._catalogue.revision()), works)
        self._warn_of_boilerplate(works)
        # What was built for a document that was given up since: contents that no work has.
        used, ours = {work.stored for work in works}, {record.name for record in run.segments}
        places = [content.stored for content in run.contents.values() if isinstance(content.stored, Location)]
        unused = tuple(place for place in places if place.segment in ours and place not in used)
        back = {stone.id for key in run.documents for stone in run.withdrawn.get(key, ())}
        commit = self._catalogue.commit(
            Batch(
                works, tuple(run.segments), tuple(run.canaries), unused, what=self._what, trusted=self._trusted,
                left_out=len(run.withdrawn.keys() - run.documents.keys()), readmitted=tuple(sorted(back)),
            )
        )  # fmt: skip
        return self._make_result(commit, works)

    def _make_work(self, key: int, document: Document) -> NewWork:
        content_hash = self._run.hashes[key]
        content = self._run.contents[content_hash]
        claims, warning = _claims_of(document)
        if warning:
            self._run.warnings.append(f"{document.place or document.source_id}: {warning}")
        return NewWork(
            key=key, id=document.source_id, collection=document.collection, title=document.title,
            authors=document.authors, year=document.year, source=document.source, copyright=document.copyright,
            notice=document.notice, language=document.language, content_hash=content_hash, tokens=content.tokens,
            characters=content.characters, keep=self._keep, place=document.place, claims=claims,
            signals=document.signals, stored=content.stored, role=document.role,
            trusted=self._trusted, sketch=content.sketch, label=document.label, carried=document.is_carried,
        )  # fmt: skip

    def _warn_of_boilerplate(self, works: Iterable[NewWork]) -> None:
        """Say how many works ask to be boilerplate in an ingest that nobody vouches for."""
        count = sum(work.role is Role.BOILERPLATE for work in works)
        if count and not self._trusted:
            self._run.warnings.append(
                f"{count:,} works call themselves boilerplate, without effect: only the operator may say so. If they "
                "are, ingest them with --trusted (in Python, trusted=True)"
            )

    def _make_result(self, commit: Commit, works: tuple[NewWork, ...]) -> IngestResult:
        run = self._run
        left_out = [stones[0] for key, stones in run.withdrawn.items() if key not in run.documents]
        if commit.distrusted:
            run.warnings.append(
                f"{commit.distrusted:,} works are no longer trusted; give --trusted if you vouch for them"
            )
        run.warnings += [_describe_left_out(stone, count) for stone, count in Counter(left_out).items()]
        return IngestResult(
            added=commit.added, replaced=commit.replaced, unchanged=commit.unchanged,
            tokens=sum(work.tokens for work in works), characters=sum(work.characters for work in works),
            revision=commit.revision, problems=tuple(run.problems), warnings=tuple(run.warnings), batch=commit.batch,
            licence_changed=commit.licence_changed, title_changed=commit.title_changed, left_out=len(left_out),
            licences=self._catalogue.count_licences(work.key for work in works),
        )  # fmt: skip


def _claims_of(document: Document) -> tuple[tuple[Claim, ...], str | None]:
    """Return the claims of a document, what it declares first, and what is to be warned of in that."""
    if not document.licence:
        return document.claims, None  # saying nothing takes nothing back
    reading = licences.read(document.licence)
    declared = Claim(
        status=reading.status, licence=reading.licence, basis=Basis.DECLARED, evidence=document.place,
        confidence=reading.confidence,
    )  # fmt: skip
    return (declared, *document.claims), reading.warning


def _describe_left_out(stone: Tombstone, count: int) -> str:
    """Return the line that says which withdrawn work was left out, who withdrew it, and how it can come back."""
    name = stone.title or stone.source_id
    shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    by, why = f" by {stone.who}" if stone.who else "", f": {stone.reason}" if stone.reason else ""
    works = "withdrawn work" if count == 1 else "copies of a withdrawn work"
    return (
        f"{count:,} {works} left out: {shown!r}, withdrawn{by} on {stone.when:%Y-%m-%d}{why}; give --readmit to let it "
        "in again"
    )


def _find_problem(document: Document) -> InputError | None:
    """Return what makes a document unfit to be ingested; None if it is fit."""
    place = document.place or document.id or document.source or document.title or "document"
    if not document.text.strip():
        return InputError("the text is empty; passed over", place=place)
    texts = {
        "text": document.text, "id": document.id, "title": document.title, "source": document.source,
        "licence": document.licence, "copyright": document.copyright, "notice": document.notice,
        "language": document.language, "collection": document.collection, "label": document.label,
        "authors": "\n".join(document.authors),
    }  # fmt: skip
    for name, value in texts.items():
        if value and "\0" in value:
            at = value.index("\0")
            return InputError(
                f"{name} has a NUL character at {at}; a text has none, so this is passed over", place=place
            )
    return None
