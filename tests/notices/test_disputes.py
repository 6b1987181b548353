"""Passages about whose licence works disagree: each side is named, in every notice, and nobody's is left out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.notices import Tone, bundle, citations, full, licence_label, short, silence_line, silencer_label, tone
from provenance.notices.language import languages
from provenance.report_json import log_report, read_logs
from provenance.reports import Action, Exemption, Reason, find_claimants
from provenance.works import LicenceStatus
from provenance_plugins.renderers import html, markdown, terminal
from provenance_plugins.renderers import text as render_text
from tests.notices.builders import (
    APOLLO,
    ATTRS,
    BIBLE,
    COPY,
    KEEPER,
    MIRROR,
    NOVEL,
    SERVER,
    a_dispute,
    a_finding,
    a_passage,
    a_report,
    a_work,
)
from tests.strategies import examples

FREE = a_work("free", title="Moon landings", licence="CC0-1.0")
DISPUTE = a_finding(a_dispute(KEEPER, COPY), Action.WARN)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Matches text in “The Lantern Keeper” by Vera Hall (all rights reserved) and “Copy” by Somebody (MIT): "
         "the sources disagree about the licence. All rights are reserved in one of them: ask first."),
        ("de", "Stimmt überein mit einer Stelle in „The Lantern Keeper“ von Vera Hall (alle Rechte vorbehalten) und "
         "„Copy“ von Somebody (MIT): Die Quellen widersprechen sich über die Lizenz. In einer davon sind alle Rechte "
         "vorbehalten: Fragen Sie zuerst."),
        ("fr", "Correspond à un texte présent dans «~The Lantern Keeper~» par Vera Hall (tous droits réservés) et "
         "«~Copy~» par Somebody (MIT)~: les sources se contredisent sur la licence. L’une d’elles réserve tous les "
         "droits~: demandez d’abord."),
    ],
)  # fmt: skip
def test_the_short_notice_names_both_sides(language, said):
    """One line says which works claim the wording, what each says, that they disagree, and what that rules out."""
    assert short(DISPUTE.passage, language) == said.replace("~", "\N{NBSP}")


def test_the_short_notice_of_a_milder_dispute():
    """Where the strictest is a licence, what it rules out is said as a possibility; where that is nothing, no more."""
    assert short(a_dispute(SERVER, ATTRS)).endswith(
        "(MIT): the sources disagree about the licence. Depending on the licence, credit is not enough: works built on "
        "it must carry the same licence; their source code must be offered."
    )
    assert short(a_dispute(APOLLO, FREE)).endswith("“Moon landings” (CC0-1.0): the sources disagree about the licence.")


def test_of_many_claims_the_short_notice_names_three():
    """The line stays one that can be read; the full notice has all claims, and the texts of all."""
    works = [
        KEEPER,
        *(a_work(str(n), title=f"T{n}", licence=f"LicenseRef-{n}", source=f"https://{n}.x/") for n in range(9)),
    ]
    passage = a_dispute(*works)
    assert "“T0” (LicenseRef-0), “T1” (LicenseRef-1) and 7 more: the sources disagree" in short(passage)
    lines = "\n".join(full(a_finding(passage)).lines)
    assert all(f"“T{n}” (LicenseRef-{n}), https://{n}.x/" in lines for n in range(9))
    assert "Licence: conflicting licences: all rights reserved; LicenseRef-0;" in lines


def test_the_full_notice_has_what_belongs_to_each():
    """Copyright lines and NOTICE texts carry the name of their work; credit lines and advice are there too."""
    notice = full(a_finding(a_dispute(APOLLO, COPY, FREE)))
    facts = {fact.name: fact.value for fact in notice.facts}
    assert notice.heading == "“Apollo 11” by Wikipedia contributors, 2024, “Copy” by Somebody, 1900 and “Moon landings”"
    assert facts["licence"] == "conflicting licences: CC-BY-SA-3.0; MIT; CC0-1.0"
    assert facts["disagreement"].splitlines() == [
        "“Apollo 11” by Wikipedia contributors (CC-BY-SA-3.0), https://en.wikipedia.org/wiki/Apollo_11",
        "“Copy” by Somebody (MIT), https://pastes.example/7",
        "“Moon landings” (CC0-1.0)",
    ]
    assert facts["copyright"] == "“Copy” by Somebody: Copyright (c) 1900 Somebody"
    assert facts["notice"] == "“Copy” by Somebody: Somebody wrote this."
    assert facts["credit"].startswith(
        "“Apollo 11” by Wikipedia contributors, https://en.wikipedia.org/wiki/Apollo_11, "
    )
    assert not {"source", "also"} & set(facts)  # each source stands beside what its work claims
    assert notice.advice[0] == "Check at the sources which of the works is right about the licence."
    assert notice.advice[1] == "Until then keep to the strictest of them."
    agreed = full(a_finding(a_passage(APOLLO, COPY, FREE)))
    assert "disagreement" not in {fact.name for fact in agreed.facts}


@settings(max_examples=examples(30))
@given(
    works=st.permutations([KEEPER, COPY, APOLLO, FREE, SERVER]).flatmap(
        lambda works: st.integers(2, 5).map(lambda most: tuple(works[:most]))
    ),
    language=st.sampled_from(languages()),
)
def test_no_claim_stands_instead_of_another(works, language):
    """Whichever works disagree, the full notice, the JSON and each format for people name each with its claim."""
    finding = a_finding(a_dispute(*works, end=60))
    report = dataclasses.replace(a_report("x" * 60, finding), language=language)
    shown = ["\n".join(full(finding, language=language).lines)]
    shown += [module.render(report) for module in (html, markdown, render_text, terminal)]
    for work in works:
        label = licence_label(work, language)
        for output in shown:
            plain = output.replace("\\", "").replace("\n                   ", " ")
            assert work.title in plain
            assert all(word in plain for word in label.split())
    as_json = finding.to_dict()
    assert (as_json["status"], as_json["licence"]) == ("conflicting", None)
    texts = [source["work"].get("copyright") for source in as_json["sources"]]
    assert texts == [work.copyright for work in works]


@pytest.mark.parametrize(
    ("works", "action", "expected"),
    [
        ((KEEPER, COPY), Action.ANNOTATE, Tone.STOP),
        ((SERVER, ATTRS), Action.ANNOTATE, Tone.CARE),
        ((ATTRS, FREE), Action.ANNOTATE, Tone.CARE),
        ((ATTRS, FREE), Action.LIMIT, Tone.STOP),
    ],
)
def test_the_tone_is_that_of_the_strictest(works, action, expected):
    """A dispute is never less serious than its strictest side, nor than an open question."""
    assert tone(a_finding(a_dispute(*works), action)) == expected
    assert tone(a_finding(a_passage(ATTRS))) == Tone.CREDIT


def test_a_finding_has_the_status_of_the_dispute_and_the_names_of_its_json():
    """Status and licence are the passage's; what the JSON form has can be asked of a finding in Python."""
    assert (DISPUTE.status, DISPUTE.licence) == (LicenceStatus.CONFLICTING, None)
    assert (DISPUTE.passage.origin, DISPUTE.passage.claimants) == (KEEPER, (KEEPER, COPY))
    as_json = DISPUTE.to_dict()
    names = ("kind", "tokens", "similarity", "share_of_work", "works", "families", "origin_by", "status", "licence")
    assert {name: getattr(DISPUTE, name) for name in names} == {name: as_json[name] for name in names}
    assert (DISPUTE.bits, DISPUTE.quote.to_dict()) == (312.25, as_json["quote"])


def test_the_origin_is_always_a_claimant():
    """Whoever names no claimant means the origin, and whoever forgets it gets it first."""
    assert a_passage(APOLLO, COPY).claimants == (APOLLO,)
    assert a_passage(APOLLO, COPY, claimants=(COPY, APOLLO)).claimants == (APOLLO, COPY)
    assert a_passage(APOLLO, COPY, claimants=(APOLLO, COPY)).works_to_credit == (APOLLO,)


def test_a_citation_names_both_sides():
    """A client that shows a title alone shows the disagreement."""
    (cited,) = citations(a_report("x" * 50, DISPUTE))
    assert cited.title == (
        "“The Lantern Keeper” by Vera Hall (all rights reserved) and “Copy” by Somebody (MIT) — conflicting licences"
    )
    assert cited.licence == "conflicting licences: all rights reserved; MIT"


def test_a_log_keeps_the_dispute(tmp_path: Path):
    """Read again from JSON, of schema 2, a finding credits the same works, and only those that are equally trusted."""
    trusted, other = (dataclasses.replace(work, trusted=True) for work in (KEEPER, FREE))
    report = a_report("x" * 50, DISPUTE, a_finding(a_dispute(trusted, other, COPY, claimants=(trusted, other))))
    path = tmp_path / "log.json"
    path.write_text(json.dumps(report.to_dict()), encoding="utf-8")
    (read,) = read_logs(path, "log")
    assert [[work.id for work in works] for works in read.works] == [["keeper", "copy"], ["keeper", "free"]]
    assert [[work.id for work in works] for works in log_report(report).works] == [
        ["keeper", "copy"],
        ["keeper", "free"],
    ]
    assert bundle([read]) == dataclasses.replace(bundle([report]), sections=bundle([read]).sections)


@pytest.mark.parametrize(
    ("origin", "others", "said", "expected"),
    [
        (KEEPER, [COPY], ("conflicting", None), (KEEPER, COPY)),
        (KEEPER, [COPY, MIRROR], ("conflicting", None), (KEEPER, COPY)),  # unknown disputes nothing
        (KEEPER, [dataclasses.replace(COPY, trusted=True)], ("conflicting", None), ()),
        (KEEPER, [NOVEL], ("conflicting", None), ()),  # both say the same
        (KEEPER, [COPY], ("all-rights-reserved", None), ()),
        (COPY, [KEEPER], ("licensed", "MIT"), ()),
    ],
)
def test_who_disagrees_is_found_again(origin, others, said, expected):
    """Works with other claims and equal trust disagree, if the finding says so."""
    assert find_claimants(origin, others, *said) == expected


@pytest.mark.parametrize("module", [html, markdown, render_text])
def test_a_file_of_notices_keeps_both_sides_together(module):
    """A disputed wording is under no licence: its works are one entry, with what each of them claims and asks for."""
    answers = bundle([a_report("x" * 50, DISPUTE, a_finding(a_passage(ATTRS)))])
    assert [section.licence for section in answers.sections] == ["MIT", "Conflicting licences"]
    (credit,) = answers.sections[1].credits
    assert credit.works == (KEEPER, COPY)
    assert answers.sections[1].texts == ("MIT",)
    assert "Copyright (c) 1900 Somebody" in answers.texts[0].text
    output = module.render_bundle(answers).replace("\\", "")
    for words in ("all rights reserved", "“Copy” by Somebody (MIT)", "© 2015 Vera Hall", "https://pastes.example/7"):
        assert words in output


def test_a_silence_says_who_earned_it():
    """The work that earned a silence is named with its claim, its collection and its trust, in words and in JSON."""
    hush = Exemption(
        start=0,
        end=20,
        reason=Reason.PUBLIC_DOMAIN,
        sources=a_passage(KEEPER).sources,
        silenced_by=(BIBLE,),
        why="0 < 32",
    )
    report = a_report("In the beginning was the Word.", exempt=(hush,))
    earned = "“The King James Bible” (public domain; collection gutenberg, trusted)"
    assert silencer_label(BIBLE) == earned
    assert hush.to_dict()["why"] == "0 < 32; earned by bible of the trusted collection gutenberg"
    assert "why" not in dataclasses.replace(hush, silenced_by=(), why="").to_dict()
    assert f"public-domain; earned by {earned}" in html.render(report)
    assert silence_line(report) == "1 passage left silent: 1 public-domain (The King James Bible)"
    assert earned not in render_text.render(report)
    listed = dataclasses.replace(report, passages=())
    assert f"“In the beginning was”: public-domain; earned by {earned}; 0 < 32\n" in render_text.render(listed)
    assert "0 &lt; 32" in html.render(listed)


def test_a_name_of_a_collection_does_not_act_on_a_terminal():
    """The label of who earned a silence is cleaned like every other name."""
    label = silencer_label(a_work("x", title="A\x1b[2J", collection="c\x1b[31m" + "o" * 500, licence="CC0-1.0"))
    assert "\x1b" not in label
    assert len(label) < 200
    assert label.endswith("…, untrusted)")
