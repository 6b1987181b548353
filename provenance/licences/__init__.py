"""What may be done with a work, and what must be done in return?

`read` turns any declared string into a status and an SPDX expression, with how sure that is; `families`, `duties`,
`least` and `links` say what an expression means for a reader; `text` has the licences' own words. Detecting a licence
in a file is not done here, and nothing here is legal advice.
"""

from provenance.licences.duties import (
    choice,
    duties,
    exceptions,
    families,
    is_public_domain_like,
    least,
    links,
)
from provenance.licences.reading import Reading, read
from provenance.licences.table import Duty, Family, Terms, address, terms
from provenance.licences.texts import text

__all__ = [
    "Duty",
    "Family",
    "Reading",
    "Terms",
    "address",
    "choice",
    "duties",
    "exceptions",
    "families",
    "is_public_domain_like",
    "least",
    "links",
    "read",
    "terms",
    "text",
]
