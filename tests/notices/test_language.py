"""The messages in each language, and how one is chosen."""

from __future__ import annotations

import doctest
import re
import string
import tomllib
from pathlib import Path

import pytest

import provenance
from provenance.errors import ConfigError
from provenance.licences import Duty
from provenance.notices import (
    cleaning,
    coverage_line,
    duty_words,
    full,
    language_code,
    messages,
    short,
    silence_line,
    wording,
)
from provenance.notices import language as speech
from provenance.notices.language import languages
from provenance.policy import PolicySettings
from provenance.reports import Kind, Reason
from provenance.works import LicenceStatus
from tests.notices.builders import APOLLO, NOVEL, a_finding, a_passage, a_report, a_sample

ROOT = Path(__file__).parents[2]
ENGLISH = messages("en")
OTHERS = [language for language in languages() if language != "en"]


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_the_languages_are_those_that_we_promise():
    """English, German and French ship."""
    assert languages() == ("de", "en", "fr")


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_missing_and_none_is_left_over(language):
    """A translation has just the messages that English has, with both forms where a number decides."""
    words = messages(language)
    assert words.sentences.keys() == ENGLISH.sentences.keys()
    assert words.plurals.keys() == ENGLISH.plurals.keys()
    assert all(set(forms) == {"one", "other"} for forms in words.plurals.values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_things(language):
    """No translation forgets a number or a name, or asks for one that is not there."""
    words = messages(language)
    assert {key: places(said) for key, said in words.sentences.items()} == {
        key: places(said) for key, said in ENGLISH.sentences.items()
    }
    for key, forms in words.plurals.items():
        assert {frozenset(places(form)) for form in (*forms.values(), *ENGLISH.plurals[key].values())} == {
            frozenset(places(ENGLISH.plurals[key]["other"]))
        }


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language):
    """A sentence of several words differs from the English one."""
    same = {key for key, said in messages(language).sentences.items() if said == ENGLISH.sentences[key]}
    prose = {key for key in same if len(re.sub(r"{\w+}", "", said := ENGLISH.sentences[key]).split()) > 2 and said}
    assert prose == set()


def test_each_message_is_used_and_each_that_is_used_is_there():
    """The code and the templates ask for the keys of the file, and for no others."""
    files = [*(ROOT / "provenance/notices").glob("*.py"), *(ROOT / "plugins/provenance_plugins/renderers").glob("*.py")]
    files += (ROOT / "plugins").rglob("*.html")
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    asked = set(re.findall(r"""["']([a-z]+\.[a-z-]+)["'][,)\s]""", code)) & set(ENGLISH.sentences | ENGLISH.plurals)
    groups = {
        "status": LicenceStatus, "overlap": Kind, "reason": Reason, "duty": Duty,
        "canaries": ("ok", "none", "unchecked"), "count": re.findall(r'count\("([a-z-]+)"', code),
        "advice": advice_keys(code), "label": label_keys(code),
        "restriction": ("same-licence", "disclose-source", "no-commercial", "no-derivatives"),
    }  # fmt: skip
    asked |= {f"{group}.{name}" for group, names in groups.items() for name in names}
    defined = {key for key in ENGLISH.sentences.keys() | ENGLISH.plurals.keys() if key != "language.name"}
    assert asked - {"status.licensed"} == defined


def advice_keys(code: str) -> set[str]:
    tables = re.search(r"_FAMILY_ADVICE = \{.*?^\}.*?_STATUS_ADVICE = \{.*?^\}", code, re.DOTALL | re.MULTILINE)
    assert tables
    return {*re.findall(r'"([a-z-]+)"', tables[0]), "choice"}


def label_keys(code: str) -> set[str]:
    return set(re.findall(r'_label_fact\("(\w+)"', code))


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [("en", 0, "0 works"), ("en", 1, "1 work"), ("de", 1, "1 Werk"), ("de", 1_500, "1.500 Werke"), ("fr", 0, "0 œuvre"),
     ("fr", 1_234_567, "1\u202f234\u202f567 œuvres")],
)  # fmt: skip
def test_numbers_and_their_nouns_agree(language, number, said):
    """Each language has its own idea of one, and of how thousands are set apart."""
    assert messages(language).count("work", number) == said


@pytest.mark.parametrize(("name", "code"), [("de", "de"), ("DE", "de"), ("fr_CA.UTF-8", "fr"), ("en-GB", "en")])
def test_a_language_may_be_called_as_systems_call_it(name, code):
    """A locale's name is understood."""
    assert language_code(name) == code


@pytest.mark.parametrize("name", ["nl", "", "../en", "en/..", "C", "d" * 100])
def test_a_language_that_is_not_there_is_refused(name):
    """The error names the languages that there are; a name never becomes a path."""
    with pytest.raises(ConfigError, match="known languages: de, en, fr"):
        messages(name)


def test_values_are_never_taken_for_sentences():
    """Braces in a title are shown as they are."""
    assert ENGLISH.say("work.by", title="{authors.__class__}", authors="{0}") == "{authors.__class__} by {0}"


def test_a_word_that_is_not_ours_is_passed_on():
    """A reason or duty of a plugin has no translation."""
    assert duty_words(("attribution", "send-a-postcard"), "de") == ("Urheber und Werk nennen", "send-a-postcard")


def test_a_notice_in_german():
    """The words are German; licence, names and address are as they were."""
    assert short(a_passage(APOLLO), "de") == (
        "Stimmt überein mit einer Stelle in „Apollo 11“ von Wikipedia contributors (CC-BY-SA-3.0), "
        "https://en.wikipedia.org/wiki/Apollo_11"
    )
    notice = full(a_finding(a_passage(NOVEL, share_of_work=0.0002)), language="de")
    assert notice.lines == (
        "Lizenz: alle Rechte vorbehalten", "Quelle: https://publisher.example/long-harbour",
        "Umfang: 40 Zeichen (32 Tokens), wörtlich, weniger als 0,1\xa0% des Werks",
        "Hinweis: Keine Lizenz gefunden; eine Quellenangabe ersetzt keine Erlaubnis.",
    )  # fmt: skip


def test_a_report_in_french():
    """What was searched and left silent is told in the report's language too."""
    report = a_report("x", exempt=a_sample().exempt, language="fr")
    assert coverage_line(report.coverage, "fr") == (
        "Recherche dans 25 œuvres (1\u202f234\u202f567 tokens), révision 3, indexation du 2026-11-20\u202f; passages "
        "témoins\xa0: vérifiés."
    )
    assert silence_line(report) == (
        "2 passages sans mention\xa0: 1 fourni dans la demande, 1 domaine public (Alice's Adventures in Wonderland)"
    )


def test_a_checker_speaks_the_language_of_its_settings(tmp_path, monkeypatch):
    """A setting goes before the environment, which goes before English; a language that is not there stops at once."""
    with provenance.Database.open(tmp_path / "works", create=True) as database:
        assert provenance.Checker(database).check("x").language == "en"
        monkeypatch.setenv("PROVENANCE_LANGUAGE", "fr_FR.UTF-8")
        assert provenance.Checker(database).check("x").language == "fr"
        assert provenance.Checker(database, PolicySettings(language="de")).check("x").language == "de"
        with pytest.raises(ConfigError, match="'xx'"):
            provenance.Checker(database, PolicySettings(language="xx"))


@pytest.mark.parametrize("module", [cleaning, speech, wording], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module):
    """What a docstring shows is what comes out."""
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize("language", languages())
def test_the_files_are_laid_out_alike(language):
    """A translator finds the messages in the order of the English file."""
    folder = ROOT / "provenance/data/messages"
    ours, english = (tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8")) for code in (language, "en"))
    assert [(group, list(rows)) for group, rows in ours.items()] == [(g, list(rows)) for g, rows in english.items()]
