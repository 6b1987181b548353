"""Detectors of licences: they read what a work and the files around it say.

A module whose name begins with `_` is no plugin; the others share it.
"""
