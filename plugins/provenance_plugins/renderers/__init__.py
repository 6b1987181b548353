"""Renderers: from a report to what a person or a program reads. A module named `_…` only helps others."""
