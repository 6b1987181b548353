"""`provenance works common` and `provenance doctor --conflicts`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES, WHALE, tokens_of, words

BANNER = (
    "We use cookies to make this site work, to measure how it is used and to remember your choices; "
    "you may accept all of them or only those that are needed."
)


@pytest.fixture
def pages(home: Path, run: Run) -> Path:
    """The folder of a database in which a banner is on four pages, and a long passage too."""
    with Path("pages.jsonl").open("w", encoding="utf-8") as file:
        for number, edge in enumerate(("anchor", "basket", "candle", "dolphin")):
            text = f"{words(1000 * number, 300)} {edge} {BANNER} {edge} {TIMES} {WHALE} {edge}"
            fields = {
                "id": f"p{number}",
                "title": f"Page {number}",
                "author": f"Author {number}",
                "year": 2000 + number,
            }
            file.write(f"{json.dumps({'text': text, **fields})}\n")
    assert run("ingest", "pages.jsonl", "--collection", "pages").code == 0
    return home / "provenance-db"


def ids(run: Run, *options: str) -> list[str]:
    return re.findall(r"(?m)^ +\d+  (\w{8})  ", run("works", "common", *options).out)


def test_a_worklist_and_its_marks(pages: Path, run: Run) -> None:
    """Each wording with its figures and a sample; a marked one is listed as such, and checks are silent about it."""
    shown = run("works", "common")
    long, banner = ids(run)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert re.fullmatch(rf"  1  {long}  4 families, 4 works, 1\d\d tokens, LONG", lines[0])
    assert lines[1].startswith(f"     {TIMES[:100]}")
    assert len(lines[1]) == 305
    assert lines[2:] == [
        "     first in “Page 0” by Author 0, collection pages",
        f"  2  {banner}  4 families, 4 works, {len(tokens_of(BANNER))} tokens",
        f"     {BANNER.removesuffix('.')}",
        "     first in “Page 0” by Author 0, collection pages",
    ]
    assert ids(run, "--limit", "1") == [long]
    assert ids(run, "--min-tokens", "40") == [long]
    assert run("check", "-", stdin=BANNER.encode()).code == 1
    marked = run("works", "common", "--mark", banner, "--who", "Ann")
    assert marked == Ran(0, f"marked: {banner}  {BANNER[:79]}…\n", "")
    assert run("check", "-", stdin=BANNER.encode()).code == 0
    after = run("works", "common")
    key = re.search(r"  (\w{16})  ", after.out)
    assert ids(run) == [long]
    assert after.out.splitlines()[-2] == "marked as no one's, and no longer listed above: 1 (collection nobodys)"
    assert key is not None
    assert after.out.splitlines()[-1].startswith(f"  {key[1]}  Common wording: We use cookies to make this site work")
    assert run("works", "withdraw", key[1]).code == 0
    assert ids(run) == [long, banner]
    assert run("check", "-", stdin=BANNER.encode()).code == 1


def test_a_long_wording_is_marked_only_if_one_insists(pages: Path, run: Run) -> None:
    """It is a whole passage of somebody's work: nothing is marked without --yes, not even what is short."""
    long, banner = ids(run)
    refused = run("works", "common", "--mark", f"{banner},{long}")
    assert refused.code == 2
    assert "hides a whole passage of “Page 0” by Author 0; add --yes" in refused.err
    assert ids(run) == [long, banner]
    assert run("works", "common", "--mark", f"{banner}, {long.upper()}", "--yes").code == 0
    assert run("works", "common").err == "no wording is held by three families or more\n"


def test_an_id_that_is_none(pages: Path, run: Run) -> None:
    """Says where ids come from, and marks nothing."""
    (_, banner) = ids(run)
    for mark in ("0000000a", f"{banner},0000000a"):
        refused = run("works", "common", "--mark", mark)
        assert (refused.code, refused.out) == (2, "")
        assert "no common wording has the id 0000000a; take ids from `provenance works common`" in refused.err
    assert run("works", "common", "--mark", ",").code == 2
    assert run("works", "common", "--mark", banner, "--export", "out.jsonl").code == 2
    assert len(ids(run)) == 2


def test_marked_wordings_are_handed_on(pages: Path, run: Run) -> None:
    """What one library marks, another takes."""
    _, banner = ids(run)
    run("works", "common", "--mark", banner)
    exported = run("works", "common", "--export", "nobodys.jsonl")
    assert (exported.code, exported.out) == (0, "")
    assert "nobodys.jsonl: 1 wordings" in exported.err
    (line,) = Path("nobodys.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "id": f"common-{banner}", "title": "Common wording: We use cookies to make this site work,…",
        "text": BANNER.removesuffix("."),
    }  # fmt: skip


def test_common_wordings_as_json(pages: Path, run: Run) -> None:
    """The whole text of each wording, and the marked ones."""
    _, banner = ids(run)
    fields = json.loads(run("works", "common", "--format", "json").out)
    found = fields["wordings"][1]
    assert {name: found[name] for name in ("id", "tokens", "families", "works", "text", "is_long")} == {
        "id": banner, "tokens": len(tokens_of(BANNER)), "families": 4, "works": 4, "text": BANNER.removesuffix("."),
        "is_long": False,
    }  # fmt: skip
    assert (found["earliest"]["id"], fields["marked"]) == ("p0", [])


def test_nothing_is_common(library: Path, run: Run) -> None:
    """Two works are no families to speak of."""
    assert run("works", "common") == Ran(0, "", "no wording is held by three families or more\n")


def test_doctor_lists_conflicts(library: Path, run: Run) -> None:
    """Who holds what under which claim; a conflict is no damage."""
    Path("copy.txt").write_text(f"{words(0, 30)} {WHALE}", encoding="utf-8")
    run("ingest", "copy.txt", "--licence", "all-rights-reserved", "--title", "A \x1b[31mcopy")
    shown = run("doctor", "--conflicts")
    assert (shown.code, shown.err) == (0, "")
    keys = {line.split()[0]: line for line in run("works").out.splitlines()}
    copy, whale = (next(key for key, line in keys.items() if name in line) for name in ("A copy", "whale.txt"))
    lines = shown.out.splitlines()
    at = lines.index(
        "conflicts: 1 group of works holds a wording of 32 tokens or more under claims that contradict each other"
    )
    assert re.fullmatch(r"\d\d tokens: Call me Ishmael\. .{180,190}…", lines[at + 2])
    assert lines[at + 3].startswith(f"  {copy}  [all rights reserved]  “A copy”, untrusted collection ")
    assert lines[at + 4] == f"  {whale}  [public domain]  “whale.txt”, untrusted collection sea"
    assert lines[at + 6] == "A conflict is no damage. `provenance works claim ID` settles what a work's licence is, and"
    none = run("doctor", "--conflicts", "--min-tokens", "500")
    last = "conflicts: no wording of 500 tokens or more is held under claims that contradict each other"
    assert (none.code, none.out.splitlines()[-1]) == (0, last)
    assert "conflicts:" not in run("doctor").out


def test_doctor_looks_for_no_conflicts_in_a_damaged_database(library: Path, run: Run) -> None:
    """The damage is what is shown, and the exit code is that of damage."""
    segment = next((library / "segments").iterdir())
    segment.write_bytes(segment.read_bytes()[:-1])
    shown = run("doctor", "--conflicts")
    assert shown.code == 3
    assert "BAD segment" in shown.out
    assert shown.err == "conflicts are not looked for in a damaged database\n"
