"""`GET /openapi.json`: says what there is, and what answers look like."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from starlette.routing import Route
from starlette.testclient import TestClient

from provenance.server.app import build_app
from provenance.server.openapi import describe_api
from provenance.service.keys import Keys
from tests.database.samples import TIMES
from tests.web.api.conftest import Serve

FORMATS = ("html", "html-fragment", "json", "markdown", "openai-annotations", "spdx", "terminal", "text")
_PLACE = "urn:openapi"
_API = re.compile(r"/(?:check|works|works/\{id:path\}|health|metrics|openapi\.json)")


def validate(answer: Any, path: str, method: str = "get") -> None:
    """Hold an answer to what the document says of this path and status."""
    document = describe_api(FORMATS)
    registry: Any = Registry().with_resource(_PLACE, Resource(document, DRAFT202012))
    told = document["paths"][path][method]["responses"][str(answer.status_code)]
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    schema = told["content"][answer.headers["content-type"].partition(";")[0]]["schema"]
    if "$ref" in schema:
        schema = {"$ref": _PLACE + schema["$ref"]}
    body = answer.json() if "json" in answer.headers["content-type"] else answer.text
    Draft202012Validator(schema, registry=registry).validate(body)


def test_it_names_the_routes_that_there_are(client: TestClient) -> None:
    """Each route of the API is in the document with its methods, and nothing else is."""
    routes = [each for each in client.app.routes if isinstance(each, Route) and _API.fullmatch(each.path)]  # type: ignore[attr-defined]
    there = {(each.path.replace(":path", ""), method.lower()) for each in routes for method in each.methods or ()}
    assert there - {(path, "head") for path, _ in there} == {
        (path, method) for path, operations in describe_api(FORMATS)["paths"].items() for method in operations
    }


def test_answers_are_as_it_says(client: TestClient, serve: Serve) -> None:
    """Real answers, good and bad, fit their schemas."""
    assert client.get("/openapi.json").json() == describe_api(FORMATS)
    key = client.get("/works?q=cities").json()["works"][0]["key"]
    for path, asked in (
        ("/works", "/works?limit=2"), ("/works", "/works?limit=0"), ("/works/{id}", f"/works/{key}"),
        ("/works/{id}", "/works/nobody"), ("/works/{id}", "/works/same"), ("/health", "/health"),
        ("/metrics", "/metrics"), ("/openapi.json", "/openapi.json"),
    ):  # fmt: skip
        validate(client.get(asked), path)
    for body in ({"text": TIMES}, {"text": TIMES, "passages": True}, {"text": TIMES, "format": "text"}, {}):
        validate(client.post("/check", json=body), "/check", "post")
    validate(client.post("/check", content=b"x" * (4 << 20 | 1)), "/check", "post")
    locked = serve(keys=Keys(()))
    validate(locked.get("/works"), "/works")
    validate(serve(hosts=("localhost",)).get("/works"), "/works")


def test_everything_that_may_be_refused_is_described(serve: Serve) -> None:
    """What the app answers before it knows a route is described for every route that it applies to."""
    paths = describe_api(FORMATS)["paths"]
    assert all(paths[path] for path in ("/check", "/works", "/health"))
    for path, operations in paths.items():
        for operation in operations.values():
            assert {"403", "421"} <= set(operation["responses"]), path


@pytest.mark.parametrize("name", ["Work", "Works", "Health", "Error", "Report"])
def test_the_schemas_are_schemas(name: str) -> None:
    """Each of them can be used by a validator."""
    Draft202012Validator.check_schema(describe_api(FORMATS)["components"]["schemas"][name])


def test_the_app_can_be_made_twice(client: TestClient, serve: Serve) -> None:
    """Two apps in one process count apart: neither library nor server keeps a registry of its own."""
    other = serve()
    other.get("/health")
    assert build_app is not None
    assert 'route="/health"' in other.get("/metrics").text
    assert 'route="/health"' not in client.get("/metrics").text
