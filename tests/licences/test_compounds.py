"""Several licences in one declaration."""

import pytest

from provenance.licences import Reading, read
from provenance.works import LicenceStatus


@pytest.mark.parametrize(
    ("given_licence", "reading"),
    [
        ("MIT/MIT License", Reading(status=LicenceStatus.LICENSED, licence="MIT", confidence=0.95)),
        ("MIT / Expat", Reading(status=LicenceStatus.LICENSED, licence="MIT", confidence=0.95)),
        ("Public domain / CC-PDM-1.0", Reading(status=LicenceStatus.PUBLIC_DOMAIN, confidence=1.0)),
    ],
)
def test_one_licence_said_twice_is_one_licence(given_licence, reading):
    """Names of one licence, or of one status, beside a stroke leave no question how they go together."""
    assert read(given_licence) == reading
