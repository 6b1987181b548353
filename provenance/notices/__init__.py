"""What is a person told about a finding, and in which language?

`short` and `full` word the notices, `licence_texts` has the texts that must stand with them, `bundle` gathers both for
a log of answers; `stretches` and `notes` lay findings over the checked text; `coverage_line` and `silence_line` say
what was searched and left silent. Layout, colours and markup languages are the renderers' business.
"""

from provenance.notices.bundles import Bundle, BundleRenderer, Credit, Section, bundle
from provenance.notices.citations import Address, Citation, citations, work_name
from provenance.notices.cleaning import clean, encodable, linked, printable, web_address
from provenance.notices.labels import claim_label, credit_line, heading, licence_label, people, work_label
from provenance.notices.language import Messages, language_code, languages, messages
from provenance.notices.logs import Logged, read_logs
from provenance.notices.markup import Note, Stretch, footnote_marks, notes, stretches
from provenance.notices.notice import Fact, Notice, Tone, full, overlap, short, tone, warning
from provenance.notices.summary import coverage_line, date, outcome, silence_line
from provenance.notices.texts import REPORTED, LicenceText, licence_text, licence_texts, reported_texts
from provenance.notices.wording import advice, duty_words

__all__ = [
    "REPORTED",
    "Address",
    "Bundle",
    "BundleRenderer",
    "Citation",
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
    "citations",
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
    "work_name",
]
