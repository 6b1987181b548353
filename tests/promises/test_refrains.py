"""Refrains of short protected works are noticed, and quotations of them with credit are not.

The lyrics were written for these tests: nine, in three languages, with refrains of 10 to 30 words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance import PRESETS, Checker, Database, Document, Noticed, Released, StreamChecker
from provenance.check.word_count import count_words
from provenance.reports import Reason, Report
from provenance.text import load_tokenizer

LYRICS = tomllib.loads((Path(__file__).parents[1] / "data" / "lyrics.toml").read_text(encoding="utf-8"))["lyrics"]
ASKED = {"en": "Sure, it goes like this: {}", "de": "Gern, das geht so: {}", "ja": "こんな歌です。{}"}
QUOTED = {
    "en": "It is about people who leave without a plan and find that they carry it with them; {author} sings: {} "
    "The tone is light, and the picture stays with the listener for longer than the melody does, which is odd.",
    "de": "Es handelt von Leuten, die ohne Plan aufbrechen und den Ort mit sich tragen; bei {author} heißt es: {} "
    "Der Ton ist leicht, und das Bild bleibt dem Hörer länger im Ohr als die Melodie, was man nicht oft findet.",
    "ja": "あてもなく町を出て行く人たちが、その町をずっと抱えて歩いていることに気づく。{author}の歌にはこうある。{} "
    "語り口は軽いのに、その絵は旋律よりも長く耳に残る。こういうことはあまり多くない。だから何度も聞いてしまう。",
}


def make_lyric(lyric: dict[str, str], **changes: Any) -> Document:
    made = Document(
        text=lyric["text"], id=lyric["title"], title=lyric["title"], authors=(lyric["author"],),
        licence="all-rights-reserved", language=lyric["language"],
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The nine lyrics, all rights reserved."""
    with Database.open(tmp_path_factory.mktemp("lyrics") / "db", create=True) as made:
        made.ingest(map(make_lyric, LYRICS))
        yield made


def check_lyric(database: Database, lyric: dict[str, str], frames: dict[str, str], preset: str = "eu") -> Report:
    text = frames[lyric["language"]].format(lyric["refrain"].strip(), author=lyric["author"])
    return Checker(database, PRESETS[preset]).check(text)


@pytest.mark.parametrize("lyric", LYRICS, ids=[each["title"] for each in LYRICS])
@pytest.mark.parametrize("preset", ["default", "eu", "strict"])
def test_a_refrain_is_noticed_in_every_language(database: Database, lyric: dict[str, str], preset: str) -> None:
    """Ten to thirty words that are a tenth of a lyric, by whichever preset looks at short works."""
    tokens = load_tokenizer().encode_with_offsets(lyric["refrain"])
    assert 10 <= count_words(lyric["refrain"], tokens.starts[tokens.heads].tolist()) <= 30
    (finding,) = check_lyric(database, lyric, ASKED, preset).findings
    assert (finding.passage.origin.title, finding.passage.tokens) == (lyric["title"], len(tokens))


def test_a_quotation_with_credit_is_silent(database: Database) -> None:
    """Three lines in a text that names their author and says more than it repeats; the name alone is not enough."""
    for lyric in LYRICS:
        quoted = check_lyric(database, lyric, QUOTED)
        assert (quoted.findings, [each.reason for each in quoted.exempt]) == ((), [Reason.CREDITED]), lyric["title"]
        named = check_lyric(database, lyric, {lyric["language"]: "{author}: {}"})
        assert [each.passage.origin.title for each in named.findings] == [lyric["title"]]


def test_a_free_lyric_is_silent_and_so_is_a_part_of_a_file(database: Database, tmp_path: Path) -> None:
    """The rule is for works that are not free, and the preset for code asks for more than a few words."""
    lyric = LYRICS[1]
    assert not check_lyric(database, lyric, ASKED, "code").findings
    with Database.open(tmp_path / "db", create=True) as free:
        free.ingest([make_lyric(lyric, licence="CC0-1.0")])
        assert not check_lyric(free, lyric, ASKED).findings


def test_ordinary_phrases_of_very_short_works_are_silent(tmp_path: Path) -> None:
    """A slogan or a haiku is noticed as a whole; an ordinary phrase of fewer than ten words in it is nobody's."""
    works = (
        "The old pond at dusk and a frog that jumps in with the sound of the water, and then nothing at all.",
        "What do you think we are going to do about that at the end of the day, said the sign on the wall.",
    )
    with Database.open(tmp_path / "db", create=True) as database:
        database.ingest(Document(text=text, id=str(at), licence="all-rights-reserved") for at, text in enumerate(works))
        checker = Checker(database, PRESETS["eu"])
        assert not checker.check("So what are we to say about that at the end of the day? I do not know.").findings
        assert [each.passage.origin.id for each in checker.check(f"It read: {works[1]}").findings] == ["1"]


def test_a_refrain_is_held_back_until_its_notice(database: Database) -> None:
    """A stream that holds text shows no more of a refrain than its beginning before somebody is told."""
    for lyric in LYRICS:
        text = ASKED[lyric["language"]].format(lyric["refrain"].strip(), author=lyric["author"]) + " And so on." * 60
        stream, seen, noticed = StreamChecker(Checker(database, PRESETS["eu"]), hold=True), "", None
        for place in range(0, len(text), 4):
            for event in stream.feed(text[place : place + 4]):
                if isinstance(event, Released):
                    seen += event.text
                elif isinstance(event, Noticed) and noticed is None:
                    noticed = len(seen), event.finding.start, event.finding.end
        assert noticed is not None, lyric["title"]
        assert noticed[0] <= noticed[1], lyric["title"]
