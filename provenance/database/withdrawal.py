"""What of a withdrawn work is still in a database? Looks where no check does: at dead members and left-over files.

Every run of at least the guaranteed length that a file shares with the work is found, whoever it belongs to. What
stands in works that count is theirs, as a quotation is; only where it is most of the work does it speak of a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from provenance.catalogue import Catalogue, Location
from provenance.database.snapshot import phrase_book
from provenance.errors import ProvenanceError
from provenance.fingerprints import winnow
from provenance.index import Segment
from provenance.match import find_exact_matches
from provenance.text import Tokens, load_tokenizer

SUBJECT = "withdrawn text"


def traces(text: str, catalogue: Catalogue, folder: Path) -> Iterator[tuple[str, str | None]]:
    """Yield (what was looked at, where the text still stands in it) for the segment files and phrases of a database."""
    tokens = load_tokenizer().encode_with_offsets(text)
    if not len(tokens):
        yield SUBJECT, "there is no word in the file; name the file with the text of the work"
        return
    clean = True
    for path in sorted(folder.iterdir()):
        for trouble in _in_file(path, tokens, catalogue):
            clean = False
            yield SUBJECT, trouble
    for trouble in _in_phrases(tokens, catalogue):
        clean = False
        yield SUBJECT, trouble
    if clean:
        yield f"{SUBJECT}: nothing of its {len(tokens):,} tokens is in the database, but what other works say too", None


def _in_file(path: Path, tokens: Tokens, catalogue: Catalogue) -> Iterator[str]:
    try:
        segment = Segment(path, tokenizer_digest=load_tokenizer().digest)
        runs = find_exact_matches(tokens.ids, winnow(tokens.ids), segment, deleted=frozenset())
    except ProvenanceError as error:
        left = "it is left over (run `provenance compact`, which removes such files)"
        yield f"{path.name} cannot be searched: {error if path.name in catalogue.segment_names() else left}"
        return
    live = np.isin(runs.ordinals, catalogue.live_ordinals(path.name))
    if not live.all():
        yield f"its tokens are still in segment {path.name}, where no check reads them (run `provenance compact`)"
    for ordinal in np.unique(runs.ordinals[live]).tolist():
        ours = runs[runs.ordinals == ordinal]
        if 2 * _covered(ours.starts, ours.ends, len(tokens)) >= len(tokens):
            yield from _holders(catalogue, Location(path.name, ordinal))


def _holders(catalogue: Catalogue, place: Location) -> Iterator[str]:
    for work in catalogue.resolve([place])[place]:
        yield _still_there(f"{work.key:016x}")


def _still_there(key: str) -> str:
    return f"its tokens are in the work {key} (run `provenance works withdraw {key}`, then `provenance compact`)"


def _in_phrases(tokens: Tokens, catalogue: Catalogue) -> Iterator[str]:
    for match in phrase_book(catalogue.phrases()).find(tokens):
        if 2 * (match.end - match.start) >= len(tokens):
            yield from (_still_there(f"{key:016x}") for key in match.keys)


def _covered(starts: NDArray[np.int64], ends: NDArray[np.int64], length: int) -> int:
    """Return how many tokens lie in at least one run."""
    steps = np.zeros(length + 1, np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, ends, -1)
    return int(np.count_nonzero(np.cumsum(steps)))
