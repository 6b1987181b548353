"""Which words are a licence's."""

from __future__ import annotations

import numpy as np
import pytest

from provenance.licences import licence_wording, text, texts, wording
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN
from tests.database.samples import CODE, LANGUAGES, TIMES

TOKENIZER = load_tokenizer()
APACHE = """\
Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with the
License. You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0
Unless required by applicable law or agreed to in writing, software distributed under the License is distributed on an
"AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
"""


def covered(content: str) -> float:
    """Return the share of a text's tokens that are a licence's."""
    return float(licence_wording(TOKENIZER.encode(content)).mean())


@pytest.mark.slow
def test_the_shipped_shingles_are_those_of_the_texts() -> None:
    """Whoever changes texts or tokenizer runs `python -m provenance.licences.wording`."""
    assert np.array_equal(wording.compute_shingles(), wording._load_shingles())


@pytest.mark.slow
def test_each_text_is_covered_by_itself() -> None:
    """Every shipped text long enough is known whole."""
    for licence in texts():
        tokens = TOKENIZER.encode(text(licence) or "")
        assert licence_wording(tokens).all() == (len(tokens) >= LEAST_RUN)


def test_a_notice_in_a_file_is_covered() -> None:
    """What a licence tells people to put into their files is its wording too, in capitals and without line breaks."""
    assert covered(APACHE) == covered(APACHE.upper()) == covered(APACHE.replace("\n", " ")) > 0.95


@pytest.mark.parametrize("content", [*LANGUAGES.values(), TIMES, "", "Permission is hereby granted"])
def test_other_texts_are_not(content: str) -> None:
    """Prose, code, nothing, and a few words of a licence are not a licence's wording."""
    assert not licence_wording(TOKENIZER.encode(content)).any()


def test_only_the_licence_in_a_text_is_covered() -> None:
    """A licence between other words is found where it stands."""
    terms = text("ISC") or ""
    terms = terms[terms.index("Permission to use") :].strip()
    before, inside, after = (len(TOKENIZER.encode(each)) for each in (TIMES, terms, CODE))
    mask = licence_wording(TOKENIZER.encode(f"{TIMES}\n{terms}\n{CODE}"))
    assert mask.tolist() == [False] * before + [True] * inside + [False] * after
