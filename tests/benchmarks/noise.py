"""How often is free writing of a language model noticed, and why?

    python tests/benchmarks/noise.py DB --model FOLDER [--gguf FILE] [--texts FILE] [--tokens N] [--shown N]
    python tests/benchmarks/noise.py DB --files FOLDER... [--number N] [--shown N]

Lets a model answer 100 everyday prompts (ten tasks, ten subjects each; sampled with a fixed seed), checks each answer
against a database together with its prompt, and prints the notices with what they are about, and the passages left
silent by reason. The answers are written to the file of `--texts`; if it is there already, they are read from it, and
no model is needed. With `--files` the texts are the first 3,000 characters of files of these folders, drawn by chance:
Python, README and copyright files, of which much is boilerplate and some stands in the database.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import provenance
from provenance.reports import Finding, Report

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


def prompts() -> list[str]:
    """Return the prompts, the tasks in turn."""
    return [task.format(subject) for task, subjects in TASKS.items() for subject in subjects]


def written(folder: str, gguf: str | None, tokens: int) -> Iterator[dict[str, str]]:
    """Yield each prompt with a model's answer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"local_files_only": True} | ({"gguf_file": gguf} if gguf else {})
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", **options)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    torch.manual_seed(SEED)
    asked = prompts()
    for first in range(0, len(asked), BATCH):
        some = asked[first : first + BATCH]
        chats = [[{"role": "user", "content": prompt}] for prompt in some]
        encoded = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        rows = model.generate(**encoded, max_new_tokens=tokens, do_sample=True, temperature=0.6, top_p=0.9)
        answers = tokenizer.batch_decode(rows[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)
        yield from ({"prompt": prompt, "text": answer} for prompt, answer in zip(some, answers, strict=True))


def answers(arguments: argparse.Namespace) -> list[dict[str, str]]:
    """Return the answers: those of an earlier run, or new ones, which are kept."""
    if arguments.texts and arguments.texts.exists():
        kept: list[dict[str, str]] = json.loads(arguments.texts.read_text("utf-8"))
        return kept
    new = list(written(arguments.model, arguments.gguf, arguments.tokens))
    if arguments.texts:
        arguments.texts.write_text(json.dumps(new, ensure_ascii=False, indent=1), "utf-8")
    return new


def beginnings(folders: list[Path], number: int) -> list[dict[str, str]]:
    """Return the beginnings of some files, each under its path."""
    patterns = ("*.py", "README*", "copyright")
    found = sorted(path for folder in folders for pattern in patterns for path in folder.glob(f"*/{pattern}"))
    drawn = random.Random(SEED).sample(found, min(number, len(found)))
    return [
        {"prompt": str(path), "text": path.read_text("utf-8", "replace")[:3000]} for path in drawn if path.is_file()
    ]


def described(prompt: str, finding: Finding) -> str:
    """Return one notice as a row of a table."""
    passage = finding.passage
    matched = " ".join(passage.quote.exact.split())[:120].replace("|", "/")
    return (
        f"| {prompt} | {finding.action} | {passage.origin.title or passage.origin.id} "
        f"| {passage.kind}, {passage.tokens} tokens, {passage.bits:.0f} bits, {passage.families} families | {matched} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("--model", help="a folder with a causal language model that follows instructions")
    parser.add_argument("--gguf", help="the GGUF file in it, if it is one")
    parser.add_argument("--texts", type=Path, help="where the answers are kept")
    parser.add_argument("--tokens", type=int, default=120)
    parser.add_argument("--files", type=Path, nargs="+", help="folders with files to check instead")
    parser.add_argument("--number", type=int, default=400, help="of files")
    parser.add_argument("--shown", type=int, default=3, help="silent passages shown for each reason")
    arguments = parser.parse_args()
    texts = beginnings(arguments.files, arguments.number) if arguments.files else answers(arguments)
    with provenance.Database.open(arguments.database, read_only=True) as database:
        checker = provenance.Checker(database)
        reports = [(each["prompt"], checker.check(each["text"], prompt=each["prompt"])) for each in texts]
    show(reports, arguments.shown)


def show(reports: list[tuple[str, Report]], shown: int) -> None:
    """Print what was noticed and what was not."""
    noticed = [(prompt, finding) for prompt, report in reports for finding in report.findings]
    words = sum(len(report.text.split()) for _, report in reports)
    works = reports[0][1].coverage.works
    print(f"{len(reports)} answers of {words:,} words against {works:,} works: {len(noticed)} notices.\n")
    print("| prompt | action | work | passage | text |\n|---|---|---|---|---|")
    for prompt, finding in noticed:
        print(described(prompt, finding))
    silent = [(each.reason, report.text[each.start : each.end]) for _, report in reports for each in report.exempt]
    print("\n| left silent because | passages | such as |\n|---|---|---|")
    for reason, number in Counter(reason for reason, _ in silent).most_common():
        those = sorted({" ".join(text.split()).replace("|", "/")[:100] for why, text in silent if why == reason})
        some = random.Random(SEED).sample(those, min(shown, len(those)))
        print(f"| {reason} | {number} | {'<br>'.join(some)} |")


if __name__ == "__main__":
    main()
