"""The checker: policy, coverage, records, errors, threads, and texts of any size."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings

from provenance import Checker, Database, Document, PolicySettings
from provenance.check import checker as checking
from provenance.errors import DatabaseError, PolicyViolationError, SegmentError, UsageError
from provenance.reports import Action, Coverage, Reason, Report
from provenance.works import LicenceStatus
from tests.check.conftest import MakeChecker
from tests.database.samples import (
    HAIKU,
    LANGUAGES,
    MOTTO,
    SWANN,
    TIMES,
    WHALE,
    filled,
    tokens_of,
    words,
)
from tests.strategies import anything, examples


def judged(report: Report) -> tuple[list[str], list[str]]:
    return [f.action.value for f in report.findings], [e.reason.value for e in report.exempt]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC-BY-4.0", (["annotate"], [])), ("MIT", (["annotate"], [])), ("AGPL-3.0-only", (["warn"], [])),
        ("CC-BY-NC-4.0", (["warn"], [])), ("all-rights-reserved", (["warn"], [])), (None, (["annotate"], [])),
        ("Whatever", (["annotate"], [])), ("public-domain", ([], ["public-domain"])),
        ("CC0-1.0", ([], ["public-domain"])),
    ],
)  # fmt: skip
def test_the_default_policy(checker_of: MakeChecker, licence: str | None, expected: object) -> None:
    """What is done goes by the licence; the public domain is listed and not noticed."""
    assert judged(checker_of(Document(text=TIMES, licence=licence)).check(TIMES)) == expected


def test_each_verdict_keeps_its_reason(checker_of: MakeChecker) -> None:
    """A finding says what the policy found enough, a silent passage what it found too little."""
    checker = checker_of(Document(text=TIMES, licence="MIT"))
    (finding,) = checker.check(TIMES).findings
    (exempt,) = checker.check(" ".join(TIMES.split()[:20])).exempt
    assert str(finding.why).startswith(f"{finding.passage.counted_tokens} tokens >= ")
    assert str(finding.why).endswith("; MIT is permissive: annotate (actions.licensed, default)")
    assert exempt.why == "20 tokens < 32 (min_tokens, default)"


def test_too_short_and_commonplace(checker_of: MakeChecker) -> None:
    """A passage of fewer than 32 tokens, or of words that say little, is listed with the reason."""
    common = "and the " * 40
    checker = checker_of(Document(text=f"{TIMES} {words(0, 300)}", id="t"), Document(text=common, id="c"))
    assert judged(checker.check(" ".join(TIMES.split()[:20]))) == ([], ["too-short"])
    demanding = Checker(checker.database, PolicySettings(min_bits=250.0))
    assert judged(demanding.check(" ".join(common.split()[:40]))) == ([], ["commonplace"])
    strict = Checker(checker.database, PolicySettings(min_tokens=16, min_bits=0.0))
    assert judged(strict.check(" ".join(TIMES.split()[:20]))) == (["annotate"], [])


def test_own_works_are_silent(checker_of: MakeChecker) -> None:
    """What stands in the operator's own collections is listed as own work."""
    checker = checker_of(Document(text=TIMES, collection="ours", licence="all-rights-reserved"))
    own = Checker(checker.database, PolicySettings(own_collections=("ours",)))
    assert (judged(checker.check(TIMES)), judged(own.check(TIMES))) == ((["warn"], []), ([], ["own-work"]))


def test_an_action_may_forbid(checker_of: MakeChecker) -> None:
    """With the action `raise` the error carries the whole report."""
    checker = checker_of(Document(text=TIMES, title="T", licence="all-rights-reserved"), Document(text=WHALE))
    strict = Checker(
        checker.database, PolicySettings(actions={LicenceStatus.ALL_RIGHTS_RESERVED: Action.RAISE}), log=True
    )
    assert judged(strict.check(WHALE)) == (["annotate"], [])
    with pytest.raises(PolicyViolationError, match="the policy forbids this text: Matches text in “T”") as caught:
        strict.check(f"{TIMES} {WHALE}")
    assert judged(caught.value.report) == (["raise", "annotate"], [])


def test_coverage(checker_of: MakeChecker) -> None:
    """A report says how many works and tokens were searched, of which revision; an empty database says so."""
    assert checker_of().check(TIMES).coverage == Coverage(
        works=0, tokens=0, revision=0, indexed_at=None, canaries="none"
    )
    checker = checker_of(Document(text=TIMES, id="t"), Document(text=HAIKU, id="h"))
    coverage = checker.check("mine").coverage
    assert coverage == Coverage(
        works=2, tokens=len(tokens_of(TIMES)) + len(tokens_of(HAIKU)), revision=1, indexed_at=coverage.indexed_at,
        canaries="ok",
    )  # fmt: skip
    assert coverage.indexed_at is not None
    checker.database.withdraw(checker.database.find_work("t"))
    coverage = checker.check(TIMES).coverage
    assert (coverage.works, coverage.tokens, coverage.revision) == (1, len(tokens_of(HAIKU)), 2)


def test_matched_characters_count_each_character_once(checker_of: MakeChecker) -> None:
    """Overlapping findings do not count twice, silent passages not at all."""
    words_ = TIMES.split()
    half, rest = " ".join(words_[:36]), " ".join(words_[18:])
    checker = checker_of(
        Document(text=f"{words(0, 30)} {half} {words(30, 30)}", id="a", licence="MIT"),
        Document(text=f"{words(60, 30)} {rest} {words(90, 30)}", id="b", licence="MIT"),
        Document(text=WHALE, id="w", licence="public-domain"),
    )
    report = checker.check(f"{TIMES} 漢 {WHALE}")
    assert len(report.findings) == 2
    assert report.findings[0].end > report.findings[1].start
    assert report.matched_characters == len(TIMES) - 1


def test_a_check_can_be_recorded(checker_of: MakeChecker) -> None:
    """With log=True the text's hash goes into the database, the text does not."""
    database = checker_of(Document(text=TIMES, licence="MIT")).database
    text = f"secret zqx {TIMES}"
    report = Checker(database, log=True).check(text)
    Checker(database).check("not recorded")
    with database.catalogue._begin_reading() as connection:
        rows = connection.exec_driver_sql("SELECT text_hash, characters, findings, generation FROM check_log").all()
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    assert [tuple(row) for row in rows] == [(digest, len(text), len(report.findings), 1)]


def test_an_unchecked_report_says_why(checker_of: MakeChecker) -> None:
    """A report for a text that was not checked claims nothing."""
    report = checker_of(Document(text=TIMES)).unchecked(TIMES, "the database is away")
    assert (report.checked, report.error, report.findings, report.matched_characters) == (
        False, "the database is away", (), 0,
    )  # fmt: skip
    assert report.to_dict()["error"] == "the database is away"
    assert report.coverage.canaries == "unchecked"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (None, None),
        (b"bytes", None),
        ("text", 5),
        (["list"], None),
        *(("text", empty) for empty in (0, [], {}, b"", False)),
    ],
)
def test_only_strings_are_checked(checker_of: MakeChecker, text: object, prompt: object) -> None:
    """Anything else is a usage error that names the argument."""
    with pytest.raises(UsageError, match=r"^(text|prompt) must be a string, not \w+$"):
        checker_of().check(text, prompt=prompt)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", " ", "\n\u3000", "…!?", "\u202e\u2066", "\ud800\udfff", "\0"])
def test_a_text_without_words(checker_of: MakeChecker, text: str) -> None:
    """Nothing to match is an ordinary report without findings."""
    report = checker_of(Document(text=TIMES), Document(text=MOTTO)).check(text, passages=True)
    assert (report.findings, report.exempt, report.passages, report.tokens, report.text) == ((), (), (), 0, text)


@settings(max_examples=examples(60), deadline=None)
@given(anything, anything)
def test_any_string_can_be_checked(tmp_path_factory, text: str, prompt: str) -> None:
    """Whatever a model writes is checked and rendered, and what is planted in it is found."""
    checker = _shared(tmp_path_factory)
    report = checker.check(f"{text}\n{TIMES}\n{text}", prompt=prompt)
    assert [f.passage.origin.id for f in report.findings] == ["t"]
    for format_ in report.renderers:
        report.render(format_).encode("utf-8")


_CHECKERS: list[Checker] = []


def _shared(factory: pytest.TempPathFactory) -> Checker:
    if not _CHECKERS:
        _CHECKERS.append(Checker(filled(factory.mktemp("any") / "db", Document(text=TIMES, id="t", licence="MIT"))))
    return _CHECKERS[0]


@pytest.mark.slow
def test_threads_share_a_checker(checker_of: MakeChecker) -> None:
    """Eight threads that check while works are added get each what one thread gets."""
    named = [Document(text=text, id=name, licence="MIT") for name, text in LANGUAGES.items()]
    checker = checker_of(*named, Document(text=HAIKU, licence="MIT"))
    texts = [" ".join([before, *LANGUAGES.values(), HAIKU]) for before in ("one", "two", "three")]

    def found(text: str) -> list[object]:
        return [(each.start, each.end, each.action, each.sources) for each in checker.check(text).findings]

    expected = [found(text) for text in texts]
    wrong: list[object] = []

    def check() -> None:
        try:
            for _ in range(10):
                wrong.extend(text for text, those in zip(texts, expected, strict=True) if found(text) != those)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(5):
        checker.database.ingest(Document(text=words(number * 50, 50), id=str(number)))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_check_waits_for_another(checker_of: MakeChecker, monkeypatch) -> None:
    """While one thread is in the middle of its search another one checks from beginning to end."""
    checker = checker_of(Document(text=TIMES, licence="MIT"))
    searching, go_on, search = threading.Event(), threading.Event(), checking.find_matches

    def wait(*arguments):  # type: ignore[no-untyped-def]
        if threading.current_thread() is first:
            searching.set()
            assert go_on.wait(60)
        return search(*arguments)

    monkeypatch.setattr(checking, "find_matches", wait)
    first = threading.Thread(target=checker.check, args=(TIMES,))
    first.start()
    assert searching.wait(60)
    assert len(checker.check(TIMES).findings) == 1
    assert first.is_alive()
    go_on.set()
    first.join()


def test_a_work_that_gives_way_while_it_is_looked_up_is_looked_for_again(checker_of: MakeChecker, monkeypatch) -> None:
    """A new edition between search and look-up is no silent miss: the text is found in the new one."""
    checker = checker_of(Document(text=TIMES, id="t", licence="MIT"))
    database, holdings = checker.database, checker.database.catalogue.holdings
    edition = f"{TIMES} {words(0, 20)}"

    def replaced_meanwhile(locations, is_free):  # type: ignore[no-untyped-def]
        monkeypatch.setattr(database.catalogue, "holdings", holdings)
        database.ingest(Document(text=edition, id="t", licence="MIT"))
        return holdings(locations, is_free)

    monkeypatch.setattr(database.catalogue, "holdings", replaced_meanwhile)
    report = checker.check(TIMES)
    assert [finding.passage.origin.id for finding in report.findings] == ["t"]
    assert report.coverage.revision == 2


def test_damage_found_in_the_middle_of_a_check_is_an_error(tmp_path: Path) -> None:
    """A part of a file that is read only when it is needed, and is damaged, is never "no findings"."""
    filled(tmp_path / "db", Document(text=TIMES), Document(text=SWANN)).close()
    (path,) = (tmp_path / "db" / "segments").iterdir()
    data = bytearray(path.read_bytes())
    data[70] ^= 1  # in the compressed text, the last thing to be read
    path.write_bytes(data)
    with Database.open(tmp_path / "db") as database:
        assert Checker(database).check("nothing of the kind").findings == ()
        with pytest.raises(SegmentError, match="the checksum of block 0 of its section text does not match"):
            Checker(database).check(TIMES)


def test_a_catalogue_that_has_lost_a_work_is_damage(tmp_path: Path) -> None:
    """What was found must be somebody's: a catalogue that names nobody is an error, never "no findings"."""
    with filled(tmp_path / "db", Document(text=TIMES, id="t"), Document(text=SWANN, id="s")) as database:
        lost = sqlite3.connect(tmp_path / "db" / "catalogue.sqlite")
        lost.execute("DELETE FROM segment_members WHERE ordinal = 0")
        lost.commit()
        lost.close()
        assert Checker(database).check(SWANN).findings != ()
        with pytest.raises(DatabaseError, match="does not know whose text was found: it is damaged"):
            Checker(database).check(TIMES)


def test_texts_of_one_id_are_both_found(tmp_path: Path) -> None:
    """Where two documents of one ingest have the same id both are kept, and the check finds either."""
    with filled(tmp_path / "db", Document(text=TIMES, id="t"), Document(text=SWANN, id="t")) as database:
        assert [passage.origin.id for passage in Checker(database).check(TIMES, passages=True).passages or ()] == ["t"]
        assert Checker(database).check(SWANN).findings != ()
        assert database.compact().contents_removed == 0


@pytest.mark.long
def test_a_text_of_ten_megabytes(checker_of: MakeChecker) -> None:
    """A long text is checked as a whole: every one of a thousand planted copies is found, at its place."""
    checker = checker_of(Document(text=TIMES, id="t", licence="MIT"), Document(text=WHALE, id="w", licence="MIT"))
    filler = words(0, 1300)
    text = f" {filler} ".join([TIMES, WHALE] * 500)
    assert len(text) > 8_000_000
    report = checker.check(text)
    assert len(report.findings) == 1000
    assert all(text[f.start : f.end] in (TIMES[:-1], WHALE[:-1]) for f in report.findings)


@pytest.mark.long
@pytest.mark.parametrize("unit", ["a", "漢", "ab ", "\u0301"])
def test_a_monotonous_text(checker_of: MakeChecker, unit: str) -> None:
    """One word, character, pair or accent a million times over is checked like anything else, and repeats nothing."""
    checker = checker_of(Document(text=TIMES, licence="MIT"))
    assert len(checker.check(f"{unit * 1_000_000} {TIMES}").findings) == 1


@pytest.mark.parametrize("unit", ["漢", "ab ", "one two three "])
@pytest.mark.parametrize("times", [5, 60])
def test_a_text_that_repeats_itself_is_no_flood(checker_of: MakeChecker, unit: str, times: int) -> None:
    """A text that runs round in circles, against a work that does so too, has few passages, and no gap between them."""
    checker = checker_of(Document(text=unit * times, licence="MIT"))
    passages = checker.check(unit * 1000, passages=True).passages
    assert passages is not None
    assert len(passages) <= 2 * 1000 / times
    reached = 0
    for passage in passages:
        assert passage.token_start <= reached
        reached = passage.token_end
    assert reached == len(tokens_of(unit * 1000))


def test_repetition_is_commonplace(tmp_path: Path) -> None:
    """A work and an answer that both say the same two words over and over share nothing worth a notice."""
    with filled(tmp_path / "db", Document(text="and the " * 200, licence="MIT")) as database:
        report = Checker(database).check("so: " + "and the " * 60)
    assert report.findings == ()
    assert {exemption.reason for exemption in report.exempt} == {Reason.COMMONPLACE}
