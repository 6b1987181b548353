"""What each character becomes before matching."""

from itertools import takewhile

from normalization_rules import fold, rules


def test_rules_are_of_the_characters_that_change() -> None:
    """A character that stays as it is has no rule, and every other one has."""
    of_ascii = dict(takewhile(lambda rule: rule[0] < 128, rules()))
    assert of_ascii == {code: fold(chr(code)) for code in range(1, 128) if fold(chr(code)) != chr(code)}
    assert (of_ascii[ord("A")], ord("a") in of_ascii, of_ascii[ord(",")]) == ("a", False, " ")
