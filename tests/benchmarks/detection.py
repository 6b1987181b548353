"""How far does what is detected agree with what is declared, and what does detection cost?

    python tests/benchmarks/detection.py [--packages] [--debian [FOLDER]] [WORKS.jsonl.zst ...]

`--packages`: the licence files of the Python packages that are installed here, against the licence in their METADATA.
`--debian`: the texts in `FOLDER/*/copyright`, each under its short name, against that name. WORKS: JSON Lines; what the
works themselves say against their `licence` field, and the time it takes beside tokenising and indexing them. Prints
how many agree, and every confusion.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from backports import zstd

from provenance import Database, Document
from provenance.licences import Reading, read
from provenance.plugins import get_plugin_manager
from provenance.sources.detect import Detector
from provenance.works import LicenceStatus
from provenance_plugins.detectors._licence_files import is_licence_file
from provenance_plugins.detectors._manifests import read_python_metadata
from provenance_plugins.detectors._recognition import Recognised, recognise_licence_file

Pair = tuple[str, str, Reading, Reading | None]
"""What it is about, what was declared in words, what that means, and what was detected."""


def packages() -> Iterator[Pair]:
    """Each licence file at the top of an installed package's metadata, beside its declared licence."""
    for package in importlib.metadata.distributions():
        declared = read_python_metadata(str(package.read_text("METADATA") or "")).licence
        files = [f for f in package.files or () if is_licence_file(f.name) and ".dist-info" in f.parts[0]]
        texts = [Path(str(f.locate())) for f in files if len(f.parts) <= 3]
        if declared and len(texts) == 1 and texts[0].is_file():
            text = texts[0].read_text(encoding="utf-8", errors="replace")
            yield package.metadata["Name"], declared, read(declared), _reading(recognise_licence_file(text))


def debian(folder: Path) -> Iterator[Pair]:
    """Each text in a machine-readable copyright file, beside its short name."""
    for path in sorted(folder.glob("*/copyright")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if text.startswith("Format:"):
            for match in re.finditer(r"^License:[ \t]*(\S.*)\n((?:[ \t].*\n?)+)", text, re.MULTILINE):
                lines = [line.strip() for line in match[2].splitlines()]
                body = "\n".join("" if line == "." else line for line in lines)
                yield path.parent.name, match[1], read(match[1]), _reading(recognise_licence_file(body))


def _reading(found: Recognised | None) -> Reading | None:
    return found.reading if found else None


def relation(declared: Reading, detected: Reading | None) -> str:
    """How what was detected stands to what was declared, in a few words."""
    if detected is None or detected.status is LicenceStatus.UNKNOWN:
        return "nothing detected"
    if declared.status is LicenceStatus.UNKNOWN or declared.confidence == 0:
        return "declared unknown, something detected"
    if (declared.status, declared.licence) == (detected.status, detected.licence):
        return "the same"
    if declared.licence is None or detected.licence is None:
        return "different"
    return _between(_licences(detected.licence), _licences(declared.licence))


def _licences(expression: str) -> set[str]:
    return set(re.split(r" (?:AND|OR|WITH) |[()]+", expression)) - {""}


def _between(ours: set[str], theirs: set[str]) -> str:
    bases = [{re.sub(r"-(?:only|or-later)$|^LicenseRef-", "", each) for each in side} for side in (ours, theirs)]
    holds = {
        "the same licences, joined otherwise": ours == theirs,
        "the same but for only or or-later": bases[0] == bases[1],
        "some of the same licences": ours <= theirs or theirs <= ours,
        "one of them vaguer": any(a.startswith(b) or b.startswith(a) for a in bases[0] for b in bases[1]),
    }
    return next((name for name, is_so in holds.items() if is_so), "different")


def table(title: str, pairs: Iterator[Pair]) -> None:
    """Print how many agree and all that do not."""
    relations: Counter[str] = Counter()
    confusions: Counter[str] = Counter()
    for _, said, declared, detected in pairs:
        how = relation(declared, detected)
        relations[how] += 1
        if how in {"different", "some of the same licences", "nothing detected", "one of them vaguer"}:
            meaning = (detected.licence or detected.status.value) if detected else "nothing"
            confusions[f"{how}: {said[:60]!r} -> {meaning}"] += 1
    print(f"\n## {title}: {relations.total():,}\n")
    for how, count in relations.most_common():
        print(f"{count:7,}  {count / relations.total():6.1%}  {how}")
    print()
    for line, count in confusions.most_common(80):
        print(f"{count:7,}  {line}")


def works(path: Path) -> Iterator[Document]:
    opener = zstd.open if path.suffix == ".zst" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for work in map(json.loads, lines):
            yield Document(
                text=work["text"], id=str(work.get("id")), licence=work.get("licence") or work.get("license")
            )  # fmt: skip


def in_works(path: Path, most: int) -> None:
    """Print what the first works of a file say themselves, and what it costs to look."""
    documents = list(itertools.islice(works(path), most))
    detector, silent, spent = Detector(get_plugin_manager()), [], 0.0
    pairs: list[Pair] = []
    begun = time.process_time()
    for document in documents:
        start = time.process_time()
        found = detector.add_detections(document)
        if found is document:
            silent.append(document)
            spent += time.process_time() - start
        if found.claims:
            claim = max(found.claims, key=lambda claim: claim.confidence)
            detected = Reading(status=claim.status, licence=claim.licence, confidence=claim.confidence)
            pairs.append((str(document.id), document.licence or "", read(document.licence), detected))
    looked = time.process_time() - begun
    table(f"{path.name}, works that say something of {len(documents):,}", iter(pairs))
    everything, alone = _ingest(documents), _ingest(silent)
    print(f"\n   looking at all took {looked:.2f} s of CPU time beside {everything:.2f} s of the rest of the ingest")
    print(f"   at the {len(silent):,} works without a hint {spent:.3f} s beside {alone:.2f} s: {spent / alone:.1%}")


def _ingest(documents: list[Document]) -> float:
    """Return the CPU seconds that an ingest takes without detectors."""
    plugins = replace(get_plugin_manager(), detectors={})
    with tempfile.TemporaryDirectory() as folder, Database.open(Path(folder, "db"), create=True) as database:
        begun = time.process_time()
        database.ingest(documents, plugins=plugins)
        return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", type=Path)
    parser.add_argument("--packages", action="store_true")
    parser.add_argument("--debian", nargs="?", type=Path, const=Path("/usr/share/doc"))
    parser.add_argument("--most", type=int, default=3_000, help="how many works of each file")
    options = parser.parse_args()
    if options.packages:
        table("licence files of installed Python packages", packages())
    if options.debian:
        table("texts in Debian's copyright files", debian(options.debian))
    for path in options.works:
        in_works(path, options.most)


if __name__ == "__main__":
    main()
