"""Immutable, memory-mapped segment files: the index from fingerprints to the tokens of works."""

from provenance.index.columns import Column
from provenance.index.postings import MOST, Postings, cut_fingerprints
from provenance.index.reader import Segment
from provenance.index.sketch import sketch
from provenance.index.writer import Built, Content, SegmentSummary, build_segment, copy_segment

__all__ = [
    "MOST",
    "Built",
    "Column",
    "Content",
    "Postings",
    "Segment",
    "SegmentSummary",
    "build_segment",
    "copy_segment",
    "cut_fingerprints",
    "sketch",
]
