"""Where is a passage at its bound, and what is barred there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Checker, Document, UsageError
from provenance.live import LimitedText, Limiter
from provenance.live.scanner import least_tokens
from provenance.policy import PolicySettings, Rule
from provenance.reports import Action
from provenance.works import LicenceStatus
from tests.database.samples import filled

WORK = (
    "The lamp in the harbour office burned all night because nobody remembered which of the nine keepers had promised "
    "to put it out, and Ottoline, who kept the tide tables in a biscuit tin, walked down the quay at four with a "
    "borrowed umbrella, two apples and a letter that she had decided not to post until the fog lifted or the herring "
    "came back, whichever of these should please Providence first and the harbourmaster last of all."
)
WORDS = WORK.split()
SMALL = (
    "Grey geese crossed the marsh at dusk while Benedikta counted the lanterns on the dyke, lost her place at eleven, "
    "laughed, and began again from the pumping station where the gravel path turns toward the orchard."
)
CHINESE = (
    "东边的渔村里住着一位会修钟表的老人他每天清晨推开木窗先听海浪的声音"
    "再听墙上十七座钟的滴答声然后才慢慢烧水泡茶喂猫扫地"
)
ACTIONS = {LicenceStatus.ALL_RIGHTS_RESERVED: Action.LIMIT}
LIMIT = PolicySettings(actions=ACTIONS, min_short_work_share=1.0)
"""The works here are short, and their parts are not to count as such."""


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """Three works of which two are all rights reserved, under a policy that limits these."""
    reserved = "all-rights-reserved"
    database = filled(
        tmp_path_factory.mktemp("works") / "db",
        Document(id="lamp", text=WORK, licence=reserved),
        Document(id="fishing", text=CHINESE, licence=reserved, collection="tales"),
        Document(id="geese", text=SMALL, licence="CC-BY-4.0"),
    )
    yield Checker(database, LIMIT)
    database.close()


def reached(bounds: LimitedText, chunks: list[str]) -> tuple[str, set[str]] | None:
    """What had been written when a passage came to its bound, and what was barred then."""
    for number, chunk in enumerate(chunks, 1):
        if found := bounds.feed(chunk):
            return "".join(chunks[:number]), set().union(*map(bounds.blocked_continuations, found))
    return None


def spaced(words: list[str]) -> list[str]:
    return [f" {word}" for word in words]


def tokens(checker: Checker, text: str) -> int:
    return checker.check(text).tokens


def test_a_passage_is_at_its_bound_when_it_is_a_finding(checker: Checker):
    """At exactly the 32 tokens from which the policy acts, and the next words of the work are barred."""
    text, barred = reached(Limiter(checker).follow(), spaced(WORDS))
    assert text.split() == WORDS[: len(text.split())]
    assert tokens(checker, text) == 32
    assert WORDS[len(text.split()) :][:3] == ["in", "a", "biscuit"]
    assert barred == {"in", "a", "biscuit"}


def test_words_in_front_make_no_difference(checker: Checker):
    """The bound is that of the passage, wherever in the text it begins."""
    before = "It was said, and not once only, that on such evenings things went this way:"
    text, _ = reached(Limiter(checker).follow(), spaced(before.split() + WORDS))
    assert tokens(checker, text) == tokens(checker, before) + 32


def test_a_work_whose_action_is_another_is_not_limited(checker: Checker):
    """Where the policy says annotate, nothing is barred."""
    assert reached(Limiter(checker).follow(), spaced(SMALL.split())) is None


def test_what_the_user_supplied_is_not_limited(checker: Checker):
    """A passage that the prompt has too may come back whole."""
    assert reached(Limiter(checker).follow(f"Please copy: {WORK}"), spaced(WORDS)) is None


def test_what_follows_a_supplied_beginning_is_limited(checker: Checker):
    """What the prompt has does not count; what comes after it does, to a sixteenth of the whole."""
    beginning = " ".join(WORDS[:20])
    text, _ = reached(Limiter(checker).follow(beginning), spaced(WORDS))
    bound = tokens(checker, beginning) + 32
    assert bound <= tokens(checker, text) <= bound + bound // 16


@pytest.mark.parametrize("least", [16, 24, 50])
def test_the_bound_can_be_set(checker: Checker, least: int):
    """`limit_tokens` stands in for the policy's `min_tokens`, lower or higher; at 16 a passage may have a word more."""
    text, _ = reached(Limiter(checker, least).follow(), spaced(WORDS))
    assert least <= tokens(checker, text) <= least + 1


def test_the_bound_set_goes_before_every_rule(checker: Checker):
    """A rule's own `min_tokens` is replaced as well."""
    settings = replace(LIMIT, statuses={LicenceStatus.ALL_RIGHTS_RESERVED: Rule(min_tokens=60)})
    strict = Checker(checker.database, settings)
    assert tokens(checker, reached(Limiter(strict).follow(), spaced(WORDS))[0]) in range(60, 64)
    assert tokens(checker, reached(Limiter(strict, 40).follow(), spaced(WORDS))[0]) == 40


def test_a_bound_that_nothing_could_keep_is_refused(checker: Checker):
    """Fewer than 16 tokens are not sure to be found."""
    with pytest.raises(UsageError, match="limit_tokens is 15; it must be 16 or more"):
        Limiter(checker, 15)


def test_every_character_of_chinese_is_a_place_to_stop(checker: Checker):
    """Without spaces between words each character counts, and the next three are barred."""
    text, barred = reached(Limiter(checker).follow(), list(CHINESE))
    assert tokens(checker, text) == 32
    assert barred == set(CHINESE[len(text) :][:3])


def test_what_is_near_stays_barred(checker: Checker):
    """After the bound other words are written; the work's next ones stay barred as long as they would join it."""
    bounds = Limiter(checker).follow()
    reached(bounds, spaced(WORDS))  # … in a biscuit tin, walked down the quay
    barred = []
    for word in (" very", " old", " biscuit", " down", " of", " her"):
        bounds.feed(word)
        (bound,) = bounds.reached
        barred.append(bounds.blocked_continuations(bound))
    assert barred == [{"in", "a"}, {"in"}, {"t", "in"}, {"t"}, set(), set()]


def test_white_space_and_punctuation_change_nothing(checker: Checker):
    """What has no words in it does not extend a passage, and the bound holds after it."""
    bounds = Limiter(checker).follow()
    _, barred = reached(bounds, spaced(WORDS))
    bounds.feed(" …\n\n--- ")
    (bound,) = bounds.reached
    assert bounds.blocked_continuations(bound) == barred


def test_a_word_that_goes_on_was_another(checker: Checker):
    """The last word counts as whole; where it goes on after all, the passage was not there."""
    bounds = Limiter(checker, 30).follow()
    text, _ = reached(bounds, spaced(WORDS))
    assert text.endswith(" the")
    assert bounds.in_word
    bounds.feed("n")
    (bound,) = bounds.reached
    assert bounds.blocked_continuations(bound) == set()
    bounds.feed(" of tides")
    assert bounds.reached == []


def test_a_near_copy_has_a_bound(checker: Checker):
    """A copy with a word changed in every twelve is one passage, and comes to its bound as well."""
    changed = [f"x{number}" if number % 12 == 11 else word for number, word in enumerate(WORDS)]
    text, _ = reached(Limiter(checker).follow(), spaced(changed))
    (finding,) = checker.check(text).findings
    assert (finding.action, finding.passage.kind.value) == (Action.LIMIT, "near-verbatim")
    assert finding.passage.tokens < 48


def test_works_kept_as_fingerprints_have_no_way_on(tmp_path):
    """Where no tokens are kept the bound is known, and what comes next in the work is not."""
    with filled(tmp_path / "db", Document(text=WORK, licence="all-rights-reserved"), keep="fingerprints") as database:
        bounds = Limiter(Checker(database, LIMIT)).follow()
        found = [bound for word in spaced(WORDS) for bound in bounds.feed(word)]
        assert found
        assert [bound.continuations for bound in found] == [[]] * len(found)


@given(st.lists(st.integers(1, len(WORK) - 1), max_size=30, unique=True).map(sorted))
def test_chunks_do_not_matter(checker: Checker, cuts: list[int]):
    """However a text is cut, it is at its bound as soon as it has the passage, and then the same is barred."""
    text, barred = reached(Limiter(checker).follow(), spaced(WORDS))
    whole = text.strip()
    edges = [0, *(cut for cut in cuts if cut < len(whole)), len(whole)]
    chunks = [whole[start:end] for start, end in pairwise(edges)]
    assert reached(Limiter(checker).follow(), chunks) == (whole, barred)


def test_nothing_need_be_fed_while_there_is_room(checker: Checker):
    """Fed only when `room` says so, a text of whole words is at its bound at most a word late."""
    for others in range(1, 20):
        bounds = Limiter(checker).follow()
        waiting: list[str] = []
        written = ""
        for word in spaced(["other"] * others + WORDS):
            written += word
            waiting.append(word)
            if len(waiting) > bounds.tokens_until_next_check // 2:
                found, waiting = bounds.feed("".join(waiting)), []
                if found:
                    break
        assert tokens(checker, written) - others in range(32, 34)


@pytest.mark.parametrize("rule", ["statuses", "families", "collections"])
def test_the_smallest_passage_that_matters_is_that_of_the_strictest_rule(rule: str) -> None:
    """Of the policy's own number and those of its rules the least counts; a rule without a number says nothing."""
    names: dict[str, tuple[Any, Any]] = {
        "statuses": (LicenceStatus.UNKNOWN, LicenceStatus.LICENSED), "families": ("copyleft", "attribution"),
        "collections": ("a", "b"),
    }  # fmt: skip
    first, second = names[rule]
    for numbers, least in (((20, None), 20), ((None, None), 32), ((50, 24), 24), ((50, None), 32)):
        rules = {name: Rule(min_tokens=number) for name, number in zip((first, second), numbers, strict=True)}
        assert least_tokens(PolicySettings(**{rule: rules})) == least
