"""How many of the licence strings that authors wrote are understood, and what is made of them?

    python tests/benchmarks/licence_strings.py [WORKS.jsonl.zst ...] [--packages] [--debian [FOLDER]]

WORKS is JSON Lines, plain or Zstandard, with `licence` or `license`. `--packages` reads the metadata of the Python
packages that are installed here, and says how far their classifiers agree with their License fields; `--debian` reads
the short names in `FOLDER/*/copyright`. Prints how many strings come to what, and every string that stays unknown.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from backports import zstd

from provenance.licences import Reading, read

_SHORT_NAME = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)


def works(path: Path) -> Iterator[str]:
    """The licence strings of the works in a file, one for each work."""
    opener = zstd.open if path.suffix == ".zst" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            work = json.loads(line)
            yield work.get("licence") or work.get("license") or ""


def packages() -> Iterator[tuple[str, str]]:
    """Field and value of everything that the installed packages say about their licences."""
    for package in importlib.metadata.distributions():
        for field in ("License-Expression", "License"):
            if package.metadata.get(field):
                yield field, package.metadata[field]
        for classifier in package.metadata.get_all("Classifier") or []:
            if classifier.startswith("License ::"):
                yield "Classifier", classifier


def debian(folder: Path) -> Iterator[str]:
    """The short names in the machine-readable copyright files of a Debian system."""
    for path in sorted(folder.glob("*/copyright")):
        yield from _SHORT_NAME.findall(path.read_text(encoding="utf-8", errors="replace"))


def level(reading: Reading) -> str:
    """What a reading amounts to, in a few words."""
    if reading.warning:
        return "not understood"
    if reading.status == "unknown":
        return "says that it is unknown"
    if reading.confidence >= 0.95:
        return "sure (0.95 to 1)"
    return "open (0.6 to 0.8)" if reading.confidence > 0.5 else "family only (up to 0.5)"


def table(title: str, strings: Counter[str]) -> None:
    """Print what becomes of strings, each with the number of times it was met."""
    readings = {string: read(string) for string in strings}
    levels = Counter[str]()
    for string, count in strings.items():
        levels[level(readings[string])] += count
    total = strings.total()
    print(f"\n## {title}: {total:,} strings, {len(strings):,} different\n")
    for name, count in levels.most_common():
        print(f"{count:8,}  {count / total:6.1%}  {name}")
    print("\n   times  conf.  string -> meaning [what it leaves open]")
    for string, count in strings.most_common(60):
        print(f"{count:8,}  {_line(string, readings[string])}")
    unknown = [(string, count) for string, count in strings.most_common() if readings[string].warning]
    print(f"\n   not understood ({len(unknown)} different): " + ", ".join(f"{_short(s)} ×{n}" for s, n in unknown[:80]))


def _line(string: str, reading: Reading) -> str:
    question = f" [{reading.question}]" if reading.question else ""
    meaning = reading.licence if reading.status == "licensed" else f"({reading.status})"
    return f"{reading.confidence:5.2f}  {_short(string)} -> {meaning}{question}"


def _short(string: str) -> str:
    return repr(string if len(string) <= 60 else f"{string[:59]}…")


def agreement() -> None:
    """Print how far the licence fields and the classifiers of each installed package agree."""
    counts, confusions = Counter[str](), []
    for package in importlib.metadata.distributions():
        metadata = package.metadata
        field = metadata.get("License-Expression") or metadata.get("License")
        classifiers = [value for value in metadata.get_all("Classifier") or [] if value.startswith("License ::")]
        if field and classifiers:
            stated, classified = read(field), read(" AND ".join(c.rsplit(" :: ", 1)[-1] for c in classifiers))
            same = "the same" if stated.licence == classified.licence else _relation(stated, classified)
            counts[same] += 1
            if same == "different":
                confusions.append(f"{metadata['Name']}: {stated.licence} / {classified.licence}")
    print(f"\n## Field and classifiers of one package: {dict(counts)}")
    print("\n".join(f"   {line}" for line in confusions))


def _relation(first: Reading, second: Reading) -> str:
    if "unknown" in (first.status, second.status):
        return "one of them unknown"
    vaguer = min(first, second, key=lambda reading: reading.confidence)
    return "one of them vaguer" if vaguer.confidence < 0.95 else "different"


def speed(strings: Counter[str]) -> None:
    """Print how long one string takes that was not met before."""
    from provenance.licences import reading

    reading._read_string.cache_clear()
    times = []
    for string in strings:
        start = time.perf_counter()
        read(string)
        times.append(time.perf_counter() - start)
    print(f"\nA new string takes {statistics.median(times) * 1e6:.0f} µs, at most {max(times) * 1e3:.1f} ms.")


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", type=Path)
    parser.add_argument("--packages", action="store_true")
    parser.add_argument("--debian", nargs="?", type=Path, const=Path("/usr/share/doc"))
    options = parser.parse_args()
    met = {path.name: Counter(works(path)) for path in options.works}
    if options.packages:
        met["installed Python packages"] = Counter(value for _, value in packages())
    if options.debian:
        met["Debian short names"] = Counter(debian(options.debian))
    for title, strings in met.items():
        table(title, strings)
    if options.packages:
        agreement()
    speed(sum(met.values(), Counter[str]()))


if __name__ == "__main__":
    main()
