"""The error for a missing optional dependency."""

from __future__ import annotations

from provenance.errors import InputError


def explain_missing_library(kind: str, package: str, extra: str, *, place: str) -> InputError:
    """Return the error for a file that a missing library would read.

    Args:
        kind: the format of the file.
        package: the library.
        extra: the extra of ours that installs the library.
        place: the file.

    >>> print(explain_missing_library("PDF", "pypdf", "pdf", place="x.pdf"))
    x.pdf: reading PDF needs pypdf: pip install 'licence-provenance[pdf]'
    """
    return InputError(f"reading {kind} needs {package}: pip install 'licence-provenance[{extra}]'", place=place)
