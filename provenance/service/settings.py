"""Settings of a server, as `serve` reads them from options and the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from provenance.service.keys import Keys

WhenBroken = Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """What an operator may set.

    Attributes:
        upstream: the base URL of an OpenAI-compatible server, such as `http://127.0.0.1:8000/v1`; None: there is no
            proxy.
        upstream_timeout: seconds that the upstream may be silent.
        upstream_key: the API key that the upstream gets where clients have keys of ours; else it gets theirs.
        when_broken: what happens to an answer that could not be checked, since the database is damaged or locked.
            `open`: it goes out, and its report says that it was not checked. `closed`: the client gets an error.
        footer: write the notices under the answer too.
        hold: hold back text that may still become a passage.
        public_url: the address under which clients reach this server, for links to notices; None: the one that the
            request was sent to.
        max_body: bytes of a request's body.
        max_seconds: for the body of a request to arrive, and for a check.
        threads: checks that run at once; Python gains little from more.
        max_waiting: checks that may wait for them.
        keys: the keys and their rights; None: every client may do everything.
        hosts: names that requests may be for, so that no web page can reach a server on this machine by a name of its
            own; empty: any.
        catalogue: the URL of the database's catalogue, where that is not in its folder.
    """

    upstream: str | None = None
    upstream_timeout: float = 300.0
    upstream_key: str | None = field(default=None, repr=False)
    when_broken: WhenBroken = "open"
    footer: bool = False
    hold: bool = False
    public_url: str | None = None
    max_body: int = 4 << 20
    max_seconds: float = 30.0
    threads: int = 2
    max_waiting: int = 64
    keys: Keys | None = None
    hosts: tuple[str, ...] = ()
    catalogue: str | None = field(default=None, repr=False)
