"""Detectors of licences: they read what a work and the files around it say.

The modules whose names begin with `_` are shared by the plugins; the others are the plugins.
"""
