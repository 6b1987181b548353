"""The rule that derives a work's licence from everything that was ever claimed about it.

Claims are kept, never overwritten; this module derives the answer and stores nothing. The rule, in this order:

1. *Voices.* All curators are one voice: of what they say the latest counts. On every other basis each
   `who` is a voice of its own, with all that it said at its latest moment: two detectors, or two files that one
   detector found in one ingest, may disagree.
2. *Withdrawn.* A voice whose latest claim is a withdrawal (`withdrawal`) is silent: what it had said before does not
   come back, and an ingest that names the same licence again adds nothing.
3. *Floor.* A claim with a confidence below `FLOOR` never decides alone: it counts where another voice says the same.
4. *Precedence.* The weightiest basis with a claim that counts decides: curated, declared, detected, inherited, default.
   A claim with the status `unknown` yields to any other, unless a curator made it. The default is for works that say
   nothing: it yields to words that nobody understands.
5. *Detail.* On that basis a vague claim ("GPL-3.0") yields to one that says the same more exactly ("GPL-3.0-or-later").
6. *Conflict.* If what is left does not agree, the status is `conflicting`, and names all of it. A curator's claim ends
   that.

Where nothing counts, the status is `unknown`, with the words that the first claim has for the licence, if any.

An example: a detector says GPL-3.0 (confidence 0.7), an author declared GPL-3.0-or-later (1.0) and a mirror MIT (0.3).
MIT is below the floor; of the two that count the declared one is weightier: GPL-3.0-or-later. Had the detector's claim
been declared too, it would have yielded to the more exact one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from provenance.catalogue.records import in_utc
from provenance.works import Basis, Claim, LicenceStatus, Signal, Work

PRECEDENCE = (Basis.CURATED, Basis.DECLARED, Basis.DETECTED, Basis.INHERITED, Basis.DEFAULT)
"""Which basis outweighs which, the weightiest first."""

FLOOR = 0.5
"""A claim that is less sure than this never decides alone."""

VAGUE = 0.75
"""A claim that is less sure than this may leave a version or a variant open."""

_DETAIL = re.compile(r"-(?:only|or-later|\d+\.\d.*|\d-Clause.*)", re.ASCII)
_REFERENCE = "LicenseRef-"
_INSTANT = timedelta(microseconds=1)
_CONTENT = attrgetter("status", "licence", "evidence", "confidence")

Voice = tuple[Basis, str | None]
Answer = tuple[LicenceStatus, str | None]


def derive_licence(claims: Iterable[Claim]) -> tuple[LicenceStatus, str | None]:
    """Return the licence status, and the licence, that the claims amount to.

    >>> mit = Claim(status=LicenceStatus.LICENSED, licence="MIT", basis=Basis.DECLARED, who="author")
    >>> isc = Claim(status=LicenceStatus.LICENSED, licence="ISC", basis=Basis.DECLARED, who="mirror")
    >>> derive_licence([mit, isc])
    (<LicenceStatus.CONFLICTING: 'conflicting'>, 'MIT; ISC')
    """
    voices = select_latest(claims)
    answers = dict.fromkeys(map(_answer_of, _decide_among(voices)))
    if len(answers) == 1:
        return next(iter(answers))
    if answers:
        return LicenceStatus.CONFLICTING, "; ".join(licence or status.value for status, licence in answers)
    guesses = (claim.licence for basis in PRECEDENCE for claim in voices if claim.basis is basis and claim.licence)
    return LicenceStatus.UNKNOWN, next(guesses, None)


def select_deciding(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims that the current status rests on, in the order of time; several, if they agree or conflict."""
    return _decide_among(select_latest(claims))


def select_latest(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return what each voice said last, in the order of time."""
    voices: dict[Voice, list[Claim]] = {}
    for claim in sorted(claims, key=_moment_of):
        said = voices.pop(_voice_of(claim), [])
        voices[_voice_of(claim)] = [*(each for each in said if _moment_of(each) == _moment_of(claim)), claim]
    return tuple(sorted((claim for said in voices.values() for claim in said), key=_moment_of))


def select_new(said: Iterable[Claim], heard: Iterable[Claim]) -> list[Claim]:
    """Return those claims, made together, whose voice does not merely repeat itself.

    All that one voice says is of one moment from then on. A voice that was silenced repeats itself if it names the
    same licences, even with other evidence.

    Args:
        said: the new claims about one work.
        heard: the claims about it that are in the catalogue.
    """
    said, heard = tuple(said), tuple(heard)
    if len(said) == 1 and not heard:  # what nearly every new work has
        return list(said)
    silenced = {_voice_of(claim) for claim in select_latest(heard) if is_withdrawal(claim)}
    known = _by_voice_of(select_latest(claim for claim in heard if not is_withdrawal(claim)))
    fresh: list[Claim] = []
    for voice, claims in _by_voice_of(said).items():
        content = _answer_of if voice in silenced else _CONTENT
        if set(map(content, claims)) != set(map(content, known.get(voice, ()))):
            moment = max(map(_moment_of, claims))
            fresh += [replace(claim, when=moment) for claim in claims]
    return date_after(fresh, heard)


def date_after(claims: Iterable[Claim], heard: Iterable[Claim]) -> list[Claim]:
    """Return claims, each later than what its voice said before: the clock may have been set back since."""
    last: dict[Voice, datetime] = {_voice_of(claim): _moment_of(claim) for claim in select_latest(heard)}
    return [
        replace(claim, when=last[_voice_of(claim)] + _INSTANT)
        if _voice_of(claim) in last and _moment_of(claim) <= last[_voice_of(claim)]
        else claim
        for claim in claims
    ]


def withdrawal(claim: Claim, *, who: str | None, evidence: str | None, when: datetime) -> Claim:
    """Return the claim that takes another one back: its voice then says nothing.

    Args:
        claim: the one to take back.
        who: takes it back. Where the claim is not a curator's it stays in the name of its own voice, and the evidence
            says who took it back.
        evidence: why, or where that is written.
        when: the moment of the withdrawal.
    """
    words = f"withdraws {claim.licence or claim.status.value} of {in_utc(claim.when):%Y-%m-%d}"
    by = f" by {who}" if who and claim.basis is not Basis.CURATED else ""
    return Claim(
        status=LicenceStatus.UNKNOWN, licence=None, basis=claim.basis, when=when, confidence=0.0,
        who=who if claim.basis is Basis.CURATED else claim.who,
        evidence=f"{words}{by}: {evidence}" if evidence else f"{words}{by}",
    )  # fmt: skip


def is_withdrawal(claim: Claim) -> bool:
    """Does the claim only take back what its voice had said?"""
    return claim.status is LicenceStatus.UNKNOWN and claim.licence is None and claim.confidence == 0


def _decide_among(voices: tuple[Claim, ...]) -> tuple[Claim, ...]:
    supporters: dict[Answer, set[Voice]] = defaultdict(set)
    for claim in voices:
        supporters[_answer_of(claim)].add(_voice_of(claim))
    for basis in PRECEDENCE:
        counting = []
        for claim in voices:
            # "Unknown" is not an answer, unless a curator gives it: then no other claim counts.
            is_answer = claim.status is not LicenceStatus.UNKNOWN or (
                basis is Basis.CURATED and not is_withdrawal(claim)
            )
            is_sure = claim.confidence >= FLOOR or len(supporters[_answer_of(claim)]) > 1
            if claim.basis is basis and is_answer and is_sure:
                counting.append(claim)
        # A licence that nobody understands is no answer, and yet the work does not say nothing.
        if basis is Basis.DEFAULT and any(
            claim.licence and claim.status is LicenceStatus.UNKNOWN and claim.basis is not basis for claim in voices
        ):
            return ()
        if counting:
            return tuple(claim for claim in counting if not any(_is_more_exact(other, claim) for other in counting))
    return ()


def _is_more_exact(exact: Claim, vague: Claim) -> bool:
    """Does the one claim say what the other does, more exactly? "BSD-3-Clause" says more than "LicenseRef-BSD"."""
    if not exact.licence or not vague.licence or vague.confidence >= min(VAGUE, exact.confidence):
        return False
    # "BSD-3-Clause" must not count as more exact than "BS": a detail begins with a hyphen, see the pattern.
    stem = vague.licence.removeprefix(_REFERENCE)
    return exact.licence.startswith(stem) and _DETAIL.fullmatch(exact.licence, len(stem)) is not None


def _voice_of(claim: Claim) -> Voice:
    return claim.basis, None if claim.basis is Basis.CURATED else claim.who


def _moment_of(claim: Claim) -> datetime:
    return in_utc(claim.when)


def _by_voice_of(claims: Iterable[Claim]) -> dict[Voice, list[Claim]]:
    voices: dict[Voice, list[Claim]] = defaultdict(list)
    for claim in claims:
        voices[_voice_of(claim)].append(claim)
    return voices


def _answer_of(claim: Claim) -> Answer:
    return claim.status, claim.licence


def with_history(work: Work, claims: tuple[Claim, ...], signals: Iterable[Signal]) -> dict[str, Any]:
    """Return a work with the history of its licence, the newest claim first, in JSON form."""
    counting = select_deciding(claims)
    numbered = [{"number": n, **each.to_dict(), "counts": each in counting} for n, each in enumerate(claims, 1)]
    return {
        "key": f"{work.key:016x}", **work.to_dict(), "label": work.label, "copyright": work.copyright,
        "language": work.language, "tokens": work.tokens, "characters": work.characters, "keep": work.keep.value,
        "ingested_at": work.ingested_at.astimezone(UTC).isoformat(), "claims": numbered[::-1],
        "signals": [signal.to_dict() for signal in signals],
    }  # fmt: skip
