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
    """Yield the lines that show the wordings which works hold under claims that contradict each other."""
    number, found = find_conflicts(database, least=least, limit=limit)
    if not number:
        yield f"conflicts: no wording of {least} tokens or more is held under claims that contradict each other"
        return
    what = "wording is" if number == 1 else "wordings are"
    yield f"conflicts: {number:,} {what} held under claims that contradict each other, {least} tokens or more each"
    for conflict in found:
        sample = notices.clean(conflict.text, _SHOWN_TEXT) if conflict.text else "(the text is not kept)"
        yield f"\n{conflict.tokens:,} tokens, {len(conflict.works):,} works: {sample}"
        yield from map(_format_holder, conflict.works[:_SHOWN_WORKS])
        if len(conflict.works) > _SHOWN_WORKS:
            yield f"  and {len(conflict.works) - _SHOWN_WORKS:,} more"
    if number > len(found):
        yield f"\nand {number - len(found):,} more, none of them longer (see --limit)"
    yield (
        "\nA conflict is no damage. `provenance works claim ID` settles what a work's licence is, and `provenance works "
        "trust COLLECTION` whose word decides."
    )


def _format_holder(work: Work) -> str:
    trust = "trusted" if work.trusted else "untrusted"
    collection, licence = notices.clean(work.collection, 60), notices.licence_label(work)
    return notices.printable(
        f"  {work.key:016x}  [{licence}]  {notices.work_label(work)}, {trust} collection {collection}"
    )
