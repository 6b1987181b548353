"""Endpoints for works: search for them, and show one with its claims and its notice."""

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
from provenance.licences import terms
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
    """Endpoints that search for works and show them."""

    service: Service

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/works", self.search), Route("/works/{id:path}", self.show)]

    async def search(self, request: Request) -> Response:
        """Return the works that have the words of a query in title, author, id, source or licence, by title."""
        try:
            query, limit, offset = _read_search(request.query_params)
        except ValueError as wrong:
            return error(400, "invalid_request", str(wrong))
        # One more than is asked for shows whether there is a next page.
        found = await self.service.ask(lambda db: db.catalogue.search(query, limit=limit + 1, offset=offset))
        works = [
            {"key": f"{work.key:016x}", "url": f"/works/{work.key:016x}", **work.to_dict(credited=False)}
            for work in found[:limit]
        ]
        answer: dict[str, Any] = {"works": works, "next": None}
        if len(found) > limit:
            next_page = {"q": query or "", "limit": limit, "offset": offset + limit}
            answer["next"] = f"{request.scope.get('root_path', '')}/works?{urlencode(next_page)}"
        return JSON(answer)

    async def show(self, request: Request) -> Response:
        """Return the work with a key; with an id, where only one work has it."""
        name, language = request.path_params["id"], self.service.checker.language
        found = await self.service.ask(lambda db: _describe_works(db, name, language))
        if len(found) == 1:
            return JSON(found[0])
        if not found:
            return error(404, "no_such_work", "no work has this id or key; /works?q=WORDS searches for some")
        keys = ", ".join(each["key"] for each in found)
        return error(409, "several_works", f"several works have this id; ask for one of them by its key: {keys}")


def _read_search(parameters: Mapping[str, str]) -> tuple[str | None, int, int]:
    """Return query, limit and offset of a search.

    Raises:
        ValueError: a parameter is unknown or out of range.
    """
    if unknown := set(parameters) - {"q", "limit", "offset"}:
        raise ValueError(f"there is no parameter {min(unknown)!r:.80}; there are q, limit, offset")
    query = parameters.get("q", "")
    if len(query) > _LONGEST_QUERY or "\0" in query:  # PostgreSQL takes no NUL
        raise ValueError(f'"q" must be at most {_LONGEST_QUERY} characters, and no NUL')
    limit, offset = _read_number(parameters, "limit", _DEFAULT), _read_number(parameters, "offset", 0)
    if not 1 <= limit <= MOST:
        raise ValueError(f'"limit" must be 1 to {MOST}')
    return query or None, limit, offset


def _read_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    given = parameters.get(name, str(default))
    if not _NUMBER.fullmatch(given):
        raise ValueError(f'"{name}" must be a whole number of at most nine digits')
    return int(given)


def _describe_works(database: Database, name: str, language: str) -> list[dict[str, Any]]:
    """Return the works with an id or key, each with its claims, its signals and its full notice."""
    catalogue = database.catalogue
    found = catalogue.find_works(name) if "\0" not in name else ()
    return [
        {
            **with_history(work, catalogue.claims(work.key), catalogue.signals(work.key)),
            "duties": list(terms(work).duties),
            "full_notice": _describe_notice(work, language),
        }
        for work in found
    ]


def _describe_notice(work: Work, language: str) -> dict[str, Any]:
    """Return all that a person is to be told of a work, whatever stretch of it matches."""
    asked, texts = terms(work), notices.licence_texts([work], language)
    return {
        "heading": notices.heading(work, language),
        "licence": notices.licence_label(work, language),
        "credit": notices.credit_line(work, language),
        "warning": notices.warning(asked, language),
        "conditions": list(notices.duty_words(asked.duties, language)),
        "advice": list(notices.advice(asked, language)),
        "texts": [{"licence": each.licence, "text": each.text} for each in texts],
        "language": language,
    }
