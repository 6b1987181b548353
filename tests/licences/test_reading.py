"""Reading a declared licence string."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provenance.licences import Reading, read
from provenance.works import LicenceStatus

UNKNOWN, PUBLIC_DOMAIN, RESERVED = (
    LicenceStatus.UNKNOWN,
    LicenceStatus.PUBLIC_DOMAIN,
    LicenceStatus.ALL_RIGHTS_RESERVED,
)
VERSION = "which version"
LATER = "whether only this version or any later one"
AMERICA = "whether it is in the public domain outside the United States"
JOINED = "whether all of the licences hold or one may be chosen"
REST = "what the rest of the text says"
CC = "https://creativecommons.org"


@pytest.mark.parametrize("given_licence", [None, "", "  ", "unknown", "NOASSERTION", "NONE", "n/a", "-", "UNKNOWN"])
def test_silence_is_unknown(given_licence):
    """Where nothing is said nothing is known, and there is nothing to warn about."""
    assert read(given_licence) == Reading(status=UNKNOWN)


@pytest.mark.parametrize(
    ("given_licence", "status", "confidence", "question"),
    [
        ("public-domain", PUBLIC_DOMAIN, 1.0, None),
        ("Public domain", PUBLIC_DOMAIN, 1.0, None),
        ("public_domain", PUBLIC_DOMAIN, 1.0, None),
        ("CC-PDM-1.0", PUBLIC_DOMAIN, 1.0, None),
        ("License :: Public Domain", PUBLIC_DOMAIN, 1.0, None),
        (f"{CC}/publicdomain/mark/1.0/deed.en", PUBLIC_DOMAIN, 1.0, None),
        ("public domain in the US", PUBLIC_DOMAIN, 0.7, AMERICA),
        ("Public domain in the USA.", PUBLIC_DOMAIN, 0.7, AMERICA),
        ("http://rightsstatements.org/vocab/NoC-US/1.0/", PUBLIC_DOMAIN, 0.7, AMERICA),
        ("all-rights-reserved", RESERVED, 1.0, None),
        ("All rights reserved", RESERVED, 1.0, None),
        ("All Rights Reserved.", RESERVED, 1.0, None),
        ("http://rightsstatements.org/vocab/InC/1.0/", RESERVED, 1.0, None),
        ("UNLICENSED", RESERVED, 1.0, None),
        ("Proprietary", RESERVED, 0.8, "what the owner's licence may allow"),
        ("License :: Other/Proprietary License", RESERVED, 0.8, "what the owner's licence may allow"),
        (
            "Copyright (c) 2013, A. Uthor. All rights reserved.", RESERVED, 0.6,
            "whether a licence goes with it, since these words often stand above one",
        ),
    ],
)  # fmt: skip
def test_what_is_no_licence_is_a_status(given_licence, status, confidence, question):
    """The public domain and reserved rights are a status and no licence, as sure as the words are."""
    assert read(given_licence) == Reading(status=status, confidence=confidence, question=question)


@pytest.mark.parametrize(
    ("given_licence", "question"),
    [
        ("other", "which licence"),
        ("License :: OSI Approved", "which licence of that kind"),
        ("Free for non-commercial use", "what exactly is allowed"),
        ("http://rightsstatements.org/vocab/NKC/1.0/", "whether the work is in the public domain"),
        (
            "https://rightsstatements.org/page/NoC-OKLR/1.0/?language=en",
            "what other laws restrict, although there is no copyright",
        ),
    ],
)
def test_words_that_name_no_licence_are_kept(given_licence, question):
    """What says something, but no licence, is unknown; the words are kept for whoever looks it up."""
    assert read(given_licence) == Reading(status=UNKNOWN, licence=given_licence, question=question)


@pytest.mark.parametrize(
    ("given_licence", "expression"),
    [
        ("mit", "MIT"),
        ("cc0-1.0", "CC0-1.0"),
        (" Apache-2.0 or mit ", "Apache-2.0 OR MIT"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("(MIT AND (BSD-3-Clause OR ISC))", "MIT AND (BSD-3-Clause OR ISC)"),
        ("LicenseRef-house-rules", "LicenseRef-house-rules"),
        ("MIT AND LicenseRef-x", "MIT AND LicenseRef-x"),
        ("CC-BY-NC-3.0-IGO", "CC-BY-NC-3.0-IGO"),
        ("cc-by-2.5-br", "LicenseRef-CC-BY-2.5-BR"),
        ("afl-3.0", "AFL-3.0"),
        ("bsl-1.0", "BSL-1.0"),
        ("MIT + file LICENSE", "MIT"),
    ],
)
def test_an_expression_is_normalised(given_licence, expression):
    """An SPDX expression is licensed and certain, in SPDX's own spelling; own references are kept."""
    assert read(given_licence) == Reading(status=LicenceStatus.LICENSED, licence=expression)


@pytest.mark.parametrize(
    ("given_licence", "expression"),
    [
        (f"{CC}/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/deed.de", "CC-BY-SA-3.0"),
        ("//www.creativecommons.org/licenses/by-nc-nd/2.0/legalcode.fr", "CC-BY-NC-ND-2.0"),
        ("creativecommons.org/licenses/by-nd-nc/1.0", "CC-BY-NC-ND-1.0"),
        (f"{CC}/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        (f"{CC}/licenses/by-nc-sa/2.5/br/deed.pt_BR", "LicenseRef-CC-BY-NC-SA-2.5-BR"),
        (f"{CC}/licenses/sa/1.0/", "CC-SA-1.0"),
    ],
)
def test_creative_commons_addresses(given_licence, expression):
    """An address of Creative Commons is certain, whatever its scheme, version, port or language."""
    assert read(given_licence) == Reading(status=LicenceStatus.LICENSED, licence=expression)


@pytest.mark.parametrize(
    ("given_licence", "expression"),
    [
        ("MIT license", "MIT"),
        ("Expat", "MIT"),
        ("MIT/X11", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Licensed under the Apache Licence v2", "Apache-2.0"),
        ("License :: OSI Approved :: ISC License (ISCL)", "ISC"),
        ("License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
        ("New BSD License", "BSD-3-Clause"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("BSD-2", "BSD-2-Clause"),
        ("GNU GPL v2 or later", "GPL-2.0-or-later"),
        ("GPL v3 or (at your option) any later version", "GPL-3.0-or-later"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GNU Lesser General Public License v2.1 only", "LGPL-2.1-only"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
        ("CC-BY-SA-3.0-Unported", "CC-BY-SA-3.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
        ("CC BY 3.0 US", "CC-BY-3.0-US"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("GPL (>= 3)", "GPL-3.0-or-later"),
        ("pddl", "PDDL-1.0"),
        ("odc-by", "ODC-By-1.0"),
        ("bigscience-bloom-rail-1.0", "LicenseRef-BigScience-BLOOM-RAIL-1.0"),
        ("llama2", "LicenseRef-Llama-2"),
        ("gemma", "LicenseRef-Gemma"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("MPL-1.1 or GPL-2+ or LGPL-2.1+", "MPL-1.1 OR GPL-2.0-or-later OR LGPL-2.1-or-later"),
        ("LGPLv3+_or_GPLv2+", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
        ("Apache 2.0 and BSD-3, or Expat", "(Apache-2.0 AND BSD-3-Clause) OR MIT"),
        ("BSD-3-Clause and Public-Domain", "BSD-3-Clause AND LicenseRef-public-domain"),
        ("Apache-2.0 with LLVM exception", "Apache-2.0 WITH LLVM-exception"),
        (
            "GPL-2+ with Libtool exception and GPL-3+ with Texinfo exception",
            "GPL-2.0-or-later WITH Libtool-exception AND GPL-3.0-or-later WITH Texinfo-exception",
        ),
    ],
)
def test_a_name_that_means_one_licence_is_nearly_certain(given_licence, expression):
    """Names, cards, classifiers, Debian's short names and addresses that mean one licence are read as that licence."""
    assert read(given_licence) == Reading(status=LicenceStatus.LICENSED, licence=expression, confidence=0.95)


CARDS = """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
    bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc
    cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0
    cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
    cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1
    eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c
    ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa
    unlicense zlib pddl lgpl-lr deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1
    llama3.2 llama3.3 llama4 grok2-community gemma
"""


@pytest.mark.parametrize("card", CARDS.split())
def test_every_licence_id_of_a_dataset_card_is_read(card):
    """Each id that the Hugging Face hub offers is a licence, and what is no SPDX id becomes one or our own name."""
    reading = read(card)
    assert reading.status is LicenceStatus.LICENSED
    own = str(reading.licence).startswith("LicenseRef-")
    assert own or str(reading.licence).lower().startswith(card.removesuffix("-lr"))


@pytest.mark.parametrize(
    ("given_licence", "expression", "confidence", "question"),
    [
        ("gpl-3.0", "GPL-3.0", 0.7, LATER),
        ("AGPLv3", "AGPL-3.0", 0.7, LATER),
        ("https://www.gnu.org/licenses/old-licenses/gpl-2.0.en.html", "GPL-2.0", 0.7, LATER),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0 WITH Classpath-exception-2.0", 0.7, LATER),
        ("GPL", "LicenseRef-GPL", 0.5, VERSION),
        ("License :: GNU Library or Lesser General Public License (LGPL)", "LicenseRef-LGPL", 0.5, VERSION),
        ("License :: OSI Approved :: Apache Software License", "LicenseRef-Apache", 0.5, VERSION),
        ("BSD", "LicenseRef-BSD", 0.5, "which of the BSD licences"),
        ("LicenseRef-BSD", "LicenseRef-BSD", 0.5, "which of the BSD licences"),
        ("Artistic", "LicenseRef-Artistic", 0.5, VERSION),
        ("cc", "LicenseRef-CC", 0.3, "which of the Creative Commons licences"),
        ("CC BY-NC", "LicenseRef-CC-BY-NC", 0.6, VERSION),
        ("openrail", "LicenseRef-OpenRAIL", 0.5, "which of the OpenRAIL licences"),
        (
            "GPL-1+ or Artistic, and Expat", "(GPL-1.0-or-later OR LicenseRef-Artistic) AND MIT", 0.5,
            "LicenseRef-Artistic: which version",
        ),
        ("MIT/Apache-2.0", "MIT AND Apache-2.0", 0.5, JOINED),
        (
            "Public Domain;BSD License", "LicenseRef-public-domain AND LicenseRef-BSD", 0.5,
            f"LicenseRef-BSD: which of the BSD licences; {JOINED}",
        ),
        (
            "Dual Licensed - GNU AFFERO GPL 3.0 or Acme Commercial License",
            "AGPL-3.0 OR LicenseRef-Acme-Commercial-License", 0.5,
            f"AGPL-3.0: {LATER}; LicenseRef-Acme-Commercial-License: what Acme-Commercial-License is",
        ),
        ("Apache 2.0 (BSD)", "Apache-2.0", 0.8, "what the words in brackets say"),
        ("LGPL (see COPYING)", "LicenseRef-LGPL", 0.5, f"{VERSION}; what the words in brackets say"),
        ("GPL-2+ / MIT", "GPL-2.0-or-later AND MIT", 0.5, JOINED),
        (
            "GPLv2+ with a special exception which allows to link it",
            "GPL-2.0-or-later WITH AdditionRef-unnamed-exception", 0.6, "what exactly the exception says",
        ),
        (
            "GPL-2+ with Autoconf exception", "GPL-2.0-or-later WITH AdditionRef-Autoconf-exception", 0.8,
            "what exactly the exception says",
        ),
        ("The MIT License (MIT)\n\nCopyright (c) 2020 A. Uthor\n\nPermission is", "MIT", 0.8, REST),
        ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n\nCopyright", "GPL-3.0", 0.7, f"{LATER}; {REST}"),
        (
            "BSD license (see license.txt), Copyright (c) 2000", "LicenseRef-BSD", 0.5,
            f"which of the BSD licences; what the words in brackets say; {REST}",
        ),
        (
            f'This work is <a href="{CC}/licenses/by/3.0/">free</a>', "CC-BY-3.0", 0.8,
            "what the words around the address say",
        ),
    ],
)  # fmt: skip
def test_what_a_string_leaves_open_stays_open(given_licence, expression, confidence, question):
    """An ambiguous string is less certain, names what is missing, and is never narrowed down by a guess."""
    assert read(given_licence) == Reading(
        status=LicenceStatus.LICENSED, licence=expression, confidence=confidence, question=question
    )


@pytest.mark.parametrize(
    "given_licence",
    [
        "GPL-9.9", "MIT WITH nothing", "MIT MIT", "((", "LicenseRef-a/b", "é", "not MIT or GPL", "BSD-style", "%",
        "GPL compatible", "MIT (non-commercial use only)", "Apache 2.0 with Commons Clause", "not in the public domain",
        "Public domain\nexcept for the pictures",
        "MIT or whatever you like best", "Foo 2.0", "CC BY 4.0 US", "CC BY-SA-ND 4.0",
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_kept_with_a_warning(given_licence):
    """Any other string is kept as given, its status is unknown, and the warning has the value and the remedy."""
    assert read(given_licence) == Reading(
        status=UNKNOWN, licence=given_licence, confidence=0.0, warning=(
            f"the licence {given_licence!a} is kept with the status unknown, because it is neither an SPDX expression "
            "nor a name that is known; write an SPDX expression such as CC-BY-4.0, or public-domain, "
            "all-rights-reserved or unknown"
        ),
    )  # fmt: skip


def test_a_pointer_to_a_file_is_not_followed():
    """A string that names another file says nothing itself, and the warning says so."""
    reading = read("SEE LICENSE IN ../../etc/passwd")
    assert (reading.status, reading.licence) == (UNKNOWN, "SEE LICENSE IN ../../etc/passwd")
    assert "because it only points to another file" in str(reading.warning)


def test_a_long_string_is_cut():
    """A whole licence text in the field is cut, and the warning stays short."""
    reading = read("x" * 5_000)
    assert reading.licence == "x" * 1_000
    assert reading.warning is not None
    assert "it is 5,000 characters long" in reading.warning
    assert len(reading.warning) < 300


WORDS = (
    "GNU", "GPL", "v2", "or", "later", "and", "MIT", "BSD", "(", ")", "/", ",", "with", "exception", "CC", "BY", "NC",
    "4.0", "Public", "Domain", "http://", "creativecommons.org/licenses/", "by/3.0", "License ::", "\n", "+", "-", "©",
)  # fmt: skip


@given(
    st.text()
    | st.text(alphabet="()MITANDORWITH +-.", max_size=1_200)
    | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=40).map("".join)
)
@example("()")
@example("\ud800")
@example("(" * 990)
@example("MIT OR " * 140 + "MIT")
@example("mit and (" * 110 + "isc")
@example("a/" * 600)
@example("\x00")
def test_no_string_breaks_it(text):
    """Whatever stands in the field, the reading is whole: storable strings, a bounded confidence, reasons for doubt."""
    reading = read(text)
    assert reading.status in LicenceStatus
    texts = (reading.licence, reading.warning, reading.question)
    assert all(value is None or value.encode().decode() == value for value in texts)
    assert 0 <= reading.confidence <= 1
    assert (reading.confidence == 0) == (reading.warning is not None)
    assert reading.status is not LicenceStatus.LICENSED or reading.confidence >= 0.95 or reading.question
    assert reading.licence is None or len(reading.licence) <= 2_000


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
@example("GPL/MIT")
@example("BSD or CC BY")
def test_reading_twice_changes_nothing(text):
    """What was read is an expression, which is read as itself and as no more certain than its ids are."""
    once = read(text)
    if once.status is LicenceStatus.LICENSED:
        again = read(once.licence)
        assert (again.status, again.licence) == (once.status, once.licence)
        assert again.confidence >= once.confidence
