"""Ask a running `provenance serve` about a text: python check.py [SERVER] [FILE]."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

SERVER = "http://127.0.0.1:8000"
ANSWER = Path(__file__).parents[1] / "answer.txt"


def check(text: str, *, server: str = SERVER, key: str = "", **asked: Any) -> dict[str, Any]:
    """Return the report on a text."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    body = json.dumps({"text": text, **asked}).encode()
    with urlopen(Request(f"{server}/check", body, headers)) as answer:
        report: dict[str, Any] = json.load(answer)
    return report


def main(server: str = SERVER, file: str = str(ANSWER)) -> None:
    report = check(Path(file).read_text(encoding="utf-8"), server=server, key=os.environ.get("KEY", ""))
    if "error" in report:
        sys.exit(f"not checked: {report['error']}")
    for finding in report["findings"]:
        print(f"{finding['start']}-{finding['end']} {finding['action']}: {finding['notice']}")
    print(f"looked through {report['coverage']['works']} works")


if __name__ == "__main__":
    main(*sys.argv[1:])
