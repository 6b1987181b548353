"""The command `provenance plugins`: lists what is installed."""

from __future__ import annotations

import click

from provenance.plugins import list_entry_points


@click.command("plugins")
def list_plugins() -> None:
    """List the installed plugins, without loading them."""
    for info in list_entry_points():
        click.echo(f"{info.name:24} {info.module:44} {info.distribution} {info.version}")
