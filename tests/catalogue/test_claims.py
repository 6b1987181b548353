import pytest

from provenance.catalogue import current
from provenance.catalogue.claims import repeats
from provenance.models import Basis, Claim, LicenceStatus
from tests.catalogue.builders import NOON, a_claim

LICENSED, UNKNOWN = LicenceStatus.LICENSED, LicenceStatus.UNKNOWN


def test_nothing_claimed() -> None:
    """Where nobody said anything, the licence is unknown."""
    assert current([]) == (UNKNOWN, None)


@pytest.mark.parametrize(
    ("weightier", "lighter"),
    [(Basis.CURATED, Basis.DECLARED), (Basis.DECLARED, Basis.DETECTED), (Basis.DETECTED, Basis.INHERITED)],
)
def test_the_weightiest_basis_decides(weightier: Basis, lighter: Basis) -> None:
    """A claim outweighs later ones that rest on less."""
    claims = [a_claim("MIT", basis=weightier), a_claim("ISC", basis=lighter, days=1)]
    assert current(claims) == current(reversed(claims)) == (LICENSED, "MIT")


def test_the_latest_of_one_person_counts() -> None:
    """Who says something else later has changed their mind, whatever order the claims come in."""
    claims = [a_claim("MIT", who="ann"), a_claim("ISC", who="ann", days=1)]
    assert current(claims) == current(reversed(claims)) == (LICENSED, "ISC")


def test_of_two_claims_at_one_moment_the_second_counts() -> None:
    """Claims made at the same moment count in the order given."""
    assert current([a_claim("MIT"), a_claim("ISC")]) == (LICENSED, "ISC")


def test_two_people_disagree() -> None:
    """Two people who disagree on one basis give `conflicting`, with what each of them says."""
    public = a_claim(None, status=LicenceStatus.PUBLIC_DOMAIN, who="bob", days=1)
    assert current([public, a_claim("MIT", who="ann")]) == (LicenceStatus.CONFLICTING, "MIT; public-domain")


def test_two_people_agree() -> None:
    """Two people who say the same do not conflict."""
    assert current([a_claim("MIT", who="ann"), a_claim("MIT", who="bob")]) == (LICENSED, "MIT")


def test_a_curator_ends_a_conflict() -> None:
    """A curator's claim stands above a conflict of others."""
    claims = [a_claim("MIT", who="ann"), a_claim("ISC", who="bob"), a_claim("0BSD", basis=Basis.CURATED)]
    assert current(claims) == (LICENSED, "0BSD")


def test_unknown_yields() -> None:
    """Declaring nothing does not hide what was detected, and does not disagree with anybody."""
    assert current([a_claim(None), a_claim("MIT", basis=Basis.DETECTED)]) == (LICENSED, "MIT")
    assert current([a_claim(None, who="ann"), a_claim("MIT", who="bob")]) == (LICENSED, "MIT")


def test_a_curator_may_say_unknown() -> None:
    """A curator who says "unknown" means it."""
    assert current([a_claim(None, basis=Basis.CURATED), a_claim("MIT")]) == (UNKNOWN, None)


def test_an_unreadable_licence_is_kept() -> None:
    """A licence that nobody could read is shown as it was found."""
    assert current([a_claim("free as in beer", status=UNKNOWN)]) == (UNKNOWN, "free as in beer")


def test_a_moment_without_time_zone_is_utc() -> None:
    """Claims with and without a time zone can be put in order."""
    naive = Claim(status=LICENSED, licence="ISC", basis=Basis.DECLARED, when=NOON.replace(tzinfo=None, hour=13))
    assert current([naive, a_claim("MIT")]) == (LICENSED, "ISC")


def test_repeating_oneself() -> None:
    """Only saying the same again, on the same basis, as last time is a repetition."""
    earlier = [a_claim("MIT", who="ann"), a_claim("ISC", who="bob", days=1)]
    assert repeats(a_claim("MIT", who="ann", days=9), earlier)
    assert not repeats(a_claim("ISC", who="ann", days=9), earlier)
    assert not repeats(a_claim("MIT", who="ann", basis=Basis.DETECTED), earlier)
    assert not repeats(a_claim("MIT", who="ann", evidence="LICENSE:1"), earlier)
