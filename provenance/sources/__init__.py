"""Sources of works: from paths to documents, with what detectors find out about their licences."""

from provenance.sources.discover import discover
from provenance.sources.read import Declared, documents

__all__ = ["Declared", "discover", "documents"]
