"""Checks for many callers at once, of a database that may change meanwhile; knows no HTTP."""

from provenance.service.service import Service
from provenance.service.settings import ServeSettings

__all__ = ["ServeSettings", "Service"]
