"""What is a person told about a finding, and in which language?

`short` and `full` word the notices, `licence_texts` has the texts that must stand with them, `bundle` gathers both for
a log of answers; `stretches` and `notes` lay findings over the checked text; `coverage_line`,
`silence_line` and `limited_lines` say what was searched, left silent and not written. Layout, colours and markup
languages are the renderers' business.
"""

from provenance.notices.bundles import Bundle, BundleRenderer, Credit, Section, bundle
from provenance.notices.cleaning import clean, encodable, linked, printable, web_address
from provenance.notices.labels import claim_label, credit_line, heading, licence_label, people, work_label
from provenance.notices.language import Messages, language_code, languages, messages
from provenance.notices.logs import Logged, read_logs
from provenance.notices.markup import Note, Stretch, footnote_marks, notes, stretches
from provenance.notices.notice import Fact, Notice, Tone, full, overlap, short, tone, warning
from provenance.notices.summary import coverage_line, date, limited_lines, outcome, silence_line
from provenance.notices.texts import REPORTED, LicenceText, licence_text, licence_texts, reported_texts
from provenance.notices.wording import advice, duty_words

__all__ = [
    "REPORTED",
    "Bundle",
    "BundleRenderer",
    "Credit",
    "Fact",
    "LicenceText",
    "Logged",
    "Messages",
    "Note",
    "Notice",
    "Section",
    "Stretch",
    "Tone",
    "advice",
    "bundle",
    "claim_label",
    "clean",
    "coverage_line",
    "credit_line",
    "date",
    "duty_words",
    "encodable",
    "footnote_marks",
    "full",
    "heading",
    "language_code",
    "languages",
    "licence_label",
    "licence_text",
    "licence_texts",
    "limited_lines",
    "linked",
    "messages",
    "notes",
    "outcome",
    "overlap",
    "people",
    "printable",
    "read_logs",
    "reported_texts",
    "short",
    "silence_line",
    "stretches",
    "tone",
    "warning",
    "web_address",
    "work_label",
]
