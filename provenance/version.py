"""Version of the package."""

VERSION = "0.1.0"
"""The one place where it is written; the build reads it here."""
