"""Default policy: it judges which passages are substantial, and what is then done about them.

The thresholds, rules and actions come from `PolicySettings`; what a licence asks for comes from `provenance.licences`.
Whether a passage is in the prompt or in boilerplate is decided before the policy sees it. Each verdict says why.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from provenance.hookspecs import hookimpl
from provenance.licences import DutyClass, duty_class, terms
from provenance.policy import PolicySettings, Rules, Threshold
from provenance.reports import Action, Kind, Passage, Reason, Verdict
from provenance.thresholds import LEAST_SCATTERED, SCATTERED, SCATTERED_SHARE
from provenance.works import Family, LicenceStatus, Work

_BINDING = frozenset({Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT, Family.RESTRICTED})
"""Families whose terms a credit line alone does not satisfy."""

_SOFTWARE = frozenset(
    {Family.PERMISSIVE, Family.APACHE, Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT}
)
"""Families of licences for software: ten words of a short file are seldom anybody's."""

_EARNED_SHARE = 0.75
"""The part of `min_tokens` that a near copy must still have when each other token has taken an equal one away.

Two pieces of code that follow one idiom have as many equal tokens as a copy with some words changed, and more others.
"""

_NOT_A_WORD = re.compile(r"[\W_]+")


@hookimpl
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict:
    """Judge a passage by the works whose claims decide about it: the strictest verdict counts.

    Nothing is silent because one of them is, unless the operator vouches for it; then it is the only one.
    """
    verdicts = [_judge_work(passage, work, settings) for work in passage.claimants]
    verdict = max(verdicts, key=lambda each: each.action.severity)
    if verdict.reason is Reason.PUBLIC_DOMAIN and not passage.silenced_by and passage.discount is None:
        return replace(verdict, why=f"{verdict.why}; no work that has the wording says otherwise")
    if passage.credited and verdict.action is Action.ANNOTATE:
        why = f"the text names the work beside the passage; else {verdict.why}"
        return Verdict(action=Action.IGNORE, reason=Reason.CREDITED, why=why)
    if passage.is_disputed and verdict.action is not Action.IGNORE:
        why = f"{len(verdicts)} works claim the wording and contradict each other, the strictest counts; {verdict.why}"
        return replace(verdict, why=why)
    return verdict


def _judge_work(passage: Passage, work: Work, settings: PolicySettings) -> Verdict:
    """Judge a passage as one of a work: whose it is, whether it is substantial, and what its licence asks for."""
    asked = terms(work)
    if owner := _find_own_setting(work, settings):
        return Verdict(action=Action.IGNORE, reason=Reason.OWN_WORK, why=owner)
    status = LicenceStatus.PUBLIC_DOMAIN if asked.is_public_domain else asked.status
    families = asked.families if status is LicenceStatus.LICENSED else ()
    if status is LicenceStatus.PUBLIC_DOMAIN:
        families = (Family.PUBLIC_DOMAIN,)
    rules = settings.rules_for(work.collection, families, status)
    # What is left of a licence's file is a line about its owner, and not a work.
    # Whichever holder consists of the passage: a longer work around a poem must not make it too short to be noticed.
    length = passage.token_end - passage.token_start
    is_whole = passage.kind is Kind.WHOLE_WORK or any(source.work.tokens == length for source in passage.sources)
    is_whole_work = is_whole and passage.kind is not Kind.NEAR_VERBATIM and passage.discount is not Reason.BOILERPLATE
    is_scattered = passage.kind is Kind.SCATTERED
    thresholds = settings.thresholds(rules, is_whole_work=is_whole_work and not is_scattered)
    if is_scattered:
        thresholds = _raise_for_pieces(thresholds, passage)
    too_little = _judge_size(passage, thresholds)
    if too_little:
        thresholds = settings.short_work_thresholds(rules)
        is_exempt = is_whole_work or is_scattered or passage.discount is Reason.BOILERPLATE
        if is_exempt or not _is_protected_text(work) or _judge_size(passage, thresholds):
            return too_little
    verdict = _judge_licence(passage, work, status, rules, thresholds, settings)
    is_short = too_little is not None or passage.counted_words <= settings.quotation_words
    if passage.quoted and is_short and not is_whole_work and verdict.action is not Action.IGNORE:
        why = f"the text names the work beside a short passage, and says as much of its own; else {verdict.why}"
        return Verdict(action=Action.IGNORE, reason=Reason.CREDITED, why=why)
    return verdict


def _raise_for_pieces(thresholds: Iterable[Threshold], passage: Passage) -> tuple[Threshold, ...]:
    """Return the thresholds for pieces all over a text, which may be lower where they are a quarter of the text."""
    is_large = passage.share_of_text >= SCATTERED_SHARE
    least, scale = (LEAST_SCATTERED, 0.75) if is_large else (SCATTERED, 1.5)  # 48 is 1.5 times the default of 32
    return tuple(
        Threshold(each.unit, max(least, math.ceil(scale * each.least)), f"in pieces, {scale} times {each.said_by}")
        if each.unit == "tokens"
        else each
        for each in thresholds
    )


def _find_own_setting(work: Work, settings: PolicySettings) -> str | None:
    """Say which setting makes a work the operator's own, if one does."""
    if work.collection in settings.own_collections:
        return f"the collection {work.collection!r} is one of own_collections ({settings.place('own_collections')})"
    own = {normalise_name(name) for name in settings.own_creators}
    named = [name for name in work.authors if normalise_name(name) in own]
    return f"{named[0]!r} is one of own_creators ({settings.place('own_creators')})" if named else None


@lru_cache(maxsize=1024)
def normalise_name(name: str) -> str:
    """Return a name without case, accents and punctuation; one written "Last, First" as "First Last".

    >>> normalise_name("Brontë,  Emily") == normalise_name("Emily BRONTE")
    True
    """
    last, comma, first = name.partition(",")
    letters = unicodedata.normalize("NFKD", f"{first} {last}" if comma else name).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_NOT_A_WORD.sub(" ", kept).split())


def _judge_size(passage: Passage, thresholds: Iterable[Threshold]) -> Verdict | None:
    """Return a verdict if there is too little in what is left of a passage, or None where there is enough.

    Where a part of the passage does not count, the reason is the passage's discount: the part is in the user's prompt,
    has an origin in the public domain, or is commonplace.
    """
    for each in thresholds:
        if (amount := _measure_passage(passage, each.unit)) < each.least:
            reason = passage.discount or (Reason.COMMONPLACE if each.unit == "bits" else Reason.TOO_SHORT)
            why = _describe_discount(passage) + _compare_amount(each, amount, "<")
            return Verdict(action=Action.IGNORE, reason=reason, why=why)
    return None


def _measure_passage(passage: Passage, unit: str) -> float:
    """Return how much of what is left of a passage there is, in the unit of a threshold."""
    if unit == "share":
        # of the shortest holder of the whole of it: a free work must not make a passage of a novel a part of a poem
        length = passage.token_end - passage.token_start
        works = [each.work for each in passage.sources if each.origin or each.token_end - each.token_start >= length]
        shortest = min((work.tokens for work in works if _is_protected_text(work)), default=0)
        return passage.counted_tokens / shortest if shortest else 0.0
    if unit == "tokens" and passage.kind is Kind.NEAR_VERBATIM:
        other = passage.tokens / passage.similarity - passage.tokens
        return min(passage.counted_tokens, (passage.counted_tokens - other) / _EARNED_SHARE)
    return {"tokens": passage.counted_tokens, "words": passage.counted_words, "bits": passage.counted_bits}[unit]


def _is_protected_text(work: Work) -> bool:
    """Return whether a work is neither free nor under a licence for software."""
    asked = terms(work)
    is_software = asked.status is LicenceStatus.LICENSED and not _SOFTWARE.isdisjoint(asked.families)
    return duty_class(work.status, work.licence) is not DutyClass.FREE and not is_software


def _compare_amount(threshold: Threshold, amount: float, sign: str) -> str:
    """Say how an amount compares to a threshold.

    >>> _compare_amount(Threshold("tokens", 32, "min_tokens, default"), 33, ">=")
    '33 tokens >= 32 (min_tokens, default)'
    """
    shown = f"{amount:.1%} of the work" if threshold.unit == "share" else f"{amount:.0f} {threshold.unit}"
    least = f"{threshold.least:.1%}" if threshold.unit == "share" else f"{threshold.least:g}"
    return f"{shown} {sign} {least} ({threshold.said_by})"


def _judge_licence(
    passage: Passage,
    work: Work,
    status: LicenceStatus,
    rules: Rules,
    thresholds: Iterable[Threshold],
    settings: PolicySettings,
) -> Verdict:
    """Return the verdict on a substantial passage: the action of a rule, else the one for the status."""
    asked = terms(work)
    if ruled := settings.action_by_rule(rules):
        action, because = ruled
    else:
        action, because = settings.actions[status], settings.said_by(f"actions.{status}")
        # Only a rule can make a credit line do, or silence: the action for a status covers licences of all families.
        if action in {Action.IGNORE, Action.ANNOTATE} and _BINDING.intersection(asked.families):
            action, because = Action.WARN, f"a credit line is not enough for it, whatever {because} says"
    called = asked.status.value
    if asked.is_licensed and asked.families:
        called = f"{work.licence:.100} is {' and '.join(asked.families)}"
    enough = ", ".join(_compare_amount(each, _measure_passage(passage, each.unit), ">=") for each in thresholds)
    why = f"{_describe_discount(passage)}{enough}; {called}: {action.value} ({because})"
    if action is not Action.IGNORE:
        return Verdict(action=action, why=why)
    free = status is LicenceStatus.PUBLIC_DOMAIN
    return Verdict(action=action, reason=Reason.PUBLIC_DOMAIN if free else Reason.POLICY, why=why)


def _describe_discount(passage: Passage) -> str:
    """Say how many tokens of a passage count, where others were taken out."""
    if passage.discount is None:
        return ""
    by = f" ({passage.families} families have it)" if passage.discount is Reason.COMMONPLACE else ""
    if passage.discounted_by:
        by = f" ({'; '.join(passage.discounted_by)})"
    return f"{passage.counted_tokens} of {passage.tokens} tokens count, the others are {passage.discount.value}{by}; "
