"""A model that recites works is kept from going on with those that are limited, and with no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, set_seed

from provenance import Checker, Database, Document, Ended, UsageError
from provenance.generation import LicensedModel, LimitProcessor, wrap
from provenance.live import Limiter
from provenance.plugins import get_plugin_manager
from provenance.policy import PolicySettings
from provenance.reports import Action, Report
from provenance.sources import Declared, documents
from provenance.works import LicenceStatus
from tests.generation.tiny import SPECIAL, FakeChecker, a_llama, a_t5, a_tokenizer, force

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MODEL = EXAMPLES / "demo" / "model"
PROMPTS: dict[str, str] = {
    each["name"]: each["prompt"] for each in json.loads((EXAMPLES / "demo" / "prompts.json").read_text("utf-8"))
}
LICENSED = ("apollo-11", "console-time", "attrs", "internetarchive", "denoiser")
OTHERS = ("alice", "moonlight", "harbour", "bicycles", "pasted")
BOUND = 32
SLACK = 8
"""What an unfinished word may have, and what a sixteenth of a passage that began in the prompt may be."""
LIMIT = PolicySettings(actions={LicenceStatus.LICENSED: Action.LIMIT})
ALL = PolicySettings(actions={LicenceStatus.LICENSED: Action.LIMIT, LicenceStatus.PUBLIC_DOMAIN: Action.LIMIT})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The example works."""
    plugins = get_plugin_manager()
    with Database.open(tmp_path_factory.mktemp("works") / "db", create=True) as database:
        items = documents([EXAMPLES / "works" / "works.jsonl"], plugins, Declared())
        database.ingest(items, trusted=True, plugins=plugins)
        yield database


@pytest.fixture(scope="module")
def loaded() -> tuple[Any, Any]:
    """The demo's model and its tokenizer."""
    return (
        AutoModelForCausalLM.from_pretrained(MODEL, local_files_only=True),
        AutoTokenizer.from_pretrained(MODEL, local_files_only=True),
    )


@pytest.fixture(scope="module")
def limited(loaded: tuple[Any, Any], database: Database) -> LicensedModel:
    return wrap(*loaded, Checker(database, LIMIT), limit=True, on_error="raise")


@pytest.fixture(scope="module")
def unlimited(loaded: tuple[Any, Any], database: Database) -> LicensedModel:
    return wrap(*loaded, Checker(database, LIMIT), on_error="raise")


def answers(model: LicensedModel, names: tuple[str, ...], tokens: int = 160, **options: Any) -> list[Report]:
    """The reports on what a model writes after some prompts, all in one left-padded batch."""
    inputs = model.tokenizer([PROMPTS[name] for name in names], return_tensors="pt", padding=True)
    return model.generate(**inputs, max_new_tokens=tokens, return_dict_in_generate=True, **options).provenance


def longest(report: Report) -> int:
    """How much of a limited work counts in the longest passage of a text."""
    return max((f.passage.counted_tokens for f in report.findings if f.action is Action.LIMIT), default=0)


@pytest.fixture(scope="module")
def kept(limited: LicensedModel) -> list[Report]:
    """What the model writes within bounds, after all prompts."""
    return answers(limited, LICENSED + OTHERS, 140)


@pytest.fixture(scope="module")
def free(unlimited: LicensedModel) -> list[Report]:
    """What it writes without."""
    return answers(unlimited, LICENSED + OTHERS, 140)


@pytest.mark.slow
def test_only_limited_works_stop_at_their_bound(kept: list[Report], free: list[Report]):
    """In one batch works under a licence stop at 32 tokens; the public domain, the model's own and the user's go on."""
    assert all(longest(report) > BOUND + SLACK for report in free[: len(LICENSED)])
    assert [longest(report) for report in kept[: len(LICENSED)]] == [BOUND] * len(LICENSED)
    assert [report.text for report in kept[len(LICENSED) :]] == [report.text for report in free[len(LICENSED) :]]
    assert [bool(report.limited) for report in kept] == [name in LICENSED for name in LICENSED + OTHERS]


def test_the_text_goes_on_with_other_words(kept: list[Report], free: list[Report]):
    """Up to the bound the text is the same; then it goes on, and no word is cut where the model was kept from one."""
    for ours, theirs in zip(kept[: len(LICENSED)], free, strict=False):
        first = ours.limited[0]
        assert ours.text[: first.at] == theirs.text[: first.at]
        assert ours.text[first.at :] != theirs.text[first.at : len(ours.text)]
        assert len(ours.text) > first.at + 50
        for each in ours.limited:
            assert not (ours.text[each.at - 1].isalpha() and ours.text[each.at : each.at + 1].isalpha())


def test_the_report_says_where(kept: list[Report]):
    """The report names the place, the work and the length of its passage, as its schema says."""
    report = kept[LICENSED.index("apollo-11")]
    (each,) = report.limited
    assert each.work is not None
    assert (each.work.id, each.tokens, each.error) == ("works:wp-apollo-11", BOUND, None)
    assert each.at == report.findings[0].end
    schema = json.loads(resources.files("provenance").joinpath("data/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(json.dumps(report.to_dict())), schema)
    (line,) = (line for line in report.render("text").split("\n") if line.startswith("Kept from going on with “Apollo"))
    assert line.endswith("(CM) with a cabin for the”")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 8))
def test_sampling_keeps_the_bound(limited: LicensedModel, seed: int):
    """Whatever is drawn, several texts for each prompt: no limited passage is longer than the bound and its slack."""
    set_seed(seed)
    names = ("apollo-11", "console-time", "denoiser")
    reports = answers(limited, names, 100, do_sample=True, temperature=0.9, top_k=40, num_return_sequences=2)
    assert len(reports) == 2 * len(names)
    assert max(map(longest, reports)) >= BOUND  # the model does recite
    assert max(map(longest, reports)) <= BOUND + SLACK


@pytest.mark.slow
@pytest.mark.parametrize("bound", [17, 48])
def test_the_bound_can_be_set(loaded: tuple[Any, Any], database: Database, bound: int):
    """With `limit_tokens` passages stop there."""
    model = wrap(*loaded, Checker(database, LIMIT), limit=True, limit_tokens=bound, on_error="raise")
    for report in answers(model, ("apollo-11", "console-time"), 80):
        assert bound <= report.limited[0].tokens <= bound + 1


@pytest.mark.slow
def test_chinese_stops_at_a_character(loaded: tuple[Any, Any], database: Database):
    """A poem without spaces, of which the tokenizer writes characters in single bytes, stops at its bound."""
    model = wrap(*loaded, Checker(database, ALL), limit=True, on_error="raise")
    (report,) = answers(model, ("moonlight",))
    assert BOUND <= longest(report) <= BOUND + BOUND // 16  # a few characters may go on after it
    assert report.limited[0].work.id == "works:tangshi-300"
    assert "\ufffd" not in report.text[:-1]  # the answer may end inside a character


@pytest.mark.slow
def test_without_a_passage_nothing_changes(limited: LicensedModel, loaded: tuple[Any, Any]):
    """Where nothing is limited the model gives the very same scores and tokens as without us."""
    model, tokenizer = loaded
    inputs = tokenizer([PROMPTS["harbour"], PROMPTS["alice"]], return_tensors="pt", padding=True)
    options = {**inputs, "max_new_tokens": 60, "return_dict_in_generate": True, "output_scores": True}
    ours, theirs = limited.generate(**options), model.generate(**options)
    assert torch.equal(ours.sequences, theirs.sequences)
    assert all(torch.equal(one, other) for one, other in zip(ours.scores, theirs.scores, strict=True))
    assert [report.limited for report in ours.provenance] == [(), ()]


@pytest.mark.slow
def test_a_processor_can_be_given_to_generate(loaded: tuple[Any, Any], database: Database):
    """Without the wrapper a processor does the same; it takes for the prompt what the rows begin with."""
    model, tokenizer = loaded
    processor = LimitProcessor(tokenizer, Checker(database, LIMIT))
    inputs = tokenizer([PROMPTS["apollo-11"], PROMPTS["pasted"]], return_tensors="pt", padding=True)
    rows = model.generate(**inputs, max_new_tokens=100, logits_processor=[processor])
    written = [row[inputs["input_ids"].shape[1] :].tolist() for row in rows]
    (each,) = processor.limited(0, written[0])
    assert (each.work.id, each.tokens) == ("works:wp-apollo-11", BOUND)
    assert processor.limited(1, written[1]) == ()


# A tiny model that is told word by word what it wants most, and what else it would take.

WORK = (
    "The lamp in the harbour office burned all night because nobody remembered which of the nine keepers had promised "
    "to put it out, and Ottoline, who kept the tide tables in a biscuit tin, walked down the quay at four with a "
    "borrowed umbrella, two apples and a letter that she had decided not to post until the fog lifted or the herring "
    "came back, whichever of these should please Providence first and the harbourmaster last of all."
)
SECOND = (
    "Eleven beekeepers crossed the frozen canal before breakfast, each carrying a lantern wrapped in flannel, since "
    "their grandmother insisted that swarms must not hear footsteps after Candlemas; and who dared mention her wooden "
    "leg, though it squeaked louder than any sledge between Haarlem and Utrecht?"
)
FILLERS = ("yes", "maybe", "never", "perhaps", "soon")
VOCABULARY = {
    word: number for number, word in enumerate((*SPECIAL, *FILLERS, *dict.fromkeys([*WORK.split(), *SECOND.split()])))
}


class Reciter(LogitsProcessor):
    """Wants the next word of the text, wherever it was when it was kept from one, and else any other word."""

    def __init__(self, text: str = WORK) -> None:
        self.words = [VOCABULARY[word] for word in text.split()]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        step = input_ids.shape[1] - 1
        wanted = torch.zeros_like(scores)
        wanted[:, : len(SPECIAL)] = float("-inf")
        wanted[:, len(SPECIAL) + step % len(FILLERS)] = 5.0
        wanted[:, self.words[step % len(self.words)]] = 9.0
        return wanted


@pytest.fixture(scope="module")
def tiny() -> tuple[Any, Any]:
    return a_llama(words=len(VOCABULARY)), a_tokenizer(VOCABULARY)


def shelf(folder: Path, **options: Any) -> Checker:
    database = Database.open(folder / "db", create=True)
    database.ingest(Document(text=WORK, id="lamp", licence="all-rights-reserved"), **options)
    return Checker(database, PolicySettings(actions={LicenceStatus.ALL_RIGHTS_RESERVED: Action.LIMIT}))


def recited(model: LicensedModel, processors: list[Any] | None = None, tokens: int = 60) -> Report:
    (report,) = model.generate(
        input_ids=torch.tensor([[1]]), max_new_tokens=tokens, do_sample=False, return_dict_in_generate=True,
        logits_processor=processors or [Reciter()],
    ).provenance  # fmt: skip
    return report


@pytest.mark.slow
def test_a_word_changed_now_and_then_does_not_help(tiny: tuple[Any, Any], tmp_path: Path):
    """A model that writes another word where it must, and goes on with the work, gets no further."""
    checker = shelf(tmp_path)
    assert longest(recited(wrap(*tiny, checker))) > BOUND + SLACK
    report = recited(wrap(*tiny, checker, limit=True, on_error="raise"))
    assert [(f.action, f.passage.tokens) for f in report.findings] == [(Action.LIMIT, BOUND)]
    rest = report.text[report.findings[0].end :].split()
    assert sum(word in FILLERS for word in rest) >= len(rest) / 2
    (each,) = report.limited
    assert each.times >= len(rest) / 3


def test_each_passage_is_an_entry_of_its_own(tiny: tuple[Any, Any], tmp_path: Path):
    """Two limited works in one answer, and one of them again, are three entries, each with its own place and times."""
    checker = shelf(tmp_path)
    checker.database.ingest(Document(text=SECOND, id="bees", licence="all-rights-reserved"))
    wanted = f"{WORK} {SECOND} {WORK}"
    free = recited(wrap(*tiny, checker), [Reciter(wanted)], len(wanted.split()))
    assert free.text == wanted
    report = recited(wrap(*tiny, checker, limit=True, on_error="raise"), [Reciter(wanted)], len(wanted.split()))
    found = [(f.passage.origin.id, f.passage.tokens, f.end) for f in report.findings]
    assert [(each.work.id, each.tokens, each.at) for each in report.limited if each.work] == found
    assert [(name, tokens) for name, tokens, _ in found] == [("lamp", BOUND), ("bees", BOUND), ("lamp", BOUND)]
    ends = [each.at for each in report.limited]
    fillers = [
        sum(word in FILLERS for word in report.text[at:after].split())
        for at, after in zip(ends, [*ends[1:], None], strict=True)
    ]
    assert [each.times for each in report.limited] == fillers
    assert all(each.times > 3 for each in report.limited)


HALF = len(WORK.split()) // 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "mouth", "is_limited"),
    [
        ("yes", "", True),
        (WORK, "", False),
        ("yes", "maybe " * 2 * HALF, True),
        ("yes", WORK, False),
        (" ".join(WORK.split()[:HALF]), "", True),
        (" ".join(WORK.split()[:HALF]), " ".join(WORK.split()[HALF:]), False),
    ],
    ids=["neither", "encoder", "another decoder", "decoder", "half in the encoder", "half in each"],
)
def test_what_an_encoder_and_a_decoder_were_given_is_the_users(
    tiny: tuple[Any, Any], tmp_path: Path, given: str, mouth: str, is_limited: bool
):
    """A model whose rows hold no prompt repeats freely what the encoder read, or what was put into its mouth."""
    model, tokenizer = a_t5(words=len(VOCABULARY)), tiny[1]
    licensed = wrap(model, tokenizer, shelf(tmp_path), limit=True, on_error="raise")
    inputs = tokenizer([given], return_tensors="pt")
    head = [VOCABULARY[word] for word in mouth.split()]
    if head:
        inputs["decoder_input_ids"] = torch.tensor([[0, *head]])
    recite = Reciter(f"{mouth} {WORK}")
    (report,) = licensed.generate(
        **inputs, max_new_tokens=len(WORK.split()), do_sample=False, return_dict_in_generate=True,
        logits_processor=[recite],
    ).provenance  # fmt: skip
    assert [each.work.id for each in report.limited] == (["lamp"] if is_limited else [])
    assert (report.text == WORK) is not is_limited
    assert bool(report.findings) is is_limited


@pytest.mark.slow
def test_each_row_has_its_own_prompt(tiny: tuple[Any, Any], tmp_path: Path):
    """Of two rows of one batch only the one is limited whose encoder had not read the work."""
    model, tokenizer = a_t5(words=len(VOCABULARY)), tiny[1]
    licensed = wrap(model, tokenizer, shelf(tmp_path), limit=True, on_error="raise")
    for prompts in (["yes", WORK], [WORK, "yes"]):
        reports = licensed.generate(
            **tokenizer(prompts, padding=True, return_tensors="pt"), max_new_tokens=len(WORK.split()), do_sample=False,
            return_dict_in_generate=True, logits_processor=[Reciter()],
        ).provenance  # fmt: skip
        assert [bool(report.limited) for report in reports] == [prompt != WORK for prompt in prompts]


def test_works_kept_as_fingerprints_are_reported(tiny: tuple[Any, Any], tmp_path: Path):
    """What comes next in them is not known: the model goes on, and the report says so."""
    report = recited(wrap(*tiny, shelf(tmp_path, keep="fingerprints"), limit=True, on_error="raise"))
    assert longest(report) > BOUND
    assert report.limited[0].error == "what comes next in the work is not known, as where only fingerprints are kept"
    assert report.limited[0].work.id == "lamp"


@pytest.mark.slow
def test_a_row_keeps_something_to_write(tiny: tuple[Any, Any], tmp_path: Path):
    """Where nothing but the work can be written it goes on, and the report says why."""
    words = WORK.split()
    script = {(0, length): VOCABULARY[word] for length, word in enumerate(words, 1)}
    report = recited(wrap(*tiny, shelf(tmp_path), limit=True, on_error="raise"), force(script), len(words))
    assert report.text == WORK
    (each,) = report.limited  # one passage, however often it went beyond a bound
    assert (each.work.id, each.error) == ("lamp", "nothing else could have been written")
    assert each.times > 1


def test_a_failure_is_reported_and_the_text_goes_on(
    tiny: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where a text cannot be judged it goes on without limits, and the report says from where on."""
    monkeypatch.setattr(Limiter, "examine", lambda *_: (_ for _ in ()).throw(OSError("the disk is gone")))
    checker = shelf(tmp_path)
    report = recited(wrap(*tiny, checker, limit=True))
    (each,) = report.limited
    assert (each.work, each.error) == (None, "it went on without limits: OSError: the disk is gone")
    assert 0 < each.at < len(report.text)
    assert longest(report) > BOUND + SLACK
    with pytest.raises(OSError, match="the disk is gone"):
        recited(wrap(*tiny, checker, limit=True, on_error="raise"))


def test_a_database_that_fails_at_once_is_reported(
    tiny: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where no text can be followed all are written without limits, from their beginnings on."""
    checker = shelf(tmp_path)
    model = wrap(*tiny, checker, limit=True)
    monkeypatch.setattr(Limiter, "follow", lambda *_: (_ for _ in ()).throw(OSError("the disk is gone")))
    (each,) = recited(model).limited
    assert (each.at, each.work, each.error) == (0, None, "it went on without limits: OSError: the disk is gone")


@pytest.mark.parametrize(
    ("options", "way"),
    [
        ({"num_beams": 2}, "beam search"),
        ({"prompt_lookup_num_tokens": 2}, "assisted decoding"),
        ({"assistant_model": a_llama()}, "assisted decoding"),
        ({"custom_generate": lambda *_, **__: None}, "custom_generate"),
        ({"cache_implementation": "paged"}, "continuous batching"),
        ({"penalty_alpha": 0.6, "top_k": 4}, "contrastive search"),
    ],
)
def test_what_cannot_be_followed_is_refused(limited: LicensedModel, options: dict[str, Any], way: str):
    """Beams change places and drafts are taken back: such calls are refused before anything is written."""
    with pytest.raises(UsageError, match=f"limit=True cannot follow {way}; use greedy"):
        limited.generate(input_ids=torch.tensor([[5]]), max_new_tokens=2, **options)


def test_continuous_batching_is_refused(limited: LicensedModel, unlimited: LicensedModel):
    """It takes no logits processor of ours; without limits it is the model's own."""
    with pytest.raises(UsageError, match="continuous batching"):
        limited.generate_batch([[5]])
    assert callable(unlimited.generate_batch)
    assert LimitProcessor.supports_continuous_batching is False


@pytest.mark.parametrize("options", [{"num_beams": 2}, {"prompt_lookup_num_tokens": 2}])
def test_a_processor_notices_what_it_cannot_follow(loaded: tuple[Any, Any], database: Database, options: Any):
    """Given to `generate` by hand, a processor refuses rows that change places and tokens that come in numbers."""
    model, tokenizer = loaded
    inputs = tokenizer([PROMPTS["attrs"]], return_tensors="pt")
    with pytest.raises(UsageError, match="follows one call of `generate`"):
        model.generate(
            **inputs, max_new_tokens=60, logits_processor=[LimitProcessor(tokenizer, Checker(database))], **options
        )


def test_a_processor_serves_one_call(loaded: tuple[Any, Any], database: Database):
    """A second call with the same processor is refused."""
    model, tokenizer = loaded
    processor = LimitProcessor(tokenizer, Checker(database))
    inputs = tokenizer([PROMPTS["attrs"]], return_tensors="pt")
    model.generate(**inputs, max_new_tokens=4, logits_processor=[processor])
    with pytest.raises(UsageError, match="make a new one for each call"):
        model.generate(**inputs, max_new_tokens=4, logits_processor=[processor])


def test_only_a_checker_knows_bounds(tiny: tuple[Any, Any]):
    """A checker of one's own has no database in which a work could be followed."""
    with pytest.raises(UsageError, match=r"limit=True needs a provenance\.Checker, not a FakeChecker"):
        wrap(*tiny, FakeChecker(), limit=True)


@pytest.mark.slow
def test_a_streamed_text_is_limited_like_another(limited: LicensedModel):
    """`stream_text` stops a passage where `generate_text` does, and its report says so too."""
    prompt = PROMPTS["apollo-11"]
    whole = limited.generate_text(prompt, max_new_tokens=120, do_sample=False)
    events = list(limited.stream_text(prompt, max_new_tokens=120, do_sample=False))
    assert isinstance(events[-1], Ended)
    assert events[-1].report == whole.report
    assert whole.report.limited
