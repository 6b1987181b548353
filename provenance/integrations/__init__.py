"""Adapters: how does a framework's own answer carry notices?

One module per framework, imported by name; importing one loads that framework.
"""
