"""Thresholds and actions of a policy, with the settings behind them."""

from provenance import Action, LicenceStatus, PolicySettings
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
    assert SETTINGS.threshold(RULES, is_whole_work=False) == Threshold(
        tokens=10, tokens_said_by="families.restricted.min_tokens, provenance.toml:3:1",
        bits=5.0, bits_said_by="collections.a.b.min_bits, argument",
    )  # fmt: skip


def test_no_rule_changes_the_threshold_of_a_whole_work() -> None:
    """Whole short works keep their own thresholds."""
    assert SETTINGS.threshold(RULES, is_whole_work=True) == Threshold(
        tokens=4, tokens_said_by="min_whole_work_tokens, default",
        bits=64.0, bits_said_by="min_whole_work_bits, default",
    )  # fmt: skip


def test_of_several_rules_the_strictest_action_holds() -> None:
    """The first table with an action decides; without any, the action of the status is to be used."""
    assert SETTINGS.action_by_rule(RULES) == (Action.RAISE, "families.restricted.action, argument")
    assert SETTINGS.action_by_rule(SETTINGS.rules_for("other", (), LicenceStatus.LICENSED)) is None
