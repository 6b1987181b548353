"""Our code and documents stay readable, as far as counting can tell: each ratio keeps to a limit.

What a linter counts (annotations, complexity, import cycles) is ruff's and mypy's. These are the other half: how finely
the code is cut, how it is named, and how it is explained.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

LIMITS: dict[str, tuple[float, int, str]] = {
    "private functions mentioned once": (15, 100, "functions"),
    "private functions named by one word": (30, 100, "private functions"),
    "functions named by a participle": (5, 100, "functions"),
    "comments": (15, 1_000, "lines"),
    "stilted turns in docstrings": (2, 1_000, "words of docstrings"),
    "stilted turns in documents": (1.5, 1_000, "words of documents"),
    "docstrings whose sections do not parse": (0, 1, "files"),
    "functions over 60 lines": (0, 1, "files"),
}
"""The limit of each rule, as (number, for how many, of what): the most that is allowed; of comments, the least."""

ROOT = Path(__file__).parent.parent
LONGEST = 60
IRREGULAR = {
    "begun", "built", "drawn", "found", "given", "held", "kept", "known", "left", "made", "said", "sent", "shown",
    "stood", "taken", "told", "written",
}  # fmt: skip
NO_PARTICIPLES = {
    "bed", "bring", "embed", "encoding", "exceed", "feed", "need", "proceed", "red", "ring", "seed", "setting", "speed",
    "string", "thing",
}  # fmt: skip
PRAGMA = re.compile(r"#\s*(type:|noqa|pragma|pylint|mypy|fmt)")
STILTED = re.compile(
    r"\b(whoever|whatever|whichever|nobody|everybody|somebody|so many|so much|as few|stands? in|stands? for|goes? on|"
    r"(said|told|asked|known) of|(of|in|with|from|by) which|(is|are|has|have) no \w+|"
    r"what (becomes|became|is said) of)\b",
    re.IGNORECASE,
)
SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields):")
ENTRY = re.compile(r" {4}\*{0,2}[A-Za-z_][\w.]*( \([^()]*\))?: \S")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Count:
    """What was counted: how many there are of each thing, and where the rules are broken."""

    totals: Counter[str] = field(default_factory=Counter)
    offenders: dict[str, list[str]] = field(default_factory=lambda: {rule: [] for rule in LIMITS})

    def ratio(self, rule: str) -> float:
        """Return the number of offenders in the measure of the rule's limit."""
        limit, unit, whole = LIMITS[rule]
        return len(self.offenders[rule]) * unit / (max(self.totals[whole], 1) if limit else 1)

    def is_kept(self, rule: str) -> bool:
        """Return whether a rule's limit is kept."""
        return self.ratio(rule) >= LIMITS[rule][0] if rule == "comments" else self.ratio(rule) <= LIMITS[rule][0]


def count_code(sources: Mapping[str, str]) -> Count:
    """Count what the rules ask for in modules, given by their names."""
    count = Count()
    for name, source in sources.items():
        nodes = list(ast.walk(ast.parse(source)))
        mentions = Counter(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in nodes
            if isinstance(node, ast.Name | ast.Attribute)
        )
        count.totals["files"] += 1
        count.totals["lines"] += source.count("\n")
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and not PRAGMA.match(token.string):
                count.offenders["comments"].append(f"{name}:{token.start[0]}")
        for node in nodes:
            if isinstance(node, ast.Module | ast.ClassDef | Function):
                count_docstring(node, name, count)
            if isinstance(node, Function) and not node.name.startswith("__"):
                count_function(node, mentions[node.name], name, count)
    return count


def count_function(node: Function, mentions: int, module: str, count: Count) -> None:
    """Note which rules a function breaks; a property is a value, and may be named by a participle."""
    words = node.name.strip("_").split("_")
    is_private = node.name.startswith("_")
    is_property = any(isinstance(each, ast.Name) and each.id.endswith("property") for each in node.decorator_list)
    is_participle = words[0] in IRREGULAR or (words[0].endswith(("ed", "ing")) and words[0] not in NO_PARTICIPLES)
    broken = {
        "private functions mentioned once": is_private and mentions == 1,
        "private functions named by one word": is_private and len(words) == 1,
        "functions named by a participle": is_participle and not is_property,
        "functions over 60 lines": (node.end_lineno or node.lineno) - node.lineno >= LONGEST,
    }
    count.totals["functions"] += 1
    count.totals["private functions"] += is_private
    for rule, is_broken in broken.items():
        if is_broken:
            count.offenders[rule].append(f"{module}:{node.lineno} {node.name}")


def count_docstring(node: ast.Module | ast.ClassDef | Function, module: str, count: Count) -> None:
    """Note the stilted turns of a docstring, and whether its sections parse."""
    if not (text := ast.get_docstring(node)):
        return
    place = f"{module}:{getattr(node, 'lineno', 1)}"
    count.totals["words of docstrings"] += len(text.split())
    count.offenders["stilted turns in docstrings"] += [f"{place} {turn[0]}" for turn in STILTED.finditer(text)]
    names = {
        child.target.id
        for child in getattr(node, "body", [])
        if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name)
    }
    if isinstance(node, Function):
        names = {argument.arg for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}
    faults = [f"{place} {fault}" for fault in check_sections(text, names)]
    count.offenders["docstrings whose sections do not parse"] += faults[:1]


def check_sections(text: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a docstring's sections that are not in Google's form, with one name a line.

    An entry is `name: text`, indented by four; its further lines are indented by more. A section ends at a line that
    is not indented. A second name in the text of an entry is a fault if it is an error's, or one of `names`: those of
    parameters or fields.
    """
    section, is_empty = "", False
    second = re.compile(rf"[.;] ({'|'.join([*map(re.escape, names), '[A-Z][A-Za-z]*Error'])}): ")
    for line in [*text.splitlines(), "end"]:
        if line and not line.startswith(" "):
            if is_empty:
                yield f"{section}: has no entry"
            match = SECTION.fullmatch(line)
            section = match[1] if match else ""
            is_empty = bool(section)
            if not match and SECTION.match(line):
                yield line
        elif section and line:
            is_entry = not line.startswith(" " * 5)
            if section not in {"Returns", "Yields"} and (
                (is_entry and not ENTRY.match(line)) or (is_empty and not is_entry) or second.search(line)
            ):
                yield line.strip()
            is_empty = False


def count_documents(texts: Mapping[str, str]) -> Count:
    """Count the words and the stilted turns of documents, given by their names."""
    count = Count()
    for name, text in texts.items():
        count.totals["words of documents"] += len(text.split())
        for number, line in enumerate(text.splitlines(), 1):
            count.offenders["stilted turns in documents"] += [
                f"{name}:{number} {turn[0]}" for turn in STILTED.finditer(line)
            ]
    return count


@cache
def count_all() -> Count:
    """Count our own code and documents."""
    code = sorted(path for folder in ("provenance", "plugins") for path in (ROOT / folder).rglob("*.py"))
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
    count = count_code({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in code})
    prose = count_documents({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in documents})
    count.totals += prose.totals
    count.offenders["stilted turns in documents"] = prose.offenders["stilted turns in documents"]
    return count


@pytest.mark.parametrize("rule", LIMITS)
def test_a_ratio_keeps_to_its_limit(rule: str) -> None:
    """A newcomer reads the code and the documents without help; who breaks a limit sees where."""
    count = count_all()
    print(f"{count.totals['files']} files, {count.totals['functions']} functions; {rule}: {count.ratio(rule):.1f}")
    places = [] if rule == "comments" else count.offenders[rule]
    shown = "\n".join(["", *places[:40], *([f"… and {len(places) - 40} more"] if len(places) > 40 else [])])
    assert count.is_kept(rule), f"{rule}: {count.ratio(rule):.1f}, the limit is {LIMITS[rule][0]:g}{shown}"


GOOD = '''
"""Adder of numbers."""


class Sum:
    """A sum.

    Attributes:
        first: a number. It may be less than nothing.
        second: another one,
            of the same kind (see: `first`).
    """

    first: int
    second: int

    @property
    def added(self) -> int:
        """The sum of both.

        Returns:
            A number, at most
            twice as large as the larger one.
        """
        return _add_numbers(self.first, self.second)  # not cached, as it is fast


def _add_numbers(first: int, second: int) -> int:
    """Add numbers.

    Args:
        first: a number.
        second: another one.

    Raises:
        errors.SumError: the sum is too large.

    >>> _add_numbers(1, 2)
    3
    """
    return first + second


def add_more() -> None:
    """Add."""
    _add_numbers(1, 2)
'''
LONG = "def add() -> None:\n" + "    print()\n" * 60
BAD = {
    "private functions mentioned once": "def _add_one(): ...\n_add_one()\n",
    "private functions named by one word": "def _add(): ...\n_add(); _add()\n",
    "functions named by a participle": "def added(): ...\n",
    "comments": "def add(): ...  # noqa: D103\n",
    "stilted turns in docstrings": '"""Whoever adds has no doubt."""\n',
    "docstrings whose sections do not parse": '"""Adder.\n\nArgs:\n    one, two: numbers.\n"""\n',
    "functions over 60 lines": LONG,
}


def test_a_good_source_keeps_to_every_limit() -> None:
    """No rule finds fault with code that is well cut, named and explained, nor with an empty document."""
    count = count_code({"good.py": GOOD})
    assert [rule for rule in LIMITS if not count.is_kept(rule)] == []
    assert (count.totals["functions"], count.totals["private functions"]) == (3, 1)


@pytest.mark.parametrize("rule", BAD)
def test_each_rule_notices_a_bad_source(rule: str) -> None:
    """A rule that notices nothing would pass for ever; a fault is found where it is, and counts for its rule alone."""
    count = count_code({"bad.py": BAD[rule]})
    assert not count.is_kept(rule)
    if rule != "comments":  # of which none of these sources has any
        assert [each for each in LIMITS if each != "comments" and not count.is_kept(each)] == [rule]
        assert {place.partition(" ")[0] for place in count.offenders[rule]} == {"bad.py:1"}


def test_a_stilted_document_is_noticed() -> None:
    """Documents are read like docstrings, line by line."""
    count = count_documents({"README.md": "# Sums\n\nA number in which a sum stands in.\n"})
    assert not count.is_kept("stilted turns in documents")
    assert count.offenders["stilted turns in documents"] == ["README.md:3 in which", "README.md:3 stands in"]


@pytest.mark.parametrize(
    ("section", "faults"),
    [
        ("Args:\n    one: a number.\n    *rest: more.", []),
        ("Raises:\n    ValueError: it is none.", []),
        ("Returns:\n    A number: one.", []),
        ("Args:\n    one: a number. other: may be in a sentence.", []),
        ("Args:\n    one: a number. two: another.", ["one: a number. two: another."]),
        (
            "Raises:\n    ValueError: it is none. TypeError: it is odd.",
            ["ValueError: it is none. TypeError: it is odd."],
        ),
        ("Args:\n    one: a number\n    that goes past the line.", ["that goes past the line."]),
        ("Args:\n    one, two: numbers.", ["one, two: numbers."]),
        ("Args:\n    a number.", ["a number."]),
        ("Args:\n        one: a number.", ["one: a number."]),
        ("Args: one and two.", ["Args: one and two."]),
        ("Args:\n\nReturns:\n    A number.", ["Args: has no entry"]),
        ("Returns:", ["Returns: has no entry"]),
    ],
)
def test_the_sections_of_a_docstring(section: str, faults: list[str]) -> None:
    """One name a line, its text behind a colon, the rest of it further in."""
    assert list(check_sections(f"Add.\n\n{section}", ["one", "two"])) == faults
