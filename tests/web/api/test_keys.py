"""Keys: who may do what, and how one shows who one is."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from provenance.errors import ConfigError
from provenance.server.middleware import right_for
from provenance.service.keys import RIGHTS, Key, Keys, new_key, read_keys
from tests.database.samples import TIMES
from tests.web.api.conftest import Serve

SECRET = {"reader": "lp_reader-key", "checker": "lp_checker-key"}
KEYS = Keys(
    (
        Key("reader", hashlib.sha256(SECRET["reader"].encode()).hexdigest(), frozenset({"read", "metrics"})),
        Key("checker", hashlib.sha256(SECRET["checker"].encode()).hexdigest(), frozenset({"check"})),
    )
)


@pytest.fixture
def locked(serve: Serve) -> TestClient:
    """A server with two keys of different rights."""
    return serve(keys=KEYS)


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {SECRET[name]}"}


def test_two_keys_with_different_rights(locked: TestClient) -> None:
    """Each key opens what it has the right to, and nothing else."""
    asked = (("GET", "/works"), ("GET", "/metrics"), ("GET", "/"), ("POST", "/check"), ("POST", "/notices"))
    told = {
        name: [
            locked.request(method, path, headers=bearer(name), json={"text": "x"}).status_code for method, path in asked
        ]
        for name in SECRET
    }
    assert [status not in (401, 403) for status in told["reader"]] == [True, True, True, False, False]
    assert [status not in (401, 403) for status in told["checker"]] == [False, False, False, True, True]
    refused = locked.post("/check", headers=bearer("reader"), json={"text": "x"}).json()["error"]
    assert (refused["code"], refused["message"]) == (
        "forbidden", "this key has no right to check; ask the operator of this server for one that has",
    )  # fmt: skip


def test_rights_hold_where_the_app_is_part_of_another(locked: TestClient) -> None:
    """Under a path of a larger app the same rights are asked for."""
    whole = TestClient(Starlette(routes=[Mount("/lp", locked.app)]))
    asked = (("/lp/check", "checker"), ("/lp/check", "reader"), ("/lp/v1/chat/completions", "checker"))
    told = [whole.post(path, json={"text": "x"}, headers=bearer(name)).status_code for path, name in asked]
    assert told == [200, 403, 403]
    assert whole.get("/lp/health").status_code == 200


def test_a_browser_sends_it_as_a_password(locked: TestClient) -> None:
    """HTTP Basic works with any user name, so that a page opens without JavaScript."""
    assert locked.post("/check", json={"text": TIMES}, auth=("", SECRET["checker"])).status_code == 200
    assert locked.post("/check", json={"text": TIMES}, auth=("me:and", SECRET["checker"])).status_code == 401
    answer = locked.get("/works")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (
        401,
        'Basic realm="provenance", charset="UTF-8"',
    )


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Basic", "Basic !", "Basic Og==", "Basic bWU6", "Digest x", SECRET["checker"],
        f"bearer {SECRET['checker']}x", f"Bearer {SECRET['checker'].upper()}", "Basic " + "A" * 10_000,
        f"Bearer {hashlib.sha256(SECRET['checker'].encode()).hexdigest()}", "Bearer \xff",
    ],
)  # fmt: skip
def test_what_is_no_key(locked: TestClient, header: str) -> None:
    """Anything else is nobody's, the digest of a key too."""
    answer = locked.post("/check", json={"text": "x"}, headers={"authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        401, "send a key of this server as `Authorization: Bearer KEY`, or as the password of HTTP Basic",
    )  # fmt: skip


@given(st.text() | st.binary().map(lambda data: "Basic " + base64.b64encode(data).decode()))
def test_no_header_is_a_key_by_chance(header: str) -> None:
    """Whatever is sent, nobody gets in without a key, and nothing breaks."""
    assert KEYS.owner(header) is None


def test_anybody_may_ask_how_the_server_is(locked: TestClient, folder: Path) -> None:
    """A load balancer needs no key; the reason of a failure, which names files, is for those who have one."""
    assert (locked.get("/health").status_code, locked.get("/openapi.json").status_code) == (200, 200)
    (folder / "catalogue.sqlite").unlink()
    told = locked.get("/health")
    assert (told.status_code, told.json()["reason"]) == (
        503,
        "the database cannot be used; ask again with a key for more",
    )
    assert str(folder) in locked.get("/health", headers=bearer("checker")).json()["reason"]


def test_without_keys_everybody_may(client: TestClient) -> None:
    """A server without keys ignores what clients send, such as the key of an upstream."""
    assert client.post("/check", json={"text": "x"}, headers={"authorization": "Bearer sk-1"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("POST", "/check", "check"), ("POST", "/", "check"), ("POST", "/notices", "check"), ("GET", "/", "read"),
        ("GET", "/notices/00", None), ("GET", "/static/page.css", None), ("POST", "/notices/00", "check"),
        ("GET", "/works/x", "read"), ("HEAD", "/library", "read"), ("POST", "/v1/chat/completions", "generate"),
        ("GET", "/v1/models", "generate"), ("GET", "/v1", "generate"), ("GET", "/v1x", "read"),
        ("GET", "/metrics", "metrics"),
        ("DELETE", "/works/x", "check"), ("GET", "/health", None), ("GET", "/health/", "read"),
    ],
)  # fmt: skip
def test_each_path_has_its_right(method: str, path: str, right: str | None) -> None:
    """What a request needs is decided by its path, and whatever nobody thought of needs one too."""
    assert right_for(method, path) == right


def test_a_new_key_opens_what_it_says(tmp_path: Path) -> None:
    """The lines that are printed let the key in that is printed; the file has no key in it."""
    (one, lines), (two, more) = new_key("ci", ("check",)), new_key("me@home")
    file = tmp_path / "keys.toml"
    file.write_text(lines + "\n" + more, encoding="utf-8")
    keys = read_keys(file)
    owners = [keys.owner(f"Bearer {key}") for key in (one, two)]
    assert [(owner.name, owner.rights) for owner in owners if owner] == [
        ("ci", {"check"}), ("me@home", set(RIGHTS)),
    ]  # fmt: skip
    assert one not in file.read_text(encoding="utf-8")
    assert one != new_key("ci")[0]


_GOOD = f'[[key]]\nname = "a"\nsha256 = "{"0" * 64}"\nrights = ["read"]\n'


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "there must be one table [[key]] or more and nothing else"),
        ("key = 1", "there must be one table [[key]] or more and nothing else"),
        (_GOOD + "[more]\n", "there must be one table [[key]] or more and nothing else"),
        ("[[key", "this is not TOML"),
        ("\xff", "this is not TOML"),
        ("[[key]]\n", "key 1 must have name, sha256 and rights, and nothing else"),
        (_GOOD + 'key = "lp_x"\n', "key 1 must have name, sha256 and rights, and nothing else"),
        (_GOOD + _GOOD, "two keys have the same name"),
        (_GOOD + _GOOD.replace('"a"', '"b"'), "two keys have the same sha256"),
        (_GOOD.replace("0" * 64, "F" * 64), "key 1: sha256 must be 64 hexadecimal digits in lower case"),
        (
            _GOOD.replace("read", "write"),
            "key 1: rights is ['write']; it must be a list of some of check, generate, read",
        ),
        (_GOOD.replace('["read"]', "[]"), "key 1: rights is []; it must be a list of some of check, generate, read"),
        (_GOOD.replace('"a"', '"a b"'), "key 1: name is 'a b'; it must be 1 to 64 of the characters"),
    ],
)
def test_a_file_of_keys_that_cannot_be_meant(tmp_path: Path, written: str, message: str) -> None:
    """It is refused with the place and what is wanted, so that nobody serves without the keys that were meant."""
    file = tmp_path / "keys.toml"
    file.write_bytes(written.encode("latin-1"))
    with pytest.raises(ConfigError, match="^" + str(file)) as refused:
        read_keys(file)
    assert message in str(refused.value)


def test_a_file_of_keys_that_is_not_there(tmp_path: Path) -> None:
    """It is named, with the option that names it."""
    with pytest.raises(ConfigError, match="No such file or directory; name a file of keys with --keys"):
        read_keys(tmp_path / "none.toml")
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="is larger than 1,048,576 bytes: this is no file of keys"):
        read_keys(large)
