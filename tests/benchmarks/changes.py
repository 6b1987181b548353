"""Which findings are new since another version? `changes.py check OUT.jsonl SOURCES...`, `changes.py compare OLD NEW`.

`check` draws works from the sources (files, folders, JSON lines) by a hash of their ids: a third of them, or what
`--share` says, are ingested into a new database, and of the others as many as `--texts` says are checked, the first
6,000 characters of each. It writes a line for each text: what was found, and what was left silent and why.

`compare` reads two such files and lists, for a person to read and judge, each stretch that is a finding in one of them
alone, or whose action, licence or status differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import provenance
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

CHARACTERS = 6000
SUFFIXES = {".py", ".md", ".txt", ".rst"}
KEPT = ("start", "end", "action", "status", "licence", "reason", "tokens", "works", "why")
Line = dict[str, Any]


def list_files(source: Path) -> list[Path]:
    """Return the texts below a folder, or the file itself."""
    if source.is_file():
        return [source]
    return sorted(path for path in source.rglob("*") if path.suffix in SUFFIXES and path.stat().st_size < 200_000)


def draw_share(name: str) -> float:
    """Return a number from 0 to 1 that a name always has."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def draw_works(sources: list[Path], share: float, number: int) -> tuple[list[provenance.Document], list[Any]]:
    """Return the works to ingest, and those to check."""
    library, texts = [], []
    for source in sources:
        for item in documents(list_files(source), get_plugin_manager(), Declared()):
            if isinstance(item, provenance.Document) and len(item.text) < 2_000_000:
                drawn = draw_share(item.source_id)
                if drawn < share:
                    library.append(item)
                elif drawn > 0.5 or share > 0.5:
                    texts.append(item)
    texts.sort(key=lambda each: draw_share(f"text {each.source_id}"))
    return library, texts[:number]


def describe_finding(text: str, finding: Line) -> Line:
    """Return what is kept of a finding or an exemption."""
    kept = {
        name: finding.get(name)
        for name in ("start", "end", "action", "status", "licence", "reason", "tokens", "works", "why")
    }
    first = finding["sources"][0] if finding["sources"] else None  # of an exemption, the id alone
    return kept | {
        "origin": first["work"]["id"] if isinstance(first, dict) else first,
        "text": text[finding["start"] : finding["end"]][:300],
    }


def check_works(given: argparse.Namespace) -> None:
    """Ingest and check, and write what was found."""
    library, texts = draw_works(given.sources, given.share, given.texts)
    policy = provenance.load_policy(preset=given.preset, environment={})
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(f"{folder}/db", create=True) as database:
        database.ingest(library)
        checker = provenance.Checker(database, policy)
        with given.out.open("w", encoding="utf-8") as out:
            for each in texts:
                text = each.text[:CHARACTERS]
                report = checker.check(text).to_dict()
                line = {"id": each.source_id} | {
                    part: [describe_finding(text, found) for found in report[part]] for part in ("findings", "exempt")
                }
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(library)} works, {len(texts)} texts")


def compare_findings(old: list[Line], new: list[Line]) -> Iterator[tuple[str, Line, Line | None]]:
    """Yield what differs: "new", "gone" or "changed", the finding, and the other one."""
    names = ("action", "status", "licence")
    for finding in new:
        over = [each for each in old if each["start"] < finding["end"] and finding["start"] < each["end"]]
        if not over:
            yield "new", finding, None
        elif all(any(each[name] != finding[name] for name in names) for each in over):
            yield "changed", finding, over[0]
    for finding in old:
        if not any(each["start"] < finding["end"] and finding["start"] < each["end"] for each in new):
            yield "gone", finding, None


def compare_files(given: argparse.Namespace) -> None:
    """Print what differs between two files."""
    old, new = (
        {line["id"]: line for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
        for path in (given.old, given.new)
    )
    count = 0
    for name in old.keys() & new.keys():
        for kind, finding, other in compare_findings(old[name]["findings"], new[name]["findings"]):
            count += 1
            size = f"{finding['tokens']} tokens, {finding['works']} works"
            print(f"{kind}: {name} {finding['start']}-{finding['end']}, {size}")
            for each in filter(None, (other, finding)):
                print(f"    {each['action']} {each['status']} {each['licence']} {each['origin']}: {each['why']}")
            silent = [
                each for each in (old if kind == "new" else new)[name]["exempt"]
                if each["start"] < finding["end"] and finding["start"] < each["end"]
            ]  # fmt: skip
            for each in silent:
                print(f"    silent in the {'old' if kind == 'new' else 'new'}: {each['reason']}, {each['why']}")
            print(f"    {finding['text']!r}")
    both = [sum(len(line["findings"]) for line in lines.values()) for lines in (old, new)]
    print(f"{len(old.keys() & new.keys())} texts, findings {both[0]} -> {both[1]}, {count} differ")


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check")
    check.add_argument("out", type=Path)
    check.add_argument("sources", type=Path, nargs="+")
    check.add_argument("--share", type=float, default=1 / 3)
    check.add_argument("--texts", type=int, default=300)
    check.add_argument("--preset", default="default")
    check.set_defaults(run=check_works)
    compare = commands.add_parser("compare")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    compare.set_defaults(run=compare_files)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
