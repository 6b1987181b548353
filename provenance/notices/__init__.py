"""What is a person told about a finding?

`short` and `full` word the notices; `stretches` and `notes` lay findings over the checked text; `coverage_line` and
`silence_line` say what was searched and left silent. Layout, colours and markup languages are the renderers' business.
"""

from provenance.notices.cleaning import clean, encodable, printable, web_address
from provenance.notices.markup import Note, Stretch, footnote_marks, notes, stretches
from provenance.notices.notice import (
    Fact,
    Notice,
    Tone,
    claim_label,
    full,
    licence_label,
    overlap,
    short,
    tone,
    work_label,
)
from provenance.notices.summary import coverage_line, date, outcome, silence_line
from provenance.notices.wording import advice, duty_words

__all__ = [
    "Fact",
    "Note",
    "Notice",
    "Stretch",
    "Tone",
    "advice",
    "claim_label",
    "clean",
    "coverage_line",
    "date",
    "duty_words",
    "encodable",
    "footnote_marks",
    "full",
    "licence_label",
    "notes",
    "outcome",
    "overlap",
    "printable",
    "short",
    "silence_line",
    "stretches",
    "tone",
    "web_address",
    "work_label",
]
