"""Policy: what is substantial, what is then done, who said so; and where the database is.

`settings` has the values and the presets, `load` finds and reads what an operator has written. Nothing here judges a
passage.
"""

from provenance.policy.load import POLICY_FILE, load_policy
from provenance.policy.settings import (
    DEFAULT_DATABASE,
    DEFAULT_LANGUAGE,
    PRESETS,
    PolicySettings,
    Rule,
    Rules,
    Threshold,
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
    "Rules",
    "Threshold",
    "default_database",
    "default_language",
    "load_policy",
]
