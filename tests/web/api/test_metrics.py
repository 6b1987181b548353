"""`GET /metrics`: what is counted, under which names."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.database.samples import MOTTO, SWANN, TIMES


def counted(client: TestClient) -> dict[str, float]:
    """All samples, by name and labels, but times of day and how long something took."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        " ".join((sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items())))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not re.search("_created|_bucket|_sum", sample.name)
    }


def test_what_is_counted(client: TestClient) -> None:
    """Requests by route and status, checks, findings by status and action, streams, and the database."""
    client.post("/check", json={"text": f"{TIMES} {SWANN} {MOTTO}"})
    client.post("/check", json={"text": "Nothing."})
    client.post("/check", content=b"x")
    client.get("/nowhere")
    client.request("BREW", "/works/a-b-c")
    service = client.service  # type: ignore[attr-defined]  # of the fixture
    open_, ended = service.stream(), service.stream()
    ended.feed(TIMES)
    ended.close()
    assert counted(client) == {
        "provenance_requests_total method=POST route=/check status=200": 2,
        "provenance_requests_total method=POST route=/check status=400": 1,
        "provenance_requests_total method=GET route=none status=404": 1,
        "provenance_requests_total method=other route=/works/{id:path} status=405": 1,
        "provenance_request_seconds_count route=/check": 3,
        "provenance_request_seconds_count route=none": 1,
        "provenance_request_seconds_count route=/works/{id:path}": 1,
        "provenance_checks_total": 3,
        "provenance_findings_total action=annotate status=licensed": 3,
        "provenance_findings_total action=warn status=all-rights-reserved": 1,
        "provenance_streams_open": 1,
        "provenance_ready": 1,
        "provenance_database_works": 4,
        "provenance_database_tokens": service.database.snapshot().state.tokens,
        "provenance_database_revision": 1,
    }
    open_.close()
    assert counted(client)["provenance_streams_open"] == 0


def test_a_stream_that_nobody_ends_is_not_open_for_ever(client: TestClient) -> None:
    """A stream that is dropped, since its client went away, is not counted any more."""
    service = client.service  # type: ignore[attr-defined]  # of the fixture
    stream = service.stream()
    assert service.streams == 1
    del stream
    assert service.streams == 0
