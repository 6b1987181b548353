"""Frame of all pages, and the files that they load.

The path of the files has their digest in it, so that a browser may keep them for ever and never mixes those of two
releases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from provenance import licences, notices
from provenance.version import VERSION
from provenance.works import Work


class Layout:
    """Makes pages from templates."""

    def __init__(self) -> None:
        self._folder = Path(str(resources.files("provenance.server.pages") / "static"))
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("provenance.server.pages", "templates"),
            autoescape=True,  # titles, texts and notices are not trusted
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "printable": notices.printable,
            "clean": notices.clean,
            "number": lambda number: notices.messages().number(number),
            "address": lambda work: notices.web_address(work.source),
            "licence": lambda work: licences.links(notices.licence_label(work)),
            "people": lambda work: notices.people(work.authors),
            "title": title,
            "notice_page": notice_page,
            "work_page": work_page,
        }
        self._environment.globals |= {"version": VERSION}

    @cached_property
    def _files_digest(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:16]

    def files(self) -> Mount:
        """Return the route to the files that pages load."""
        return Mount(f"/static/{self._files_digest}", _LastingFiles(directory=self._folder))

    def page(self, request: Request, template: str, *, status: int = 200, **contents: Any) -> HTMLResponse:
        """Return a page."""
        root = str(request.scope.get("root_path", "")).rstrip("/")
        # A reverse proxy may serve us under a path, which every address on a page begins with.
        frame: Mapping[str, Any] = {"root": root, "static": f"{root}/static/{self._files_digest}"}
        html = self._environment.get_template(template).render({**frame, **contents})
        return HTMLResponse(notices.encodable(html), status)

    def error_page(self, request: Request, heading: str, why: str, *, status: int) -> HTMLResponse:
        """Return a page that says what went wrong."""
        return self.page(request, "failed.html", status=status, heading=heading, why=why)


class _LastingFiles(StaticFiles):
    """Files that never change under their address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file that may be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def title(work: Work) -> str:
    """Return the name of a work as a heading."""
    return notices.clean(work.title or "", 200) or notices.clean(work.id, 200)


def notice_page(work: Work) -> str:
    """Return the path of the page with a work's notice: `/notices/` and its key in 16 hexadecimal digits."""
    return f"/notices/{work.key:016x}"


def work_page(work: Work) -> str:
    """Return the path of a work's page in the library."""
    return f"/library/{work.key:016x}"
