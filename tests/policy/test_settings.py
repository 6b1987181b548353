"""Thresholds and actions of a policy, with the settings behind them."""

from typing import Any

import pytest

from provenance import Action, ConfigError, LicenceStatus, PolicySettings, load_policy
from provenance.policy import Rule, Threshold
from provenance.works import Family

SETTINGS = PolicySettings(
    statuses={LicenceStatus.LICENSED: Rule(min_tokens=1, min_bits=2.0)},
    families={
        Family.COPYLEFT: Rule(action=Action.WARN, min_tokens=20),
        Family.RESTRICTED: Rule(action=Action.RAISE, min_tokens=10),
    },
    collections={"a.b": Rule(min_bits=5.0)},
    places={"families.restricted.min_tokens": "provenance.toml:3:1"},
)
RULES = SETTINGS.rules_for("a.b", (Family.COPYLEFT, Family.RESTRICTED), LicenceStatus.LICENSED)


def test_each_unit_of_a_threshold_has_the_lowest_rule_of_the_first_table_that_names_it() -> None:
    """Collections decide before families, families before statuses; of two families the lower number counts."""
    assert SETTINGS.thresholds(RULES, is_whole_work=False) == (
        Threshold("tokens", 10, "families.restricted.min_tokens, provenance.toml:3:1"),
        Threshold("bits", 5.0, "collections.a.b.min_bits, argument"),
    )


def test_no_rule_changes_the_threshold_of_a_whole_work() -> None:
    """Whole short works keep their own thresholds."""
    assert SETTINGS.thresholds(RULES, is_whole_work=True) == (
        Threshold("tokens", 4, "min_whole_work_tokens, default"),
        Threshold("bits", 64.0, "min_whole_work_bits, default"),
    )


def test_a_rule_may_name_another_share_of_a_short_work() -> None:
    """The words and the information are the same for all works, the share goes by the rules."""
    settings = PolicySettings(
        collections={"songs": Rule(min_short_work_share=0.5)},
        statuses={LicenceStatus.UNKNOWN: Rule(min_short_work_share=0.2)},
    )
    assert settings.short_work_thresholds(settings.rules_for("songs", (), LicenceStatus.UNKNOWN)) == (
        Threshold("words", 10, "min_short_work_words, default"),
        Threshold("bits", 80.0, "min_short_work_bits, default"),
        Threshold("share", 0.5, "collections.songs.min_short_work_share, argument"),
    )
    assert settings.short_work_thresholds(settings.rules_for("other", (), LicenceStatus.LICENSED))[2].least == 0.1


def test_of_several_rules_the_strictest_action_holds() -> None:
    """The first table with an action decides; without any, the action of the status is to be used."""
    assert SETTINGS.action_by_rule(RULES) == (Action.RAISE, "families.restricted.action, argument")
    assert SETTINGS.action_by_rule(SETTINGS.rules_for("other", (), LicenceStatus.LICENSED)) is None


def test_words_of_python_are_taken_as_those_of_a_file() -> None:
    """Words stand for statuses, families and actions, a mapping for a rule, one string for one name."""
    said: dict[str, Any] = {
        "own_creators": "Mara Quill",
        "actions": {"unknown": "warn"},
        "families": {"share-alike": {"action": "raise", "min_tokens": 9}, "copyleft": Rule(action="limit")},  # type: ignore[arg-type]
        "statuses": {"licensed": {"min_bits": 1}},
    }
    made = PolicySettings(**said)
    assert made.own_creators == ("Mara Quill",)
    assert made.actions[LicenceStatus.UNKNOWN] is Action.WARN
    assert made.families == {
        Family.SHARE_ALIKE: Rule(action=Action.RAISE, min_tokens=9),
        Family.COPYLEFT: Rule(action=Action.LIMIT),
    }
    assert made.statuses == {LicenceStatus.LICENSED: Rule(min_bits=1.0)}
    loaded = load_policy(environment={}, folder="/nowhere", **{**said, "own_creators": ["Mara Quill"]})
    assert loaded.to_dict() == made.to_dict()
    assert loaded.place("families.share-alike.action") == "argument"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("families", {"sharealike": Rule()}, 'one of the families is "sharealike"; it must be one of '),
        ("families", {"sharealike": Rule()}, "; did you mean share-alike?"),
        ("families", {"copyleft": {"acton": "warn"}}, "no setting of families.copyleft called 'acton'; did you mean"),
        ("families", {"copyleft": "warn"}, 'families.copyleft is "warn"; it must be a table'),
        ("families", [("copyleft", Rule())], "families is [('copyleft'"),
        ("statuses", {"free": Rule()}, 'one of the statuses is "free"; it must be one of '),
        ("collections", {1: Rule()}, "a name in collections is 1; it must be a string"),
        ("actions", {"unknown": "bogus"}, 'actions.unknown is "bogus"; it must be one of '),
        ("actions", {"unknow": "warn"}, 'a licence status is "unknow"; it must be one of '),
        ("own_creators", [1], "own_creators is [1]; it must be a list of strings"),
        ("min_tokens", 1.5, "min_tokens is 1.5; it must be a whole number, 0 or more"),
        ("min_bits", float("nan"), "min_bits is nan; it must be a number, 0 or more"),
        ("min_short_work_share", 10, "min_short_work_share is 10; it must be a number from 0 to 1"),
        ("families", {"other": {"min_short_work_share": -1}}, "min_short_work_share is -1; it must be a number from 0"),
        ("commonplace_creators", 1, "commonplace_creators is 1; it must be a whole number, 2 or more"),
        ("language", 1, "language is 1; it must be a string"),
    ],
)
def test_what_no_policy_can_say_is_refused_where_it_is_made(name: str, value: object, fault: str) -> None:
    """A slip in Python is refused as in a file, by the settings as by the loader, with the nearest valid word."""
    with pytest.raises(ConfigError) as raised:
        PolicySettings(**{name: value})  # type: ignore[arg-type]
    assert fault in str(raised.value)
    with pytest.raises(ConfigError, match=r"^argument: "):
        load_policy(environment={}, folder="/nowhere", **{name: value})


def test_an_action_that_does_not_exist_is_refused_by_the_rule() -> None:
    """It would otherwise fail at the first check."""
    with pytest.raises(ConfigError, match=r'^action is "rase"; it must be one of .*; did you mean raise\?$'):
        Rule(action="rase")  # type: ignore[arg-type]
