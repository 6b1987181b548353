"""The middleware with settings of one's own, for `vllm serve MODEL --middleware middleware.Licences`.

Let PYTHONPATH name the folder of this file.
"""

from typing import Any

import provenance
from provenance.openai import LicenceMiddleware
from provenance.service import ServeSettings, Service


class Licences(LicenceMiddleware):
    """Writes the notices under each answer, and sends nothing out that could not be checked."""

    def __init__(self, app: Any) -> None:
        checker = provenance.Checker(provenance.Database.open("provenance-db"))
        super().__init__(app, service=Service(checker, ServeSettings(footer=True, when_broken="closed")))
