"""What is a person told whose installation lacks the library that a file needs?"""

from __future__ import annotations

from provenance.errors import InputError


def missing(kind: str, package: str, extra: str, *, place: str) -> InputError:
    """Return the error for a file of a kind that a package reads, which comes with an extra of ours.

    >>> print(missing("PDF", "pypdf", "pdf", place="x.pdf"))
    x.pdf: reading PDF needs pypdf: pip install 'licence-provenance[pdf]'
    """
    return InputError(f"reading {kind} needs {package}: pip install 'licence-provenance[{extra}]'", place=place)
