"""The plugins that ship with Licence Provenance: readers, detectors, renderers and the default policy.

They are loaded like plugins of other authors: by entry points in the group `provenance`. The core imports none of them.
"""
