"""Thresholds of judgement, in tokens: how long wording must be to count, however the index samples it.

What a user may change is in the policy's settings; these are the limits below which nothing is reported at all.
"""

from __future__ import annotations

LEAST_RUN = 16
"""Equal tokens in a row that are a match by themselves; every index finds all such runs."""
LEAST_NEAR_COPY = 16
"""Equal tokens that a near copy has at least, in the exact matches that it consists of."""
LEAST_PIECE = 8
"""Equal tokens in a row that are a piece of a scattered copy."""
LEAST_SAMPLED = LEAST_RUN
"""Tokens of a work that is sampled; a shorter one is looked for as a whole."""
SHORT_WORK = 320
"""Tokens of a work of which a shorter run may be much: 16 tokens are a twentieth, the least share of a preset."""
LICENCE_SHINGLE = 8
"""Tokens of the shingles by which licence wording is known."""
LEAST_LICENCE_RUN = 16
"""Tokens in a row that are licence wording."""
PROMPT_SHINGLE = 8
"""Equal tokens in a row that were supplied by the user, if the prompt has them."""
SCATTERED = 48
"""Equal tokens, in pieces all over a text, that are a finding together."""
LEAST_SCATTERED = 24
"""The same, where they are `SCATTERED_SHARE` of the text."""
SCATTERED_SHARE = 0.25
LEAST_PIECE_BITS = 40.0
"""Information of such a piece, in bits; in a long text or work each has to have more, see `check.scattered`."""
