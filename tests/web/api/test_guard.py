"""What comes from other sites, for other hosts, or to be framed by others."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from provenance.server.headers import SECURITY
from tests.web.api.conftest import Serve

OURS = "http://testserver"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        ({"origin": OURS}, 200),
        ({"origin": OURS, "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),  # typed by the user
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "http://testserver:81"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": OURS}, 403),
        ({"sec-fetch-site": "what"}, 403),
    ],
)
def test_a_page_of_another_site_cannot_have_texts_checked(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    """What a browser says of a request decides; a program that says nothing is let through."""
    assert client.post("/check", json={"text": "x"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),  # somebody follows a link to us
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ],
)
def test_a_link_may_lead_here_and_an_image_not(client: TestClient, headers: dict[str, str], status: int) -> None:
    """Other sites may link to what there is to see, and not load it."""
    assert client.get("/works?q=x", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("LOCALHOST", 200), ("127.0.0.1:1", 200), ("[::1]:8000", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("", 421), ("[", 421), ("localhost@evil.example", 421),
    ],
)  # fmt: skip
def test_a_name_that_was_pointed_at_this_machine(serve: Serve, host: str, status: int) -> None:
    """Where the allowed hosts are known, a request for another name is refused, whatever address it came to."""
    client = serve(hosts=("127.0.0.1", "localhost", "::1"))
    answer = client.get("/works", headers={"host": host})
    assert answer.status_code == status
    if status == 421:
        message = "this server answers to 127.0.0.1, localhost, ::1; start it with --public-url if it has another name"
        assert answer.json()["error"]["message"] == message


@pytest.mark.parametrize("path", ["/health", "/check", "/nothing", "/works/nobody", "/openapi.json"])
def test_every_answer_tells_the_browser_what_is_safe(client: TestClient, path: str) -> None:
    """Refusals have the headers too."""
    headers = client.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert "unsafe" not in SECURITY["content-security-policy"]


def test_a_path_that_leads_nowhere(client: TestClient) -> None:
    """It says where to look; a wrong method too, with those that are right."""
    missing, wrong = client.get("/nothing"), client.put("/check")
    assert (missing.status_code, missing.json()["error"]["message"]) == (
        404, "there is nothing here; /openapi.json lists what there is",
    )  # fmt: skip
    assert client.get("/v1/models").json()["error"]["message"] == (
        "this server stands in front of no other; start it with --upstream URL"
    )
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["error"]["code"]) == (405, "POST", "wrong_method")
