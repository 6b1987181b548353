"""Scattered copies: pieces of one work that are a finding together, though each may be too short to be one.

Any two texts have some runs of words in common, and the longer text and work are, the more. Two things tell a text that
is put together from a work:

* *Information.* A text of T tokens and a work of W meet at T * W places: chance explains a piece of log2(T * W) bits.
  Words are not independent, so a piece must have three times as many, and at least 40.
* *Density.* The pieces are at least a quarter of the stretch that they are in. Each token between two pieces takes a
  third of an equal one away; where nothing is left, another stretch begins.

Works that have nine tenths of the pieces have the same wording. What is silent for another reason than its length is
left out, and so is what a finding is already about that names the work and asks for as much.

Example: pieces of 30 tokens at 0, 60 and 400. After the second the score is 30 - 30 / 3 + 30 = 50; the third is 310
tokens away and begins a new stretch. The first two are 60 tokens of 90.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from provenance.check.attribution import AttributedMatch
from provenance.check.information import count_bits
from provenance.check.origins import SAME_WORDING, mark_equal
from provenance.check.passages import PassageBuilder
from provenance.match import Match, WorkPieces, WorkSpan
from provenance.reports import Action, Passage, Reason, Verdict
from provenance.text import Tokens
from provenance.thresholds import LEAST_PIECE, LEAST_PIECE_BITS, LEAST_SCATTERED

_ABOVE_CHANCE = 3.0
_COST = 1 / 3
"""What a token between two pieces costs; an equal one earns 1."""
_Run = tuple[int, int, int]
"""Start and end in the text, and start in the work, in tokens."""


class Judged(NamedTuple):
    """A passage of a text, with the match that it was made of and what the policy says of it."""

    match: AttributedMatch
    passage: Passage
    verdict: Verdict


def find_scattered_copies(
    pieces: Iterable[WorkPieces], tokens: Tokens, token_bits: NDArray[np.float32]
) -> tuple[Match, ...]:
    """Return the stretches of a text that are a quarter pieces of one work; works of the same wording share one.

    Args:
        pieces: of each work.
        tokens: of the text.
        token_bits: float32 (v,), the information of each token.
    """
    copies: list[tuple[NDArray[np.bool_], Match]] = []
    # all bits before each token: an upper bound that spares most runs the count, which leaves repetition out
    total = np.concatenate(([0.0], np.cumsum(token_bits[tokens.ids], dtype=np.float64))).tolist()
    for work in pieces:
        least = max(LEAST_PIECE_BITS, _ABOVE_CHANCE * math.log2(max(2, len(tokens) * work.work_tokens)))
        informative = (run for run in work.runs if total[run[1]] - total[run[0]] >= least)
        runs = (run for run in informative if count_bits(tokens.ids[run[0] : run[1]], token_bits) >= least)
        for dense in divide_by_density(drop_repeated(runs)):
            spans = merge_spans((start, end) for start, end, _ in dense)
            at, ends = min(run[2] for run in dense), max(run[2] + run[1] - run[0] for run in dense)
            if len(spans) > 1:
                place = WorkSpan(work.segment, work.ordinal, at, ends)
                copies.append(_make_match(spans, (place,), len(tokens)))
    copies.sort(key=lambda each: -int(each[0].sum()))
    groups: list[tuple[NDArray[np.bool_], Match]] = []
    for mask, match in copies:
        for number, (around, leader) in enumerate(groups):
            if int((mask & around).sum()) >= SAME_WORDING * int(around.sum()):
                groups[number] = (around, replace(leader, places=leader.places + match.places))
                break
        else:
            groups.append((mask, match))
    return tuple(match for _, match in groups)


def drop_repeated(runs: Iterable[_Run]) -> Iterator[_Run]:
    """Yield the runs of which earlier ones do not have the same part of the work, but for less than a piece.

    >>> list(drop_repeated([(0, 12, 5), (20, 32, 5), (40, 60, 5)]))
    [(0, 12, 5), (40, 60, 5)]
    """
    known: set[int] = set()
    for start, end, at in runs:
        part = set(range(at, at + end - start))
        if len(part - known) >= LEAST_PIECE:
            yield start, end, at
        known |= part


def divide_by_density(runs: Iterable[_Run]) -> Iterator[list[_Run]]:
    """Yield the runs of each dense stretch that has `LEAST_SCATTERED` tokens of them.

    >>> list(divide_by_density([(0, 30, 5), (60, 90, 50), (400, 430, 90)]))
    [[(0, 30, 5), (60, 90, 50)], [(400, 430, 90)]]
    """
    stretch: list[_Run] = []
    score, covered, reached = 0.0, 0, 0
    for run in runs:
        start, end, _ = run
        if stretch and score - _COST * (start - reached) <= 0:
            if covered >= LEAST_SCATTERED:
                yield stretch
            stretch, score, covered, reached = [], 0.0, 0, start
        elif stretch:
            score -= _COST * max(0, start - reached)
        new = end - (max(start, reached) if stretch else start)
        stretch, score, covered, reached = [*stretch, run], score + new, covered + new, end
    if covered >= LEAST_SCATTERED:
        yield stretch


def merge_spans(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return half-open spans in order, those that touch or overlap as one.

    >>> merge_spans([(0, 10), (8, 12), (20, 30)])
    ((0, 12), (20, 30))
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _make_match(
    spans: Sequence[tuple[int, int]], places: tuple[WorkSpan, ...], length: int
) -> tuple[NDArray[np.bool_], Match]:
    """Return which tokens of the text are in pieces, bool (t,), and the match of all of them."""
    mask = np.zeros(length, np.bool_)
    for start, end in spans:
        mask[start:end] = True
    start, end = spans[0][0], spans[-1][1]
    return mask, Match(start, end, places=places, similarity=int(mask.sum()) / (end - start), stretches=tuple(spans))


def judge_scattered(
    copies: Iterable[AttributedMatch],
    judged: Sequence[Judged],
    exempt: NDArray[np.bool_],
    builder: PassageBuilder,
    judge: Callable[[Passage], Verdict],
) -> list[Judged]:
    """Return the scattered copies that are findings.

    Args:
        copies: those with the most tokens first.
        judged: all other passages of the text.
        exempt: bool (t,), the tokens of the text that count for nobody.
        builder: makes passages.
        judge: the policy.
    """
    found: list[Judged] = []
    for copy in copies:
        silent = exempt.copy()
        for each in judged:
            if is_silent_for_its_work(each, copy):
                silent[each.match.match.start : each.match.match.end] |= mark_equal(each.match.match)
        whole = judge_remainder(copy, silent, builder, judge)
        if whole is None or whole.verdict.action is Action.IGNORE:
            continue
        # a finding that asks for less must not take this one away
        least = whole.verdict.action.severity
        noticed = [each for each in (*judged, *found) if each.verdict.action.severity >= least]
        if any(has_family_of(each.match, copy) for each in noticed):
            continue
        for each in noticed:
            # nor may one that does not even name the work
            if copy.origin.key in {source.work.key for source in each.passage.sources}:
                silent[each.match.match.start : each.match.match.end] |= mark_equal(each.match.match)
        left = judge_remainder(copy, silent, builder, judge)
        if left is not None and left.verdict.action is not Action.IGNORE:
            found.append(left)
    return found


def judge_remainder(
    copy: AttributedMatch, silent: NDArray[np.bool_], builder: PassageBuilder, judge: Callable[[Passage], Verdict]
) -> Judged | None:
    """Return what the policy says of the pieces that are left; None where fewer than two are."""
    spans = []
    for start, end in copy.match.stretches:
        edges = np.flatnonzero(np.diff(~silent[start:end], prepend=False, append=False)) + start
        for first, last in edges.reshape(-1, 2).tolist():
            bits = count_bits(builder.tokens.ids[first:last], builder.token_bits)
            if last - first >= LEAST_PIECE and bits >= LEAST_PIECE_BITS:
                spans.append((first, last))
    if len(spans) < 2:
        return None
    left = replace(copy, match=_make_match(spans, copy.match.places, len(silent))[1])
    passage = builder.build_scattered(left)
    return Judged(left, passage, judge(passage))


def is_silent_for_its_work(each: Judged, copy: AttributedMatch) -> bool:
    """Return whether a passage is silent by the claim of the work that a scattered copy is of, and not as too short."""
    reason = each.verdict.reason
    is_other = each.verdict.action is Action.IGNORE and reason is not Reason.TOO_SHORT
    return is_other and copy.origin.key in {work.key for work in each.passage.claimants}


def has_family_of(match: AttributedMatch, copy: AttributedMatch) -> bool:
    """Return whether a passage is one of a work that has a scattered copy, or of a copy of that work."""
    families = {source.member.family for source in match.sources[: match.whole]}
    return copy.origin.family in families
