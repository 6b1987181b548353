"""Where a passage begins and ends, in any script and dress."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.reports import Kind, Passage
from provenance.thresholds import LEAST_RUN
from tests.check.conftest import MakeChecker
from tests.database.samples import HAIKU, KINGDOMS, LANGUAGES, MOTTO, TIMES, TOKENIZER, WHALE, filled, tokens_of, words
from tests.strategies import SEPARATORS, examples, running_text

FUNCTION = "def twice(value):\n    return value + value\n"


def passages(checker: Checker, text: str) -> tuple[Passage, ...]:
    found = checker.check(text, passages=True).passages
    assert found is not None
    return found


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A checker on the samples of all languages, under CC-BY-4.0."""
    documents = (Document(text=text, id=name, licence="CC-BY-4.0") for name, text in LANGUAGES.items())
    with filled(tmp_path_factory.mktemp("shelf") / "db", *documents) as database:
        yield Checker(database)


BEFORE, AFTER = "Quite something else: ", " — and that was that, 以上。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_planted_copy_is_found_exactly(shelf: Checker, language: str) -> None:
    """A whole copy between other words begins and ends where it was planted."""
    work = LANGUAGES[language].strip()
    (finding,) = shelf.check(BEFORE + work + AFTER).findings
    exact = finding.passage.quote.exact
    assert (finding.start, finding.passage.origin.id) == (len(BEFORE), language)
    assert work.startswith(exact)
    assert TOKENIZER.encode(work[len(exact) :]).tolist() == []
    assert (finding.passage.kind, finding.passage.share_of_work) == (Kind.WHOLE_WORK, 1.0)
    assert (finding.sources[0].start, finding.sources[0].end) == (0, len(exact))


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=examples(25), deadline=None)
@given(data=st.data())
def test_any_planted_run_of_the_guaranteed_length_is_found_exactly(shelf: Checker, language: str, data) -> None:
    """A run of at least 16 tokens, cut anywhere, is one passage of that work with both places exact."""
    work = LANGUAGES[language]
    tokens = TOKENIZER.encode_with_offsets(work)
    clean = tokens.is_clean()
    first = data.draw(st.integers(0, len(tokens) - LEAST_RUN).filter(lambda at: clean[at]))
    last = data.draw(st.integers(first + LEAST_RUN, len(tokens)).filter(lambda at: clean[at]))
    start, end = int(tokens.starts[first]), int(tokens.ends[last - 1])
    found = passages(shelf, f"zqa zqb {work[start:end]} zqc zqd")
    (passage,) = (p for p in found if p.origin.id == language)
    (source,) = (s for s in passage.sources if s.work.id == language)
    assert (passage.start, passage.end) == (8, 8 + end - start)
    assert passage.tokens == last - first
    assert tokens_of(work[source.start : source.end]) == tokens_of(work[start:end])


DRESS = {
    "capitals": str.upper,
    "lower case": str.lower,
    "straight quotes": lambda text: text.replace("—", " - ").replace("’", "'"),
    "curly quotes": lambda text: f"“{text.replace(', ', '” “')}”",
    "markdown": lambda text: " ".join(f"**{word}**" if n % 3 else f"_{word}_" for n, word in enumerate(text.split())),
    "quoted lines": lambda text: "> " + text.replace(", ", ",\n> "),
    "one word a line": lambda text: text.replace(" ", "\r\n"),
    "wide spaces": lambda text: text.replace(" ", "\u00a0 \t"),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in text),
    "hyphenated": lambda text: text.replace("precisely", "pre-\ncisely").replace("circulation", "cir-\r\nculation"),
    "soft hyphens": lambda text: text.replace("th", "t\u00adh"),
    "zero width": lambda text: text.replace("e", "e\u200b"),
    "accents": lambda text: text.replace("a", "a\u0301").replace("o", "ö"),
    "bidi controls": lambda text: text.replace(" ", " \u202e"),
    "half surrogates": lambda text: text.replace(" ", " \ud800"),
    "no punctuation": lambda text: text.replace(",", "").replace(".", ""),
}  # fmt: skip


@pytest.mark.parametrize("dress", DRESS)
def test_dress_does_not_break_a_match(shelf: Checker, dress: str) -> None:
    """Case, quotes, dashes, emphasis, hyphenation, white space and invisible characters leave one whole passage."""
    text = DRESS[dress](WHALE)
    (finding,) = shelf.check(f"zqa zqb\n{text}\nzqc zqd").findings
    assert finding.passage.kind is Kind.WHOLE_WORK
    assert finding.passage.tokens == len(tokens_of(WHALE))
    inside = slice(finding.start, finding.end)
    assert tokens_of(f"zqa zqb\n{text}\nzqc zqd"[inside]) == tokens_of(WHALE)
    assert (finding.sources[0].start, finding.sources[0].end) == (0, len(WHALE) - 1)


def test_ligatures_and_decomposed_characters_have_exact_offsets(checker_of: MakeChecker) -> None:
    """Where one character becomes several, or several one, the passage still begins and ends with whole ones."""
    work = "Eﬃcient oﬃces ﬁnd cafe\u0301 naïveté: " + words(0, 20) + " ½ ﬁn"
    (passage,) = passages(checker_of(Document(text=work)), f"a b {work} c d")
    assert (passage.start, passage.end) == (4, 4 + len(work))
    assert (passage.sources[0].start, passage.sources[0].end) == (0, len(work))


@pytest.fixture(scope="module", params=["text", "tokens"])
def keeping(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A keep level, a database to keep works in, and those in it."""
    with Database.open(tmp_path_factory.mktemp("keeping") / "db", create=True) as database:
        yield request.param, database, {}


AROUND = running_text(max_words=12)
COPIES = st.tuples(running_text(min_words=12), AROUND, AROUND, st.sampled_from(SEPARATORS))


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(COPIES, min_size=4, max_size=4))
@example([("ﬁ" * 20, "", "", " "), ("½ " * 20, "1", "2", " "), ("で" * 20, "て", "て", "")])
def test_offsets_are_those_of_the_matched_tokens(keeping, copies: list[tuple[str, str, str, str]]) -> None:
    """The text of every passage has exactly the matched tokens, and so has its source's text where that is kept.

    Several works are taken in at once. All but the ends of each copy, which may run into what stands beside it, is in
    passages, and what is verbatim among them is compared with every work that has it.
    """
    keep, database, works = keeping
    new = {f"w{number}": work.replace("\0", " ") for number, (work, *_) in enumerate(copies)}
    database.ingest([Document(text=work, id=name) for name, work in new.items()], keep=keep)
    works |= {name: work for name, work in new.items() if tokens_of(work)}  # one without a word is passed over
    checker = Checker(database)
    for work, (_, before, after, separator) in zip(new.values(), copies, strict=True):
        text = before + separator + work + separator + after
        found, ids = passages(checker, text), tokens_of(text)
        first, last = len(tokens_of(before)) + 4, len(ids) - len(tokens_of(after)) - 4
        if last - first >= LEAST_RUN:
            inside = {at for passage in found for at in range(passage.token_start, passage.token_end)}
            assert set(range(first, last)) <= inside
        for passage in (each for each in found if each.kind is not Kind.NEAR_VERBATIM):
            equal = ids[passage.token_start : passage.token_end]
            assert tokens_of(text[passage.start : passage.end]) == equal
            for source in passage.sources:
                theirs = works[source.work.id]
                assert tokens_of(theirs)[source.token_start : source.token_end] == equal
                if keep == "tokens":
                    assert (source.start, source.end) == (None, None)
                else:
                    assert _holds(tokens_of(theirs[source.start : source.end]), equal)


def _holds(longer: list[int], ids: list[int]) -> bool:
    """Is it the same, up to the rest of a character at an end?

    A character of the work of which only a part matched, such as half of ½, is in its span as a whole.
    """
    return (
        any(longer[at : at + len(ids)] == ids for at in range(len(longer) - len(ids) + 1))
        and len(longer) < len(ids) + 32
    )


@pytest.mark.parametrize("phrase", [HAIKU, MOTTO, FUNCTION])
def test_a_short_work_is_found_as_a_whole(checker_of: MakeChecker, phrase: str) -> None:
    """A haiku, a motto or a short function is found between other words, in capitals too, with its place in itself."""
    checker = checker_of(Document(text=phrase, id="p", licence="CC-BY-4.0"))
    for text in (phrase, f"so: {phrase}, indeed", phrase.upper()):
        (passage,) = passages(checker, text)
        assert (passage.kind, passage.origin.id, passage.share_of_work) == (Kind.WHOLE_WORK, "p", 1.0)
        assert tokens_of(text[passage.start : passage.end]) == tokens_of(phrase)
        source = passage.sources[0]
        assert tokens_of(phrase[source.start : source.end]) == tokens_of(phrase)


@pytest.mark.parametrize("around", ["{}s", "un{}", "{}mobile", "x{}y"])
def test_a_short_work_counts_as_whole_words_only(checker_of: MakeChecker, around: str) -> None:
    """The phrase "Festina lente, ferrum!" does not stand in "Festina lente, ferrums"."""
    phrase = MOTTO.rstrip("!")
    checker = checker_of(Document(text=phrase, id="p", licence="MIT"))
    assert passages(checker, around.format(phrase)) == ()
    assert len(passages(checker, f"{phrase} {around.format(phrase)}")) == 1


def test_a_part_of_a_short_work_is_nothing(checker_of: MakeChecker) -> None:
    """A phrase counts whole or not at all."""
    assert passages(checker_of(Document(text=HAIKU)), HAIKU.rsplit(" ", 1)[0]) == ()


def test_shorter_than_guaranteed_is_nothing(checker_of: MakeChecker) -> None:
    """Fifteen characters of Chinese may go unseen; sixteen may not."""
    checker = checker_of(Document(text=f"{KINGDOMS} {words(0, 150)}", licence="MIT"))
    plain = "".join(c for c in KINGDOMS if c.isalpha())
    assert passages(checker, f"zqa {plain[3 : 3 + LEAST_RUN]} zqb")[0].tokens == LEAST_RUN
    assert passages(checker, f"zqa {plain[3 : 2 + LEAST_RUN]} zqb") == ()


def test_every_copy_in_a_text_is_a_passage(checker_of: MakeChecker) -> None:
    """A work that is repeated twice is found twice, each time from its own beginning."""
    text = f"{TIMES} zqa {TIMES}"
    found = passages(checker_of(Document(text=TIMES)), text)
    assert [(p.start, p.end) for p in found] == [(0, len(TIMES) - 1), (len(TIMES) + 5, len(text) - 1)]


def test_works_do_not_run_into_each_other(checker_of: MakeChecker) -> None:
    """Two works one after the other are two passages."""
    checker = checker_of(Document(text=TIMES, id="t"), Document(text=WHALE, id="w"))
    assert [p.origin.id for p in passages(checker, f"{TIMES} {WHALE}")] == ["t", "w"]
    assert [p.origin.id for p in passages(checker, f"{WHALE} {TIMES}")] == ["w", "t"]
