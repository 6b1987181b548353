"""What counts as substantial, what is then done, where is that written down, and where is the database?

`settings` has the values and the presets, `loading` finds and reads what an operator has written. Nothing here judges a
passage.
"""

from provenance.config.loading import POLICY_FILE, load_policy
from provenance.config.settings import (
    DEFAULT_DATABASE,
    DEFAULT_LANGUAGE,
    PRESETS,
    PolicySettings,
    Rule,
    default_database,
    default_language,
)

__all__ = [
    "DEFAULT_DATABASE",
    "DEFAULT_LANGUAGE",
    "POLICY_FILE",
    "PRESETS",
    "PolicySettings",
    "Rule",
    "default_database",
    "default_language",
    "load_policy",
]
