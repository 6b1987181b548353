"""Are passages noticed however many people hold them? `holders.py --code FILE.jsonl.zst --texts FILE.jsonl.zst`.

Models recite what was copied most. So 47 passages are drawn that a model could recite: whole functions of 65 to 300
tokens from the one file, verses and paragraphs from the other. Each is held by 1, 2, 4, 8 and 32 people whose copies
differ: another header and copyright line, another function around it, `MIT` or `Expat`, a page of other words, another
author and host. Prints the share of the passages that become findings, under the presets `default` and `code`.

Then the opposite: 50 ordinary wordings of 16 to 80 words that are nobody's (a cookie banner, an error message, a
proverb, a getter), each on eight unrelated pages. None should become a finding.

`--half tuned` takes half of both sets, `--half held-out` the other half, drawn by a seed: look at it once, at the end.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import provenance
from provenance.text import load_tokenizer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HOLDERS = (1, 2, 4, 8, 32)
PAGES = 8
PRESETS = ("default", "code")
FUNCTIONS, VERSES, PARAGRAPHS = 27, 10, 10
TOKENS = range(65, 301)
NO_VERSE = re.compile(r'"|^CHAPTER|^[IVXLC]+\.|\.{3}|[0-9]')
FIRST = ("Ida", "Noor", "Pavel", "Mei", "Tomas", "Ana", "Kofi", "Lena", "Raj", "Uma", "Yves", "Zoe")
LAST = ("Brown", "Haddad", "Novak", "Chen", "Silva", "Okafor", "Meyer", "Patel", "Roux", "Larsen", "Ito")
SPELLINGS = (
    ("MIT", "Expat", "MIT License", "The MIT License (MIT)"),
    ("GPL-3.0-or-later", "GPLv3+", "GNU General Public License v3 or later (GPLv3+)"),
    ("Apache-2.0", "Apache License, Version 2.0", "Apache 2.0"),
)

PROSE = (
    "We use cookies to give you the best experience on our website. By clicking Accept all you agree to the storing of "
    "cookies on your device to improve site navigation, analyse how the site is used and help with our marketing.",
    "This e-mail and any files attached to it are confidential and meant only for the person to whom they are "
    "addressed. If you have received this message by mistake, please tell the sender and delete it from your system.",
    "You are receiving this message because you signed up on our website. If you no longer wish to receive these "
    "e-mails, you can unsubscribe at any time with the link at the bottom of this message.",
    "Something went wrong on our side. Please try again in a few minutes. If the problem goes on, contact our support "
    "and tell them the number below, so that they can find out what happened.",
    "The page that you are looking for does not exist, was moved or is not available at the moment. Check the address, "
    "go back to the home page, or use the search to find what you need.",
    "Your password must be at least eight characters long and contain at least one upper case letter, one lower case "
    "letter, one number and one special character.",
    "All trademarks, product names and company names are the property of their respective owners. Their use here does "
    "not mean that there is any connection with them or that they endorse this website.",
    "The information on this website is for general purposes only and is no legal, financial or medical advice. Always "
    "ask a qualified professional before you make decisions because of anything that you read here.",
    "Dear Sir or Madam, I am writing to apply for the position that you advertised on your website. Please find my CV "
    "attached. I look forward to hearing from you. Yours faithfully,",
    "Thank you for your order. We will send you another e-mail as soon as your parcel is on its way. If you have any "
    "questions about your order, please do not hesitate to contact our customer service.",
    "You miss a hundred per cent of the shots that you never take, and a journey of a thousand miles begins with a "
    "single step.",
    "Give a man a fish and you feed him for a day; teach a man to fish and you feed him for a lifetime.",
    "Early to bed and early to rise makes a man healthy, wealthy and wise, and the early bird catches the worm, but a "
    "bird in the hand is worth two in the bush.",
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday; January, February, March, April, May, June, July, "
    "August, September, October, November, December",
    "Please read these terms and conditions carefully before you use our service. By using the service you agree to be "
    "bound by these terms. If you do not agree with any part of them, you may not use the service.",
    "Preheat the oven to 180 degrees. Grease a baking tin and line it with baking paper. In a large bowl, mix the "
    "flour, the sugar, the baking powder and a pinch of salt.",
    "Share this article on Facebook, Twitter, LinkedIn or by e-mail. Leave a comment below. Your e-mail address will "
    "not be published. Required fields are marked with an asterisk.",
    "Subject to availability. Prices include VAT and may change without notice. Images are for illustration only. "
    "Offer valid while stocks last and not in combination with other offers.",
    "In case of an emergency please leave the building by the nearest exit, do not use the lifts, and go to the "
    "assembly point. Do not go back until you are told that it is safe.",
    "Mind the gap between the train and the platform. Please keep your luggage with you at all times. Unattended "
    "luggage may be removed and destroyed.",
    "As an AI language model I do not have personal opinions or feelings, but I can give you some general information "
    "about this topic. I hope that this helps. Let me know if you have any other questions.",
    "I hope this e-mail finds you well. I just wanted to follow up on my last message and ask whether you had a chance "
    "to look at it. Please let me know if you need anything else from me.",
    "Any resemblance to actual persons, living or dead, events or places is purely coincidental. Names, characters and "
    "incidents are the product of the imagination or are used fictitiously.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris.",
    "The quick brown fox jumps over the lazy dog. The five boxing wizards jump quickly. Pack my box with five dozen "
    "liquor jugs.",
    "Mix one part vinegar with three parts oil, season with salt and pepper to taste, and pour it over the salad just "
    "before serving.",
    "This product is not intended to diagnose, treat, cure or prevent any disease. Keep out of the reach of children. "
    "Store in a cool and dry place. Do not exceed the recommended daily dose.",
    "We reserve the right to change this privacy policy at any time. Changes take effect as soon as they are published "
    "on this page. Please check this page from time to time.",
    "Your call is important to us. Please hold the line and one of our agents will be with you shortly. Calls may be "
    "recorded for training and quality purposes.",
    "Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii, Idaho, "
    "Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty twenty-one twenty-two twenty-three twenty-four",
    "No part of this document may be used for anything but its purpose, and the authors accept no liability for any "
    "loss or damage that results from its use, directly or indirectly.",
    "Click on the button below to confirm your e-mail address. If you did not create an account, you can ignore this "
    "message. The link is valid for twenty-four hours.",
    "Skip to main content. Home. About us. Products. Services. Blog. Contact. Privacy policy. Terms of use. Imprint. "
    "Follow us. Newsletter. Search. Log in. Register. Back to top.",
    "To whom it may concern: I have known the applicant for several years, and I can recommend her without any "
    "reservation. She is reliable, hard-working and friendly.",
)

CODE = """\
import argparse
import json
import logging
import os
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional

logger = logging.getLogger(__name__)
-----
    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, value):
        self._name = value

    def __repr__(self):
        return self._name
-----
if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('input', help='input file')
    parser.add_argument('-o', '--output', help='output file')
    args = parser.parse_args()
    main(args)
-----
try:
    from setuptools import setup
except ImportError:
    from distutils.core import setup

with open('README.md', encoding='utf-8') as f:
    long_description = f.read()
-----
def read_json(path):
    with open(path, 'r', encoding='utf-8') as f:
        return json.load(f)


def write_json(path, data):
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(data, f, indent=4)
-----
class Base(object):
    def __init__(self, *args, **kwargs):
        super(Base, self).__init__(*args, **kwargs)

    def __eq__(self, other):
        return self.__dict__ == other.__dict__

    def __ne__(self, other):
        return not self == other
-----
for i in range(len(items)):
    for j in range(i + 1, len(items)):
        if items[i] > items[j]:
            items[i], items[j] = items[j], items[i]
-----
logging.basicConfig(
    level=logging.INFO,
    format='%(asctime)s - %(name)s - %(levelname)s - %(message)s',
    datefmt='%Y-%m-%d %H:%M:%S',
)
-----
def fibonacci(n):
    if n <= 1:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)
-----
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
import seaborn as sns
from sklearn.model_selection import train_test_split
from sklearn.metrics import accuracy_score
-----
    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.close()
        return False

    def __del__(self):
        self.close()
-----
import unittest


class TestCase(unittest.TestCase):
    def setUp(self):
        pass

    def tearDown(self):
        pass


if __name__ == '__main__':
    unittest.main()
-----
response = requests.get(url, headers=headers, timeout=10)
response.raise_for_status()
data = response.json()
for item in data['results']:
    print(item['id'], item['name'])
-----
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="UTF-8">
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
    <title>Document</title>
</head>
<body>

</body>
</html>
-----
public String getName() {
    return name;
}

public void setName(String name) {
    this.name = name;
}

public int getId() {
    return id;
}

public void setId(int id) {
    this.id = id;
}
"""
"""Between lines of dashes."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Wording that people hold."""

    text: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What copies have around a passage: other functions, and paragraphs."""

    functions: Sequence[str]
    paragraphs: Sequence[str]


def read_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield id and text of each document."""
    with zstd.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            yield document["id"], document["text"]


def is_of_size(text: str) -> bool:
    """Has it as many tokens as a passage should have?"""
    return len(text) < 3000 and len(load_tokenizer().encode(text)) in TOKENS


def list_functions(source: str) -> list[str]:
    """Return the functions of a module, with their docstrings."""
    try:
        nodes = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    found = (ast.get_source_segment(source, node) for node in nodes if isinstance(node, ast.FunctionDef))
    return [text for text in found if text]


def draw_functions(path: Path, rng: random.Random) -> list[str]:
    """Return functions of the right size, two of each package and no name twice, in random order."""
    by_package: dict[str, dict[str, str]] = {}
    for name, text in read_texts(path):
        if rng.random() < 0.3 and len(text) < 60_000:
            functions = by_package.setdefault(name.split("/")[0], {})
            functions.update((each.partition("(")[0], each) for each in list_functions(text) if len(each) < 3000)
    drawn = [each for found in by_package.values() for each in rng.sample(sorted(found.values()), min(9, len(found)))]
    drawn = [each for each in dict.fromkeys(drawn) if is_of_size(each)]
    rng.shuffle(drawn)
    return drawn


def draw_prose(path: Path, rng: random.Random) -> tuple[list[str], list[str]]:
    """Return verses and paragraphs of English novels, in random order."""
    verses: list[str] = []
    paragraphs: list[str] = []
    for name, text in read_texts(path):
        if not name.startswith("en100-"):
            continue
        lines = text.split("\n")
        long = [line for line in lines if 60 < len(line.split()) < 130]
        paragraphs += rng.sample(long, min(30, len(long)))
        run: list[str] = []
        for line in lines:
            if 20 <= len(line) <= 55 and line[:1].isupper() and not NO_VERSE.search(line):
                run.append(line)
                continue
            if 8 <= len(run) <= 24:
                verses.append("\n".join(run))
            run = []
    rng.shuffle(paragraphs)
    rng.shuffle(verses)
    return verses, paragraphs


def draw_passages(code: Path, texts: Path, seed: int) -> tuple[list[Passage], Surroundings]:
    """Return the passages, and what copies have around them."""
    rng = random.Random(seed)
    functions = draw_functions(code, rng)
    verses, paragraphs = draw_prose(texts, rng)
    verses = [each for each in verses if is_of_size(each)][:VERSES]
    passages = [Passage(each, is_code=True) for each in functions[:FUNCTIONS]]
    passages += [Passage(each, is_code=False) for each in verses]
    passages += [Passage(each, is_code=False) for each in filter(is_of_size, paragraphs[:PARAGRAPHS])]
    return passages, Surroundings(functions[FUNCTIONS:], paragraphs[PARAGRAPHS:])


def name_person(nth: int) -> str:
    """Return the name of the nth person; 132 differ."""
    return f"{FIRST[nth % len(FIRST)]} {LAST[nth % len(LAST)]}"


def write_page(text: str, *, is_code: bool, around: Surroundings, rng: random.Random) -> str:
    """Put a text in the middle of a page of 100 to 400 other words, or of other functions."""
    pool = around.functions if is_code else around.paragraphs
    before, after = rng.sample(pool, rng.randint(1, 2)), rng.sample(pool, rng.randint(1, 2))
    return "\n\n".join([*before, text, *after])


def make_copies(passage: Passage, number: int, around: Surroundings, rng: random.Random) -> list[provenance.Document]:
    """Return the works of so many people that hold a passage, the author's first."""
    spellings, base = rng.choice(SPELLINGS), rng.sample(around.functions, 3)
    first, made = rng.randrange(132), []
    for nth in range(number):
        person, host = name_person(first + nth), f"https://{rng.randrange(10**9)}.example/{nth}"
        year = 2001 + nth % 20
        kind = "fork" if nth == 0 else ("page", "fork", "alone")[nth % 3]
        if kind == "page":
            body = write_page(passage.text, is_code=passage.is_code, around=around, rng=rng)
        elif kind == "fork" and passage.is_code:
            body = "\n\n\n".join(
                [base[0], passage.text, base[1], base[2] if nth == 0 else rng.choice(around.functions)]
            )
        else:
            body = passage.text
        licence = rng.choice(spellings) if passage.is_code else ("all-rights-reserved" if nth == 0 else None)
        if passage.is_code:
            body = f"# Copyright (c) {year} {person}\n# Licence: {licence}\n\n{body}\n"
        elif kind != "page":
            body = (
                f"By {person}\n\n{body}\n\nPublished {year}, all rights reserved.\n"
                if nth == 0
                else f"{body}\n{host}\n"
            )
        made.append(
            provenance.Document(
                text=body, id=host, title=f"Work {rng.randrange(10**6)}", authors=(person,), year=year, source=host,
                licence=licence,
            )
        )  # fmt: skip
    return made


def make_pages(wording: Passage, around: Surroundings, rng: random.Random) -> list[provenance.Document]:
    """Return unrelated pages with a wording."""
    made = []
    for nth, person in enumerate(rng.sample(range(132), PAGES)):
        host = f"https://{rng.randrange(10**9)}.example/"
        made.append(
            provenance.Document(
                text=write_page(wording.text, is_code=wording.is_code, around=around, rng=rng), id=host, source=host,
                title=f"Page {rng.randrange(10**6)}", authors=(name_person(person),),
                year=rng.choice((None, 2005 + nth)), licence=rng.choice((*SPELLINGS[0], "CC-BY-4.0", None)),
            )
        )  # fmt: skip
    return made


def count_found(works: list[provenance.Document], passages: list[Passage], shown: bool) -> dict[str, int]:
    """Return, for each preset, how many of the passages become findings."""
    found = dict.fromkeys(PRESETS, 0)
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(f"{folder}/db", create=True) as database:
        database.ingest(works)
        for preset in PRESETS:
            checker = provenance.Checker(database, provenance.load_policy(preset=preset, environment={}))
            for passage in passages:
                report = checker.check(f"This is what you asked for:\n\n{passage.text}\n\nDoes it help?")
                covered = sum(each.end - each.start for each in report.findings)
                found[preset] += 2 * covered > len(passage.text)
                if shown:
                    outcome = [(str(each.action), each.why) for each in report.findings]
                    outcome += [(str(each.reason), each.why) for each in report.exempt]
                    print(f"  {preset}: {passage.text[:60]!r}: {outcome}")
    return found


def choose_half(things: list[Passage], half: str, seed: int) -> list[Passage]:
    """Return all, or one of the halves that the seed makes."""
    if half == "all":
        return things
    drawn = set(random.Random(seed + 1).sample(range(len(things)), len(things) // 2))
    return [each for nth, each in enumerate(things) if (nth in drawn) == (half == "held-out")]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--code", type=Path, required=True, help="JSON lines of Python files")
    parser.add_argument("--texts", type=Path, required=True, help="JSON lines of novels")
    parser.add_argument("--half", choices=("tuned", "held-out", "all"), default="tuned")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--shown", action="store_true", help="say for each text what was decided, and why")
    given = parser.parse_args()
    passages, around = draw_passages(given.code, given.texts, given.seed)
    passages = choose_half(passages, given.half, given.seed)
    print(f"{len(passages)} passages, half: {given.half}\n\n| holders | {' | '.join(PRESETS)} |\n|---|---|---|")
    for number in HOLDERS:
        rng = random.Random(given.seed)
        works = [copy for passage in passages for copy in make_copies(passage, number, around, rng)]
        found = count_found(works, passages, given.shown)
        print(f"| {number} | {' | '.join(f'{100 * found[each] / len(passages):.0f} %' for each in PRESETS)} |")
    wordings = [Passage(each, is_code=False) for each in PROSE] + [
        Passage(each, is_code=True) for each in CODE.split("\n-----\n")
    ]
    wordings = choose_half(wordings, given.half, given.seed)
    rng = random.Random(given.seed)
    found = count_found([page for each in wordings for page in make_pages(each, around, rng)], wordings, given.shown)
    print(f"\n{len(wordings)} ordinary wordings on {PAGES} pages each, findings: {found}")


if __name__ == "__main__":
    main()
