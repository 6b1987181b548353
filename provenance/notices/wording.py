"""How are duties and next steps put in plain English?

Tables of sentences for each duty, licence family and status. They explain; they are not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable

from provenance.licences import Duty, Family, choice, families, least
from provenance.models import LicenceStatus

NO_PERMISSION = "No licence found; attribution does not grant permission."

_DUTY_WORDS = {
    Duty.ATTRIBUTION: "name the author and the work",
    Duty.COPYRIGHT_LINE: "keep the copyright line",
    Duty.LICENCE_TEXT: "include the full text of the licence",
    Duty.NOTICE_FILE: "include what the work's NOTICE file says about it",
    Duty.INDICATE_CHANGES: "say what was changed",
    Duty.SHARE_ALIKE: "share adaptations under the same or a compatible licence",
    Duty.SAME_LICENCE: "put works built on it under the same licence",
    Duty.DISCLOSE_SOURCE: "offer the source code of works built on it",
    Duty.NO_COMMERCIAL: "make no commercial use of it",
    Duty.NO_DERIVATIVES: "share no adapted versions",
    Duty.NO_ENDORSEMENT: "do not suggest that the author endorses you",
}

# What a credit line cannot make up for, said even in the short notice. Share-alike is left to the full one: it binds
# only who adapts the passage.
_RESTRICTIONS = {
    Duty.SAME_LICENCE: "works built on it must carry the same licence",
    Duty.DISCLOSE_SOURCE: "their source code must be offered",
    Duty.NO_COMMERCIAL: "commercial use is not allowed",
    Duty.NO_DERIVATIVES: "adapted versions may not be shared",
}

_CREDIT = "Show the credit line beside the passage, with links to the source and the licence."
_KEEP_TEXT = "Keep the copyright line and the full licence text with what you publish."
_LAST_RESORT = "If you cannot keep to that, quote a few words only, put it in your own words, or leave it out."
_FREE = "Use the passage freely; naming the author is a courtesy, not a duty."

_FAMILY_ADVICE = {
    Family.PUBLIC_DOMAIN: (_FREE,),
    Family.UNCONDITIONAL: (_FREE,),
    Family.ATTRIBUTION: (_CREDIT,),
    Family.PERMISSIVE: (_CREDIT, _KEEP_TEXT),
    Family.APACHE: (_CREDIT, _KEEP_TEXT, "Copy the parts of the work's NOTICE file that concern the passage."),
    Family.CREATIVE_COMMONS: (_CREDIT, "If you change the passage, say so."),
    Family.SHARE_ALIKE: (
        _CREDIT,
        "If you adapt the passage, publish the result under the same or a compatible licence.",
        _LAST_RESORT,
    ),
    Family.WEAK_COPYLEFT: (
        "Credit alone does not meet this licence: the file or library that takes the passage in stays under it.",
        _KEEP_TEXT,
        _LAST_RESORT,
    ),
    Family.COPYLEFT: (
        "Credit alone does not meet this licence: a work that takes the passage in may come under it as a whole.",
        _KEEP_TEXT,
        _LAST_RESORT,
    ),
    Family.NETWORK_COPYLEFT: (
        "Credit alone does not meet this licence: a work that takes the passage in may come under it as a whole, "
        "also when it is only offered over a network.",
        _KEEP_TEXT,
        _LAST_RESORT,
    ),
    Family.RESTRICTED: (
        _CREDIT,
        "Make sure that your use is one the licence allows: see what is ruled out above and in its text.",
        _LAST_RESORT,
    ),
    Family.OTHER: (
        "Read the licence at its source before you use the passage: its terms are not in our table, and the conditions "
        "named are only those that nearly every licence has.",
    ),
}

_STATUS_ADVICE = {
    LicenceStatus.PUBLIC_DOMAIN: (_FREE, "Whether a work is in the public domain can differ from country to country."),
    LicenceStatus.ALL_RIGHTS_RESERVED: (
        "Ask the rights holder for permission.",
        "Quote a short part where the law of your country allows quotation, put it in your own words, or leave it out.",
    ),
    LicenceStatus.UNKNOWN: (
        "Look up the licence at the source before you publish the passage.",
        "Until then treat it as if all rights were reserved.",
    ),
    LicenceStatus.CONFLICTING: (
        "The sources disagree about the licence: look it up with the rights holder.",
        "Until then keep to the strictest of them.",
    ),
}


def duty_words(duties: Iterable[str]) -> tuple[str, ...]:
    """Return each duty as a few plain words; one that is not ours is passed on as it is.

    >>> duty_words(("attribution", "no-commercial"))
    ('name the author and the work', 'make no commercial use of it')
    """
    return tuple(_DUTY_WORDS[Duty(duty)] if duty in _DUTY_WORDS else str(duty) for duty in duties)


def restrictions(duties: Iterable[str]) -> str | None:
    """Return what a licence rules out, as a sentence without its full stop, or None where credit is enough."""
    phrases = [_RESTRICTIONS[Duty(duty)] for duty in duties if duty in _RESTRICTIONS]
    return "; ".join(phrases) or None


def advice(status: LicenceStatus, licence: str | None) -> tuple[str, ...]:
    """Return what a person can do now, most useful first."""
    if status is not LicenceStatus.LICENSED:
        return _STATUS_ADVICE[status]
    sentences = [sentence for family in families(licence) for sentence in _FAMILY_ADVICE[family]]
    if choice(licence):
        sentences.insert(0, _choice(licence))
    return tuple(dict.fromkeys(sentences)) or _FAMILY_ADVICE[Family.OTHER]


def _choice(licence: str | None) -> str:
    chosen = " and ".join(least(licence))
    return (
        f"You may choose between the licences; the conditions named are those of the least demanding choice: {chosen}."
    )
