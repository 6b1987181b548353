"""Which stretches of a text match which stretches of which works?"""

from provenance.align.chains import REACH
from provenance.align.detour import AHEAD, Detour
from provenance.align.matches import Match, Place, matches
from provenance.align.phrases import PhraseBook, PhraseMatch
from provenance.align.runs import Runs
from provenance.align.shared import shared_runs

__all__ = ["AHEAD", "REACH", "Detour", "Match", "PhraseBook", "PhraseMatch", "Place", "Runs", "matches", "shared_runs"]
