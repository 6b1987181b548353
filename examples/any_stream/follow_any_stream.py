"""Check any text while it is being written: `python follow_any_stream.py [--db PATH] [FILE|-]`.

Reads FILE, or standard input, or without either a sample, a few characters at a time, as a model would write them.
Needs a database, such as `provenance ingest examples/works/works.jsonl --trusted` makes.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import provenance

SAMPLE = (
    "In short: They spent about two and a quarter hours together outside the spacecraft, and the third member of "
    "the mission, Michael Collins, piloted the command spacecraft alone in lunar orbit, until Armstrong and Aldrin "
    "returned to it just under a day later for the trip back to Earth. The rest is in the flight journal, which one "
    "may read in the library. It is long, and most of it has to do with switches, but there are jokes in it too, and "
    "between the lines three people who have not slept enough, and who know that everybody listens.\n"
)


def pieces(file: TextIO) -> Iterator[str]:
    while piece := file.read(5):
        yield piece


def follow(checker: provenance.Checker, chunks: Iterator[str]) -> provenance.Report:
    stream = provenance.StreamChecker(checker, prompt="Who stayed in orbit?")
    for event in stream.over(chunks):
        match event:
            case provenance.Released(text=text):
                print(text, end="", flush=True)
            case provenance.Noticed(change=provenance.Change.OPENED, number=number, finding=finding):
                print(f"[{number}: {finding.notice}]", end="", flush=True)
            case provenance.Noticed(change=provenance.Change.WITHDRAWN, number=number):
                print(f"[{number} withdrawn]", end="", flush=True)
            case provenance.Ended(report=report):
                return report
    raise AssertionError("the last event is Ended")


options = argparse.ArgumentParser(description=__doc__)
options.add_argument("file", nargs="?")
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

if chosen.file == "-":
    source: TextIO = sys.stdin
else:
    source = io.StringIO(Path(chosen.file).read_text(encoding="utf-8") if chosen.file else SAMPLE)
with provenance.Database.open(chosen.db) as database:
    report = follow(provenance.Checker(database), pieces(source))
for finding in report.findings:
    print(f"{finding.start}-{finding.end} {finding.action}: {finding.notice}")
print(f"looked through {report.coverage.works:,} works")
