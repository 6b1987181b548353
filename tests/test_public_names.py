"""`import provenance` has every public name, and imports what a name needs when it is first used."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import provenance

NOT_YET = (
    "numpy", "sqlalchemy", "sentencepiece", "ahocorasick", "license_expression", "pluggy", "provenance.works",
    "provenance.reports",
)  # fmt: skip


def python(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def names_for_type_checkers() -> dict[str, str]:
    """The public names that the source imports where a type checker looks, each with its module."""
    tree = ast.parse(Path(provenance.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_the_version_is_one() -> None:
    """Three numbers, and at most the mark of a version before them."""
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", provenance.__version__)


def test_a_type_checker_sees_what_there_is() -> None:
    """The imports for type checkers name the public names, no others, and the objects that `__getattr__` returns."""
    homes = names_for_type_checkers()
    assert sorted([*homes, "__version__"]) == sorted(provenance.__all__)
    for name, home in homes.items():
        assert getattr(provenance, name) is getattr(importlib.import_module(home), name)
        assert name in getattr(importlib.import_module(home), "__all__", [name])


@pytest.mark.slow
def test_dir_and_a_star_import_have_every_public_name() -> None:
    """In a fresh interpreter, before any name was used, `dir` lists them all, and a star import brings them all."""
    assert python("import provenance; print(set(provenance.__all__) - set(dir(provenance)))") == "set()"
    assert python("import provenance as p\nfrom provenance import *\nprint(set(p.__all__) - set(globals()))") == "set()"


@pytest.mark.parametrize("name", provenance.__all__)
def test_each_name_is_kept(name: str) -> None:
    """A name that was used once is an attribute like any other."""
    assert getattr(provenance, name) is getattr(provenance, name)
    assert name in vars(provenance)


def test_a_wrong_name_is_the_usual_error() -> None:
    """What there is not fails as with any module, with the name for Python's suggestions."""
    with pytest.raises(AttributeError, match=r"^module 'provenance' has no attribute 'Cheker'$") as raised:
        _ = provenance.Cheker
    assert raised.value.name == "Cheker"
    with pytest.raises(ImportError, match="cannot import name 'Cheker' from 'provenance'"):
        importlib.import_module("builtins").exec("from provenance import Cheker")


@pytest.mark.slow
def test_packages_are_imported_as_ever() -> None:
    """`import provenance.generation`, `from provenance import notices`, and the packages that define public names."""
    assert python("import provenance.generation; print(provenance.generation.wrap.__name__)") == "wrap"
    assert python("from provenance import notices; print(notices.__name__)") == "provenance.notices"
    assert python("import provenance; print(provenance.check.Checker is provenance.Checker)") == "True"


@pytest.mark.slow
def test_what_is_not_used_is_not_imported() -> None:
    """`import provenance` imports none of the large libraries, an error's class neither; `Checker` imports NumPy."""
    there = f"[name for name in {NOT_YET} if name in sys.modules]"
    assert python(f"import sys, provenance; print({there})") == "[]"
    assert python(f"import sys, provenance; provenance.InputError; print({there})") == "[]"
    assert python("import sys, provenance; provenance.Checker; print('numpy' in sys.modules)") == "True"
