"""`GET /works`: search, and all that is known of one work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance import Basis, Claim, Database, LicenceStatus
from provenance.cli import main


def found(client: TestClient, **parameters: Any) -> tuple[list[str], str | None]:
    """The titles that a search gives, and where it goes on."""
    told = client.get("/works", params=parameters).json()
    return [work["title"] for work in told["works"]], told["next"]


def test_a_search_by_pages(client: TestClient) -> None:
    """Works come by title; `next` leads from page to page until there are no more."""
    assert found(client) == (["<b>Motto</b>", "A Tale of Two Cities", "Moby-Dick", "Swann"], None)
    assert found(client, q="BOOKS/") == (["A Tale of Two Cities", "Moby-Dick"], None)
    pages, at = [], "/works?limit=3"
    while at:
        told = client.get(at).json()
        pages.append([work["title"] for work in told["works"]])
        at = told["next"]
    assert pages == [["<b>Motto</b>", "A Tale of Two Cities", "Moby-Dick"], ["Swann"]]
    assert found(client, q="nobody") == ([], None)
    assert found(client, q="%", offset=999_999_999) == ([], None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", '"limit" must be 1 to 200'),
        ("limit=201", '"limit" must be 1 to 200'),
        ("limit=x", '"limit" must be a whole number of at most nine digits'),
        ("offset=-1", '"offset" must be a whole number of at most nine digits'),
        ("offset=%D9%A1", '"offset" must be a whole number of at most nine digits'),
        ("page=2", "there is no parameter 'page'; there are q, limit, offset"),
        (f"q={'x' * 501}", '"q" must be at most 500 characters, and no NUL'),
        ("q=%00", '"q" must be at most 500 characters, and no NUL'),
    ],
)
def test_a_search_that_cannot_be_meant(client: TestClient, query: str, message: str) -> None:
    """It is refused with what is allowed."""
    answer = client.get(f"/works?{query}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


def test_a_work_says_what_the_command_says(
    client: TestClient, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A work has what `works show` prints, its duties and its full notice; by id, also with slashes, and by key."""
    told = client.get("/works/books/times.txt").json()
    duties, notice = told.pop("duties"), told.pop("full_notice")
    main(["works", "show", "books/times.txt", "--db", str(folder), "--format", "json"])
    assert told == json.loads(capsys.readouterr().out)
    assert duties == ["attribution", "copyright-line", "indicate-changes", "no-endorsement"]
    licence = "CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/)"
    assert notice == {
        "heading": "“A Tale of Two Cities” by Charles Dickens, 1859",
        "licence": "CC-BY-4.0",
        "credit": f"“A Tale of Two Cities” by Charles Dickens, https://example.org/t, licensed under {licence}",
        "warning": None,
        "conditions": [
            "name the author and the work", "keep the copyright line", "say what was changed",
            "do not suggest that the author endorses you",
        ],
        "advice": [
            "Show the credit line beside the passage, with links to the source and the licence.",
            "If you change the passage, say so.",
        ],
        "texts": [],
        "language": "en",
    }  # fmt: skip
    assert client.get(f"/works/{told['key']}").json() == client.get("/works/books%2Ftimes.txt").json()


def test_the_texts_that_a_licence_wants_are_there(client: TestClient) -> None:
    """A work under MIT comes with the licence's words and its own copyright line in them."""
    key = client.get("/works?q=swann").json()["works"][0]["key"]
    (text,) = client.get(f"/works/{key}").json()["full_notice"]["texts"]
    assert text["licence"] == "MIT"
    assert "Copyright 1913 M. P." in text["text"]
    assert "Permission is hereby granted" in text["text"]


def test_an_id_that_two_collections_have(client: TestClient) -> None:
    """Nobody guesses which is meant: the keys are given, and each leads to its work."""
    answer = client.get("/works/same")
    message = answer.json()["error"]["message"]
    assert (answer.status_code, message.partition(": ")[0]) == (
        409, "several works have this id; ask for one of them by its key",
    )  # fmt: skip
    keys = message.partition(": ")[2].split(", ")
    assert sorted(client.get(f"/works/{key}").json()["title"] for key in keys) == ["<b>Motto</b>", "Swann"]


@pytest.mark.parametrize("name", ["nobody", "%00", "", "..%2F..%2Fetc", "0" * 16, "9" * 19, "%FF"])
def test_a_work_that_there_is_not(client: TestClient, name: str) -> None:
    """It is said to be missing, with how to search."""
    answer = client.get(f"/works/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "no work has this id or key; /works?q=WORDS searches for some"


def test_claims_that_come_later_are_seen(client: TestClient, folder: Path) -> None:
    """A curator's claim counts at the next request."""
    with Database.open(folder) as database:
        work = database.find_work("books/whale.txt")
        claim = Claim(status=LicenceStatus.LICENSED, licence="CC0-1.0", basis=Basis.CURATED, who="a curator")
        database.catalogue.add_claim(work.key, claim)
    told = client.get("/works/books/whale.txt").json()
    assert (told["licence"], told["status"], len(told["claims"])) == ("CC0-1.0", "licensed", 2)
