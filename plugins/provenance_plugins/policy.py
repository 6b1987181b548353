"""Which passages are substantial, and what is then done about them, when nobody says otherwise?

The thresholds, rules and actions come from `PolicySettings`; what a licence asks for comes from `provenance.licences`.
Whether a passage stands in the prompt or in boilerplate is decided before it gets here. Each verdict says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from provenance.hookspecs import hookimpl
from provenance.licences import terms
from provenance.policy import PolicySettings, Rule
from provenance.reports import Action, Kind, Passage, Reason, Verdict
from provenance.works import Family, LicenceStatus, Work

_BINDING = frozenset({Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT, Family.RESTRICTED})
"""Families whose terms a credit line alone does not satisfy."""
_SEVERITY = {action: severity for severity, action in enumerate(Action)}

_Name = tuple[str, ...]
"""Of a setting: ("families", "copyleft", "min_tokens")."""

_NOT_A_WORD = re.compile(r"[\W_]+")


@hookimpl
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict:
    """Judge a passage by its origin: whose it is, whether it is substantial, and what its licence asks for."""
    if own := _own(passage.origin, settings):
        return Verdict(action=Action.IGNORE, reason=Reason.OWN_WORK, why=own)
    verdict = _insubstantial(passage, settings) or _by_licence(passage, settings)
    if passage.credited and verdict.action is Action.ANNOTATE:
        why = f"the text names the work beside the passage; else {verdict.why}"
        return Verdict(action=Action.IGNORE, reason=Reason.CREDITED, why=why)
    return verdict


def _own(origin: Work, settings: PolicySettings) -> str | None:
    """Say which setting makes a work the operator's own, if one does."""
    if origin.collection in settings.own_collections:
        return f"the collection {origin.collection!r} is one of own_collections ({settings.place('own_collections')})"
    own = {normalised(name) for name in settings.own_creators}
    named = [name for name in origin.authors if normalised(name) in own]
    return f"{named[0]!r} is one of own_creators ({settings.place('own_creators')})" if named else None


@lru_cache(maxsize=1024)
def normalised(name: str) -> str:
    """Return a name without case, accents and punctuation; one written "Last, First" as "First Last".

    >>> normalised("Brontë,  Emily") == normalised("Emily BRONTE")
    True
    """
    last, comma, first = name.partition(",")
    letters = unicodedata.normalize("NFKD", f"{first} {last}" if comma else name).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_NOT_A_WORD.sub(" ", kept).split())


def _insubstantial(passage: Passage, settings: PolicySettings) -> Verdict | None:
    """Return a verdict if there is too little in what is left of a passage, or None where there is enough.

    Where something was taken away from the passage, that is the reason: the user's prompt, a public-domain origin, or
    that it stands in works of many creators.
    """
    tokens, bits = _threshold(passage, settings, "tokens"), _threshold(passage, settings, "bits")
    if passage.counted_tokens < _number(settings, tokens):
        why = _left(passage) + _compared(f"{passage.counted_tokens} tokens", "<", tokens, settings)
        return Verdict(action=Action.IGNORE, reason=passage.discount or Reason.TOO_SHORT, why=why)
    if passage.counted_bits < _number(settings, bits):
        why = _left(passage) + _compared(f"{passage.counted_bits:.0f} bits", "<", bits, settings)
        return Verdict(action=Action.IGNORE, reason=passage.discount or Reason.COMMONPLACE, why=why)
    free = terms(passage.origin).is_public_domain
    if passage.creators >= settings.commonplace_creators and not free:
        why = _compared(f"{passage.creators} creators", ">=", ("commonplace_creators",), settings)
        return Verdict(action=Action.IGNORE, reason=Reason.COMMONPLACE, why=why)
    return None


def _left(passage: Passage) -> str:
    if passage.discount is None:
        return ""
    return f"{passage.counted_tokens} of {passage.tokens} tokens count, the others are {passage.discount.value}; "


def _threshold(passage: Passage, settings: PolicySettings, unit: str) -> _Name:
    """Return the name of the threshold for a passage, in tokens or bits: of several rules in force, the lowest."""
    # What is left of a licence's file is a line about its owner and no work.
    if passage.kind is Kind.WHOLE_WORK and passage.discount is not Reason.BOILERPLATE:
        return (f"min_whole_work_{unit}",)
    field = f"min_{unit}"
    for rules in _rules(passage.origin, settings):
        names = [(*name, field) for name, rule in rules if getattr(rule, field) is not None]
        if names:
            return min(names, key=lambda name: _number(settings, name))
    return (field,)


def _rules(origin: Work, settings: PolicySettings) -> Iterator[list[tuple[_Name, Rule]]]:
    """Yield the rules for a work's collection, for the families of its licence, and for its status, each named."""
    sets: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("collections", (origin.collection,)),
        ("families", _families(origin)),
        ("statuses", (_status(origin),)),
    )
    for table, keys in sets:
        rules = getattr(settings, table)
        yield [((table, str(key)), rules[key]) for key in keys if key in rules]


def _families(origin: Work) -> tuple[Family, ...]:
    if _status(origin) is LicenceStatus.PUBLIC_DOMAIN:
        return (Family.PUBLIC_DOMAIN,)
    return terms(origin).families if origin.status is LicenceStatus.LICENSED else ()


def _status(origin: Work) -> LicenceStatus:
    free = terms(origin).is_public_domain
    return LicenceStatus.PUBLIC_DOMAIN if free else origin.status


def _by_licence(passage: Passage, settings: PolicySettings) -> Verdict:
    origin = passage.origin
    action, because = _action(origin, settings)
    why = f"{_enough(passage, settings)}; {_called(origin)}: {action.value} ({because})"
    if action is not Action.IGNORE:
        return Verdict(action=action, why=why)
    free = _status(origin) is LicenceStatus.PUBLIC_DOMAIN
    return Verdict(action=action, reason=Reason.PUBLIC_DOMAIN if free else Reason.POLICY, why=why)


def _action(origin: Work, settings: PolicySettings) -> tuple[Action, str]:
    """Return what is to be done, and which setting says so; of several rules in force, the strictest."""
    for rules in _rules(origin, settings):
        asked = [(rule.action, (*name, "action")) for name, rule in rules if rule.action is not None]
        if asked:
            action, name = max(asked, key=lambda each: _SEVERITY[each[0]])
            return action, _placed(name, settings)
    name = ("actions", _status(origin).value)
    action = settings.actions[_status(origin)]
    if action in {Action.IGNORE, Action.ANNOTATE} and _BINDING.intersection(terms(origin).families):
        return Action.WARN, f"a credit line is not enough for it, whatever {_placed(name, settings)} says"
    return action, _placed(name, settings)


def _enough(passage: Passage, settings: PolicySettings) -> str:
    tokens, bits = _threshold(passage, settings, "tokens"), _threshold(passage, settings, "bits")
    said = (
        _compared(f"{passage.counted_tokens} tokens", ">=", tokens, settings),
        _compared(f"{passage.counted_bits:.0f} bits", ">=", bits, settings),
    )
    return _left(passage) + ", ".join(said)


def _called(origin: Work) -> str:
    if origin.status is not LicenceStatus.LICENSED:
        return origin.status.value
    kinds = " and ".join(family.value for family in terms(origin).families)
    return f"{origin.licence:.100} is {kinds}" if kinds else origin.status.value


def _compared(counted: str, sign: str, name: _Name, settings: PolicySettings) -> str:
    return f"{counted} {sign} {_number(settings, name):g} ({_placed(name, settings)})"


def _placed(name: _Name, settings: PolicySettings) -> str:
    return f"{'.'.join(name)}, {settings.place(*name)}"


def _number(settings: PolicySettings, name: _Name) -> float:
    return cast("float", settings.value(*name))
