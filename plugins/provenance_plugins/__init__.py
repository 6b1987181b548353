"""The plugins that ship with Licence Provenance: readers, renderers and the default policy.

They come in by the same door as anybody's: entry points in the group `provenance`. The core never imports them.
"""
