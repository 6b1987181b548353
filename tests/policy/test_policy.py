"""What a policy may say, where it is looked for, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import ConfigError
from provenance.policy import PRESETS, PolicySettings, Rule, load_policy
from provenance.reports import Action
from provenance.works import Family, LicenceStatus

POLICY = """\
preset = "strict"
min_tokens = 40
own_collections = ["press", "in-house"]

[actions]
unknown = "ignore"

[statuses.unknown]
min_bits = 500

[families]
copyleft = {action = "raise", min_tokens = 16}

[collections."a.b"]
action = "limit"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the folder in which a policy is looked for."""

    def write_(text: str, name: str = "provenance.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_


def test_a_file_says_what_differs_from_its_preset(write: Write) -> None:
    """Values, actions and rules of the file replace those of the preset, one by one."""
    path = write(POLICY)
    strict = PRESETS["strict"]
    assert PolicySettings.from_file(path) == replace(
        strict, min_tokens=40, own_collections=("press", "in-house"),
        actions={**strict.actions, LicenceStatus.UNKNOWN: Action.IGNORE},
        statuses={LicenceStatus.UNKNOWN: Rule(min_bits=500.0)},
        families={Family.COPYLEFT: Rule(action=Action.RAISE, min_tokens=16)},
        collections={"a.b": Rule(action=Action.LIMIT)}, source=str(path),
    )  # fmt: skip


def test_each_value_knows_where_it_was_given(write: Write, tmp_path: Path) -> None:
    """The place is a line and column, a variable, an argument, or the preset."""
    path = write(POLICY)
    variables = {"PROVENANCE_MIN_BITS": "77", "PROVENANCE_OWN_COLLECTIONS": " ours, theirs,"}
    settings = load_policy(folder=tmp_path, environment=variables, commonplace_creators=5)
    assert (settings.min_bits, settings.own_collections) == (77.0, ("ours", "theirs"))
    names = [
        "preset", "min_tokens", "min_bits", "commonplace_creators", "min_whole_work_bits", "actions.unknown",
        "actions.licensed", "statuses.unknown.min_bits", "families.copyleft.min_tokens",
    ]  # fmt: skip
    assert [settings.place(name) for name in names] == [
        f"{path}:1:1", f"{path}:2:1", "$PROVENANCE_MIN_BITS", "argument", "preset strict", f"{path}:6:1",
        "preset strict", f"{path}:9:1", f"{path}:12:31",
    ]  # fmt: skip
    assert settings.place("collections.a.b.action") == f"{path}:15:1"
    assert PolicySettings(min_tokens=7).place("min_tokens") == "argument"
    assert PolicySettings().place("min_tokens") == "default"


def test_the_order_in_which_a_policy_is_looked_for(write: Write, tmp_path: Path) -> None:
    """An argument, the variable, provenance.toml, then pyproject.toml; where there is none, the default."""

    def tokens(path: Path | None = None, **variables: str) -> int:
        return load_policy(path, folder=tmp_path, environment=variables).min_tokens

    assert tokens() == 32
    write("[tool.other]\nprovenance = 1\n", "pyproject.toml")
    assert tokens() == 32
    write("[tool.provenance]\nmin_tokens = 1\n", "pyproject.toml")
    assert tokens() == 1
    write("min_tokens = 2")
    assert tokens() == 2
    named, other = write("min_tokens = 3", "named.toml"), write("min_tokens = 4", "other.toml")
    assert tokens(PROVENANCE_POLICY=str(named)) == 3
    assert tokens(other, PROVENANCE_POLICY=str(named)) == 4
    assert tokens(other, PROVENANCE_MIN_TOKENS="5") == 5
    variables = {"PROVENANCE_MIN_TOKENS": "5", "PROVENANCE_MIN_BITS": ""}
    settings = load_policy(folder=tmp_path, environment=variables, min_tokens=6, min_bits=None)
    assert (settings.min_tokens, settings.min_bits) == (6, 128.0)


def test_a_preset_that_is_asked_for_replaces_that_of_the_file(write: Write, tmp_path: Path) -> None:
    """What the file says besides still holds."""
    write('preset = "strict"\nmin_tokens = 40\n')
    settings = load_policy(folder=tmp_path, environment={"PROVENANCE_PRESET": "strict"}, preset="quiet")
    assert settings == replace(PRESETS["quiet"], min_tokens=40, source=str(tmp_path / "provenance.toml"))


STATUSES = "licensed, public-domain, all-rights-reserved, unknown, conflicting"
ACTIONS = "ignore, annotate, warn, limit, raise"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nmin_tokens = -1", "2:1: min_tokens is -1; it must be a whole number, 0 or more"),
        ("min_tokens = 1.5", "1:1: min_tokens is 1.5; it must be a whole number, 0 or more"),
        ("min_tokens = true", "1:1: min_tokens is True; it must be a whole number, 0 or more"),
        ("min_bits = nan", "1:1: min_bits is nan; it must be a number, 0 or more"),
        ("min_bits = true", "1:1: min_bits is True; it must be a number, 0 or more"),
        ("commonplace_creators = 1", "1:1: commonplace_creators is 1; it must be a whole number, 2 or more"),
        ('own_collections = "a"', '1:1: own_collections is "a"; it must be a list of strings'),
        ("own_collections = [1]", "1:1: own_collections is [1]; it must be a list of strings"),
        ('preset = "loud"', '1:1: preset is "loud"; it must be one of default, strict, quiet, eu, code'),
        ("actions = 1", "1:1: actions is 1; it must be a table"),
        ('[actions]\n\nfree = "warn"', f'3:1: a licence status is "free"; it must be one of {STATUSES}'),
        ('actions.unknown = "shout"', f'1:1: actions.unknown is "shout"; it must be one of {ACTIONS}'),
        ("families.copyleft.action = []", f"1:1: families.copyleft.action is []; it must be one of {ACTIONS}"),
        (
            '[statuses]\nunknown = {action = "warn"}',
            "2:12: statuses.unknown.action cannot be used; the action of a status is actions.unknown",
        ),
        ("[families]\ncopyleft = 3", "2:1: families.copyleft is 3; it must be a table"),
        (
            "[collections.x]\nmin_bit = 3",
            "2:1: there is no setting of collections.x called 'min_bit'; did you mean min_bits? "
            "There are action, min_tokens, min_bits, min_short_work_share",
        ),
        ("a = [1", "1:7: this is not TOML: Unclosed array"),
        ("a = 1\na = 2", "2:6: this is not TOML: Cannot overwrite a value"),
    ],
)
def test_what_cannot_be_used_is_named_with_line_and_column(write: Write, text: str, message: str) -> None:
    """The message has the file, the line, the column, the value and what is allowed."""
    path = write(text)
    with pytest.raises(ConfigError) as raised:
        PolicySettings.from_file(path)
    assert str(raised.value) == f"{path}:{message}"


def test_an_unknown_family_or_setting_lists_those_that_there_are(write: Write) -> None:
    """A slip of the pen is met with the nearest name."""
    with pytest.raises(ConfigError, match=r":1:1: one of the families is \"mit\"; it must be one of public-domain, "):
        PolicySettings.from_file(write('families.mit.action = "warn"'))
    with pytest.raises(ConfigError, match=r"no setting called 'min_token'; did you mean min_tokens\? There are min_"):
        PolicySettings.from_file(write("min_token = 1"))


def test_places_in_a_pyproject_are_those_of_the_whole_file(write: Write) -> None:
    """A table [tool.provenance] is read like a file of its own, and its lines are those of the file."""
    text = '[project]\nname = "x"\n\n[tool.provenance]\nmin_tokens = -2\n'
    path = write(text, "pyproject.toml")
    with pytest.raises(ConfigError, match=r"pyproject.toml:5:1: min_tokens is -2"):
        PolicySettings.from_file(path)
    with pytest.raises(ConfigError, match=r"has no table \[tool.provenance\]"):
        PolicySettings.from_file(write('[project]\nname = "x"\n', "pyproject.toml"))


@pytest.mark.parametrize(
    ("variable", "words", "message"),
    [
        ("PROVENANCE_MIN_TOKENS", "many", '$PROVENANCE_MIN_TOKENS: min_tokens is "many"; it must be a whole number'),
        ("PROVENANCE_MIN_BITS", "-1", "$PROVENANCE_MIN_BITS: min_bits is -1.0; it must be a number, 0 or more"),
        ("PROVENANCE_PRESET", "loud", '$PROVENANCE_PRESET: preset is "loud"; it must be one of default, '),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, variable: str, words: str, message: str) -> None:
    """A wrong variable stops the run, as a wrong file does."""
    with pytest.raises(ConfigError) as raised:
        load_policy(folder=tmp_path, environment={variable: words})
    assert str(raised.value).startswith(message)


def test_a_file_that_cannot_be_read(write: Write, tmp_path: Path) -> None:
    """A missing, binary, huge or bottomless file is said to be so."""
    cases = [
        (tmp_path / "no.toml", "No such file or directory; name a policy file with --policy"),
        (write("x" * (2**20 + 1)), "is larger than 1,048,576 bytes"),
        (write("a = " + "[" * 200_000, "deep.toml"), "this is nested too deeply to be a policy"),
    ]
    (tmp_path / "latin.toml").write_bytes(b"preset = '\xe9'")
    for path, message in [*cases, (tmp_path / "latin.toml", "is not UTF-8 at byte 10")]:
        with pytest.raises(ConfigError, match=message):
            PolicySettings.from_file(path)


def test_a_status_has_one_action() -> None:
    """In Python as in a file, the action of a status stands in `actions`."""
    with pytest.raises(ConfigError, match=r"statuses.unknown.action cannot be used"):
        PolicySettings(statuses={LicenceStatus.UNKNOWN: Rule(action=Action.WARN)})
    with pytest.raises(ConfigError, match="min_tokens is -1; it must be a whole number, 0 or more"):
        Rule(min_tokens=-1)


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_names_itself(name: str) -> None:
    """A preset carries its name into the report, and its values are nobody's but its own."""
    preset = PRESETS[name]
    assert preset.to_dict()["preset"] == name
    assert preset.place("min_tokens") == ("default" if name == "default" else f"preset {name}")


@given(
    st.dictionaries(st.sampled_from(Family), st.builds(Rule, min_tokens=st.integers(0, 99)), max_size=3),
    st.dictionaries(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=9), st.sampled_from(Action)),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, families: dict[Family, Rule], actions: dict[str, Action]
) -> None:
    """Any rules, for collections of any name, come out of a file as they went in."""
    lines = [f"[families.{family.value}]\nmin_tokens = {rule.min_tokens}" for family, rule in families.items()]
    for name, action in actions.items():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[collections."{quoted}"]\naction = "{action.value}"')
    path = tmp_path_factory.mktemp("policy") / "provenance.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    collections = {name: Rule(action=action) for name, action in actions.items()}
    assert PolicySettings.from_file(path) == PolicySettings(
        families=families, collections=collections, source=str(path)
    )
