"""Notices in answers of OpenAI's formats: chat completions and responses, whole or streamed, from wherever they come.

Importing this package loads nothing but the standard library and the checker; what needs the extra `serve` is imported
where it is used.
"""

from provenance.openai.middleware import LicenceMiddleware
from provenance.openai.upstream import Upstream, proxy

__all__ = ["LicenceMiddleware", "Upstream", "proxy"]
