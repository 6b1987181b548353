"""The command line `provenance`, a thin layer over the library. `main(argv)` returns the exit code.

0 done, nothing found; 1 findings; 2 usage; 3 broken input, plugin or database. Diagnostics go to stderr.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence

import click

from provenance.cli.commands import cli
from provenance.errors import ProvenanceError

_INTERRUPTED = 130
_PIPE_CLOSED = 141
"""The code of a shell for a program that a closed pipe ended; 0 would say that nothing was found."""


def main(argv: Sequence[str] | None = None) -> int:  # noqa: PLR0911  # one return for each way to end
    """Run the command line and return its exit code; never raises for what a user can cause."""
    try:
        result = cli.main(args=None if argv is None else list(argv), prog_name="provenance", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was changed", err=True)
        return _INTERRUPTED
    except ProvenanceError as error:
        click.echo(f"provenance: {error}", err=True)
        return error.exit_code
    except SystemExit:  # click raises it where the pipe that we write to was closed, so there is no reader to tell
        return _PIPE_CLOSED
    except Exception as error:
        if os.environ.get("PROVENANCE_TRACEBACK"):
            raise
        click.echo(
            f"provenance: internal error: {type(error).__name__}: {error}\n"
            "This is a defect: please report it, with what PROVENANCE_TRACEBACK=1 prints in addition.",
            err=True,
        )
        return 3
    return int(result or 0)


def run() -> None:
    """Run the command line and leave with its exit code; what the terminal's encoding lacks is written as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # tests and embedding programs may have put another object there
        sys.stdout.reconfigure(errors="backslashreplace")
    gc.set_threshold(50_000)  # imports make many objects and no garbage; collecting takes a tenth of a check's time
    sys.exit(main())
