"""Faults that can be planted in a module, and a draw from them.

The mutations are those of mutmut (https://github.com/boxed/mutmut) and three of our own. What no test should pin is
left alone: types, docstrings, the texts of errors and logs, and arguments that only guard against our own mistakes.
"""

import difflib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_assignment

SILENT = {"strict", "slots", "frozen", "kw_only", "repr", "help", "stacklevel", "encoding", "daemon", "maxsize", "doc"}
KINDS = (cst.Annotation, cst.Raise, cst.Assert, cst.ImportFrom, cst.If, cst.Assign, cst.Decorator, cst.Call, cst.Arg)
UNOBSERVED = m.OneOf(
    m.Annotation(),
    m.Raise(),
    m.Assert(),
    m.ImportFrom(),
    m.If(test=m.Name("TYPE_CHECKING")),
    m.Assign(targets=[m.AssignTarget(m.Name("__all__"))]),
    m.Decorator(decorator=m.Call(func=m.Name("dataclass") | m.Name("lru_cache"))),
    m.Call(func=m.Name(value=m.MatchRegex("TypeVar|NewType|cast|isinstance|len"))),
    m.Call(func=m.Attribute(value=m.Name(value=m.MatchRegex("(?i)_?log(ger)?")))),
    m.Arg(keyword=m.Name(value=m.MatchIfTrue(SILENT.__contains__))),
)


def remove_call(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """Drop a statement that only calls something: `seen.add(x)` becomes `pass`."""
    if m.matches(node.value, m.Call() | m.Await()):
        yield cst.Pass()


def negate_condition(node: cst.If) -> Iterator[cst.CSTNode]:
    """Take the other branch: `if x:` becomes `if not (x):`; mutmut has comparisons and `not` already."""
    if not m.matches(node.test, m.Comparison() | m.UnaryOperation()):
        test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def return_nothing(node: cst.Return) -> Iterator[cst.CSTNode]:
    """Forget the result: `return x` becomes `return None`."""
    if node.value and not m.matches(node.value, m.Name("None")):
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=cst.SimpleWhitespace(" "))


# `x = None` in place of a value nearly always crashes: every test of the line notices, and the score only looks better.
OPERATORS: list[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = [
    *(each for each in mutation_operators if each[1] is not operator_assignment),
    (cst.Expr, remove_call),
    (cst.If, negate_condition),
    (cst.Return, return_nothing),
]


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    Attributes:
        statement: the lines of the statement around the fault; none where importing the module runs it.
        before: the lines that change, with single spaces.
    """

    module: str
    line: int
    statement: range
    operator: str
    before: str
    after: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class Site:
    """A place for a fault: the node, and what it becomes."""

    statement: range
    operator: str
    node: cst.CSTNode
    new: cst.CSTNode


class SiteFinder(cst.CSTVisitor):
    """Finds the sites of a module."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[Site] = []
        self.statements = [range(0)]
        self.functions = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note the sites at a node; False leaves its children alone."""
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            # The head of a function, its defaults, runs with what is around it; its body does not.
            self.statements.append(self.find_lines(node) if self.functions else range(0))
            self.functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, KINDS) and m.matches(node, UNOBSERVED):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                name = operator.__name__.removeprefix("operator_")
                news = [new for new in operator(node) if is_observable(node, new)]
                self.sites += [Site(self.statements[-1], name, node, new) for new in news]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Return to the statement around this one."""
        if isinstance(original_node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self.statements.pop()
            self.functions -= isinstance(original_node, cst.FunctionDef)

    def find_lines(self, node: cst.CSTNode) -> range:
        """Lines of a simple statement, or of the head of a compound one."""
        place = self.get_metadata(PositionProvider, node)
        body = getattr(node, "body", None)
        if isinstance(body, cst.BaseSuite):
            return range(
                place.start.line, max(place.start.line + 1, self.get_metadata(PositionProvider, body).start.line)
            )
        return range(place.start.line, place.end.line + 1)


def is_observable(node: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether a test should notice: no sentence, no other capitals, no silent argument; and `f(None)` only crashes."""
    if isinstance(node, cst.SimpleString) and isinstance(new, cst.SimpleString):
        return node.value.lower() != new.value.lower() and len(node.value.split()) <= 3
    if isinstance(node, cst.Call) and isinstance(new, cst.Call) and node.func is new.func:
        gone = [argument.keyword for argument in node.args if argument not in new.args]
        return len(new.args) < len(node.args) and not any(keyword and keyword.value in SILENT for keyword in gone)
    return True


def find_mutants(root: Path, module: str, chance: random.Random) -> Iterator[Mutant]:
    """The mutants of a module in a drawn order; the operators take turns, or most would be strings."""
    source = (root / module).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = SiteFinder()
    wrapper.visit(finder)
    turns: Counter[str] = Counter()
    order: list[tuple[int, float, Site]] = []
    for site in chance.sample(finder.sites, len(finder.sites)):
        turns[site.operator] += 1
        order.append((turns[site.operator], chance.random(), site))
    known = {source}
    for _, _, site in sorted(order, key=lambda each: each[:2]):
        code = cst.ensure_type(wrapper.module.deep_replace(site.node, site.new), cst.Module).code
        if code not in known:
            known.add(code)
            yield describe_mutant(module, site, source, code)


def describe_mutant(module: str, site: Site, source: str, code: str) -> Mutant:
    """A mutant with the lines that it changes."""
    old, new = source.splitlines(), code.splitlines()
    changes = [
        change
        for change in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    (_, first, _, new_first, _), (_, _, last, _, new_last) = changes[0], changes[-1]
    before, after = (" ".join(" ".join(lines).split()) for lines in (old[first:last], new[new_first:new_last]))
    return Mutant(module, first + 1, site.statement, site.operator, before, after, code)


def draw_mutants(root: Path, modules: Iterable[str], *, number: int, seed: int) -> list[Mutant]:
    """Draw mutants: the packages take turns, and so do the modules of each."""
    chance = random.Random(seed)  # noqa: S311  # a draw that can be repeated, no secret
    packages: dict[Path, list[Iterator[Mutant]]] = {}
    names = sorted(modules)
    for module in chance.sample(names, len(names)):
        packages.setdefault(Path(module).parent, []).append(find_mutants(root, module, chance))
    drawn: list[Mutant] = []
    while any(packages.values()):
        for package in sorted(packages):
            if len(drawn) == number:
                return drawn
            if packages[package]:
                first = packages[package].pop(0)
                if mutant := next(first, None):
                    drawn.append(mutant)
                    packages[package].append(first)
    return drawn
