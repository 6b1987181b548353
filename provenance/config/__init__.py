"""What counts as substantial, what is then done, where is that written down, and where is the database?

`settings` has the values and the presets, `loading` finds and reads what an operator has written. Nothing here judges a
passage.
"""

from provenance.config.loading import POLICY_FILE, load_policy
from provenance.config.settings import DEFAULT_DATABASE, PRESETS, PolicySettings, Rule, default_database

__all__ = [
    "DEFAULT_DATABASE",
    "POLICY_FILE",
    "PRESETS",
    "PolicySettings",
    "Rule",
    "default_database",
    "load_policy",
]
