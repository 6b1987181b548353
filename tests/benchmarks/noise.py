"""Ordinary texts, and the notices they get: `noise.py DATABASE --answers | --files FOLDER... | --held-out [...]`.

Three kinds of texts that copy nothing, or nothing but what is everybody's. Each is checked against a database, or the
folder of one that `libraries.py` made:

* `--answers`: a small model's answers to 100 everyday prompts (ten tasks, ten subjects each), with the prompt. They are
  kept in `tests/data/answers`; `--model FOLDER` writes new ones with a model (sampled with a fixed seed).
* `--files FOLDER...`: the beginnings of 400 Python files, drawn by a hash of their paths, of packages that are not
  among the works: neither of the first two parts of any work's id is the package's name.
* `--held-out`: 400 stretches of long works that `libraries.py` left out, of authors of whom its library has nothing, so
  that no other edition of a work in it is among them.

Prints each finding with its text, source, length and kind, for a person to read and judge, and the passages left
silent by reason. `--write` keeps all that was found; `--compare OLD` prints what is new, gone or changed since.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import provenance
from tests.benchmarks.libraries import (
    add_comparison,
    draw_number,
    exchange_figures,
    print_table,
    read_works,
    wilson_interval,
)  # fmt: skip

ANSWERS = Path(__file__).parents[1] / "data" / "answers" / "answers.json"
CHARACTERS = 6_000
Line = dict[str, Any]

TASKS: dict[str, tuple[str, ...]] = {
    "Write a short e-mail {}.": (
        "asking a colleague to move a meeting to Thursday", "thanking a neighbour for watering the plants",
        "telling a customer that a parcel is late", "applying for a summer job in a library",
        "inviting friends to a housewarming", "complaining about a noisy hotel room",
        "to a landlord about a broken boiler",
        "asking a teacher for a letter of recommendation", "cancelling a gym membership",
        "reminding a team of a deadline",
    ),
    "Explain {} to a twelve-year-old.": (
        "why the sky is blue", "how a vaccine works", "what inflation is", "how a computer stores pictures",
        "why leaves turn red in autumn", "what the water cycle is", "how aeroplanes fly", "what a black hole is",
        "how democracy works", "why we dream",
    ),
    "Write a Python function that {}, with a docstring.": (
        "reads a CSV file and returns its rows", "downloads a file and shows the progress",
        "finds the prime numbers up to n",
        "parses command-line arguments with argparse", "sends an HTTP request and retries on failure",
        "merges two sorted lists", "checks whether a word is a palindrome", "logs to a file with rotation",
        "connects to a SQLite database and creates a table", "computes the Levenshtein distance of two strings",
    ),
    "Give me a recipe for {}.": (
        "lentil soup", "apple pie", "sourdough bread", "a quick tomato pasta", "chocolate chip cookies",
        "vegetable curry",
        "roast chicken", "pancakes", "potato salad", "mushroom risotto",
    ),
    "Tell a story of a few paragraphs about {}.": (
        "a whale and an old captain", "a detective in foggy London", "two sisters who inherit a castle",
        "a robot that learns to paint", "a boy who finds a map", "a queen who cannot sleep",
        "a train that never arrives",
        "a garden that grows overnight", "the last day of summer", "a ghost who is afraid of people",
    ),
    "Write a poem about {}.": (
        "the sea", "autumn", "a lost friend", "the moon", "a city at night", "rain on a tin roof",
        "my grandmother's kitchen",
        "love that has ended", "a nightingale", "time",
    ),
    "Summarise what is known about {}.": (
        "Moby-Dick by Herman Melville", "the first moon landing", "the French Revolution", "Shakespeare's Hamlet",
        "the human heart", "photosynthesis", "the Roman Empire", "the Constitution of the United States",
        "Albert Einstein", "the Great Wall of China",
    ),
    "What should I think of when I {}?": (
        "buy a used car", "move to another country", "start a small company", "choose a licence for my software",
        "write a will", "adopt a dog", "give a speech at a wedding", "learn to play the guitar", "plan a trip to Japan",
        "prepare for a job interview",
    ),
    "Write {}.": (
        "a privacy policy for a small web shop", "the header comment of an open-source C file",
        "a Dockerfile for a Flask app",
        "an SQL query for the ten best customers", "a README for a command-line tool", "a CSS file for a simple blog",
        "a product description of a coffee machine", "a press release about a new bicycle",
        "a LICENSE file for my project",
        "a setup.py for a small package",
    ),
    "Recite {} as well as you can.": (
        "the beginning of Genesis", "Hamlet's soliloquy “To be, or not to be”", "the Gettysburg Address",
        "the opening of A Tale of Two Cities", "Psalm 23", "the preamble of the United States Constitution",
        "Article 1 of the Universal Declaration of Human Rights", "a sonnet of Shakespeare",
        "the first lines of Moby-Dick",
        "the Zen of Python",
    ),
}  # fmt: skip

SEED = 8
BATCH = 10


def list_prompts() -> list[str]:
    """Return the prompts, the tasks in turn."""
    return [task.format(subject) for task, subjects in TASKS.items() for subject in subjects]


def write_answers(folder: str, gguf: str | None, tokens: int) -> Iterator[dict[str, str]]:
    """Yield each prompt with a model's answer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"local_files_only": True} | ({"gguf_file": gguf} if gguf else {})
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", **options)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    torch.manual_seed(SEED)
    asked = list_prompts()
    for first in range(0, len(asked), BATCH):
        some = asked[first : first + BATCH]
        chats = [[{"role": "user", "content": prompt}] for prompt in some]
        encoded = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        rows = model.generate(**encoded, max_new_tokens=tokens, do_sample=True, temperature=0.6, top_p=0.9)
        answers = tokenizer.batch_decode(rows[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)
        yield from ({"prompt": prompt, "text": answer} for prompt, answer in zip(some, answers, strict=True))


def read_answers(given: argparse.Namespace) -> list[Line]:
    """Return the answers: those that are kept, or new ones of a model."""
    if given.model:
        return [line | {"id": line["prompt"]} for line in write_answers(given.model, given.gguf, given.tokens)]
    kept: list[dict[str, str]] = json.loads(ANSWERS.read_text("utf-8"))
    return [line | {"id": line["prompt"]} for line in kept]


def read_foreign_files(given: argparse.Namespace, works: list[Line]) -> list[Line]:
    """Return the beginnings of some files of packages that are not among the works, at most ten of a package."""
    known = {"pip", "setuptools", "pkg_resources"}  # they carry copies of many packages
    known |= {
        part.removeprefix("pypi-").replace("-", "_").casefold() for work in works for part in work["id"].split("/")[:2]
    }
    drawn, packages = [], Counter[str]()
    # The packages may be links to another folder, which `rglob` does not follow.
    packages_in = [entry for folder in given.files for entry in folder.iterdir() if entry.name.casefold() not in known]
    files = {
        f"{entry.name}/{path.relative_to(entry.resolve())}": path
        for entry in packages_in
        for path in entry.resolve().rglob("*.py")
    }
    for name in sorted(files, key=draw_number):
        package = name.split("/")[0]
        text = files[name].read_text("utf-8", "replace")[:CHARACTERS] if packages[package] < 10 else ""
        if len(text) > 500:
            packages[package] += 1
            drawn.append({"id": name, "text": text})
        if len(drawn) == given.number:
            break
    return drawn


def read_held_out(given: argparse.Namespace, works: list[Line]) -> list[Line]:
    """Return stretches of works that were left out, by authors of whom the library has nothing: no other edition."""
    authors = {author for work in works for author in work["authors"]}
    long = [
        work
        for work in read_works(given.database / "held-out.jsonl")
        if len(work["text"]) > 3 * CHARACTERS and work["authors"] and authors.isdisjoint(work["authors"])
    ]
    stretches = []
    for number in range(given.number):
        work = sorted(long, key=lambda each: each["id"])[number % len(long)]
        begin = int(draw_number(f"{number} {work['id']}") * (len(work["text"]) - CHARACTERS))
        stretches.append({"id": f"{work['id']} at {begin}", "text": work["text"][begin : begin + CHARACTERS]})
    return stretches


def describe_passage(text: str, found: Line) -> Line:
    """Return what is kept of a finding or an exemption."""
    names = ("start", "end", "kind", "action", "status", "licence", "reason", "tokens", "bits", "works", "why")
    kept = {name: found[name] for name in names if name in found}
    first = found["sources"][0] if found["sources"] else None
    work = first.get("work", first) if isinstance(first, dict) else first  # of an exemption, the id alone
    source = (work.get("title") or work["id"]) if isinstance(work, dict) else work
    return kept | {"source": source, "text": " ".join(text[found["start"] : found["end"]].split())[:300]}


def check_texts(database: Path, texts: list[Line]) -> Line:
    """Check the texts and return what was found in each."""
    lines, words = {}, 0
    with provenance.Database.open(database, read_only=True) as opened:
        checker = provenance.Checker(opened)
        begun = time.process_time()
        for each in texts:
            report = checker.check(each["text"], prompt=each.get("prompt")).to_dict()
            words += len(each["text"].split())
            lines[each["id"]] = {
                part: [describe_passage(each["text"], found) for found in report[part]]
                for part in ("findings", "exempt")
            }
        works, cpu = opened.snapshot().state.works, time.process_time() - begun
    return {"texts": len(texts), "words": words, "works": works, "cpu_ms": 1e3 * cpu / len(texts), "lines": lines}


def show_findings(results: Line, shown: int) -> None:
    """Print what was noticed and what was not."""
    lines = results["lines"]
    noticed = [(name, finding) for name, line in lines.items() for finding in line["findings"]]
    some = sum(bool(line["findings"]) for line in lines.values())
    low, high = wilson_interval(some, results["texts"])
    print(f"{results['texts']} texts of {results['words']:,} words against {results['works']:,} works, "
          f"{results['cpu_ms']:.1f} ms of CPU each: {len(noticed)} findings in {some} texts "
          f"({100 * low:.1f}–{100 * high:.1f} %).\n")  # fmt: skip
    if noticed:
        header = ("text", "action", "licence", "source", "passage", "words")
        print_table(header, [show_passage(name, finding) for name, finding in noticed])
        print()
    silent = [(each["reason"], each["text"]) for line in lines.values() for each in line["exempt"]]
    rows = []
    for reason, number in Counter(reason for reason, _ in silent).most_common():
        those = sorted({escape_cell(text[:100]) for why, text in silent if why == reason})
        rows.append((reason, number, "<br>".join(random.Random(SEED).sample(those, min(shown, len(those))))))
    print_table(("left silent because", "passages", "such as"), rows)


def escape_cell(text: str) -> str:
    """Return a text that breaks no table."""
    return text.replace("|", "/")


def show_passage(name: str, finding: Line) -> tuple[str, ...]:
    """Return the row of one finding."""
    passage = f"{finding['kind']}, {finding['tokens']} tokens, {finding['bits']:.0f} bits, {finding['works']} works"
    cells = (name, str(finding["action"]), str(finding["licence"]), str(finding["source"]), passage, finding["text"])
    return tuple(escape_cell(cell)[:160] for cell in cells)


def compare_findings(old: list[Line], new: list[Line]) -> Iterator[tuple[str, Line]]:
    """Yield what differs: "new", "gone" or "changed", and the finding."""
    for finding in new:
        over = [each for each in old if each["start"] < finding["end"] and finding["start"] < each["end"]]
        if not over:
            yield "new", finding
        elif all(any(each[name] != finding[name] for name in ("action", "status", "licence")) for each in over):
            yield f"changed from {over[0]['action']} {over[0]['licence']}", finding
    for finding in old:
        if not any(each["start"] < finding["end"] and finding["start"] < each["end"] for each in new):
            yield "gone", finding


def show_changes(old: Line, new: Line) -> None:
    """Print what differs from an earlier run, with what the other run says about the same stretch."""
    both = [sum(len(line["findings"]) for line in each["lines"].values()) for each in (old, new)]
    texts = [name for name in new["lines"] if name in old["lines"]]
    print(f"\n{len(texts)} texts in both runs; findings {both[0]} → {both[1]}, "
          f"CPU {old['cpu_ms']:.1f} → {new['cpu_ms']:.1f} ms.\n")  # fmt: skip
    rows = []
    for name in texts:
        before, after = old["lines"][name], new["lines"][name]
        for kind, finding in compare_findings(before["findings"], after["findings"]):
            other = after if kind == "gone" else before
            silent = [each["reason"] for each in other["exempt"]
                      if each["start"] < finding["end"] and finding["start"] < each["end"]]  # fmt: skip
            rows.append((kind, ", ".join(silent) or "–", *show_passage(name, finding)))
    header = ("since", "silent in the other", "text", "action", "licence", "source", "passage", "words")
    print_table(header, rows)


def main() -> None:
    """Check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path, help="a database, or a folder that libraries.py made")
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--answers", action="store_true")
    kinds.add_argument("--files", type=Path, nargs="+", metavar="FOLDER")
    kinds.add_argument("--held-out", action="store_true")
    parser.add_argument("--number", type=int, default=400, help="of files or works")
    parser.add_argument("--model", help="a folder with a causal language model that follows instructions")
    parser.add_argument("--gguf", help="the GGUF file in it, if it is one")
    parser.add_argument("--tokens", type=int, default=150, help="of an answer")
    parser.add_argument("--shown", type=int, default=3, help="silent passages shown for each reason")
    add_comparison(parser)
    given = parser.parse_args()
    made = given.database / "library.jsonl"
    works = read_works(made) if made.exists() else []
    if given.files:
        texts = read_foreign_files(given, works)
    else:
        texts = read_held_out(given, works) if given.held_out else read_answers(given)
    results = check_texts(given.database / "db" if made.exists() else given.database, texts)
    show_findings(results, given.shown)
    if old := exchange_figures(given, results):
        show_changes(old, results)


if __name__ == "__main__":
    main()
