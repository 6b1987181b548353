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
        f"{path}:2:1: there is no setting of collections.x called 'zzzzzz'. There are action, min_tokens, min_bits, "
        "min_short_work_share"
    )


def test_a_number_that_no_float_can_hold_is_refused(tmp_path: Path) -> None:
    """A whole number in a file may have thousands of digits; it is an error of the policy, not of ours."""
    path = tmp_path / "policy.toml"
    path.write_text(f"min_bits = 1{'0' * 400}")
    with pytest.raises(ConfigError) as raised:
        PolicySettings.from_file(path)
    assert str(raised.value) == f"{path}:1:1: min_bits is 1{'0' * 79}; it must be a number, 0 or more"
    path.write_text(f"min_tokens = 1{'0' * 5000}")
    with pytest.raises(ConfigError) as raised:
        PolicySettings.from_file(path)
    assert str(raised.value) == f"{path}: a number in it has too many digits for a setting"
