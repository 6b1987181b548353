"""Start of the command `provenance`.

Another distribution, called `provenance`, installs a package of the same name as ours. Where both are installed, Python
may import either, or a mixture of both. So the command starts in a package whose name is ours alone.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def run() -> None:
    """Run the command line and leave with its exit code; leave with 3 where another package is in the place of ours."""
    spec = find_spec("provenance")
    beside = Path(spec.origin).parents[1] if spec and spec.origin else Path()
    other = next(beside.glob("provenance-[0-9]*.*-info"), None)
    if other:
        sys.stderr.write(
            f"provenance: {other} belongs to another distribution, whose package `provenance` is in the place of ours "
            "or mixed with it. Run `pip uninstall provenance licence-provenance`, "
            "then `pip install licence-provenance`.\n"
        )
        sys.exit(3)
    import_module("provenance.cli").run()
