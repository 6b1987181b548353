"""Which licence does a work have, going by everything that was ever claimed about it?

Claims are kept, never overwritten; this module derives the answer and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from provenance.catalogue.records import in_utc
from provenance.models import Basis, Claim, LicenceStatus

PRECEDENCE = (Basis.CURATED, Basis.DECLARED, Basis.DETECTED, Basis.INHERITED)
"""Which basis outweighs which, the weightiest first."""


def current(claims: Iterable[Claim]) -> tuple[LicenceStatus, str | None]:
    """Return the licence status, and the licence, that the claims amount to.

    The weightiest basis decides alone: curated, then declared, detected, inherited. Within it everybody's (`who`)
    latest claim counts, and of two claims made at one moment the one given later. If those disagree, the status is
    `conflicting` and the licence names them all, in the order of time. A claim that only says "unknown" yields to
    any other, unless a curator made it.

    >>> mit = Claim(status=LicenceStatus.LICENSED, licence="MIT", basis=Basis.DECLARED, who="author")
    >>> isc = Claim(status=LicenceStatus.LICENSED, licence="ISC", basis=Basis.DECLARED, who="mirror")
    >>> current([mit, isc])
    (<LicenceStatus.CONFLICTING: 'conflicting'>, 'MIT; ISC')
    """
    voices = latest(claims)
    for basis in PRECEDENCE:
        answers = dict.fromkeys((v.status, v.licence) for v in voices if v.basis is basis and _says_something(v))
        if len(answers) == 1:
            return next(iter(answers))
        if answers:
            return LicenceStatus.CONFLICTING, "; ".join(licence or status.value for status, licence in answers)
    return LicenceStatus.UNKNOWN, None


def latest(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the latest claim of each person on each basis, in the order of time."""
    voices: dict[tuple[Basis, str | None], Claim] = {}
    for claim in sorted(claims, key=lambda claim: in_utc(claim.when)):
        voices.pop((claim.basis, claim.who), None)
        voices[claim.basis, claim.who] = claim
    return tuple(voices.values())


def repeats(claim: Claim, earlier: Iterable[Claim]) -> bool:
    """Does the claim only repeat what the same person last said on the same basis?"""
    last = _last(claim, earlier)
    return last is not None and _content(last) == _content(claim)


def following(claim: Claim, earlier: Iterable[Claim]) -> Claim:
    """Return the claim, not before the same person's last one: the clock may have gone back since that was made."""
    last = _last(claim, earlier)
    if last is None or in_utc(last.when) <= in_utc(claim.when):
        return claim
    return replace(claim, when=last.when)


def _last(claim: Claim, earlier: Iterable[Claim]) -> Claim | None:
    """Return what the same person last said on the same basis."""
    return next((v for v in latest(earlier) if (v.basis, v.who) == (claim.basis, claim.who)), None)


def _says_something(claim: Claim) -> bool:
    return claim.status is not LicenceStatus.UNKNOWN or claim.licence is not None or claim.basis is Basis.CURATED


def _content(claim: Claim) -> tuple[object, ...]:
    return claim.status, claim.licence, claim.evidence, claim.confidence
