"""Start of the command `provenance`, in a package whose name is ours alone (see `other_distribution`)."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

from provenance_plugins.other_distribution import explain_conflict


def run() -> None:
    """Run the command line and leave with its exit code; leave with 3 where another distribution is in the way."""
    spec = find_spec("provenance")  # found, not imported: it may be the other one's
    if spec and spec.origin and (conflict := explain_conflict(spec.origin)):
        sys.stderr.write(f"provenance: {conflict}\n")
        sys.exit(3)
    import_module("provenance.cli").run()
