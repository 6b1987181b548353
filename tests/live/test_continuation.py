"""What would make a passage go on that was broken off?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provenance.live.continuation import Continuation

FEW = st.lists(st.integers(0, 5), max_size=24)


def continuation(ahead: list[int]) -> Continuation:
    return Continuation(np.array(ahead, np.uint16))


def starts(pieces: list[list[int]]) -> list[int]:
    return [piece[0] for piece in pieces]


def common(one: list[int], other: list[int]) -> int:
    """The length of the longest common subsequence, by the book."""
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + common(one[:-1], other[:-1])
    return max(common(one[:-1], other), common(one, other[:-1]))


def test_a_passage_is_resumed_by_what_comes_next():
    """At once by the next three tokens; after other words by fewer; after a while by none."""
    assert starts(continuation([5, 6, 7, 8]).find_resumptions([])) == [5, 6, 7]
    assert starts(continuation([5, 6, 7, 8]).find_resumptions([9])) == [5, 6]
    assert starts(continuation([5, 6, 7, 8]).find_resumptions([9, 9])) == [5]
    assert starts(continuation([5, 6, 7, 8]).find_resumptions([9, 9, 6])) == [7, 8]
    assert starts(continuation([5, 6, 7, 8]).find_resumptions([9, 9, 9])) == []


def test_each_way_on_comes_with_what_follows():
    """A character may be several tokens, so the tokens after each are given too."""
    assert continuation([5, 6, 7, 8, 9, 10]).find_resumptions([])[0] == [5, 6, 7, 8]


def test_nothing_resumes_a_work_at_its_end():
    """Where the work has ended nothing comes next."""
    assert continuation([]).find_resumptions([1, 2]) == []


@given(FEW.filter(lambda tokens: len(tokens) <= 9), FEW.filter(lambda tokens: len(tokens) <= 9))
def test_what_resumes_is_worth_more_than_what_lies_between(ahead: list[int], written: list[int]):
    """A token resumes a passage if it and the tokens in common are more than three eighths of all others."""
    wanted = []
    for place, token in enumerate(ahead):
        equal = common(written, ahead[:place])
        others = len(written) + place - 2 * equal
        if equal + 1 > 3 / 8 * others:
            wanted.append(token)
    assert starts(continuation(ahead).find_resumptions(written)) == wanted


@given(FEW, FEW, FEW)
def test_it_does_not_matter_when_tokens_are_taken(ahead: list[int], first: list[int], rest: list[int]):
    """Taken one after another, at once, or only looked at: tokens lead to the same place."""
    at_once, one_by_one = continuation(ahead), continuation(ahead)
    at_once.add(first + rest)
    for token in first + rest:
        one_by_one.add([token])
    assert (
        at_once.find_resumptions([])
        == one_by_one.find_resumptions([])
        == continuation(ahead).find_resumptions(first + rest)
    )
