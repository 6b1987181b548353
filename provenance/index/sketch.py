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

from provenance.fingerprints import mix_bits
from provenance.index.postings import cut_fingerprints
from provenance.licences import is_licence_shingle

SKETCH = 16
"""Values of a sketch; a work with fewer anchors has fewer."""


def sketch(anchors: NDArray[np.uint64]) -> bytes:
    """Return the sketch of a work's anchors, little-endian uint64, ascending; anchors in licence texts do not count.

    Args:
        anchors: their fingerprints, uint64 (a,); whole or cut to the bits that every segment stores, with one result.
    """
    # Licence texts are looked up for candidates alone: among all anchors that would cost more than all the rest.
    hashes = mix_bits(cut_fingerprints(anchors))
    wanted = 4 * SKETCH
    while True:
        least = np.argpartition(hashes, wanted)[:wanted] if wanted < len(hashes) else np.arange(len(hashes))
        values = np.unique(hashes[least[~is_licence_shingle(anchors[least])]])[:SKETCH]
        if len(values) == SKETCH or wanted >= len(hashes):
            return values.astype("<u8").tobytes()
        wanted *= 4
