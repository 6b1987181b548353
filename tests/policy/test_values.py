"""Single values of a policy."""

from pathlib import Path

import pytest

from provenance import PolicySettings
from provenance.errors import ConfigError


def test_a_name_that_resembles_none_is_refused_with_all_that_there_are(tmp_path: Path) -> None:
    """Where no setting is near, none is suggested."""
    path = tmp_path / "policy.toml"
    path.write_text("[collections.x]\nzzzzzz = 3")
    with pytest.raises(ConfigError) as raised:
        PolicySettings.from_file(path)
    assert str(raised.value) == (
        f"{path}:2:1: there is no setting of collections.x called 'zzzzzz'. There are action, min_tokens, min_bits"
    )
