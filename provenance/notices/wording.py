"""Tables of the sentences that belong to each duty, licence family and status.

They explain; they are not legal advice. `provenance/data/messages` has the sentences themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from provenance.licences import Duty, Family, Terms
from provenance.notices.language import ENGLISH, messages
from provenance.works import LicenceStatus

# What a credit line cannot make up for; even the short notice names it. Share-alike is left to the full notice, since
# it binds only people who adapt the passage.
_RESTRICTIONS = (Duty.SAME_LICENCE, Duty.DISCLOSE_SOURCE, Duty.NO_COMMERCIAL, Duty.NO_DERIVATIVES)

_FAMILY_ADVICE = {
    Family.PUBLIC_DOMAIN: ("free",),
    Family.UNCONDITIONAL: ("free",),
    Family.ATTRIBUTION: ("credit",),
    Family.PERMISSIVE: ("credit", "keep-text"),
    Family.APACHE: ("credit", "keep-text", "notice-file"),
    Family.CREATIVE_COMMONS: ("credit", "say-changes"),
    Family.SHARE_ALIKE: ("credit", "share-alike", "last-resort"),
    Family.WEAK_COPYLEFT: ("weak-copyleft", "keep-text", "last-resort"),
    Family.COPYLEFT: ("copyleft", "keep-text", "last-resort"),
    Family.NETWORK_COPYLEFT: ("network-copyleft", "keep-text", "last-resort"),
    Family.RESTRICTED: ("credit", "restricted", "last-resort"),
    Family.OTHER: ("other",),
}

_DISPUTE_ADVICE = ("which-one", "strictest")

_STATUS_ADVICE = {
    LicenceStatus.PUBLIC_DOMAIN: ("free", "country"),
    LicenceStatus.ALL_RIGHTS_RESERVED: ("ask", "quote"),
    LicenceStatus.UNKNOWN: ("look-up", "until-known"),
    LicenceStatus.CONFLICTING: ("disagree", "strictest"),
}


def duty_words(duties: Iterable[str], language: str = ENGLISH) -> tuple[str, ...]:
    """Return each duty as a few plain words; a duty that only a plugin knows stays as it is.

    >>> duty_words(("attribution", "no-commercial"))
    ('name the author and the work', 'make no commercial use of it')
    """
    return tuple(messages(language).word("duty", str(duty)) for duty in duties)


def restrictions(duties: Iterable[str], language: str = ENGLISH) -> str | None:
    """Return what a licence rules out, as a sentence without its full stop, or None where credit is enough."""
    phrases = [messages(language).say(f"restriction.{Duty(duty)}") for duty in duties if duty in _RESTRICTIONS]
    return messages(language).join(phrases) or None


def advice(asked: Terms, language: str = ENGLISH, *, is_disputed: bool = False) -> tuple[str, ...]:
    """Return what a person can do now, most useful first.

    Args:
        asked: the terms of a work; where works disagree, those of the strictest.
        language: of the sentences.
        is_disputed: another work claims other terms.
    """
    words = messages(language)
    if asked.is_licensed:
        by_family = tuple(key for family in asked.families for key in _FAMILY_ADVICE[family])
        keys = by_family or _FAMILY_ADVICE[Family.OTHER]
    else:
        keys = _STATUS_ADVICE[asked.status]
    keys = (*_DISPUTE_ADVICE, *keys) if is_disputed else keys
    sentences = [words.say(f"advice.{key}") for key in dict.fromkeys(keys)]
    if asked.is_licensed and asked.has_choice:
        sentences.insert(0, words.say("advice.choice", licences=words.list_names(asked.licences)))
    return tuple(sentences)
