"""What may be done with a work, and what must be done in return?

`read` turns any declared string into a status and an SPDX expression, with how sure that is; `families`, `duties`,
`least` and `links` say what an expression means for a reader; `text` has the licences' own words, and
`licence_wording` finds them in a text. Detecting a licence
in a file is not done here, and nothing here is legal advice.
"""

from provenance.licences.duties import (
    choice,
    credit_suffices,
    demands,
    duties,
    exceptions,
    families,
    is_public_domain_like,
    least,
    links,
)
from provenance.licences.reading import Reading, read
from provenance.licences.table import Duty, Terms, address, terms
from provenance.licences.texts import text, texts
from provenance.licences.wording import licence_wording
from provenance.works import Family

__all__ = [
    "Duty",
    "Family",
    "Reading",
    "Terms",
    "address",
    "choice",
    "credit_suffices",
    "demands",
    "duties",
    "exceptions",
    "families",
    "is_public_domain_like",
    "least",
    "licence_wording",
    "links",
    "read",
    "terms",
    "text",
    "texts",
]
