"""Sketches of works: a few numbers by which near-duplicates are told without comparing texts.

The sketch of a work is the bottom k of its anchors: the k smallest values of a hash of their fingerprints. Whether a
value is in it depends on the value and the set alone, so of two works that have nine tenths of their anchors in common
the sketches share about as many values: A. Z. Broder, "On the resemblance and containment of documents", 1997.

Sixteen values: of works that share four fifths of their anchors all but 1 in 1,000 have half of them in common, of
those that share three tenths 1 in 14. With eight it would be 1 in 100 and 1 in 5.

An example with k = 3, where a fingerprint hashes to its last digit: the anchors 57 31 88 24 93 hash to 7 1 8 4 3, and
the sketch is 1 3 4. Without the anchor 31 it is 3 4 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors, fingerprint_shingles, mix_bits
from provenance.index.postings import cut_fingerprints
from provenance.licences import is_licence_shingle
from provenance.thresholds import LICENCE_SHINGLE

SKETCH = 16
"""Values of a sketch; a work with fewer anchors has fewer."""


def sketch(anchors: Anchors, tokens: NDArray[np.uint16]) -> bytes:
    """Return the sketch of a work's anchors, little-endian uint64, ascending; anchors in licence texts do not count.

    Args:
        anchors: their fingerprints whole or cut to the bits that every segment stores, with one result.
        tokens: uint16 (t,), of the work; none where they are not kept.
    """
    # Licence texts are looked up for candidates alone: among all anchors that would cost more than all the rest.
    hashes = mix_bits(cut_fingerprints(anchors.fingerprints))
    wanted = 4 * SKETCH
    while True:
        least = np.argpartition(hashes, wanted)[:wanted] if wanted < len(hashes) else np.arange(len(hashes))
        values = np.unique(hashes[least[~_mark_licence_wording(anchors, tokens, least)]])[:SKETCH]
        if len(values) == SKETCH or wanted >= len(hashes):
            return values.astype("<u8").tobytes()
        wanted *= 4


def _mark_licence_wording(anchors: Anchors, tokens: NDArray[np.uint16], chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of the chosen anchors begin licence wording, bool (c,).

    Where no tokens are kept, anchors are as long as the shingles of licences, and are looked up themselves.
    """
    if not len(tokens):
        return is_licence_shingle(anchors.fingerprints[chosen])
    # at the end of a work the shingle is cut short by repeating the last token, and is then none of a licence
    places = anchors.positions[chosen, None] + np.arange(LICENCE_SHINGLE)
    return is_licence_shingle(fingerprint_shingles(tokens.take(places, mode="clip")))
