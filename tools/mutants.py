"""Mutation testing: shows which lines of the code can be wrong without a test that notices.

Draws mutants (copies of a module with one small fault) from the modules that changed since a commit, and runs the tests
that execute the changed lines. A mutant that no test notices survives: either a test is missing, or the mutant changes
nothing that a user could see, and then it belongs in `mutants-equivalent.toml` with the reason.

Mutants are planted in temporary copies, never in the checkout. The order of work: draw; record which tests of the
nearest test files run which lines, without a fault; show that the copies are what they test, by planting a `raise`; try
every mutant; try those that survive on test files further away.
"""

import argparse
import ast
import contextlib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import Bench
from mutations import Mutant, draw_mutants

SOURCES = ("provenance", "plugins")
EQUIVALENT = "tools/mutants-equivalent.toml"
DOCTESTS = "tests/docs/test_docstrings.py"  # the examples of every module, none of which it imports by name
NEAR, WIDE = 8, 16  # test files to try first, and after them on what survived


def name_module(path: str) -> str:
    """`plugins/provenance_plugins/pages.py` is `provenance_plugins.pages`."""
    return path.removeprefix("plugins/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def list_imports(path: Path) -> set[str]:
    """Dotted names that a file imports, wherever in it, and the packages that they are in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, node.module.rpartition(".")[0]))
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def list_stems(path: str) -> set[str]:
    """`plugins/provenance_plugins/detect_html.py` and `tests/detection/test_html.py` both have `detect` and `html`."""
    inside = re.sub(r"(plugins/)?provenance(_plugins)?\b|\btests?\b|__init__|[.]py\b", " ", path.replace("test_", " "))
    return {word[:6] for word in re.findall(r"[a-z0-9]+", inside)}


def find_users(name: str, imports: dict[str, set[str]]) -> set[str]:
    """Modules that import a module."""
    return {name_module(file) for file, names in imports.items() if name in names}


def rank_test_files(module: str, imports: dict[str, set[str]]) -> list[str]:
    """Test files, the nearest to a module first.

    Near are those that import it, are named like it, import or are named like what imports it, or reach it by way of
    others. Names count because no module imports a plugin: plugins are entry points. Near to all are the examples in
    docstrings.
    """
    name = name_module(module)
    users = find_users(name, imports)
    reach, waiting = set(users), list(users)
    while waiting:
        new = find_users(waiting.pop(), imports) - reach
        reach |= new
        waiting += new
    closeness = {
        file: 4 * (name in names)
        + 2 * len(list_stems(module) & list_stems(file))
        + 2 * (list_stems(Path(module).name) <= list_stems(Path(file).name))
        + 2 * (list_stems(Path(file).name) <= list_stems(module))
        + 2 * (not users.isdisjoint(names))
        + len(list_stems(" ".join(users)) & list_stems(file))
        + (not reach.isdisjoint(names))
        + 8 * (file == DOCTESTS)
        for file, names in imports.items()
        if Path(file).match("test_*.py")
    }
    return sorted(closeness, key=lambda file: (-closeness[file], len(imports[file]), file))


def run_git(root: Path, *arguments: str) -> str:
    """What git prints."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def list_files(root: Path, *folders: str) -> list[str]:
    """Files of the checkout that git tracks or would track."""
    names = run_git(root, "ls-files", "-coz", "--exclude-standard", *folders).split("\0")
    return [name for name in names if (root / name).is_file()]


def choose_modules(root: Path, since: str | None, paths: Sequence[str], *, everything: bool) -> list[str]:
    """Modules of the given paths, or those that changed since a commit, by default since the branch left main."""
    modules = [file for file in list_files(root, *SOURCES) if file.endswith(".py")]
    if everything:
        return modules
    if paths:
        return [module for module in modules if any(Path(module).is_relative_to(path) for path in paths)]
    if since is None:
        since = run_git(root, "merge-base", "HEAD", "main").strip()
        if since == run_git(root, "rev-parse", "HEAD").strip():
            since = "HEAD~1"
    changed = run_git(root, "diff", "--name-only", "-z", since, "--", *SOURCES).split("\0")
    return sorted(set(modules).intersection(changed))


def read_equivalents(root: Path) -> set[tuple[str, str, str]]:
    """Module, line before and line after of the mutants that are known to change nothing."""
    path = root / EQUIVALENT
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", []) if path.exists() else []
    return {(entry["module"], entry["before"], entry["after"]) for entry in entries if entry["reason"]}


def judge_mutants(root: Path, mutants: Sequence[Mutant], given: argparse.Namespace) -> Iterator[tuple[Mutant, str]]:
    """A verdict for each mutant; for those that survive the nearest test files it comes last."""
    files = list_files(root, *SOURCES, "tests")
    imports = {file: list_imports(root / file) for file in files if file.endswith(".py")}
    if not mutants:
        return
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as work,
        contextlib.closing(Bench(root, list_files(root), Path(work), jobs=given.jobs, grace=given.grace)) as bench,
    ):
        # Some files have only long tests, which are left out: twice as many as are wanted leave enough of the others.
        tried = given.near + given.wide
        nearby = {mutant: rank_test_files(mutant.module, imports)[: 2 * tried] for mutant in mutants}
        usable = bench.list_test_files(file for files in nearby.values() for file in files)
        ranked = {mutant: [file for file in files if file in usable][:tried] for mutant, files in nearby.items()}
        nearest = {mutant: files[: given.near] for mutant, files in ranked.items()}
        bench.record_tests(file for files in nearest.values() for file in files)
        bench.show_copies_are_tested(nearest)
        left: dict[Mutant, str] = {}
        for mutant, verdict in zip(nearest, bench.try_mutants(nearest), strict=True):
            if verdict in {"survived", "unrun"}:
                left[mutant] = verdict
            else:
                yield mutant, verdict
        bench.record_tests(file for mutant in left for file in ranked[mutant][given.near :])
        # Whatever else was recorded, for other mutants, may run the statement as well.
        further = {mutant: sorted(bench.recorded.difference(nearest[mutant])) for mutant in left}
        for mutant, verdict in zip(further, bench.try_mutants(further), strict=True):
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
    parser.add_argument("--grace", type=float, default=20, help="seconds that tests may always take (default: 20)")
    parser.add_argument("--floor", type=float, default=90, help="lowest score in per cent that passes (default: 90)")
    given = parser.parse_args(arguments)
    root = Path.cwd()
    modules = choose_modules(root, given.since, given.paths, everything=given.all)
    equivalents = read_equivalents(root)
    drawn = draw_mutants(root, modules, number=given.number, seed=given.seed)
    mutants = [mutant for mutant in drawn if (mutant.module, mutant.before, mutant.after) not in equivalents]
    left_out = len(drawn) - len(mutants)
    print(f"{len(mutants)} mutants of {len(modules)} modules, seed {given.seed}; {left_out} equivalent ones left out")
    tally: dict[str, Counter[str]] = {}
    for mutant, verdict in judge_mutants(root, mutants, given):
        place = f"{mutant.module}:{mutant.line}"
        print(f"{verdict:8} {place} {mutant.operator}: {mutant.before} -> {mutant.after}", flush=True)
        tally.setdefault(str(Path(mutant.module).parent), Counter())[verdict] += 1
    for package, counts in sorted(tally.items()):
        print(f"{package}: {counts['killed'] + counts['timeout']} of {counts.total()}")
    noticed = sum(counts["killed"] + counts["timeout"] for counts in tally.values())
    score = 100 * noticed / len(mutants) if mutants else 100.0
    print(f"score {score:.0f} %: {noticed} of {len(mutants)} noticed, floor {given.floor:g} %")
    return int(score < given.floor)


if __name__ == "__main__":
    sys.exit(main())
