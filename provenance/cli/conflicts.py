"""The list of conflicts that `provenance doctor --conflicts` shows."""

from __future__ import annotations

from collections.abc import Iterator

from provenance import Database, notices
from provenance.database.conflicts import find_conflicts
from provenance.works import Work

_SHOWN_TEXT = 200
"""Characters of a wording that are shown."""
_SHOWN_WORKS = 8


def list_conflicts(database: Database, least: int, limit: int) -> Iterator[str]:
    """Yield the lines that show which works hold the same wording under claims that contradict each other."""
    number, found = find_conflicts(database, least=least, limit=limit)
    if not number:
        yield f"conflicts: no wording of {least} tokens or more is held under claims that contradict each other"
        return
    groups = "1 group of works holds" if number == 1 else f"{number:,} groups of works hold"
    yield f"conflicts: {groups} a wording of {least} tokens or more under claims that contradict each other"
    for conflict in found:
        sample = notices.clean(conflict.text, _SHOWN_TEXT) if conflict.text else "(the text is not kept)"
        others = f", and {conflict.wordings - 1:,} shorter" if conflict.wordings > 1 else ""
        yield f"\n{conflict.tokens:,} tokens{others}: {sample}"
        yield from map(_format_holder, conflict.works[:_SHOWN_WORKS])
        if len(conflict.works) > _SHOWN_WORKS:
            yield f"  and {len(conflict.works) - _SHOWN_WORKS:,} more"
    if number > len(found):
        yield f"\nand {number - len(found):,} more groups, none with a longer one (see --limit)"
    yield "\nA conflict is no damage. `provenance works claim ID` settles what a work's licence is, and"
    yield "`provenance works trust COLLECTION` says whose word decides."


def _format_holder(work: Work) -> str:
    collection, licence = notices.clean(work.collection, 60), notices.licence_label(work)
    return notices.printable(
        f"  {work.key:016x}  [{licence}]  {notices.work_label(work)}, {work.trust} collection {collection}"
    )
