"""Mutation testing: does a test notice when a line of the code is wrong?

Draws mutants (copies of a module with one small fault) from the modules that changed since a commit, and runs the tests that
execute the changed lines. A mutant that no test notices survives: either a test is missing, or the mutant changes nothing
that a user could see, and then it belongs in `mutants-equivalent.toml` with the reason.

Mutants are planted in temporary copies, never in the checkout. The order of work: draw; record which tests of the nearest
test files run which lines, without a fault; show that the copy is what they test, by planting a `raise`; try every mutant on
them; try those that survive on test files further away.

The mutations are those of mutmut's `mutation_operators` (https://github.com/boxed/mutmut) and the three below.
"""

import argparse
import ast
import difflib
import json
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from coverage import CoverageData
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

SOURCES = ("provenance", "plugins")
EQUIVALENT = "tools/mutants-equivalent.toml"
NEAR, WIDE = 8, 16  # test files tried first, and after them on what survived
PATIENCE = (
    60.0  # seconds of tests, fastest first, that a mutant is tried on; as recorded, so slower than without coverage
)

# What no test should pin: types, texts of errors and logs, help, and arguments that only guard against our own mistakes.
SILENT = {"strict", "slots", "frozen", "kw_only", "repr", "help", "stacklevel", "encoding", "daemon", "maxsize", "doc"}
UNOBSERVED = m.OneOf(
    m.Annotation(), m.Raise(), m.Assert(), m.ImportFrom(),
    m.If(test=m.Name("TYPE_CHECKING")),
    m.Assign(targets=[m.AssignTarget(m.Name("__all__"))]),
    m.Decorator(decorator=m.Call(func=m.Name("dataclass") | m.Name("lru_cache"))),
    m.Call(func=m.Name(value=m.MatchRegex("TypeVar|NewType|cast|isinstance|len"))),
    m.Call(func=m.Attribute(value=m.Name(value=m.MatchRegex("(?i)_?log(ger)?")))),
    m.Arg(keyword=m.Name(value=m.MatchIfTrue(SILENT.__contains__))),
)  # fmt: skip
KINDS = (cst.Annotation, cst.Raise, cst.Assert, cst.ImportFrom, cst.If, cst.Assign, cst.Decorator, cst.Call, cst.Arg)


def remove_call(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """Drop a statement that only calls something: `seen.add(x)` becomes `pass`."""
    if m.matches(node.value, m.Call() | m.Await()):
        yield cst.Pass()


def negate_condition(node: cst.If) -> Iterator[cst.CSTNode]:
    """Take the other branch: `if x:` becomes `if not (x):`; comparisons are mutmut's."""
    if not m.matches(node.test, m.Comparison() | m.UnaryOperation()):
        test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def return_nothing(node: cst.Return) -> Iterator[cst.CSTNode]:
    """Forget the result: `return x` becomes `return None`."""
    if node.value and not m.matches(node.value, m.Name("None")):
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=cst.SimpleWhitespace(" "))


OPERATORS: list[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = [
    *mutation_operators, (cst.Expr, remove_call), (cst.If, negate_condition), (cst.Return, return_nothing),
]  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one fault."""

    module: str
    line: int
    statement: range  # the lines of the statement that the fault is in; none where importing the module runs it
    operator: str
    before: str
    after: str
    code: str = field(repr=False)


class SiteFinder(cst.CSTVisitor):
    """Finds the places of a module where a fault can be planted, with the lines of the statement around each."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[tuple[range, str, cst.CSTNode, cst.CSTNode]] = []
        self.statements: list[range] = []
        self.functions = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self.statements.append(self.find_lines(node) if self.functions else range(0))
            self.functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, KINDS) and m.matches(node, UNOBSERVED):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                self.sites += [
                    (self.statements[-1], operator.__name__.removeprefix("operator_"), node, new)
                    for new in operator(node)
                    if self.statements and is_observable(node, new)
                ]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self.statements.pop()
            self.functions -= isinstance(original_node, cst.FunctionDef)

    def find_lines(self, node: cst.CSTNode) -> range:
        """Lines of a simple statement, or of the head of a compound one."""
        place = self.get_metadata(PositionProvider, node)
        body = getattr(node, "body", None)
        end = (
            self.get_metadata(PositionProvider, body).start.line
            if isinstance(body, cst.BaseSuite)
            else place.end.line + 1
        )
        return range(place.start.line, max(end, place.start.line + 1))


def is_observable(node: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether a test should notice: no sentence, no other capitals, no silent argument; `f(None)` only ever crashes."""
    if isinstance(node, cst.SimpleString) and isinstance(new, cst.SimpleString):
        return node.value.lower() != new.value.lower() and len(node.value.split()) <= 3
    if isinstance(node, cst.Call) and isinstance(new, cst.Call) and node.func is new.func:
        gone = [argument.keyword for argument in node.args if argument not in new.args]
        return len(new.args) < len(node.args) and not any(keyword and keyword.value in SILENT for keyword in gone)
    return True


def find_mutants(root: Path, module: str, chance: random.Random) -> Iterator[Mutant]:
    """The mutants of a module, in a drawn order; each is written out only when it is asked for."""
    source = (root / module).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = SiteFinder()
    wrapper.visit(finder)
    chance.shuffle(finder.sites)
    turns: Counter[str] = Counter()
    order = []
    for site in finder.sites:  # the kinds take turns, or most mutants would be strings and dropped arguments
        turns[site[1]] += 1
        order.append((turns[site[1]], chance.random(), site))
    old = source.splitlines()
    for *_, (statement, operator, node, new) in sorted(order, key=lambda each: each[:2]):
        code = cst.ensure_type(wrapper.module.deep_replace(node, new), cst.Module).code
        lines = code.splitlines()
        changed = [
            c for c in difflib.SequenceMatcher(None, old, lines, autojunk=False).get_opcodes() if c[0] != "equal"
        ]
        if changed:
            first, last = changed[0], changed[-1]
            before, after = (
                " ".join(" ".join(part).split()) for part in (old[first[1] : last[2]], lines[first[3] : last[4]])
            )
            yield Mutant(module, first[1] + 1, statement, operator, before, after, code)


def draw_mutants(root: Path, modules: Iterable[str], *, number: int, seed: int) -> list[Mutant]:
    """Draw mutants in turn from every package, and within it in turn from every module."""
    chance = random.Random(seed)  # noqa: S311  # a draw that can be repeated, no secret
    packages: dict[str, list[Iterator[Mutant]]] = {}
    for module in chance.sample(sorted(modules), len(set(modules))):
        packages.setdefault(name_package(module), []).append(find_mutants(root, module, chance))
    drawn: list[Mutant] = []
    while packages and len(drawn) < number:
        for package in sorted(packages):
            if (mutant := next(packages[package][0], None)) and len(drawn) < number:
                drawn.append(mutant)
                packages[package].append(packages[package].pop(0))
            elif not mutant and len(packages[package]) == 1:
                del packages[package]
            elif not mutant:
                del packages[package][0]
    return drawn


def name_package(module: str) -> str:
    """`provenance/align/chains.py` is of `provenance/align`."""
    return str(Path(module).parent)


def list_imports(path: Path) -> set[str]:
    """Dotted names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return names


def list_stems(path: str) -> set[str]:
    """`plugins/provenance_plugins/detect_html.py` and `tests/detection/test_html.py` both have `detect` and `html`."""
    return {word[:6] for word in re.findall(r"[a-z0-9]+", path)} - {"proven", "plugin", "tests", "test", "py", "init"}


def rank_test_files(module: str, imports: dict[str, set[str]]) -> list[str]:
    """Test files that may belong to a module, the nearest first: those that import it, and those that are named like it."""
    parts = Path(module.removeprefix("plugins/").removesuffix(".py").removesuffix("/__init__")).parts
    name, package = ".".join(parts), ".".join(parts[:-1])
    closeness = {
        file: 4 * (name in names) + 2 * len(list_stems(module) & list_stems(file)) + (package in names)
        for file, names in imports.items()
    }
    return sorted((file for file in closeness if closeness[file]), key=lambda file: (-closeness[file], file))


class Bench:
    """Copies of a checkout in which tests run, and what is known of the tests."""

    def __init__(self, root: Path, work: Path, *, jobs: int) -> None:
        self.work = work
        self.copies: queue.Queue[Path] = queue.Queue()
        self.pool = ThreadPoolExecutor(jobs)
        self.seconds: Counter[str] = Counter()
        self.recorded: set[str] = set()
        self.tests: dict[str, dict[int, set[str]]] = {}  # by module and line
        first = work / "0"
        for name in run_git(root, "ls-files", "-coz", "--exclude-standard").split("\0"):
            if name and os.path.lexists(root / name):
                (first / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, first / name, follow_symlinks=False)
        for job in range(1, jobs):
            shutil.copytree(first, work / str(job), symlinks=True)
        for job in range(jobs):
            self.copies.put(work / str(job))

    def run_tests(self, copy: Path, tests: Sequence[str], *, timeout: float | None, **extra: str) -> tuple[int, str]:
        """Pytest's exit code, 0 if all pass, and what it printed; -1 when the time is up."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COVERAGE_"))}
        paths = [str(copy), str(copy / "plugins"), str(Path(__file__).parent)]
        # Hypothesis draws the same examples each time where CI is set. Plugins that happen to be installed take seconds to
        # load and none of our tests needs one. Bytecode of a mutant would outlive it, so only recording writes some.
        environment |= {"PYTHONPATH": os.pathsep.join(paths), "CI": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= extra or {"PYTHONDONTWRITEBYTECODE": "1"}
        options = ["-q", "-p", "no:cacheprovider", "-m", "not slow", *(["-p", "recorder"] if extra else ["-x"])]
        with tempfile.TemporaryFile(dir=self.work) as output:
            command = [sys.executable, "-m", "pytest", *options, *tests]
            process = subprocess.Popen(
                command, cwd=copy, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = -1
            try:  # what the tests started, too: a server that a mutant left behind would run on
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            output.seek(0)
            return code, output.read().decode(errors="replace")

    def record_tests(self, files: Iterable[str]) -> None:
        """Run test files without a fault, unless they have run before, and note which test runs which lines."""
        new = sorted(set(files) - self.recorded)
        self.recorded.update(new)
        jobs = self.copies.qsize()
        list(self.pool.map(self.record_files, [new[job::jobs] for job in range(jobs) if new[job::jobs]]))

    def record_files(self, files: Sequence[str]) -> None:
        """Run test files under coverage in one process and read what it measured."""
        copy = self.copies.get()
        place = Path(tempfile.mkdtemp(dir=self.work))
        include = "".join(f"\n    {copy / source}/**" for source in SOURCES)
        settings = (
            f"[run]\ncore = ctrace\nparallel = true\ndata_file = {place}/data\ncontext = ${{PYTEST_CURRENT_TEST-}}"
        )
        (place / "rc").write_text(f"{settings}\ninclude ={include}\n", encoding="utf-8")
        seconds = str(place / "seconds.json")
        code, output = self.run_tests(
            copy, files, timeout=None, COVERAGE_PROCESS_START=str(place / "rc"), RECORDED_SECONDS=seconds
        )
        if code not in {0, 5}:  # 5: all tests of these files are slow
            sys.exit(f"{output[-4000:]}\nmutants: tests fail without a mutant; mend them first")
        for test, took in json.loads(Path(seconds).read_text(encoding="utf-8")).items():
            self.seconds[name_test(test)] += took
        for path in place.glob("data.*"):
            data = CoverageData(str(path))
            data.read()
            for file in data.measured_files():
                lines = self.tests.setdefault(str(Path(file).relative_to(copy)), {})
                for line, contexts in data.contexts_by_lineno(file).items():
                    lines.setdefault(line, set()).update(name_test(context) for context in contexts if context)
        self.copies.put(copy)

    def select_tests(self, mutant: Mutant, files: Sequence[str]) -> list[str]:
        """Tests of these files that run the changed statement, the fastest first."""
        lines = self.tests.get(mutant.module, {})
        found = set().union(*(lines.get(line, ()) for line in mutant.statement or lines))
        patience = PATIENCE
        selected = []
        for test in sorted(found, key=lambda test: (self.seconds[test], test)):
            if test.partition("::")[0] in files and (patience := patience - self.seconds[test]) > 0:
                selected.append(test)
        return selected

    def try_mutant(self, mutant: Mutant, files: Sequence[str]) -> str:
        """Plant a mutant and run the tests: killed, timeout, survived or, where no test runs the statement, unrun."""
        if not (tests := self.select_tests(mutant, files)):
            return "unrun"
        copy = self.copies.get()
        path = copy / mutant.module
        original, times = path.read_bytes(), path.stat()
        try:
            path.write_text(mutant.code, encoding="utf-8")
            os.utime(
                path, (times.st_atime, times.st_mtime + 2)
            )  # or the bytecode of the original could pass for its own
            code, _ = self.run_tests(copy, tests, timeout=20 + 5 * sum(self.seconds[test] for test in tests))
        finally:
            path.write_bytes(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.copies.put(copy)
        return {0: "survived", -1: "timeout"}.get(code, "killed")

    def try_mutants(self, mutants: dict[Mutant, Sequence[str]]) -> Iterator[str]:
        """Verdicts in the order of the mutants, each tried on its own test files."""
        return self.pool.map(self.try_mutant, mutants, mutants.values())

    def show_copies_are_tested(self, ranked: dict[Mutant, list[str]]) -> None:
        """Positive control: a module that only raises must fail, or the tests import another copy than ours."""
        for mutant, files in ranked.items():
            planted = replace(mutant, statement=range(0), code="raise RuntimeError('planted')\n")
            if (verdict := self.try_mutant(planted, files)) == "killed":
                return
            if verdict != "unrun":
                sys.exit(f"mutants: no test notices that {mutant.module} raises; the tests import another copy")


def name_test(context: str) -> str:
    """`a.py::test_b[1] (call)` is `a.py::test_b`."""
    return re.sub(r"\[.*| \(\w+\)$", "", context, flags=re.DOTALL)


def run_git(root: Path, *arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S607


def choose_modules(root: Path, since: str | None, paths: Sequence[str], *, everything: bool) -> list[str]:
    """Modules of the given paths, or those that changed since a commit, by default since the branch left main."""
    modules = [
        path
        for path in run_git(root, "ls-files", "-co", "--exclude-standard", *SOURCES).split()
        if path.endswith(".py")
    ]
    if everything:
        return modules
    if paths:
        return [module for module in modules if any(Path(module).is_relative_to(path) for path in paths)]
    if since is None:
        base = subprocess.run(
            ["git", "merge-base", "HEAD", "main"], cwd=root, capture_output=True, text=True, check=False
        )
        since = base.stdout.strip()
        if since in {"", run_git(root, "rev-parse", "HEAD").strip()}:
            since = "HEAD~1"
    changed = set(run_git(root, "diff", "--name-only", since, "--", *SOURCES).split())
    return [module for module in modules if module in changed]


def read_equivalents(root: Path) -> set[tuple[str, str, str]]:
    """Module, line before and line after of the mutants that are known to change nothing."""
    path = root / EQUIVALENT
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["equivalent"] if path.exists() else []
    return {(entry["module"], entry["before"], entry["after"]) for entry in entries if entry["reason"]}


def judge_mutants(
    root: Path, mutants: Sequence[Mutant], *, jobs: int, near: int, wide: int
) -> Iterator[tuple[Mutant, str]]:
    """A verdict for each mutant; for those that survive the nearest test files it comes last."""
    tracked = run_git(root, "ls-files", "-co", "--exclude-standard", "tests").split()
    imports = {file: list_imports(root / file) for file in tracked if Path(file).match("test_*.py")}
    ranked = {mutant: rank_test_files(mutant.module, imports)[: near + wide] for mutant in mutants}
    with tempfile.TemporaryDirectory(prefix="mutants-") as work:
        bench = Bench(root, Path(work), jobs=jobs)
        bench.record_tests(file for files in ranked.values() for file in files[:near])
        bench.show_copies_are_tested(ranked)
        left: dict[Mutant, str] = {}
        for mutant, verdict in zip(mutants, bench.try_mutants({each: files[:near] for each, files in ranked.items()})):
            if verdict in {"survived", "unrun"}:
                left[mutant] = verdict
            else:
                yield mutant, verdict
        bench.record_tests(file for mutant in left for file in ranked[mutant][near:])
        for mutant, verdict in zip(left, bench.try_mutants({each: ranked[each][near:] for each in left})):
            yield mutant, left[mutant] if verdict == "unrun" else verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each mutant and the score; 1 if it is below the floor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", help="modules or folders to draw from, instead of what changed")
    parser.add_argument("--since", metavar="COMMIT", help="draw from what changed since then (default: since main)")
    parser.add_argument("--all", action="store_true", help="draw from all modules")
    parser.add_argument("--number", type=int, default=20, help="how many mutants (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other mutants (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at once (default: 2)")
    parser.add_argument("--near", type=int, default=NEAR, help=f"test files to try on each mutant (default: {NEAR})")
    parser.add_argument("--wide", type=int, default=WIDE, help=f"test files to try on survivors (default: {WIDE})")
    parser.add_argument("--floor", type=float, default=90, help="lowest score in per cent that passes (default: 90)")
    given = parser.parse_args(arguments)
    root = Path.cwd()
    modules = choose_modules(root, given.since, given.paths, everything=given.all)
    equivalents = read_equivalents(root)
    drawn = draw_mutants(root, modules, number=given.number, seed=given.seed)
    mutants = [mutant for mutant in drawn if (mutant.module, mutant.before, mutant.after) not in equivalents]
    print(
        f"{len(mutants)} mutants of {len(modules)} modules, seed {given.seed}; {len(drawn) - len(mutants)} equivalent"
    )
    tally: dict[str, Counter[str]] = {}
    for mutant, verdict in (
        judge_mutants(root, mutants, jobs=given.jobs, near=given.near, wide=given.wide) if mutants else ()
    ):
        place = f"{mutant.module}:{mutant.line}"
        print(f"{verdict:8} {place} {mutant.operator}: {mutant.before} -> {mutant.after}", flush=True)
        tally.setdefault(name_package(mutant.module), Counter())[verdict] += 1
    for package, counts in sorted(tally.items()):
        print(f"{package}: {counts['killed'] + counts['timeout']} of {counts.total()}")
    noticed = sum(counts["killed"] + counts["timeout"] for counts in tally.values())
    score = 100 * noticed / len(mutants) if mutants else 100.0
    print(f"score {score:.0f} %: {noticed} of {len(mutants)} noticed, floor {given.floor:g} %")
    return int(score < given.floor)


if __name__ == "__main__":
    sys.exit(main())
