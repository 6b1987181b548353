"""Notices: what a person is told about a finding, in the language of the report.

`short` and `full` word the notices, `licence_texts` has the texts that must be shown with them, and `bundle` gathers
both for a log of answers. `stretches` and `notes` lay findings over the checked text. `coverage_line`, `silence_line`
and `limit_lines` say what was searched, left silent and not written. Layout, colours and markup languages are the
renderers' business.
"""

from provenance.notices.bundle import Bundle, BundleRenderer, Credit, Section, bundle
from provenance.notices.cards import Folded, card, fold_texts, pieces, silences
from provenance.notices.citations import Address, Citation, citation_title, citations, work_name
from provenance.notices.cleaning import clean, encodable, printable, split_links, web_address
from provenance.notices.labels import (
    claim_label,
    claimant_label,
    claimants_label,
    credit_line,
    heading,
    licence_label,
    licences_label,
    people,
    silencer_label,
    work_label,
)
from provenance.notices.language import language_code, messages
from provenance.notices.markup import Note, Stretch, footnote_marks, notes, stretches
from provenance.notices.notice import Fact, Tone, facts_to_keep, full, of_work, overlap, short, tone, warning
from provenance.notices.summary import coverage_line, date, headline, lead, limit_lines, outcome, silence_line
from provenance.notices.texts import REPORTED, LicenceText, licence_texts, texts_below_report
from provenance.notices.wording import advice, duty_words
from provenance.report_json import Logged, read_logs

__all__ = [
    "REPORTED",
    "Address",
    "Bundle",
    "BundleRenderer",
    "Citation",
    "Credit",
    "Fact",
    "Folded",
    "LicenceText",
    "Logged",
    "Note",
    "Section",
    "Stretch",
    "Tone",
    "advice",
    "bundle",
    "card",
    "citation_title",
    "citations",
    "claim_label",
    "claimant_label",
    "claimants_label",
    "clean",
    "coverage_line",
    "credit_line",
    "date",
    "duty_words",
    "encodable",
    "facts_to_keep",
    "fold_texts",
    "footnote_marks",
    "full",
    "heading",
    "headline",
    "language_code",
    "lead",
    "licence_label",
    "licence_texts",
    "licences_label",
    "limit_lines",
    "messages",
    "notes",
    "of_work",
    "outcome",
    "overlap",
    "people",
    "pieces",
    "printable",
    "read_logs",
    "short",
    "silence_line",
    "silencer_label",
    "silences",
    "split_links",
    "stretches",
    "texts_below_report",
    "tone",
    "warning",
    "web_address",
    "work_label",
    "work_name",
]
