"""Licences: what a declared string says, and what may be done with a work in return for what.

`read` turns any declared string into a status and an SPDX expression, with how sure that is. `terms` says what a work's
licence asks for; `licence_terms` says it of one licence id. `text` has the licences' own words, and `licence_wording`
finds them in a text, `is_licence_shingle` among fingerprints. Plugins detect licences in files. Nothing here is legal
advice.
"""

from provenance.licences.reading import Reading, read
from provenance.licences.table import Duty, LicenceTerms, address, licence_terms
from provenance.licences.terms import DutyClass, Terms, demands, duty_class, links, read_terms, terms
from provenance.licences.texts import text, texts
from provenance.licences.wording import is_licence_shingle, licence_wording
from provenance.works import Family

__all__ = [
    "Duty",
    "DutyClass",
    "Family",
    "LicenceTerms",
    "Reading",
    "Terms",
    "address",
    "demands",
    "duty_class",
    "is_licence_shingle",
    "licence_terms",
    "licence_wording",
    "links",
    "read",
    "read_terms",
    "terms",
    "text",
    "texts",
]
