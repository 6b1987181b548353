"""What does the API say of works? Searching for them, and all that is known of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provenance import notices
from provenance.catalogue import with_history
from provenance.database import Database
from provenance.licences import duties
from provenance.openai.answers import JSON, error
from provenance.service.service import Service
from provenance.works import Work

MOST = 200
"""Works on a page of a search."""

_DEFAULT = 50
_LONGEST_QUERY = 500
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Works:
    """The endpoints."""

    service: Service

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [Route("/works", self.search), Route("/works/{id:path}", self.show)]

    async def search(self, request: Request) -> Response:
        """Return the works with some words in title, author, id, source or licence, by title."""
        try:
            query, limit, offset = _asked(request.query_params)
        except ValueError as wrong:
            return error(400, "invalid_request", str(wrong))
        found = await self.service.ask(lambda db: db.catalogue.search(query, limit=limit + 1, offset=offset))
        told: dict[str, Any] = {"works": [_listed(work) for work in found[:limit]], "next": None}
        if len(found) > limit:
            asked = {"q": query or "", "limit": limit, "offset": offset + limit}
            told["next"] = f"{request.scope.get('root_path', '')}/works?{urlencode(asked)}"
        return JSON(told)

    async def show(self, request: Request) -> Response:
        """Return one work, named by its key or, where only one has it, its id."""
        name, language = request.path_params["id"], self.service.checker.language
        found = await self.service.ask(lambda db: _known(db, name, language))
        if len(found) == 1:
            return JSON(found[0])
        if not found:
            return error(404, "no_such_work", "no work has this id or key; /works?q=WORDS searches for some")
        keys = ", ".join(each["key"] for each in found)
        return error(409, "several_works", f"several works have this id; ask for one of them by its key: {keys}")


def _asked(parameters: Mapping[str, str]) -> tuple[str | None, int, int]:
    """Return words, limit and offset.

    Raises:
        ValueError: one of them cannot be meant.
    """
    if unknown := set(parameters) - {"q", "limit", "offset"}:
        raise ValueError(f"there is no parameter {min(unknown)!r:.80}; there are q, limit, offset")
    query = parameters.get("q", "")
    if len(query) > _LONGEST_QUERY or "\0" in query:
        raise ValueError(f'"q" must be at most {_LONGEST_QUERY} characters, and no NUL')
    limit, offset = _whole(parameters, "limit", _DEFAULT), _whole(parameters, "offset", 0)
    if not 1 <= limit <= MOST:
        raise ValueError(f'"limit" must be 1 to {MOST}')
    return query or None, limit, offset


def _whole(parameters: Mapping[str, str], name: str, default: int) -> int:
    given = parameters.get(name, str(default))
    if not _NUMBER.fullmatch(given):
        raise ValueError(f'"{name}" must be a whole number of at most nine digits')
    return int(given)


def _listed(work: Work) -> dict[str, Any]:
    key = f"{work.key:016x}"
    return {"key": key, "url": f"/works/{key}", **work.to_dict(credited=False)}


def _known(database: Database, name: str, language: str) -> list[dict[str, Any]]:
    catalogue = database.catalogue
    found = catalogue.find_works(name) if "\0" not in name else ()
    return [
        {
            **with_history(work, catalogue.claims(work.key), catalogue.signals(work.key)),
            "duties": list(duties(work.status, work.licence)),
            "full_notice": _notice(work, language),
        }
        for work in found
    ]


def _notice(work: Work, language: str) -> dict[str, Any]:
    """Return all that a person is to be told of a work, whatever stretch of it matches."""
    texts = notices.licence_texts([work], language)
    return {
        "heading": notices.heading(work, language),
        "licence": notices.licence_label(work, language),
        "credit": notices.credit_line(work, language),
        "warning": notices.warning(work, language),
        "conditions": list(notices.duty_words(duties(work.status, work.licence), language)),
        "advice": list(notices.advice(work.status, work.licence, language)),
        "texts": [{"licence": each.licence, "text": each.text} for each in texts],
        "language": language,
    }
