"""Detectors of licences: what a work and the files around it say. A module named `_…` only helps others."""
