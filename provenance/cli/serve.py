"""`provenance serve`: check texts for whoever asks over HTTP."""

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
              help="An OpenAI-compatible server to stand in front of, such as http://127.0.0.1:11434/v1.")  # fmt: skip
@click.option("--upstream-timeout", type=click.FloatRange(1), default=300.0, show_default=True, metavar="SECONDS",
              help="How long it may be silent.")  # fmt: skip
@click.option("--public-url", envvar="PROVENANCE_PUBLIC_URL", metavar="URL", help="Under which clients reach us.")
@click.option("--keys", envvar="PROVENANCE_KEYS", type=click.Path(), metavar="FILE", help="Who may do what.")
@click.option("--no-keys", is_flag=True, help="Let everybody in, also from other machines.")
@click.option("--new-key", "name", metavar="NAME", help="Print a new key, and the lines for the file of keys, and end.")
@click.option("--right", "rights", type=click.Choice(RIGHTS), multiple=True, help="Of the new key; by default all.")
@click.option("--when-broken", type=click.Choice(["open", "closed"]), default="open", show_default=True,
              help="Whether answers go out that could not be checked; their report says so.")  # fmt: skip
@click.option("--footer", is_flag=True, help="Write the notices under each answer too.")
@click.option("--hold", is_flag=True, help="Hold back what may still become a passage.")
@click.option("--max-body", type=click.IntRange(1), default=4 << 20, metavar="BYTES", show_default=True,
              help="Of a request.")  # fmt: skip
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
        return _print_key(name, rights)
    return _serve(context.find_root().obj or (), options)


def _print_key(name: str, rights: tuple[str, ...]) -> int:
    key, lines = new_key(name, rights or RIGHTS)
    click.echo(f"the key, which is shown only now: {key}", err=True)
    click.echo(lines, nl=False)
    return 0


def _serve(disabled: tuple[str, ...], options: dict[str, Any]) -> int:
    server = _server()
    path = Path(options.pop("db") or default_database()).absolute()
    policy = load_policy(options.pop("policy"), preset=options.pop("preset"), language=options.pop("language"))
    host, port, workers, grace = (options.pop(name) for name in ("host", "port", "workers", "grace"))
    settings = _settings(host, options)
    deployment = server.Deployment(str(path), policy, settings, disabled)
    with server.listen(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        server.run(
            deployment, listening, workers=workers, grace=grace,
            ready=lambda searched: click.echo(_first_line(address, settings, searched)),
        )  # fmt: skip
    return 0


def _first_line(address: str, settings: ServeSettings, searched: Coverage) -> str:
    """Return what is said on start: where, what is served, what is searched, and for whom."""
    upstream = urlsplit(settings.upstream or "")
    proxy = f", proxy to {upstream.netloc.rpartition('@')[2]}{upstream.path}" if settings.upstream else ""
    keys = "" if settings.keys else "; no keys: whoever reaches this address may use it"
    return f"{address}: page, API{proxy}; {searched.works:,} works, {searched.tokens:,} tokens{keys}"


def _server() -> Any:
    try:
        from provenance.server import run as server  # noqa: PLC0415  # the extra `serve`
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; the server needs `pip install 'licence-provenance[serve]'`") from None
    return server


def _settings(host: str, options: dict[str, Any]) -> ServeSettings:
    """Return the settings that the options amount to.

    Raises:
        UsageError: others could reach the server, and there are no keys; an address is none.
        ConfigError: the keys cannot be read.
    """
    file, open_to_all = options.pop("keys"), options.pop("no_keys")
    if file and open_to_all:
        raise UsageError("--keys and --no-keys exclude each other; leave one out")
    _require_address("--public-url", options["public_url"])
    _require_address("--upstream", options["upstream"])
    own = _is_loopback(host)
    if not (own or file or open_to_all):
        raise UsageError(
            f"others can reach {host}, and there are no keys: make one with `provenance serve --new-key NAME` and name "
            "the file with --keys, or say --no-keys"
        )
    hosts = _hosts(host, options["public_url"]) if own else ()
    upstream_key = os.environ.get("PROVENANCE_UPSTREAM_KEY") or None
    return ServeSettings(**options, upstream_key=upstream_key, keys=read_keys(file) if file else None, hosts=hosts)


def _require_address(option: str, url: str | None) -> None:
    try:
        parts = urlsplit(url or "http://none")
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise UsageError(f"{option} is {url!r:.200}; it must be an address such as http://127.0.0.1:8000/v1")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hosts(host: str, public_url: str | None) -> tuple[str, ...]:
    public = urlsplit(public_url).hostname if public_url else None
    return tuple(dict.fromkeys(filter(None, ("127.0.0.1", "localhost", "::1", host, public))))
