"""Works that are described in Dublin Core, as EPUB books and PDF files are.

The terms of Dublin Core (title, creator, date, source, …) are the names of statements.
"""

from __future__ import annotations

from provenance.works import Document
from provenance_plugins.readers._statements import (
    Statements,
    clean_statements,
    find_clear_licence,
    find_copyright_line,
    find_year,
    parse_web_address,
)


def describe_work(
    text: str, *descriptions: Statements, rights: Statements, links: Statements = (), place: str
) -> Document:
    """Return a text as a work, with what its descriptions say.

    Args:
        text: the text of the work.
        descriptions: statements by terms of Dublin Core; the first description that has a term decides it.
        rights: what the file says about its rights in words.
        links: what the file links to as its licence; a clear one goes before words.
        place: the file.
    """

    def find_values(term: str) -> list[str]:
        found = ([value for name, value in said if name == term] for said in descriptions)
        return next((values for values in found if values), [])

    sources = [*find_values("source"), *find_values("identifier")]  # an identifier may be an ISBN or a UUID
    return Document(
        text=text,
        title=next(iter(find_values("title")), None),
        authors=tuple(find_values("creator")),
        year=find_year(find_values("date")),
        source=next((value for value in sources if parse_web_address(value)), None),
        licence=find_clear_licence(links) or find_clear_licence(rights),
        copyright=find_copyright_line(rights),
        language=next((value[:100] for value in find_values("language")), None),
        declarations=clean_statements([*links, *rights]),
        place=place,
    )
