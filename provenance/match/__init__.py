"""Matches between a text and the works of a database: exact, near, and works too short for an anchor."""

from provenance.match.exact import Runs
from provenance.match.lookup import shared_runs
from provenance.match.near import REACH
from provenance.match.search import Match, Place, matches
from provenance.match.short_works import PhraseBook, PhraseMatch

__all__ = ["REACH", "Match", "PhraseBook", "PhraseMatch", "Place", "Runs", "matches", "shared_runs"]
