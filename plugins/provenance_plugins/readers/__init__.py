"""Readers: from a file to the works in it. A module named `_…` only helps others."""
