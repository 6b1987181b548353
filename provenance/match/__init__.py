"""Matches between a text and the works of a database: exact, near, and works too short for an anchor."""

from provenance.match.exact import ExactMatches
from provenance.match.lookup import find_exact_matches, pick_anchors, search_segments
from provenance.match.near import REACH
from provenance.match.pieces import WorkPieces
from provenance.match.search import Found, Match, WorkSpan, find_matches, mark_long_enough
from provenance.match.short_works import ShortWorkMatch, ShortWorkMatcher

__all__ = [
    "REACH",
    "ExactMatches",
    "Found",
    "Match",
    "ShortWorkMatch",
    "ShortWorkMatcher",
    "WorkPieces",
    "WorkSpan",
    "find_exact_matches",
    "find_matches",
    "mark_long_enough",
    "pick_anchors",
    "search_segments",
]
