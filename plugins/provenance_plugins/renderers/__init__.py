"""Renderers: from a report to what a person or a program reads.

The modules whose names begin with `_` are shared by the plugins; the others are the plugins.
"""
