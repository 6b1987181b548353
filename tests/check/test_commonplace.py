"""What is commonplace: ordinary wording on unlike pages is, what was copied or quoted from one author is not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Database, Document
from provenance.catalogue import Member
from provenance.check.commonplace import CommonplaceRule, group_voices
from provenance.check.holders import MatchedWork
from provenance.index import Segment
from provenance.match import WorkSpan
from tests.database.samples import SWANN, TIMES, TOKENIZER, WHALE, filled

POEM = """The kettle sings of harbours it has never seen,
of tin roofs in the rain and lamps along the quay;
my mother hums the second voice and cuts the bread between,
and neither of them knows how far it is from here to sea."""
FUNCTION = """
static unsigned long mix_of(const unsigned char *octets, size_t count)
{
    unsigned long low = 1, high = 0;
    while (count--) {
        low = (low + *octets++) % 65521;
        high = (high + low) % 65521;
    }
    return (high << 16) | low;
}
"""
ORDINARY = {
    "banner": "We use cookies to give you the best experience on our website. If you continue to use this site we will "
    "assume that you are happy with it. You can change your settings at any time. Read our privacy policy for more.",
    "disclaimer": "This message and any attachments are confidential and meant solely for the addressee. If you have "
    "received this message in error, please notify the sender immediately and delete it from your system. You must not "
    "copy it, disclose its contents to anyone else or take any action on the basis of it. Thank you for your help.",
    "proverb": "For want of a nail the shoe was lost, for want of a shoe the horse was lost, for want of a horse the "
    "rider was lost, for want of a rider the battle was lost.",
    "error": "Internal Server Error. The server encountered an internal error or misconfiguration and was unable to "
    "complete your request. Please contact the server administrator and inform them of the time the error occurred.",
}


def is_commonplace(
    length: int, holders: list[MatchedWork], segments: Mapping[str, Segment], *, longest: int, voices: int
) -> bool:
    """Return whether a passage is commonplace, asked as a check asks."""
    common = CommonplaceRule(segments, longest, voices)
    members = [holder.member for holder in holders]
    families = min(len({member.family for member in members}), len({member.creator for member in members}))
    return common.may_include(length, families) and common.includes(length, holders)


def count_voices(holders: list[MatchedWork], segments: Mapping[str, Segment]) -> int:
    """Return how many unrelated voices have a passage."""
    return min(len({holder.member.creator for holder in holders}), len(group_voices(holders, segments)))


def page(number: int, passage: str, length: int = 160) -> str:
    """Return a page of common words in an order drawn by the number, with the passage in the middle."""
    drawn = random.Random(number).choices((WHALE + TIMES + SWANN).split(), k=length)
    return " ".join([*drawn[: length // 2], passage, *drawn[length // 2 :]])


def made_by(number: int, text: str, **fields: object) -> Document:
    """Return a document of a creator of its own."""
    values: dict[str, object] = {"authors": (f"Person {number}",), "id": f"work {number}", **fields}
    return Document(text=text, **values)  # type: ignore[arg-type]


def find_holders(database: Database, passage: str) -> list[MatchedWork]:
    """Return the works that have a passage, where they have it, found by comparing all their tokens."""
    catalogue, segments = database.catalogue, database.snapshot().segments
    members = catalogue.members([work.key for work in catalogue.search(limit=1_000)], lambda *_: 1)
    wanted = TOKENIZER.encode(passage).tolist()
    found = []
    for key, member in members.items():
        place = catalogue.location_of(key)
        assert place is not None
        begin, end = segments[place.segment].starts[place.ordinal : place.ordinal + 2]
        tokens = segments[place.segment].tokens[begin:end].tolist()
        at = next(at for at in range(len(tokens)) if tokens[at : at + len(wanted)] == wanted)
        span = WorkSpan(place.segment, place.ordinal, at, at + len(wanted))
        found.append(MatchedWork(member, span.start, span.end, span))
    return found


def judge(folder: Path, documents: Iterable[Document], passage: str, *, voices: int = 8) -> bool:
    """Return whether a passage is commonplace in a database of these works."""
    with filled(folder / "db", *documents) as database:
        length = len(TOKENIZER.encode(passage))
        segments = database.snapshot().segments
        return is_commonplace(length, find_holders(database, passage), segments, longest=96, voices=voices)


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_wording_on_unlike_pages_is_commonplace(tmp_path: Path, kind: str) -> None:
    """What stands on eight unrelated pages is; on seven of them, or in a longer passage, it is not."""
    passage = ORDINARY[kind]
    pages = [made_by(n, page(n, passage)) for n in range(8)]
    assert judge(tmp_path / "8", pages, passage)
    assert not judge(tmp_path / "7", pages[:7], passage)
    assert judge(tmp_path / "of 7", pages[:7], passage, voices=7)
    longer = f"{passage} {passage} {passage}"
    assert len(TOKENIZER.encode(longer)) > 96
    assert not judge(tmp_path / "long", [made_by(n, page(n, longer, 400)) for n in range(8)], longer)


@pytest.mark.parametrize("forks", [8, 12, 32])
def test_a_function_that_was_forked_is_not_commonplace(tmp_path: Path, forks: int) -> None:
    """Forks of a file differ in header, licence and one other function, and are still one voice."""
    body = [page(n, "", 80) for n in range(6)]

    def fork(number: int) -> str:
        others = [*body[:2], FUNCTION, *body[2:]]
        others[5] = page(100 + number, "", 80)
        licence = "MIT" if number % 2 else "Expat"
        return "\n".join([f"/* Copyright {1990 + number} Person {number}, {licence} */", *others])

    licences = ("MIT", "Expat", "GPL-2.0-or-later")
    files = [made_by(n, fork(n), licence=licences[n % 3], year=1990 + n) for n in range(forks)]
    assert not judge(tmp_path, files, FUNCTION)


def test_a_function_taken_into_other_files_with_its_neighbours_is_not_commonplace(tmp_path: Path) -> None:
    """Files that share no more than a function and what stands before it are one voice, however unlike the rest."""
    before = "/* Sums octets as the checksum of the archive format does it. */"
    taken = [made_by(n, page(n, f"{before} {FUNCTION}")) for n in range(8)]
    assert not judge(tmp_path / "taken", taken, FUNCTION.strip())
    alone = [made_by(n, page(n, FUNCTION)) for n in range(8)]
    assert judge(tmp_path / "alone", alone, FUNCTION.strip())


def test_a_poem_that_blogs_quote_is_not_commonplace(tmp_path: Path) -> None:
    """The work that consists of it may be the author's, be it the earliest by year or by when it came."""
    blogs = [made_by(n, page(n, POEM), year=2000 + n) for n in range(1, 9)]
    assert judge(tmp_path / "blogs", blogs, POEM)
    assert not judge(tmp_path / "dated", [*blogs[:7], made_by(0, f"By me:\n{POEM}", year=1990)], POEM)
    assert not judge(tmp_path / "undated", [*blogs[:7], made_by(0, POEM)], POEM)


def test_an_early_year_does_not_hide_the_author(tmp_path: Path) -> None:
    """A copy that came later and says that it is older does not stand for the voice of the poem's own page."""
    poem = made_by(0, f"Notes\n{POEM}", year=2001, licence="MIT", copyright="Ann Example")
    blogs = [made_by(n, page(n, POEM, 400), year=2010) for n in range(1, 8)]
    older = made_by(9, page(9, POEM, 400), year=1700, licence="MIT", copyright="Ann Example")
    with filled(tmp_path / "db", poem, *blogs) as database:
        database.ingest(older)
        holders = find_holders(database, POEM)
        batches = {holder.member.key: n for n, holder in enumerate(sorted(holders, key=lambda each: each.member.year))}
        assert len({holder.member.family for holder in holders}) == 8
        assert batches
        numbered = [with_batch(holder, holder.member.year == 1700) for holder in holders]
        length = len(TOKENIZER.encode(POEM))
        assert not is_commonplace(length, numbered, database.snapshot().segments, longest=96, voices=8)


def with_batch(holder: MatchedWork, later: bool) -> MatchedWork:
    """Return a holder that came with the first or the second ingest."""
    member = {name: getattr(holder.member, name) for name in Member.__slots__}
    return MatchedWork(Member(**{**member, "added_by": 1 + later}), holder.start, holder.end, holder.place)


def test_mirrors_of_one_page_are_one_voice(tmp_path: Path) -> None:
    """A banner on eight mirrors of one page and on seven other pages has eight voices, and no more."""
    passage = ORDINARY["banner"]
    mirrors = [made_by(n, f"{page(0, passage)} Mirrored by Person {n}.") for n in range(8)]
    others = [made_by(n, page(n, passage)) for n in range(20, 27)]
    assert not judge(tmp_path / "mirrors", mirrors, passage)
    with filled(tmp_path / "all", *mirrors, *others) as database:
        assert count_voices(find_holders(database, passage), database.snapshot().segments) == 8


def test_one_creator_is_one_voice(tmp_path: Path) -> None:
    """Eight unlike pages of one creator are one voice."""
    pages = [made_by(0, page(n, ORDINARY["error"]), id=str(n)) for n in range(8)]
    assert not judge(tmp_path, pages, ORDINARY["error"])


def test_the_edge_of_a_work_proves_nothing(tmp_path: Path) -> None:
    """Pages that begin with the same passage are not alike for that; nor are those that end with it."""
    passage = ORDINARY["proverb"]
    assert judge(tmp_path / "first", [made_by(n, f"{passage} {page(n, '')}") for n in range(8)], passage)
    assert judge(tmp_path / "last", [made_by(n, f"{page(n, '')} {passage}") for n in range(8)], passage)
    assert judge(tmp_path / "title", [made_by(n, f"Home: {passage} {page(n, '')}") for n in range(8)], passage)


def test_where_no_tokens_are_kept_families_are_counted(tmp_path: Path) -> None:
    """Of a database of fingerprints the surroundings cannot be read; families, creators and lengths can."""
    passage = ORDINARY["banner"]
    taken = [made_by(n, page(n, f"The same eight words stand before it here: {passage}")) for n in range(8)]
    with filled(tmp_path / "text", *taken) as text, filled(tmp_path / "db", *taken, keep="fingerprints") as database:
        holders = find_holders(text, passage)
        places = {key: database.catalogue.location_of(key) for key in (each.member.key for each in holders)}
        moved = []
        for holder in holders:
            place = places[holder.member.key]
            assert place is not None
            span = WorkSpan(place.segment, place.ordinal, holder.start, holder.end)
            moved.append(MatchedWork(holder.member, holder.start, holder.end, span))
        assert not is_commonplace(60, holders, text.snapshot().segments, longest=96, voices=8)
        assert is_commonplace(60, moved, database.snapshot().segments, longest=96, voices=8)
        assert not is_commonplace(120, moved, database.snapshot().segments, longest=200, voices=8)


MEMBERS = st.builds(
    Member, key=st.integers(0, 99), demands=st.just(1), year=st.none() | st.integers(1900, 2000),
    creator=st.sampled_from("abcde"), family=st.integers(0, 5), added_by=st.integers(0, 3),
)  # fmt: skip


@given(st.lists(MEMBERS, min_size=1, max_size=12), st.randoms())
def test_voices_are_at_most_families_and_creators(members: list[Member], random_: random.Random) -> None:
    """The number of voices is between one and that of families and creators, whatever the order."""
    holders = [MatchedWork(member, 0, 40, None) for member in members]
    voices = count_voices(holders, {})
    assert voices == min(len({each.family for each in members}), len({each.creator for each in members}))
    random_.shuffle(holders)
    assert count_voices(holders, {}) == voices
    # works of which no more than the passage is known may consist of it
    assert not is_commonplace(40, holders, {}, longest=96, voices=1)


def test_holders_are_found_where_they_are(tmp_path: Path) -> None:
    """The tests' own search for a passage finds its tokens."""
    with filled(tmp_path / "db", made_by(1, page(1, POEM))) as database:
        (holder,) = find_holders(database, POEM)
        assert holder.place is not None
        segment = database.snapshot().segments[holder.place.segment]
        assert np.array_equal(segment.tokens[holder.start : holder.end], TOKENIZER.encode(POEM))
