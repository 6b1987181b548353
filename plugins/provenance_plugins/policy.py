"""Default policy: it judges which passages are substantial, and what is then done about them.

The thresholds, rules and actions come from `PolicySettings`; what a licence asks for comes from `provenance.licences`.
Whether a passage is in the prompt or in boilerplate is decided before the policy sees it. Each verdict says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from provenance.hookspecs import hookimpl
from provenance.licences import families, is_public_domain_like
from provenance.policy import PolicySettings, Rule
from provenance.reports import Action, Kind, Passage, Reason, Verdict
from provenance.works import Family, LicenceStatus, Work

_BINDING = frozenset({Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT, Family.RESTRICTED})
"""Families whose terms a credit line alone does not satisfy."""
_SEVERITY = {action: severity for severity, action in enumerate(Action)}

_SettingName = tuple[str, ...]
"""The keys that lead to a setting: ("families", "copyleft", "min_tokens")."""

_NOT_A_WORD = re.compile(r"[\W_]+")


@hookimpl
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict:
    """Judge a passage by its origin: whose it is, whether it is substantial, and what its licence asks for."""
    origin = passage.origin
    if origin.collection in settings.own_collections:
        place = settings.place("own_collections")
        why = f"the collection {origin.collection!r} is one of own_collections ({place})"
        return Verdict(action=Action.IGNORE, reason=Reason.OWN_WORK, why=why)
    own_creators = {normalise_name(name) for name in settings.own_creators}
    for author in origin.authors:
        if normalise_name(author) in own_creators:
            why = f"{author!r} is one of own_creators ({settings.place('own_creators')})"
            return Verdict(action=Action.IGNORE, reason=Reason.OWN_WORK, why=why)
    verdict = _judge_size(passage, settings) or _judge_licence(passage, settings)
    if passage.credited and verdict.action is Action.ANNOTATE:
        why = f"the text names the work beside the passage; else {verdict.why}"
        return Verdict(action=Action.IGNORE, reason=Reason.CREDITED, why=why)
    return verdict


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


def _judge_size(passage: Passage, settings: PolicySettings) -> Verdict | None:
    """Return a verdict where what counts of a passage is too little, or None where it is enough.

    Where a part of the passage does not count, the reason is the passage's discount: the part is in the user's prompt,
    has an origin in the public domain, or is in works of many creators.
    """
    tokens, bits = _find_threshold(passage, settings, "tokens"), _find_threshold(passage, settings, "bits")
    if passage.counted_tokens < _read_number(settings, tokens):
        why = _explain_discount(passage) + _format_comparison(f"{passage.counted_tokens} tokens", "<", tokens, settings)
        return Verdict(action=Action.IGNORE, reason=passage.discount or Reason.TOO_SHORT, why=why)
    if passage.counted_bits < _read_number(settings, bits):
        why = _explain_discount(passage) + _format_comparison(f"{passage.counted_bits:.0f} bits", "<", bits, settings)
        return Verdict(action=Action.IGNORE, reason=passage.discount or Reason.COMMONPLACE, why=why)
    # The Bible is in many works too: for a passage of the public domain, "many creators" is not the reason.
    is_free = _find_status(passage.origin) is LicenceStatus.PUBLIC_DOMAIN
    if passage.creators >= settings.commonplace_creators and not is_free:
        why = _format_comparison(f"{passage.creators} creators", ">=", ("commonplace_creators",), settings)
        return Verdict(action=Action.IGNORE, reason=Reason.COMMONPLACE, why=why)
    return None


def _explain_discount(passage: Passage) -> str:
    if passage.discount is None:
        return ""
    return f"{passage.counted_tokens} of {passage.tokens} tokens count, the others are {passage.discount.value}; "


def _find_threshold(passage: Passage, settings: PolicySettings, unit: str) -> _SettingName:
    """Return the name of the threshold for a passage, in tokens or bits: of several rules in force, the lowest."""
    # What is left of a licence's file is a line about its owner and no work.
    if passage.kind is Kind.WHOLE_WORK and passage.discount is not Reason.BOILERPLATE:
        return (f"min_whole_work_{unit}",)
    field = f"min_{unit}"
    for rules in _list_rules(passage.origin, settings):
        names = [(*name, field) for name, rule in rules if getattr(rule, field) is not None]
        if names:
            return min(names, key=lambda name: _read_number(settings, name))
    return (field,)


def _list_rules(origin: Work, settings: PolicySettings) -> Iterator[list[tuple[_SettingName, Rule]]]:
    """Yield the rules for a work's collection, for the families of its licence, and for its status, with their names.

    The first list that sets a value decides; a licence may be in several families, each with a rule.
    """
    status = _find_status(origin)
    of_licence: tuple[Family, ...] = ()
    if status is LicenceStatus.PUBLIC_DOMAIN:
        of_licence = (Family.PUBLIC_DOMAIN,)
    elif origin.status is LicenceStatus.LICENSED:
        of_licence = families(origin.licence)
    tables: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("collections", (origin.collection,)),
        ("families", of_licence),
        ("statuses", (status,)),
    )
    for table, keys in tables:
        rules = getattr(settings, table)
        yield [((table, str(key)), rules[key]) for key in keys if key in rules]


def _find_status(origin: Work) -> LicenceStatus:
    """Return the status of a work, where a licence such as CC0 counts as the public domain."""
    is_free = is_public_domain_like(origin.status, origin.licence)
    return LicenceStatus.PUBLIC_DOMAIN if is_free else origin.status


def _judge_licence(passage: Passage, settings: PolicySettings) -> Verdict:
    """Return the verdict on a passage that is long enough, with the measures and the setting that decide."""
    origin = passage.origin
    tokens, bits = _find_threshold(passage, settings, "tokens"), _find_threshold(passage, settings, "bits")
    enough_tokens = _format_comparison(f"{passage.counted_tokens} tokens", ">=", tokens, settings)
    enough_bits = _format_comparison(f"{passage.counted_bits:.0f} bits", ">=", bits, settings)
    described = origin.status.value
    if origin.status is LicenceStatus.LICENSED and (of_licence := families(origin.licence)):
        described = f"{origin.licence:.100} is {' and '.join(family.value for family in of_licence)}"
    action, because = _choose_action(origin, settings)
    enough = f"{_explain_discount(passage)}{enough_tokens}, {enough_bits}"
    why = f"{enough}; {described}: {action.value} ({because})"
    if action is not Action.IGNORE:
        return Verdict(action=action, why=why)
    is_free = _find_status(origin) is LicenceStatus.PUBLIC_DOMAIN
    return Verdict(action=action, reason=Reason.PUBLIC_DOMAIN if is_free else Reason.POLICY, why=why)


def _choose_action(origin: Work, settings: PolicySettings) -> tuple[Action, str]:
    """Return what is to be done, and which setting says so; of several rules in force, the strictest."""
    for rules in _list_rules(origin, settings):
        asked = [(rule.action, (*name, "action")) for name, rule in rules if rule.action is not None]
        if asked:
            action, name = max(asked, key=lambda each: _SEVERITY[each[0]])
            return action, _cite_setting(name, settings)
    status = _find_status(origin)
    action, cited = settings.actions[status], _cite_setting(("actions", status.value), settings)
    # A status is too coarse for such a licence; only a rule may lower the action.
    if action in {Action.IGNORE, Action.ANNOTATE} and _BINDING.intersection(families(origin.licence)):
        return Action.WARN, f"a credit line is not enough for it, whatever {cited} says"
    return action, cited


def _format_comparison(counted: str, sign: str, name: _SettingName, settings: PolicySettings) -> str:
    return f"{counted} {sign} {_read_number(settings, name):g} ({_cite_setting(name, settings)})"


def _cite_setting(name: _SettingName, settings: PolicySettings) -> str:
    return f"{'.'.join(name)}, {settings.place(*name)}"


def _read_number(settings: PolicySettings, name: _SettingName) -> float:
    return cast("float", settings.value(*name))
