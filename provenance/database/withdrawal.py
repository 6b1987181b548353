"""Search for a withdrawn work where no check looks: in deleted members and in left-over files.

Every run of at least the guaranteed length that a file shares with the work is found, in any work. What live works
contain of it is theirs, as a quotation is; only where it is most of the withdrawn work is it reported as a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from provenance.catalogue import Catalogue, Location
from provenance.database.snapshot import phrase_book
from provenance.errors import ProvenanceError
from provenance.fingerprints import winnow
from provenance.index import Segment
from provenance.match import find_exact_matches
from provenance.text import Tokens, load_tokenizer

SUBJECT = "withdrawn text"


def traces(text: str, catalogue: Catalogue, folder: Path) -> Iterator[tuple[str, str | None]]:
    """Yield (what was searched, where the text still is or None) for the segment files and phrases of a database."""
    tokens = load_tokenizer().encode_with_offsets(text)
    if not len(tokens):
        yield SUBJECT, "there is no word in the file; name the file with the text of the work"
        return
    clean = True
    for path in sorted(folder.iterdir()):
        for trouble in _search_file(path, tokens, catalogue):
            clean = False
            yield SUBJECT, trouble
    for match in phrase_book(catalogue.phrases()).find(tokens):
        if 2 * (match.end - match.start) >= len(tokens):
            clean = False
            yield from ((SUBJECT, _still_there(f"{key:016x}")) for key in match.keys)
    for match in phrase_book(catalogue.replaced_phrases()).find(tokens):
        if 2 * (match.end - match.start) >= len(tokens):
            clean = False
            yield from ((SUBJECT, _still_kept(f"{key:016x}")) for key in match.keys)
    if clean:
        yield f"{SUBJECT}: nothing of its {len(tokens):,} tokens is in the database, but what other works say too", None


def _search_file(path: Path, tokens: Tokens, catalogue: Catalogue) -> Iterator[str]:
    try:
        segment = Segment(path, tokenizer_digest=load_tokenizer().digest)
        runs = find_exact_matches(tokens.ids, winnow(tokens.ids, segment.sampling), segment, deleted=frozenset())
    except ProvenanceError as error:
        left = "it is left over (run `provenance compact`, which removes such files)"
        yield f"{path.name} cannot be searched: {error if path.name in catalogue.segment_names() else left}"
        return
    live = np.isin(runs.ordinals, catalogue.live_ordinals(path.name))
    if not live.all():
        yield f"its tokens are still in segment {path.name}, where no check reads them (run `provenance compact`)"
    for ordinal in np.unique(runs.ordinals[live]).tolist():
        ours = runs[runs.ordinals == ordinal]
        # Runs may overlap. +1 where one begins and -1 where it ends: their sum so far counts the runs over a token.
        steps = np.zeros(len(tokens) + 1, np.int64)
        np.add.at(steps, ours.starts, 1)
        np.add.at(steps, ours.ends, -1)
        if 2 * np.count_nonzero(np.cumsum(steps)) >= len(tokens):
            place = Location(path.name, ordinal)
            yield from (_still_there(f"{work.key:016x}") for work in catalogue.works_at([place])[place])


def _still_there(key: str) -> str:
    return f"its tokens are in the work {key} (run `provenance works withdraw {key}`, then `provenance compact`)"


def _still_kept(key: str) -> str:
    return f"its tokens are in what the work {key} was before its latest ingest (run `provenance compact`)"
