"""`provenance policy`, and the policy that a check goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance import Checker, PolicySettings
from provenance.reports import Exemption, Reason
from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES, WHALE
from tests.notices.builders import BIBLE, COPY, KEEPER, a_dispute, a_finding, a_passage, a_report

POLICY = '[collections.default]\nmin_tokens = 100\n[families.attribution]\naction = "limit"\n'
PLUGIN = "policy-default"


def test_show_says_who_said_what(run: Run) -> None:
    """Each setting stands with its value and its place."""
    Path("provenance.toml").write_text('min_tokens = 40\nown_collections = ["ours"]\n' + POLICY, encoding="utf-8")
    ran = run("policy", "show", "--preset", "code")
    assert (ran.code, ran.err) == (0, "")
    shown = {line.split()[0]: line.split(maxsplit=2)[1:] for line in ran.out.splitlines()}
    assert shown["min_tokens"] == ["40", "provenance.toml:1:1"]
    assert shown["own_collections"] == ["ours", "provenance.toml:2:1"]
    assert shown["min_bits"] == ["184.0", "preset code"]
    assert shown["collections.default.min_tokens"] == ["100", "provenance.toml:4:1"]
    assert shown["families.attribution.action"] == ["limit", "provenance.toml:6:1"]
    assert shown["preset"] == ["code", "argument"]
    told = json.loads(run("policy", "show", "--preset", "code", "--format", "json").out)
    assert told["source"] == "provenance.toml"
    assert {name: [str(each["value"]), each["from"]] for name, each in told["settings"].items()} == {
        **shown, "own_collections": ["['ours']", "provenance.toml:2:1"], "own_creators": ["[]", "preset code"],
    }  # fmt: skip


def test_show_without_a_policy_shows_the_defaults(run: Run) -> None:
    """Everything comes from the default preset, and a list without names is none."""
    lines = [line.split(maxsplit=2) for line in run("policy", "show").out.splitlines()]
    assert ["own_collections", "none", "default"] in lines
    assert {place for _, _, place in lines} == {"default"}


def test_a_broken_policy_stops_a_check(library: Path, run: Run) -> None:
    """A check never goes by less than what was written: exit code 2, with the place."""
    Path("provenance.toml").write_text("\nmin_tokens = 'many'\n", encoding="utf-8")
    expected = 'provenance: provenance.toml:2:1: min_tokens is "many"; it must be a whole number, 0 or more\n'
    assert run("check", "-", stdin=TIMES.encode()) == Ran(2, "", expected)


def test_a_check_goes_by_the_policy_and_says_so(library: Path, run: Run) -> None:
    """The report names the preset and the file, and has the values; --policy goes before the file that is found."""
    Path("provenance.toml").write_text("min_whole_work_tokens = 1000\n", encoding="utf-8")
    Path("mine.toml").write_text('preset = "strict"\n' + POLICY, encoding="utf-8")
    silent = json.loads(run("check", "-", "--format", "json", stdin=TIMES.encode()).out)
    assert (silent["findings"], silent["exempt"][0]["reason"]) == ([], "too-short")
    assert (silent["policy"]["preset"], silent["policy"]["source"]) == ("default", "provenance.toml")
    told = json.loads(run("check", "-", "--policy", "mine.toml", "--format", "json", stdin=TIMES.encode()).out)
    assert told["findings"][0]["action"] == "annotate"
    assert told["policy"] == PolicySettings.from_file("mine.toml").to_dict()
    assert (told["policy"]["preset"], told["policy"]["source"]) == ("strict", "mine.toml")
    assert told["policy"]["collections"] == {"default": {"min_tokens": 100}}


def test_explain_says_what_decided(library: Path, run: Run) -> None:
    """Each passage stands with its threshold or rule, and with who set it; the exit code is that of a check."""
    Path("provenance.toml").write_text("[families.public-domain]\nmin_tokens = 20\n", encoding="utf-8")
    text = TIMES + "\n\n" + " ".join(WHALE.split()[:25])
    ran = run("policy", "explain", "-", stdin=text.encode())
    assert (ran.code, ran.err) == (1, "")
    first, second, searched = ran.out.split("\n\n")
    assert first.splitlines()[0].startswith("1. “It was the best of times")
    assert first.splitlines()[1] == "   “Two Cities” by Charles Dickens (CC-BY-4.0)"
    assert first.splitlines()[2].startswith("   annotated: 64 tokens >= 4 (min_whole_work_tokens, default), ")
    assert first.endswith("; CC-BY-4.0 is creative-commons: annotate (actions.licensed, default)")
    assert "   silent, public-domain: " in second
    assert " tokens >= 20 (families.public-domain.min_tokens, provenance.toml:2:1), " in second
    assert second.endswith("ignore (actions.public-domain, default); no work that has the wording says otherwise")
    assert searched.startswith("Searched 2 works")


def test_explain_says_what_was_taken_away(library: Path, run: Run) -> None:
    """What the user had supplied is named as the reason why too little is left."""
    Path("prompt.txt").write_text(TIMES, encoding="utf-8")
    ran = run("policy", "explain", "-", "--prompt", "prompt.txt", stdin=TIMES.encode())
    assert ran.code == 0
    assert (
        "   silent, in-prompt: 0 of 64 tokens count, the others are in-prompt; 0 tokens < 4 "
        "(min_whole_work_tokens, default)\n"
    ) in ran.out


def test_explain_as_json(library: Path, run: Run) -> None:
    """Programs get the same, with offsets and the whole policy; a text that is refused is explained too."""
    Path("provenance.toml").write_text('actions.licensed = "raise"\n', encoding="utf-8")
    assert run("check", "-", stdin=TIMES.encode()).code == 1
    ran = run("policy", "explain", "-", "--format", "json", stdin=TIMES.encode())
    told = json.loads(ran.out)
    (passage,) = told["passages"]
    assert ran.code == 1
    assert told["policy"]["actions"]["licensed"] == "raise"
    assert (passage["noticed"], passage["action"], passage["reason"]) == (True, "raise", None)
    assert passage["text"] == TIMES[passage["start"] : passage["end"]]
    assert passage["work"]["title"] == "Two Cities"
    assert passage["why"].endswith("raise (actions.licensed, provenance.toml:1:1)")


def test_explain_says_who_earned_a_silence_and_who_disagrees(
    library: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The works whose claims silence a passage are named with their trust; a dispute is named with what settles it."""
    sources = a_passage(KEEPER).sources
    hush = Exemption(start=50, end=60, reason=Reason.PUBLIC_DOMAIN, sources=sources, silenced_by=(BIBLE,), why="0 < 32")
    report = a_report("x" * 60, a_finding(a_dispute(KEEPER, COPY)), exempt=(hush,))
    monkeypatch.setattr(Checker, "check", lambda *_, **__: report)
    first, second, _ = run("policy", "explain", "-").out.split("\n\n")
    assert first.splitlines()[1:3] == [
        "   “The Lantern Keeper” by Vera Hall (all rights reserved) and “Copy” by Somebody (MIT) disagree:",
        "   `provenance works trust` or `provenance works claim` settles it",
    ]
    assert second.splitlines()[1:] == [
        "   “The Lantern Keeper” by Vera Hall (all rights reserved)",
        "   silent, public-domain: 0 < 32",
        "   earned by “The King James Bible” (public domain; collection gutenberg, trusted)",
    ]
    told = json.loads(run("policy", "explain", "-", "--format", "json").out)["passages"]
    assert [each["earned_by"] for each in told] == [
        [], ["“The King James Bible” (public domain; collection gutenberg, trusted)"],
    ]  # fmt: skip


def test_explain_where_there_is_nothing(library: Path, run: Run) -> None:
    """A text without any passage is said to have none."""
    ran = run("policy", "explain", "-", stdin=b"Nothing to see here.")
    assert ran.code == 0
    assert ran.out.startswith("No passage of this text is in a work of the database.\n\nSearched 2 works")


@pytest.mark.parametrize("command", [["check", "-"], ["policy", "show"], ["policy", "explain", "-"]])
def test_a_policy_that_is_not_there(library: Path, run: Run, command: list[str]) -> None:
    """A named file that is missing is never passed over."""
    expected = "provenance: no.toml: No such file or directory; name a policy file with --policy\n"
    assert run(*command, "--policy", "no.toml", stdin=b"x") == Ran(2, "", expected)
