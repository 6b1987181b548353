"""`provenance ingest`: what it takes, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from provenance import Database
from provenance.works import Claim, Work
from tests.cli.conftest import Ran, Run
from tests.database.samples import SWANN, TIMES, WHALE

SHORT = "A short and quiet motto"


def works(folder: str = "provenance-db") -> dict[str, Work]:
    with Database.open(folder) as database:
        return {work.title or work.id: work for work in database.catalogue.search()}


def claims(title: str) -> tuple[Claim, ...]:
    with Database.open("provenance-db") as database:
        (work,) = database.catalogue.search(title)
        return database.catalogue.claims(work.key)


def test_a_file_with_every_option(home: Path, run: Run) -> None:
    """Everything declared on the command line is stored; the id is the file's address."""
    Path("t.txt").write_text(TIMES)
    options = ["--licence", "cc-by-4.0", "--title", "Two Cities", "--author", "Charles Dickens", "--author", "Anon"]
    more = ["--year", "1859", "--source", "https://example.org", "--collection", "novels", "--keep", "tokens"]
    assert run("ingest", "t.txt", "--db", "books", *options, *more, "--workers", "2") == Ran(
        0, "books: 1 works added, 0 replaced, 0 unchanged; it holds 1 works, 64 tokens\nlicences: 1 CC-BY-4.0\n", ""
    )
    work = works("books")["Two Cities"]
    assert (work.id, work.licence, work.status, work.authors, work.year, work.source, work.collection, work.keep) == (
        (home / "t.txt").as_uri(), "CC-BY-4.0", "licensed", ("Charles Dickens", "Anon"), 1859, "https://example.org",
        "novels", "tokens",
    )  # fmt: skip


def test_works_marked_as_boilerplate(run: Run) -> None:
    """--role marks all works of a source, whatever they say of themselves; ingested again without it they are works."""
    Path("t.txt").write_text(TIMES)
    Path("w.jsonl").write_text(json.dumps({"text": WHALE, "title": "w", "role": "work"}))
    assert run("ingest", "t.txt", "w.jsonl", "--role", "boilerplate").code == 0
    assert {work.role for work in works().values()} == {"boilerplate"}
    assert run("check", "t.txt").code == 0
    assert run("ingest", "t.txt").code == 0
    assert {title: work.role for title, work in works().items()} == {"t.txt": "work", "w": "boilerplate"}
    assert run("ingest", "t.txt", "--role", "legalese").code == 2


def test_the_other_spelling_of_licence(run: Run) -> None:
    """--license means --licence, and is not shown by --help."""
    Path("t.txt").write_text(TIMES)
    assert run("ingest", "t.txt", "--license", "MIT").code == 0
    assert works()["t.txt"].licence == "MIT"
    assert "--license" not in run("ingest", "--help").out


def test_a_folder(run: Run) -> None:
    """Every file is a work called by its place in the folder; a title given goes before it."""
    Path("books/old").mkdir(parents=True)
    Path("books/t.txt").write_text(TIMES)
    Path("books/old/w.txt").write_text(WHALE)
    assert run("ingest", "books", "--licence", "public-domain").code == 0
    assert sorted(works()) == ["old/w.txt", "t.txt"]
    assert run("ingest", "books", "--title", "Shelf").out == (
        "provenance-db: 0 works added, 0 replaced, 2 unchanged; 2 titles changed (batch 2); it holds 2 works, 127 "
        "tokens\nlicences: 2 public-domain\nto take this back: provenance works batches --undo 2\n"
    )
    assert {title: work.status for title, work in works().items()} == {
        "Shelf: old/w.txt": "public-domain", "Shelf: t.txt": "public-domain",
    }  # fmt: skip


def test_saying_nothing_takes_no_licence_back(run: Run) -> None:
    """A work ingested again without --licence keeps what was said; one that never had any has no claim."""
    Path("t.txt").write_text(TIMES)
    Path("s.txt").write_text(SHORT)
    run("ingest", "t.txt", "s.txt")
    assert claims("t.txt") == ()
    run("ingest", "t.txt", "--licence", "MIT")
    run("ingest", "t.txt", "s.txt")
    assert [(claim.licence, claim.evidence) for claim in claims("t.txt")] == [("MIT", "--licence MIT")]
    assert works()["t.txt"].licence == "MIT"


def test_the_option_is_for_works_that_say_nothing(run: Run) -> None:
    """On works that are in it changes only what it said before; a licence that nobody understands says something."""
    licences = {"a": "CC-BY-4.0", "b": "GPL-2.0-only", "c": "all-rights-reserved", "d": "House terms", "e": None}
    records = [
        {"id": name, "title": name, "text": f"{TIMES} {name}", "licence": said} for name, said in licences.items()
    ]
    Path("b.jsonl").write_text("\n".join(map(json.dumps, records)))
    stated = {"a": "CC-BY-4.0", "b": "GPL-2.0-only", "c": None, "d": "House terms", "e": None}
    run("ingest", "b.jsonl")
    for said, licence in ((["--licence", "MIT"], "MIT"), ([], "MIT"), (["--licence", "ISC"], "ISC")):
        assert run("ingest", "b.jsonl", *said).code == 0
        assert {name: work.licence for name, work in works().items()} == {**stated, "e": licence}
    assert run("ingest", "b.jsonl").out.splitlines()[1] == (
        "licences: 1 CC-BY-4.0, 1 GPL-2.0-only, 1 ISC, 1 all-rights-reserved, 1 unknown"
    )


def test_a_record_cannot_take_the_place_of_another_data_set_s(run: Run) -> None:
    """It may name the same collection and id: the work of the other source stays as it is."""
    Path("A.jsonl").write_text(json.dumps({"id": "novel-1", "text": TIMES, "licence": "all-rights-reserved"}))
    Path("C.jsonl").write_text(
        json.dumps({"collection": "A.jsonl", "id": "novel-1", "text": WHALE, "licence": "CC0-1.0"})
    )
    run("ingest", "A.jsonl")
    assert run("ingest", "C.jsonl").out.startswith("provenance-db: 1 works added, 0 replaced, ")
    assert run("check", "-", stdin=TIMES.encode()).code == 1
    assert run("ingest", "C.jsonl", "--collection", "A.jsonl").out.startswith(
        "provenance-db: 0 works added, 1 replaced"
    )


def test_works_that_are_vouched_for(run: Run) -> None:
    """--trusted, and --role boilerplate, which is the operator's word; a later ingest without them vouches no more."""
    Path("t.txt").write_text(TIMES)
    for options, is_trusted in (([], False), (["--trusted"], True), ([], False), (["--role", "boilerplate"], True)):
        run("ingest", "t.txt", *options)
        assert works()["t.txt"].trusted is is_trusted
    Path("w.jsonl").write_text(json.dumps({"text": WHALE, "role": "boilerplate"}))
    ran = run("ingest", "w.jsonl")
    assert ran.err.startswith("warning: 1 works call themselves boilerplate, without effect: ")
    assert run("ingest", "w.jsonl", "--trusted").err == ""


def test_json_lines_say_more_than_the_options(run: Run) -> None:
    """What a work says of itself goes before the options, which fill in the rest."""
    records = [{"text": TIMES, "title": "Cities", "license": "MIT", "author": "Boz", "id": "c"}, {"text": WHALE}]
    Path("b.jsonl").write_text("\n".join(map(json.dumps, records)))
    ran = run("ingest", "b.jsonl", "--title", "Other", "--licence", "ISC", "--author", "X", "--year", "1900")
    assert ran.code == 0
    assert {title: (work.licence, work.authors, work.year) for title, work in works().items()} == {
        "Cities": ("MIT", ("Boz",), 1900), "Other": ("ISC", ("X",), 1900),
    }  # fmt: skip


def test_equally_named_files_are_different_works(home: Path, run: Run, monkeypatch) -> None:
    """`books.jsonl` in one folder does not replace `books.jsonl` in another."""
    for folder, text in (("a", TIMES), ("b", WHALE)):
        Path(folder).mkdir()
        Path(folder, "books.jsonl").write_text(json.dumps({"text": text}))
        monkeypatch.chdir(home / folder)
        assert run("ingest", "books.jsonl", "--db", "../db").code == 0
        monkeypatch.chdir(home)
    assert sorted(works("db")) == [(home / f / "books.jsonl").as_uri() + ":1" for f in "ab"]


def test_standard_input(run: Run) -> None:
    """A text piped in is one work, known by its content: piped in again it is the same work."""
    added = "provenance-db: 1 works added, 0 replaced, 0 unchanged; it holds 1 works, 64 tokens\nlicences: 1 unknown\n"
    assert run("ingest", "-", stdin=TIMES.encode()) == Ran(0, added, "")
    again = run("ingest", "-", "--title", "Cities", stdin=TIMES.encode())
    assert again.out == (
        "provenance-db: 0 works added, 0 replaced, 1 unchanged; 1 title changed (batch 2); it holds 1 works, 64 "
        "tokens\nlicences: 1 unknown\nto take this back: provenance works batches --undo 2\n"
    )
    assert run("ingest", "-", "--source", "https://e.org/w", "--licence", "MIT", stdin=WHALE.encode()).code == 0
    found = works()
    assert [work.id[:8] for work in (found["Cities"], found["https://e.org/w"])] == ["blake2b:", "https://"]
    assert {work.collection for work in found.values()} == {"default"}
    assert run("ingest", "-", "--collection", "piped", stdin=WHALE.encode()).code == 0
    assert "piped" in {work.collection for work in works().values()}


def test_empty_standard_input(run: Run) -> None:
    """Nothing piped in is a problem with a place, not a crash."""
    assert run("ingest", "-") == Ran(
        3,
        "provenance-db: 0 works added, 0 replaced, 0 unchanged, 1 passed over; it holds 0 works, 0 tokens\n",
        "passed over: standard input: empty: holds no text; nothing to ingest\n",
    )


def test_the_database_is_no_source(run: Run) -> None:
    """Ingesting the folder that the database lies in takes in the other files only, again and again."""
    Path("t.txt").write_text(TIMES)
    added = "provenance-db: 1 works added, 0 replaced, 0 unchanged; it holds 1 works, 64 tokens\nlicences: 1 unknown\n"
    assert run("ingest", ".") == Ran(0, added, "")
    assert run("ingest", ".") == Ran(0, added.replace("1 works added", "0 works added").replace("0 unch", "1 unch"), "")


def test_what_cannot_be_read_does_not_stop_the_rest(run: Run) -> None:
    """Each problem is one line with its place; the other works are in, and the exit code is 3."""
    Path("bad.txt").write_bytes(b"a\0b")
    Path("t.txt").write_text(TIMES)
    Path("w.txt").write_text(WHALE)
    assert run("ingest", "nowhere", "bad.txt", "t.txt", "w.txt", "--licence", "Foo 2.0") == Ran(
        3,
        "provenance-db: 2 works added, 0 replaced, 0 unchanged, 2 passed over; it holds 2 works, 127 tokens\n"
        "licences: 2 unknown\n",
        "warning: --licence: the licence 'Foo 2.0' is kept with the status unknown, because it is neither an SPDX "
        "expression nor a name that is known; write an SPDX expression such as CC-BY-4.0, or public-domain, "
        "all-rights-reserved or unknown\n"
        "passed over: nowhere: cannot be read (No such file or directory); check its name and permissions\n"
        "passed over: bad.txt: binary: NUL at byte 1; leave it out, or save it as UTF-8 if it is text\n",
    )
    assert (works()["t.txt"].status, works()["t.txt"].licence) == ("unknown", "Foo 2.0")


def test_many_problems_are_cut_short(run: Run) -> None:
    """After fifty problems the rest are counted."""
    Path("b.jsonl").write_text("{}\n" * 60)
    ran = run("ingest", "b.jsonl")
    assert (ran.code, len(ran.err.splitlines()), ran.err.splitlines()[-1]) == (3, 51, "… and 10 more like these")


def test_a_place_cannot_write_to_the_terminal(run: Run) -> None:
    """Escape sequences in a file's name are made visible."""
    Path("a\x1b[2Jb.txt").write_bytes(b"")
    assert "passed over: a\ufffd[2Jb.txt: empty" in run("ingest", ".").err


def test_no_source_and_spark(run: Run) -> None:
    """A missing argument and an engine that is not there are usage errors."""
    assert run("ingest") == Ran(
        2, "", "Usage: provenance ingest [OPTIONS] SOURCE...\nTry 'provenance ingest --help' for help.\n\n"
        "Error: Missing argument 'SOURCE...'.\n",
    )  # fmt: skip
    assert run("ingest", "x", "--engine", "spark") == Ran(
        2, "", "provenance: the Spark engine is not in this release; use --engine local with --workers N\n"
    )
    assert not Path("provenance-db").exists()


def test_fingerprints_only(run: Run) -> None:
    """--keep fingerprints finds a work again, and no word of it is in any file of the database."""
    Path("s.txt").write_text(SWANN)
    assert run("ingest", "s.txt", "--keep", "fingerprints", "--licence", "MIT").code == 0
    found = json.loads(run("check", "s.txt", "--format", "json").out)["findings"]
    assert [(finding["licence"], finding["sources"][0]["start"]) for finding in found] == [("MIT", None)]
    Path("s.txt").unlink()
    data = b"".join(path.read_bytes() for path in Path("provenance-db").rglob("*") if path.is_file())
    assert not [word for word in SWANN.split() if len(word) > 7 and word.encode() in data]


def test_where_the_database_is(run: Run, monkeypatch) -> None:
    """--db goes before $PROVENANCE_DB, which goes before ./provenance-db."""
    Path("t.txt").write_text(TIMES)
    monkeypatch.setenv("PROVENANCE_DB", "from-variable")
    run("ingest", "t.txt")
    run("ingest", "t.txt", "--db", "from-option")
    assert [path for path in ("from-variable", "from-option", "provenance-db") if Path(path).is_dir()] == [
        "from-variable", "from-option",
    ]  # fmt: skip
