"""Check a text from any source, here the answer of a chat API: `python check_any_text.py [--db PATH] [ANSWER.json]`.

ANSWER.json is a chat completion as OpenAI-compatible servers return it; without one a small sample is checked. Needs a
database, such as `provenance ingest examples/works/works.jsonl --trusted` makes.
"""

import argparse
import json
from pathlib import Path

import provenance

SAMPLE = {
    "choices": [{"message": {"role": "assistant", "content": (
        "In short: They spent about two and a quarter hours together outside the spacecraft, and the third member of "
        "the mission, Michael Collins, piloted the command spacecraft alone in lunar orbit, until Armstrong and Aldrin "
        "returned to it just under a day later for the trip back to Earth. The rest is in the flight journal."
    )}}]
}  # fmt: skip

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("answer", nargs="?", type=Path)
options.add_argument("--question", default="Who stayed in orbit?", help="what the user had asked")
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

completion = json.loads(chosen.answer.read_text(encoding="utf-8")) if chosen.answer else SAMPLE
answer = completion["choices"][0]["message"]["content"]

with provenance.Database.open(chosen.db) as database:
    checker = provenance.Checker(database)  # make one and keep it: it is safe to share between threads
    report = checker.check(answer, prompt=chosen.question)  # what stands in the prompt is not reported

for finding in report.findings:
    print(f"{finding.start}-{finding.end} {finding.action}: {finding.notice}")
if not report.findings:
    print("nothing found")
print(f"looked through {report.coverage.works:,} works")
