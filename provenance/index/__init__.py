"""Where in the ingested works does a fingerprint occur? Immutable, memory-mapped segment files."""

from provenance.index.builder import Built, SegmentSummary, build_segment, copy_segment
from provenance.index.segment import Postings, Segment

__all__ = ["Built", "Postings", "Segment", "SegmentSummary", "build_segment", "copy_segment"]
