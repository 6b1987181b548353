"""Ingest of documents: portion by portion into segments, then all at once into the catalogue.

Metadata of the whole run is held until the commit (about 1 kB a work); texts only of portions that wait for a builder.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from provenance import licences
from provenance.catalogue import Batch, Canary, Catalogue, Location, NewWork, Phrase, SegmentRecord, Stored
from provenance.database.build import Order, Portion, build_segments
from provenance.database.segment_files import canaries_of, discard, flush, record_of
from provenance.errors import InputError
from provenance.index import SegmentSummary
from provenance.works import Basis, Claim, Document, Keep

BATCH_CHARACTERS = 32_000_000
BATCH_WORKS = 20_000
_PORTION_CHARACTERS = 1_000_000
_PORTION_WORKS = 2_000

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
        problems: what was passed over, and where.
        warnings: what was ingested but is not as it should be.
    """

    added: int
    replaced: int
    unchanged: int
    tokens: int
    characters: int
    revision: int
    problems: tuple[InputError, ...]
    warnings: tuple[str, ...]


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


@dataclass(slots=True)
class _Run:
    """What one ingest has gathered so far."""

    documents: dict[int, Document] = field(default_factory=dict)
    hashes: dict[int, bytes] = field(default_factory=dict)
    contents: dict[bytes, _Content] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    segments: list[SegmentRecord] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
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
        trusted: bool = False,
        workers: int,
        detect: Detect,
        progress: Progress | None,
    ) -> None:
        self._catalogue, self._folder, self._keep = catalogue, folder, keep
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
        order = Order(folder=self._folder, keep=self._keep, works=BATCH_WORKS, characters=BATCH_CHARACTERS)
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
        unseen = set(hashes) - run.seen
        run.seen |= unseen
        there = self._catalogue.find_content(unseen, self._keep)
        run.contents |= {content_hash: _Content(*found) for content_hash, found in there.items()}
        unseen -= there.keys()
        new = Portion([], [])
        for document, content_hash in zip(documents, hashes, strict=True):
            if content_hash in unseen:
                new.texts.append(document.text)
                new.hashes.append(content_hash)
                unseen.remove(content_hash)
            self._note_work(document, content_hash)
        return new

    def _note_work(self, document: Document, content_hash: bytes) -> None:
        run = self._run
        named = replace(document, id=document.source_id, text="")
        if document.id is None:
            # A number, so that chapters that name one source do not replace each other. The same text is the same work.
            numbered = (replace(named, id=f"{named.id}#{number}") for number in itertools.count(2))
            names = itertools.chain([named], numbered)
            named = next(name for name in names if run.hashes.get(name.key, content_hash) == content_hash)
        elif named.key in run.documents:
            earlier = run.documents[named.key].place or "an earlier document"
            where = f"{earlier} and {document.place or 'a later one'}"
            run.warnings.append(f"{where} have the same id {document.id!r}; the later one counts")
        key = named.key
        run.documents[key] = named
        run.hashes[key] = content_hash
        run.characters += len(document.text)
        run.works += 1
        self._progress(run.characters, run.works)

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
        for key in [key for key, content_hash in run.hashes.items() if run.contents[content_hash].tokens == 0]:
            document = run.documents.pop(key)
            place = document.place or document.source_id
            run.problems.append(InputError("there is no word in it that could be matched; passed over", place=place))
        earlier = self._catalogue.content_hashes(run.documents)
        works = tuple(self._make_work(key, document) for key, document in run.documents.items())
        if not works:
            return self._make_result(0, 0, self._catalogue.revision(), ())
        # What was built for a document that a later one of the same id replaced: contents that no work has.
        used, ours = {work.stored for work in works}, {record.name for record in run.segments}
        places = [content.stored for content in run.contents.values() if isinstance(content.stored, Location)]
        unused = tuple(place for place in places if place.segment in ours and place not in used)
        commit = self._catalogue.commit(Batch(works, tuple(run.segments), tuple(run.canaries), unused))
        unchanged = sum(earlier.get(work.key) == work.content_hash for work in works)
        return self._make_result(commit.added, commit.replaced - unchanged, commit.revision, works, unchanged=unchanged)

    def _make_work(self, key: int, document: Document) -> NewWork:
        content_hash = self._run.hashes[key]
        content = self._run.contents[content_hash]
        reading = licences.read(document.licence)
        if reading.warning:
            self._run.warnings.append(f"{document.place or document.source_id}: {reading.warning}")
        claim = Claim(
            status=reading.status, licence=reading.licence, basis=Basis.DECLARED, evidence=document.place,
            confidence=reading.confidence,
        )  # fmt: skip
        declared = (claim,) if document.licence else ()  # saying nothing takes nothing back
        return NewWork(
            key=key, id=document.source_id, collection=document.collection, title=document.title,
            authors=document.authors, year=document.year, source=document.source, copyright=document.copyright,
            notice=document.notice, language=document.language, content_hash=content_hash, tokens=content.tokens,
            characters=content.characters, keep=self._keep, place=document.place, claims=(*declared, *document.claims),
            signals=document.signals, stored=content.stored, role=document.role,
            trusted=self._trusted, sketch=content.sketch,
        )  # fmt: skip

    def _make_result(
        self, added: int, replaced: int, revision: int, works: tuple[NewWork, ...], *, unchanged: int = 0
    ) -> IngestResult:
        return IngestResult(
            added=added, replaced=replaced, unchanged=unchanged, tokens=sum(work.tokens for work in works),
            characters=sum(work.characters for work in works), revision=revision,
            problems=tuple(self._run.problems), warnings=tuple(self._run.warnings),
        )  # fmt: skip


def _find_problem(document: Document) -> InputError | None:
    """Return what makes a document unfit to be ingested; None if it is fit."""
    place = document.place or document.id or document.source or document.title or "document"
    if not document.text.strip():
        return InputError("the text is empty; passed over", place=place)
    texts = {
        "text": document.text, "id": document.id, "title": document.title, "source": document.source,
        "licence": document.licence, "copyright": document.copyright, "notice": document.notice,
        "language": document.language, "collection": document.collection, "authors": "\n".join(document.authors),
    }  # fmt: skip
    for name, value in texts.items():
        if value and "\0" in value:
            at = value.index("\0")
            return InputError(
                f"{name} has a NUL character at {at}; a text has none, so this is passed over", place=place
            )
    return None
