"""How does a service, and whoever talks to one, learn that a text repeats a work? Over HTTP.

Importing this package loads nothing but the standard library and the checker; what needs the extra `serve` is imported
where it is used.
"""

from provenance.web.annotating import LicenceMiddleware
from provenance.web.service import Service
from provenance.web.settings import ServeSettings
from provenance.web.upstream import Upstream, proxy

__all__ = ["LicenceMiddleware", "ServeSettings", "Service", "Upstream", "proxy"]
