"""Whatever is committed, replaced and withdrawn, the catalogue answers like a plain dictionary of works."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from provenance.catalogue import Catalogue, Location, NewWork, Phrase, derive_licence
from provenance.works import work_key
from tests.catalogue.builders import a_batch, a_claim, a_work
from tests.strategies import examples

NAMES = st.sampled_from("abcdef")
AUTHORS = st.lists(st.sampled_from(["Ann", "Bob", "Cyd"]), max_size=3).map(tuple)
ORDINALS = st.integers(0, 3)
TOKENS = st.integers(0, 9)


class AgainstADictionary(RuleBasedStateMachine):
    """Holds the works that should be there, and the places that were ever used."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = Catalogue.open(f"sqlite:///{Path(self.folder.name, 'c.sqlite')}", create=True)
        self.live: dict[int, NewWork] = {}
        self.claims: dict[int, list[str]] = {}
        self.used: set[Location] = set()
        self.segments = 0
        self.revision = 0

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    @initialize(count=st.integers(1, 2))
    def begin(self, count: int) -> None:
        """Add the first segments, still without works."""
        self.commit([], count)

    def commit(self, works: list[NewWork], new_segments: int = 0) -> None:
        names = tuple(f"s{self.segments + n}" for n in range(new_segments))
        self.segments += new_segments
        done = self.catalogue.commit(a_batch(*works, segments=names))
        self.revision += 1
        latest = {work.key: work for work in works}
        replaced = len(latest.keys() & self.live.keys())
        assert (done.revision, done.added) == (self.revision, len(latest) - replaced)
        assert done.replaced + done.unchanged == replaced
        self.used |= {work.stored for work in works if isinstance(work.stored, Location)}
        self.live |= latest
        for key, work in latest.items():
            said, heard = str(work.claims[0].licence), self.claims.setdefault(key, [])
            heard += [said] if heard[-1:] != [said] else []

    @rule(data=st.data(), names=st.lists(NAMES, min_size=1, max_size=5), new_segments=st.integers(0, 1))
    def ingest(self, data: st.DataObject, names: list[str], new_segments: int) -> None:
        """Commit works, old and new, some at places in use, some as phrases."""
        works = [self.draw(data, name, self.segments + new_segments) for name in names]
        self.commit(works, new_segments)

    def draw(self, data: st.DataObject, name: str, segments: int) -> NewWork:
        place = st.builds(Location, st.integers(0, segments - 1).map("s{}".format), ORDINALS)
        phrase = st.builds(Phrase, st.binary(min_size=2, max_size=4), st.none() | st.just("x"))
        licence = data.draw(st.sampled_from(["MIT", "ISC"]))
        return a_work(
            name,
            authors=data.draw(AUTHORS),
            tokens=data.draw(TOKENS),
            claims=(a_claim(licence, days=self.revision),),
            stored=data.draw(place | phrase),
        )

    @rule(name=NAMES)
    def withdraw(self, name: str) -> None:
        """Withdraw a work, be it there or not."""
        key = work_key("books", name)
        was_there = self.live.pop(key, None) is not None
        self.claims.pop(key, None)
        self.revision += was_there
        assert self.catalogue.withdraw(key) is was_there

    @invariant()
    def the_state_agrees(self) -> None:
        state = self.catalogue.state()
        assert (state.revision, state.works) == (self.revision, len(self.live))
        assert state.tokens == sum(work.tokens for work in self.live.values())
        dead = self.used - {work.stored for work in self.live.values()}
        assert {Location(name, nth) for name, ordinals in state.deleted.items() for nth in ordinals} == dead

    @invariant()
    def the_works_agree(self) -> None:
        at: dict[Location, set[int]] = {place: set() for place in self.used}
        for work in self.live.values():
            if isinstance(work.stored, Location):
                at[work.stored].add(work.key)
        found = self.catalogue.works_at(self.used)
        assert {place: {work.key for work in works} for place, works in found.items()} == at
        assert {key: work.authors for key, work in self.catalogue.works(self.live).items()} == {
            key: work.authors for key, work in self.live.items()
        }
        assert [row[0] for row in self.catalogue.phrases()] == sorted(
            key for key, work in self.live.items() if isinstance(work.stored, Phrase)
        )
        authors = {author for work in self.live.values() for author in work.authors}
        assert self.catalogue.statistics()["creators"] == len(authors)

    @invariant()
    def the_claims_agree(self) -> None:
        for key, work in self.catalogue.works(self.live).items():
            claims = self.catalogue.claims(key)
            assert [claim.licence for claim in claims] == self.claims[key]
            assert (work.status, work.licence) == derive_licence(claims)


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(
    max_examples=examples(15), stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
