"""Adapters that put notices into the answers of other frameworks.

There is one module for each framework, imported by name; importing it loads that framework.
"""
