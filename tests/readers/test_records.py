"""From a record to a work: what each field means, and what each wrong one is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.works import Document, Role, Signal
from provenance_plugins.readers._records import COLUMNS, to_document

MOBY = {
    "id": "gutenberg:2701", "text": "Call me Ishmael.", "title": "Moby-Dick", "authors": ["Herman Melville"],
    "year": 1851, "source": "https://www.gutenberg.org/ebooks/2701", "licence": "public-domain", "copyright": None,
    "notice": None, "language": "en", "collection": "gutenberg",
}  # fmt: skip


def document(folder: Path = Path(), /, **fields: Any) -> Document:
    return to_document({"text": "t", **fields}, place="w.jsonl:7", folder=folder)


def refusal(record: object, folder: Path = Path()) -> str:
    with pytest.raises(InputError) as caught:
        to_document(record, place="w.jsonl:7", folder=folder)
    assert caught.value.place == "w.jsonl:7"
    return caught.value.message


def test_the_documented_shape_is_taken_over_field_by_field() -> None:
    """Each field of the documented shape lands in the field of its name."""
    assert to_document(MOBY, place="w.jsonl:7", folder=Path()) == Document(
        text="Call me Ishmael.",
        id="gutenberg:2701",
        title="Moby-Dick",
        authors=("Herman Melville",),
        year=1851,
        source="https://www.gutenberg.org/ebooks/2701",
        licence="public-domain",
        language="en",
        label="gutenberg",
        place="w.jsonl:7",
    )


def test_only_the_text_is_required() -> None:
    """Fields that are missing, null or blank are not given; unknown ones mean nothing."""
    bare = Document(text="t", place="w.jsonl:7")
    nothing = {name: None for name in COLUMNS if name != "text"}
    assert document() == document(**nothing) == document(title=" ", collection="", licence="\n", quality=0.9) == bare


def test_the_year_of_a_dolma_record_is_that_of_created() -> None:
    """A date says a year where `year` does not; what is no date says nothing."""
    years = [
        document(created=created).year for created in ("2014-03-27T00:00:00Z", datetime(1999, 1, 1), "long ago", 7)
    ]
    assert years == [2014, 1999, None, None]
    assert document(created="2014", year=2011).year == 2011
    assert document(metadata={"created": "1851-10-18"}).year == 1851


def test_the_columns_of_the_stack_are_understood(tmp_path: Path) -> None:
    """Text, licences and the place on GitHub are found under the names that datasets of code give them."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    stack = {
        "content": "print()", "max_stars_repo_name": "ann/tea", "max_stars_repo_path": "src/a b.py",
        "max_stars_repo_head_hexsha": commit, "max_stars_repo_licenses": ["MIT", "GPL-2.0-only OR BSD-3-Clause", "MIT"],
    }  # fmt: skip
    assert to_document(stack, place="p", folder=tmp_path) == Document(
        text="print()",
        source=f"https://github.com/ann/tea/blob/{commit}/src/a%20b.py",
        licence="MIT AND (GPL-2.0-only OR BSD-3-Clause)",
        place="p",
    )
    code = {"code": "x = 1", "repo_name": "ann/tea", "path": "a.py", "license": "mit", "language": "Python"}
    assert to_document(code, place="p", folder=tmp_path) == Document(
        text="x = 1",
        source="https://github.com/ann/tea/blob/HEAD/a.py",
        licence="mit",
        language="Python",
        place="p",
    )
    for odd in ("../../evil", "a/b/c", "https://x/y", "a b/c", 7):
        assert to_document({**code, "repo_name": odd}, place="p", folder=tmp_path).source is None


def test_the_dolma_shape_is_understood() -> None:
    """Licence, author and address are found under `metadata`; a dataset's name gives way to the address."""
    metadata = {"license": "CC-BY-4.0", "author": "Ada", "url": "https://a.example/1", "title": "One", "year": 2001}
    assert document(id="d1", source="stack", added="2024", metadata=metadata) == Document(
        text="t",
        id="d1",
        title="One",
        authors=("Ada",),
        year=2001,
        source="https://a.example/1",
        licence="CC-BY-4.0",
        place="w.jsonl:7",
    )


@pytest.mark.parametrize(
    ("given_fields", "name", "expected"),
    [
        ({"licence": "MIT", "license": "GPL-3.0-only", "metadata": {"licence": "ISC"}}, "licence", "MIT"),
        ({"license": "MIT", "metadata": {"licence": "ISC"}}, "licence", "MIT"),
        ({"licence": "", "metadata": {"license": "ISC"}}, "licence", "ISC"),
        ({"licence": "as found, whatever it is"}, "licence", "as found, whatever it is"),
        ({"author": ["Ada", "Bo"]}, "authors", ("Ada", "Bo")),
        ({"author": "Ada, Bo and Cy"}, "authors", ("Ada, Bo and Cy",)),
        ({"authors": ["Ada"], "author": "Bo"}, "authors", ("Ada",)),
        ({"authors": ["Ada", None, "", "Bo"]}, "authors", ("Ada", "Bo")),
        ({"authors": []}, "authors", ()),
        ({"role": "boilerplate"}, "role", Role.BOILERPLATE),
        ({"role": " ", "metadata": {"role": "assistant"}}, "role", Role.WORK),
        ({"id": 2701}, "id", "2701"),
        ({"year": 1851.0}, "year", 1851),
        ({"year": "1851"}, "year", 1851),
        ({"metadata": {"year": "-44"}}, "year", -44),
        ({"year": -700}, "year", -700),
        ({"url": "https://a.example"}, "source", "https://a.example"),
        ({"source": "https://b.example", "url": "https://a.example"}, "source", "https://b.example"),
        ({"source": "books"}, "source", "books"),
        ({"title": "a \ud800 b"}, "title", "a \ufffd b"),
        ({"title": "\u202eevil\x1b[0m"}, "title", "\u202eevil\x1b[0m"),
        ({"text": "a \udfff b 漢"}, "text", "a \ufffd b 漢"),
    ],
)
def test_what_a_field_becomes(given_fields: dict[str, Any], name: str, expected: object) -> None:
    """Our spelling before the foreign one, the top before `metadata`, and what cannot be stored is made storable."""
    assert getattr(document(**given_fields), name) == expected


def test_signals_are_kept_with_their_dates_in_utc() -> None:
    """A reservation keeps its kind, value, address and moment; a moment without a zone is taken as UTC."""
    seen = {"kind": "tdmrep", "value": "1", "url": "https://a.example/x", "observed_at": "2026-01-02T03:04:05+02:00"}
    naive = {"kind": "robots", "value": "n", "observed_at": datetime(2026, 1, 2), "more": 1}
    assert document(signals=[seen, naive, None, {"kind": "k", "value": "v"}]).signals == (
        Signal(
            kind="tdmrep", value="1", url="https://a.example/x", observed_at=datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
        ),
        Signal(kind="robots", value="n", observed_at=datetime(2026, 1, 2, tzinfo=UTC)),
        Signal(kind="k", value="v"),
    )


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([1], "a list where an object with a 'text' is wanted"),
        ("text", "a string ('text') where an object with a 'text' is wanted"),
        (None, "null where an object with a 'text' is wanted"),
        ({}, "no 'text'; each record needs a 'text', or a 'path' to a file that holds it"),
        ({"text": None}, "no 'text'; each record needs a 'text', or a 'path' to a file that holds it"),
        ({"text": ""}, "'text' is empty; nothing to ingest"),
        ({"text": " \n\u3000"}, "'text' is empty; nothing to ingest"),
        ({"text": 5}, "'text' is a number (5); wanted a string"),
        ({"text": ["a"]}, "'text' is a list; wanted a string"),
        ({"text": "ab\0"}, "'text' holds a NUL at character 2; leave it out"),
        ({"title": True}, "'title' is a boolean (True); wanted a string"),
        ({"title": "\0"}, "'title' holds a NUL at character 0; leave it out"),
        ({"title": "x" * 10_001}, "'title' is 10,001 characters long; at most 10,000 are stored"),
        ({"id": "x" * 1_001}, "'id' is 1,001 characters long; at most 1,000 are stored"),
        ({"id": False}, "'id' is a boolean (False); wanted a string"),
        ({"id": 10**50}, "'id' is a number; wanted a string"),
        ({"authors": "Ada"}, "'authors' is a string ('Ada'); wanted a list of names"),
        ({"authors": ["Ada", 5]}, "'authors[1]' is a number (5); wanted a string"),
        ({"authors": [{"name": "Ada"}]}, "'authors[0]' is an object; wanted a string"),
        ({"authors": ["a"] * 10_001}, "'authors' has 10,001 entries; at most 10,000 are stored"),
        ({"author": {}}, "'author' is an object; wanted a list of names"),
        ({"year": "MDCCCLI"}, "'year' is a string ('MDCCCLI'); wanted a whole number"),
        ({"year": 1851.5}, "'year' is a number (1851.5); wanted a whole number"),
        ({"year": float("nan")}, "'year' is a number (nan); wanted a whole number"),
        ({"year": True}, "'year' is a boolean (True); wanted a whole number"),
        ({"year": 10_000}, "'year' is a number (10000); wanted one from -9999 to 9999"),
        ({"year": "20260101"}, "'year' is a number (20260101); wanted one from -9999 to 9999"),
        ({"year": "1851-10-18"}, "'year' is a string ('1851-10-18'); wanted a whole number"),
        ({"year": "１８５１"}, "'year' is a string ('１８５１'); wanted a whole number"),
        ({"year": 10**4_000}, "'year' is a number; wanted one from -9999 to 9999"),
        ({"licence": {"id": "MIT"}}, "'licence' is an object; wanted a string"),
        ({"licence": ["MIT", 7]}, "'licence[1]' is a number (7); wanted a string"),
        ({"license": {}}, "'license' is an object; wanted a string"),
        ({"metadata": "x" * 99}, f"'metadata' is a string ('{'x' * 40}'…); wanted an object"),
        ({"metadata": {"license": 1}}, "'metadata.license' is a number (1); wanted a string"),
        ({"signals": {}}, "'signals' is an object; wanted a list of objects"),
        ({"signals": ["no"]}, "'signals[0]' is a string ('no'); wanted an object with 'kind' and 'value'"),
        ({"signals": [{"value": "v"}]}, "'signals[0]' has no 'kind'; a signal needs both"),
        ({"signals": [{"kind": "k"}]}, "'signals[0]' has no 'value'; a signal needs both"),
        ({"signals": [{"kind": 1, "value": "v"}]}, "'signals[0].kind' is a number (1); wanted a string"),
        (
            {"signals": [{"kind": "k", "value": "v", "observed_at": "soon"}]},
            "'signals[0].observed_at' is a string ('soon'); "
            "wanted a date and time in ISO 8601, such as 2026-11-20T12:00:00Z",
        ),
        (
            {"signals": [{"kind": "k", "value": "v", "observed_at": "0001-01-01T00:00:00+14:00"}]},
            "'signals[0].observed_at' is a string ('0001-01-01T00:00:00+14:00'); "
            "wanted a date and time in ISO 8601, such as 2026-11-20T12:00:00Z",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_it_is_and_what_it_should_be(record: object, message: str) -> None:
    """An error says which field, what was found there, and what is wanted."""
    whole = {"text": "t", **record} if isinstance(record, dict) and "text" not in record and record else record
    assert refusal(whole) == message


def test_a_path_stands_for_the_text_of_a_file_in_the_folder(tmp_path: Path) -> None:
    """The text comes from the file by the rules for text files; a text that is given goes before a path."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"\xef\xbb\xbfCall me\r\nIshmael.")
    (tmp_path / "inside").symlink_to("sub/a.txt")
    expected = Document(text="Call me\r\nIshmael.", id="m", place="w.jsonl:7")
    for path in ("sub/a.txt", "./sub//a.txt", "inside"):
        assert to_document({"path": path, "id": "m"}, place="w.jsonl:7", folder=tmp_path) == expected
    assert document(tmp_path, path="/etc/passwd") == Document(text="t", place="w.jsonl:7")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../out.txt", "sub/../../out.txt", "C:\\x", "C:x", "..\\x", "\\x", "//h/s"]
)
def test_a_path_that_is_absolute_or_climbs_is_refused(tmp_path: Path, path: str) -> None:
    """No spelling of a path leaves the dataset's folder, on any system."""
    (tmp_path / "out.txt").write_text("secret")
    (tmp_path / "in" / "sub").mkdir(parents=True)
    message = f"'path' {path!r} must be relative to the dataset's folder, without '..'"
    assert refusal({"path": path}, tmp_path / "in") == message


def test_a_path_that_leads_out_through_a_link_is_refused(tmp_path: Path) -> None:
    """Links are resolved before it is decided whether a file lies inside."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_text("secret")
    (tmp_path / "in" / "file").symlink_to("../out/secret")
    (tmp_path / "in" / "folder").symlink_to("../out")
    (tmp_path / "in" / "loop").symlink_to("loop")
    for path in ("file", "folder/secret"):
        message = f"'path' {path!r} leads out of the dataset's folder; copy the file into it"
        assert refusal({"path": path}, tmp_path / "in") == message
    assert refusal({"path": "loop"}, tmp_path / "in").startswith("'path' 'loop' cannot be followed (")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.txt", "'path' 'gone.txt' cannot be followed (No such file or directory); check the file"),
        (".", "'path' '.': not a regular file; give a file that holds text"),
        ("binary", "'path' 'binary': binary: NUL at byte 1; leave it out, or save it as UTF-8 if it is text"),
        ("empty", "'path' 'empty': empty: holds no text; nothing to ingest"),
        ("a\0b", "'path' holds a NUL at character 1; leave it out"),
        (5, "'path' is a number (5); wanted a string"),
        ("x" * 300, f"'path' '{'x' * 200}' cannot be followed (File name too long); check the file"),
    ],
)
def test_a_path_to_no_text_is_refused_at_the_records_place(tmp_path: Path, path: object, message: str) -> None:
    """What is wrong with the file is said where the record stands."""
    (tmp_path / "binary").write_bytes(b"a\0")
    (tmp_path / "empty").touch()
    assert refusal({"path": path}, tmp_path) == message


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.just("\0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*COLUMNS, "kind", "value")), inner),
    max_leaves=12,
)
records = st.fixed_dictionaries({}, optional={name: json_values for name in COLUMNS if name != "text"})


@settings(deadline=None)
@given(record=records | json_values, text=st.just("some text") | json_values)
def test_any_json_value_gives_a_document_or_an_input_error(record: Any, text: Any) -> None:
    """No value in any field raises anything else, and every document can be stored."""
    if isinstance(record, dict):
        record = {**record, "text": text}
    try:
        found = to_document(record, place="p", folder=Path("/nowhere"))
    except InputError:
        return
    strings = (found.text, found.title, found.source, found.licence, found.id, *found.authors)
    assert not any("\0" in string or string.encode().decode() != string for string in strings if string)
    assert found.place == "p"


@settings(deadline=None)
@given(record=st.fixed_dictionaries({"text": st.just("t")}, optional={n: json_values for n in COLUMNS if n != "text"}))
def test_what_json_can_carry_reads_the_same_from_it(record: dict[str, Any]) -> None:
    """A record means the same before and after a trip through JSON."""

    def outcome(value: Any) -> object:
        try:
            return to_document(value, place="p", folder=Path("/nowhere"))
        except InputError as error:
            return str(error)

    assert outcome(json.loads(json.dumps(record))) == outcome(record)
