"""Policy that adds a house rule: a substantial passage from a work of unknown licence calls for a warning."""

from __future__ import annotations

from provenance import Action, LicenceStatus, Passage, PolicySettings, Verdict, hookimpl


@hookimpl
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict | None:
    """Warn where the licence is unknown; leave everything else, and what is too short to matter, to the others."""
    if passage.origin.status is not LicenceStatus.UNKNOWN or passage.origin.collection in settings.own_collections:
        return None
    if passage.counted_tokens < settings.min_tokens or passage.counted_bits < settings.min_bits:
        return None
    return Verdict(action=Action.WARN)
