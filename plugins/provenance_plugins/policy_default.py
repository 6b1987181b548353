"""Which passages are substantial, and what is then done about them, when nobody says otherwise?

The thresholds and actions come from `PolicySettings`; what a licence asks for comes from `provenance.licences`. Whether
a passage stands in the prompt or in boilerplate is decided before it gets here.
"""

from __future__ import annotations

from provenance.config import PolicySettings
from provenance.hookspecs import hookimpl
from provenance.licences import Family, families, is_public_domain_like
from provenance.models import Action, Kind, LicenceStatus, Passage, Reason, Verdict, Work

_BINDING = frozenset({Family.WEAK_COPYLEFT, Family.COPYLEFT, Family.NETWORK_COPYLEFT, Family.RESTRICTED})
"""Families whose terms a credit line alone does not satisfy."""


@hookimpl
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict:
    """Judge a passage by its origin: whose it is, whether it is substantial, and what its licence asks for."""
    if passage.origin.collection in settings.own_collections:
        return Verdict(action=Action.IGNORE, reason=Reason.OWN_WORK)
    if reason := _insubstantial(passage, settings):
        return Verdict(action=Action.IGNORE, reason=reason)
    return _by_licence(passage.origin, settings)


def _insubstantial(passage: Passage, settings: PolicySettings) -> Reason | None:
    """Return why there is too little in what is left of a passage, or None where there is enough.

    Where something was taken away from the passage, that is the reason: the user's prompt, a public-domain origin, or
    that it stands in works of many creators.
    """
    whole = passage.kind is Kind.WHOLE_WORK
    if passage.counted_tokens < (settings.min_whole_work_tokens if whole else settings.min_tokens):
        return passage.discount or Reason.TOO_SHORT
    if passage.counted_bits < (settings.min_whole_work_bits if whole else settings.min_bits):
        return passage.discount or Reason.COMMONPLACE
    free = is_public_domain_like(passage.origin.status, passage.origin.licence)
    return Reason.COMMONPLACE if passage.creators >= settings.commonplace_creators and not free else None


def _by_licence(origin: Work, settings: PolicySettings) -> Verdict:
    if is_public_domain_like(origin.status, origin.licence):
        action = settings.actions[LicenceStatus.PUBLIC_DOMAIN]
        return Verdict(action=action, reason=Reason.PUBLIC_DOMAIN if action is Action.IGNORE else None)
    action = settings.actions[origin.status]
    if action in {Action.IGNORE, Action.ANNOTATE} and _BINDING.intersection(families(origin.licence)):
        action = Action.WARN
    return Verdict(action=action)
