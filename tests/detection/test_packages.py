"""What package metadata say about the works of a package."""

from __future__ import annotations

import pytest

from provenance_plugins.detectors._globs import matches
from provenance_plugins.detectors._manifests import MANIFESTS, Manifest
from tests.detection.conftest import Look, only, said
from tests.detection.test_texts import mit

WORDS = "It was a bright cold day in April.\n"
PROJECT = ("project.license", "MIT", "Ann")
OSI = "License :: OSI Approved"
METADATA = (
    "Metadata-Version: 2.4\nName: thing\nVersion: 1\nAuthor: Ann Example\nLicense-Expression: ISC\n\nLicense: MIT\n"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("METADATA", METADATA, ("License-Expression", "ISC", "Ann Example")),
        ("PKG-INFO", f"Name: a\nLicense: BSD\nClassifier: {OSI} :: MIT License\n", ("License", "BSD")),
        ("PKG-INFO", f"Author-email: Bo <b@x.org>\nLicense: {'Permission is ' * 9}\nClassifier: {OSI} :: MIT License\n",
         ("Classifier", "MIT License", "Bo")),
        ("PKG-INFO", "Name: a\nLicense: UNKNOWN\n", (None, None)),
        ("pyproject.toml", '[project]\nlicense = "MIT"\nauthors = [{name = "Ann"}]\n', PROJECT),
        ("pyproject.toml", '[project]\nlicense = {text = "BSD"}\n', ("project.license", "BSD")),
        ("pyproject.toml", '[project]\nlicense = {file = "LICENSE"}\n', (None, None)),
        ("pyproject.toml", '[tool.poetry]\nlicense = "MIT"\nauthors = ["Ann <a@x.org>"]', PROJECT),
        ("package.json", '{"license": "MIT", "author": "Ann <a@x.org> (https://x.org)"}', ("license", "MIT", "Ann")),
        ("package.json", '{"license": {"type": "ISC"}, "author": {"name": "Ann"}}', ("license", "ISC", "Ann")),
        ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "ISC"}]}', ("license", "(MIT) OR (ISC)")),
        ("package.json", '{"license": "SEE LICENSE IN x.txt"}', (None, None)),
        ("package.json", '{"license": "UNLICENSED"}', (None, None)),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', ("package.license", "MIT OR Apache-2.0")),
        ("Cargo.toml", '[workspace.package]\nlicense = "MIT"\n', ("package.license", "MIT")),
        ("Cargo.toml", "[package]\nlicense.workspace = true\n", (None, None)),
    ],
)  # fmt: skip
def test_each_kind_of_metadata_says_licence_and_authors(name: str, text: str, expected: tuple[str | None, ...]) -> None:
    """What is stated is taken as it stands, in every form that was ever in use; pointers to files say nothing here."""
    field, licence, *authors = expected
    assert MANIFESTS[name](text) == Manifest(field, licence, tuple(filter(None, authors)))


@pytest.mark.parametrize("name", MANIFESTS)
@pytest.mark.parametrize(
    "broken", ["", "[", '{"license": 3}', "[1]", "license = 3\n[project]\nlicense = [[[", "\ud800", "[" * 9_999]
)
def test_broken_metadata_say_nothing(name: str, broken: str) -> None:
    """A file that cannot be parsed, or has something else where a licence should be, is as good as none."""
    assert MANIFESTS[name](broken) == Manifest()


def test_the_nearest_metadata_speak_for_a_work(look: Look) -> None:
    """A crate in a workspace that names no licence of its own has that of the workspace."""
    found = look({
        "Cargo.toml": '[workspace.package]\nlicense = "MIT"\n',
        "a/Cargo.toml": "[package]\nlicense.workspace = true\n", "a/src/x.txt": WORDS,
        "b/Cargo.toml": '[package]\nlicense = "ISC"\n', "b/src/x.txt": WORDS,
    })  # fmt: skip
    assert said(found["a/src/x.txt"]) == [("detect-packages", "inherited", "MIT", 0.9)]
    assert said(found["b/src/x.txt"]) == [("detect-packages", "inherited", "ISC", 0.9)]
    assert only(found["b/src/x.txt"]).evidence == "package.license: ISC (b/Cargo.toml)"


def test_the_authors_are_those_of_the_most_official_metadata(look: Look) -> None:
    """Where several files of a folder name authors, the order in which they are read is always the same."""
    found = look({
        "Cargo.toml": '[package]\nauthors = ["Cas"]\n', "PKG-INFO": "Name: thing\nLicense: ISC\n",
        "package.json": '{"author": "Pat"}', "pyproject.toml": '[project]\nauthors = [{name = "Ann"}]\n',
        "x.txt": WORDS,
    })  # fmt: skip
    assert said(found["x.txt"]) == [("detect-packages", "inherited", "ISC", 0.9)]
    assert found["x.txt"].authors == ("Ann",)


@pytest.mark.slow
def test_an_installed_package_is_known_by_its_record(look: Look) -> None:
    """Where many packages lie in one folder, each file belongs to the one whose RECORD lists it."""
    found = look({
        "thing-1.dist-info/METADATA": METADATA, "thing-1.dist-info/RECORD": "thingy/a.txt,,\nsolo.txt,,\n",
        "other-1.dist-info/METADATA": "Name: other\nLicense: MIT\n", "other-1.dist-info/RECORD": "other/a.txt,,\n",
        "other-1.dist-info/licenses/LICENSE": mit(),
        "thingy/a.txt": WORDS, "solo.txt": WORDS, "other/a.txt": WORDS, "nobodys/a.txt": WORDS,
    })  # fmt: skip
    assert {name: said(found[name]) for name in ("thingy/a.txt", "solo.txt", "other/a.txt", "nobodys/a.txt")} == {
        "thingy/a.txt": [("detect-packages", "inherited", "ISC", 0.9)],
        "solo.txt": [("detect-packages", "inherited", "ISC", 0.9)],
        "other/a.txt": [("detect-files", "inherited", "MIT", 0.9), ("detect-packages", "inherited", "MIT", 0.9)],
        "nobodys/a.txt": [],
    }
    assert found["thingy/a.txt"].authors == ("Ann Example",)


def test_debians_copyright_file_speaks_of_each_path(look: Look) -> None:
    """The last paragraph whose pattern matches counts; what is said of everything is only inherited."""
    copyright_ = (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: thing\n\n"
        "Files: *\nCopyright: 2018, Ann\nLicense: GPL-2+\n\nFiles: src/*.c lib/?.h\nCopyright: 2019, Bob\n 2020, Eve\n"
        "License: Expat\n Permission is hereby granted\n\nLicense: GPL-2+\n On Debian systems ...\n"
    )
    found = look({"p/debian/copyright": copyright_, "p/a.txt": WORDS, "p/src/deep/b.c": WORDS, "p/lib/c.h": WORDS})
    assert said(found["p/a.txt"]) == [("detect-packages", "inherited", "GPL-2.0-or-later", 0.855)]
    assert said(found["p/src/deep/b.c"]) == [("detect-packages", "detected", "MIT", 0.855)]
    assert said(found["p/lib/c.h"]) == [("detect-packages", "detected", "MIT", 0.855)]
    assert found["p/lib/c.h"].copyright == "© 2019, Bob\n© 2020, Eve"


@pytest.mark.parametrize(
    ("path", "pattern", "crossing", "matching"),
    [
        ("src/a.py", "src/*.py", False, True),
        ("src/b/a.py", "src/*.py", False, False),
        ("src/b/a.py", "src/*.py", True, True),
        ("src/b/a.py", "src/**", False, True),
        ("src/b/a.py", "**/a.*", False, True),
        ("a*b", "a\\*b", False, True),
        ("axb", "a\\*b", False, False),
        ("a?b", "a?b", False, True),
        ("axb", "a?b", False, False),
        ("axb", "a?b", True, True),
        ("", "", False, True),
        ("", "**", False, True),
        ("a", "a/**", False, False),
    ],
)
def test_stars_match_as_each_format_says(path: str, pattern: str, crossing: bool, matching: bool) -> None:
    """In REUSE.toml one star ends at a slash, in Debian's files it does not."""
    assert matches(path, pattern, stars_cross=crossing) is matching


def test_a_pattern_full_of_stars_is_followed_in_one_pass() -> None:
    """A pattern on which a regular expression would try for ever is answered."""
    assert matches("a" * 900, "*a" * 400 + "b", stars_cross=True) is False
    assert matches("a" * 900, "*a" * 400, stars_cross=True) is True
