"""What holds for every test of an adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def offline() -> Iterator[None]:
    """LiteLLM fetches a list of prices when it is imported, unless it is told not to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        yield
