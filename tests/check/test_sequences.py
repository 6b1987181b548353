"""Sequences and lists are nobody's; what an author wrote beside them counts."""

from __future__ import annotations

from random import Random

import pytest

from provenance import Document
from provenance.check.sequences import find_sequences
from provenance.text import load_tokenizer
from tests.check.conftest import MakeChecker
from tests.database.samples import CODE, LANGUAGES, TIMES

CLOSED = "all-rights-reserved"
PAIRS = (("France", "Paris"), ("Germany", "Berlin"), ("Italy", "Rome"), ("Spain", "Madrid"), ("Peru", "Lima"),
         ("Japan", "Tokyo"), ("Egypt", "Cairo"), ("Cuba", "Havana"))  # fmt: skip
COLOURS = (("AliceBlue", "F0F8FF"), ("AntiqueWhite", "FAEBD7"), ("Aqua", "00FFFF"), ("Azure", "F0FFFF"),
           ("Beige", "F5F5DC"), ("Bisque", "FFE4C4"), ("Black", "000000"), ("Blue", "0000FF"))  # fmt: skip
IMPORTS = """\
import os
import re
import numpy as np
from typing import Any, Dict, Iterable
from collections import defaultdict
import argparse
import logging
import matplotlib.pyplot as plt
"""
NOBODYS = {
    "planets": "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune, Pluto",
    "sentences": " ".join(f"The capital of {country} is {capital}." for country, capital in PAIRS),
    "json": ", ".join(f'{{"country": "{country}", "capital": "{capital}"}}' for country, capital in PAIRS),
    "table": "\n".join(f"| {country} | {capital} |" for country, capital in PAIRS),
    "status": "200 OK\n201 Created\n204 No Content\n301 Moved Permanently\n404 Not Found\n502 Bad Gateway\n302 Found",
    "counting": " ".join(map(str, range(1, 60))),
    "steps": ", ".join(map(str, range(100, 0, -5))),
    "multiplication": "\n".join(f"{a} x {b} = {a * b}" for a in (2, 3, 4) for b in range(1, 11)),
    "powers": "\n".join(f"2^{n} = {2**n}" for n in range(20)),
    "dates": "\n".join(f"2024-01-{day:02}" for day in range(1, 20)),
    "times": " ".join(f"{hour:02}:{minute:02}" for hour in range(8) for minute in (0, 15, 30, 45)),
    "alphabet": "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "greek": "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ τ υ φ χ ψ ω",
    "cyrillic": "а б в г д е ё ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я",
    "hebrew": "א ב ג ד ה ו ז ח ט י כ ל מ נ ס ע פ צ ק ר ש ת",
    "thai": "ก ข ฃ ค ฅ ฆ ง จ ฉ ช ซ ฌ ญ ฎ ฏ ฐ ฑ ฒ ณ",
    "georgian": "ა, ბ, გ, დ, ე, ვ, ზ, თ, ი, კ, ლ, მ, ნ, ო, პ",
    "devanagari": "क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न",
    "roots": "\n".join(f"{n} | {n**2} | {n**3}" for n in range(1, 13)),
    "squares": "\n".join(f"{n} squared is {n * n}" for n in range(3, 19)),
    "colours": "\n".join(f"| {name} | #{code} |" for name, code in COLOURS),
    "primes": "2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43",
    "hangul": "가 나 다 라 마 바 사 아 자 차 카 타 파 하",
    "keyboard": "q w e r t y u i o p a s d f g h j k l z x c v b n m",
    "words": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
    "zones": "Europe/Paris Europe/Berlin America/New_York Asia/Tokyo Asia/Seoul Africa/Cairo Europe/Rome",
    "placeholder": "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut",
    "imports": IMPORTS,
}
SOMEBODYS = {
    "list": "\n".join(
        f"{number}. {item}"
        for number, item in enumerate(
            ("velvet harbour", "copper lantern", "drowsy marmalade", "quiet orchard", "tin thunder", "paper moon",
             "a borrowed umbrella", "the postman's third kettle", "nine sleeping oars", "fog in a teacup",
             "marbles for the keeper", "one difficult fish"), 1)
    ),
    "verse": "red is the rose on the harbour wall\nblue is the boat that nobody rows\ngreen is the glass of the "
             "keeper's lamp\nand gold is the hour before he goes",
    "between imports": "\n".join(
        f"import x{nth}\n# {line}" for nth, line in enumerate(TIMES.split(","))
    ),
    "numbered": "\n".join(f"{nth} {line}" for nth, line in enumerate(TIMES.split(","), 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", NOBODYS)
def test_what_is_nobodys_is_silent(trusted_of: MakeChecker, name: str) -> None:
    """A list or sequence that one author's page has is commonplace, and the report says which list it is."""
    text = NOBODYS[name]
    checker = trusted_of(Document(text=f"{TIMES}\n\n{text}\n\n{CODE}", id="w", licence=CLOSED))
    report = checker.check(f"Here you are:\n\n{text}\n")
    assert not report.findings
    assert {str(each.reason) for each in report.exempt} <= {"commonplace", "boilerplate", "too-short"}


@pytest.mark.parametrize("name", NOBODYS)
def test_prose_beside_it_is_found(trusted_of: MakeChecker, name: str) -> None:
    """The sequence does not hush the prose that goes on from it."""
    checker = trusted_of(Document(text=f"{NOBODYS[name]}\n\n{TIMES}", id="w", licence=CLOSED))
    (finding,) = checker.check(f"{NOBODYS[name]}\n\n{TIMES}").findings
    assert finding.passage.counted_tokens >= 60


@pytest.mark.parametrize("name", SOMEBODYS)
def test_what_an_author_put_into_a_list_is_found(trusted_of: MakeChecker, name: str) -> None:
    """Items of an author's own, a poem of colours, and prose between numbers or imports are findings."""
    checker = trusted_of(Document(text=SOMEBODYS[name], id="w", licence=CLOSED))
    assert checker.check(SOMEBODYS[name]).findings


def test_the_report_says_which_list(trusted_of: MakeChecker) -> None:
    """The reason names the rule."""
    text = NOBODYS["table"] + "\n" + NOBODYS["status"]
    (exempt,) = trusted_of(Document(text=text, id="w", licence=CLOSED)).check(text).exempt
    assert "list of countries and capitals" in exempt.why
    assert "list of HTTP status codes" in exempt.why


@pytest.mark.parametrize("text", [*LANGUAGES.values(), TIMES, ""])
def test_prose_and_code_have_none(text: str) -> None:
    """Ordinary texts have no sequence."""
    assert find_sequences(text, load_tokenizer().encode_with_offsets(text)) == []


@pytest.mark.parametrize(
    "line", ["import a" + " as a" * 78 + " !", "import " + "*" * 390 + "!", "import a" + " ,  ( a ) " * 38 + "!"]
)
def test_a_hostile_line_of_imports_is_read_in_one_way(line: str) -> None:
    """A pattern that tried all divisions of such a line would not come to an end."""
    assert find_sequences(line, load_tokenizer().encode_with_offsets(line)) == []
    plain = line.removesuffix("!").rstrip()
    assert find_sequences(f"import os\n{plain}\n", load_tokenizer().encode_with_offsets(f"import os\n{plain}\n"))


@pytest.mark.parametrize("top", [2, 10, 100])
def test_random_numbers_have_hardly_any(top: int) -> None:
    """Numbers by chance are somebody's data: no primes where two or three stand in order, and a progression is rare."""
    draw = Random(13)
    text = ", ".join(str(draw.randrange(top)) for _ in range(4_000))
    spans = find_sequences(text, load_tokenizer().encode_with_offsets(text))
    assert {span.rule for span in spans} <= {"numbers in order"}
    assert sum(span.end - span.start for span in spans) <= 60
