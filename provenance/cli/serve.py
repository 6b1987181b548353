"""The command `provenance serve`: checks texts over HTTP."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from provenance.cli.options import database_options, language_option, policy_options
from provenance.errors import UsageError
from provenance.policy import default_database, load_policy
from provenance.reports import Coverage
from provenance.service.keys import RIGHTS, new_key, read_keys
from provenance.service.settings import ServeSettings


@click.command()
@database_options
@language_option
@policy_options
@click.option("--host", envvar="PROVENANCE_HOST", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", envvar="PROVENANCE_PORT", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="0: any that is free.")  # fmt: skip
@click.option("--upstream", envvar="PROVENANCE_UPSTREAM", metavar="URL",
              help="The OpenAI-compatible server behind the proxy, such as http://127.0.0.1:11434/v1.")  # fmt: skip
@click.option("--upstream-timeout", type=click.FloatRange(1), default=300.0, show_default=True, metavar="SECONDS",
              help="How long the upstream may be silent.")  # fmt: skip
@click.option("--public-url", envvar="PROVENANCE_PUBLIC_URL", metavar="URL", help="The address that clients use.")
@click.option(
    "--keys",
    envvar="PROVENANCE_KEYS",
    type=click.Path(),
    metavar="FILE",
    help="The file of keys, and what each may do.",
)
@click.option("--no-keys", is_flag=True, help="Serve without keys, also to other machines.")
@click.option("--new-key", "name", metavar="NAME", help="Print a new key, and the lines for the file of keys, and end.")
@click.option(
    "--right", "rights", type=click.Choice(RIGHTS), multiple=True, help="A right of the new key; by default all."
)
@click.option("--when-broken", type=click.Choice(["open", "closed"]), default="open", show_default=True,
              help="Whether answers go out that could not be checked; their report says so.")  # fmt: skip
@click.option("--footer", is_flag=True, help="Write the notices under each answer too.")
@click.option("--hold", is_flag=True, help="Hold back text that may still become a passage.")
@click.option("--max-body", type=click.IntRange(1), default=4 << 20, metavar="BYTES", show_default=True,
              help="Largest body of a request.")  # fmt: skip
@click.option("--max-seconds", type=click.FloatRange(0.1), default=30.0, metavar="SECONDS", show_default=True,
              help="For the body of a request, and for a check.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that serve.")
@click.option("--grace", type=click.FloatRange(1), default=30.0, metavar="SECONDS", show_default=True,
              help="How long answers may go on after SIGTERM.")  # fmt: skip
@click.pass_context
def serve(context: click.Context, /, name: str | None, rights: tuple[str, ...], **options: Any) -> int:
    """Check texts over HTTP: an API, a page for people, and a proxy for OpenAI-compatible servers.

    Needs the extra `serve`. The API is described under /openapi.json.

    \b
    Examples:
      provenance serve
      provenance serve --upstream http://127.0.0.1:11434/v1
      provenance serve --new-key ci --right check >> keys.toml
    """
    if name is not None:
        key, lines = new_key(name, rights or RIGHTS)
        # Standard output has only the lines for the file, so that it can be appended to one.
        click.echo(f"the key, which is shown only now: {key}", err=True)
        click.echo(lines, nl=False)
        return 0
    try:
        from provenance.server import run as server  # noqa: PLC0415  # the extra `serve`
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; the server needs `pip install 'licence-provenance[serve]'`") from None
    path = Path(options.pop("db") or default_database()).absolute()
    policy = load_policy(options.pop("policy"), preset=options.pop("preset"), language=options.pop("language"))
    host, port, workers, grace = (options.pop(name) for name in ("host", "port", "workers", "grace"))
    settings = _make_settings(host, options)
    deployment = server.Deployment(str(path), policy, settings, context.find_root().obj or ())
    with server.listen(host, port) as listening:
        # The port is read from the socket, because port 0 lets the system choose one.
        shown_host = f"[{host}]" if ":" in host else host
        address = f"http://{shown_host}:{listening.getsockname()[1]}"
        server.run(
            deployment, listening, workers=workers, grace=grace,
            ready=lambda coverage: click.echo(_format_start(address, settings, coverage)),
        )  # fmt: skip
    return 0


def _format_start(address: str, settings: ServeSettings, coverage: Coverage) -> str:
    """Return the first line: the address, what is served there, what is searched, and for whom."""
    upstream = urlsplit(settings.upstream or "")
    # Without what is before the @: a password may be in the address.
    proxy = f", proxy to {upstream.netloc.rpartition('@')[2]}{upstream.path}" if settings.upstream else ""
    keys = "" if settings.keys else "; no keys: whoever reaches this address may use it"
    return f"{address}: page, API{proxy}; {coverage.works:,} works, {coverage.tokens:,} tokens{keys}"


def _make_settings(host: str, options: dict[str, Any]) -> ServeSettings:
    """Return the settings that the options amount to.

    Raises:
        UsageError: the server needs keys because others can reach it, or an option is not an address.
        ConfigError: the keys cannot be read.
    """
    file, open_to_all = options.pop("keys"), options.pop("no_keys")
    if file and open_to_all:
        raise UsageError("--keys and --no-keys exclude each other; leave one out")
    public_url = options["public_url"]
    _require_address("--public-url", public_url)
    _require_address("--upstream", options["upstream"])
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        is_local = host == "localhost"
    if not (is_local or file or open_to_all):
        raise UsageError(
            f"others can reach {host}, and there are no keys: make one with `provenance serve --new-key NAME` and name "
            "the file with --keys, or say --no-keys"
        )
    hosts: tuple[str, ...] = ()
    if is_local:
        # Other names that lead here are refused: a page of another site may have its name resolve to 127.0.0.1.
        public_name = urlsplit(public_url).hostname if public_url else None
        hosts = tuple(dict.fromkeys(filter(None, ("127.0.0.1", "localhost", "::1", host, public_name))))
    upstream_key = os.environ.get("PROVENANCE_UPSTREAM_KEY") or None
    return ServeSettings(**options, upstream_key=upstream_key, keys=read_keys(file) if file else None, hosts=hosts)


def _require_address(option: str, url: str | None) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # urlsplit for brackets that do not match, `port` for one that is not a number
        is_address = False
    if not is_address:
        raise UsageError(f"{option} is {url!r:.200}; it must be an address such as http://127.0.0.1:8000/v1")
