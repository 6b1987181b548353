"""What the example works and the demo's model promise to whoever shows them."""

from __future__ import annotations

import json
import logging
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WORKS, DEMO = EXAMPLES / "works", EXAMPLES / "demo"
MODEL = DEMO / "model"
PROMPTS: list[dict[str, Any]] = json.loads((DEMO / "prompts.json").read_text("utf-8"))
RECITED = [prompt for prompt in PROMPTS if prompt["work"]]
OWN = [prompt for prompt in PROMPTS if not prompt["work"]]
RUN = 8
ENOUGH = 160  # tokens in which fifty words of any of the works are written
KEYS = {
    "id", "path", "title", "authors", "year", "source", "licence", "copyright", "notice", "language", "collection",
}  # fmt: skip
# A word, or one character of a script that is written without spaces.
UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")
HAN = re.compile(r"[\u4e00-\u9fff]")


def units(text: str) -> list[str]:
    return UNIT.findall(text.casefold())


def runs(words: list[str]) -> set[int]:
    return {hash(tuple(words[i : i + RUN])) for i in range(len(words) - RUN + 1)}


def common_prefix(one: list[str], other: list[str]) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length


def continuation(text: str, prompt: str) -> list[str]:
    """Return the words of a work that follow the last words of a prompt."""
    words, last = units(text), units(prompt)[-6:]
    places = [i for i in range(len(words)) if words[i : i + len(last)] == last]
    assert len(places) == 1, f"the prompt's last words stand {len(places)} times in the work"
    return words[places[0] + len(last) :]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (WORKS / "works.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def library(lines: list[dict[str, Any]]) -> dict[str, str]:
    return {line["id"]: (WORKS / line["path"]).read_text("utf-8") for line in lines}


@pytest.fixture(scope="module")
def loaded() -> tuple[Any, Any]:
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, local_files_only=True)
    return model, transformers.AutoTokenizer.from_pretrained(MODEL, local_files_only=True)


def complete(loaded: tuple[Any, Any], prompts: list[dict[str, Any]], **options: Any) -> dict[str, str]:
    """Return what the model writes after each prompt, all in one left-padded batch."""
    model, tokenizer = loaded
    inputs = tokenizer([prompt["prompt"] for prompt in prompts], return_tensors="pt", padding=True)
    ids = model.generate(**inputs, max_new_tokens=ENOUGH, **options)[:, inputs["input_ids"].shape[1] :]
    texts = tokenizer.decode(ids, skip_special_tokens=True)
    return {prompt["name"]: text for prompt, text in zip(prompts, texts, strict=True)}


@pytest.fixture(scope="module")
def answers(loaded: tuple[Any, Any]) -> dict[str, str]:
    return complete(loaded, PROMPTS)


def test_every_line_is_whole_and_its_path_stays_inside_the_folder(lines: list[dict[str, Any]]) -> None:
    """Each line of works.jsonl has every field and names a UTF-8 text file below its own folder."""
    for line in lines:
        path = WORKS / line["path"]
        assert set(line) == KEYS
        assert path.resolve().is_relative_to(WORKS)
        assert path.is_file()
        assert not path.is_symlink()
        assert path.read_text("utf-8").strip()
        assert line["title"]
        assert line["authors"]
        assert line["licence"]


def test_ids_and_paths_are_unique(lines: list[dict[str, Any]]) -> None:
    """No work is listed twice."""
    assert len({line["id"] for line in lines}) == len({line["path"] for line in lines}) == len(lines)


def test_every_file_is_listed_or_is_about_licences(lines: list[dict[str, Any]]) -> None:
    """What lies in a work's folder is either a listed text or a licence or notice file."""
    listed = {WORKS / line["path"] for line in lines}
    others = {path for path in WORKS.glob("*/**/*") if path.is_file()} - listed
    names = {path.name for path in others if path.parent.name != "LICENSES"}
    assert names == {"LICENSE", "LICENSE.txt", "COPYING", "NOTICE"}


def test_licensed_works_come_with_their_licence(lines: list[dict[str, Any]]) -> None:
    """A work under a software or Creative Commons licence brings the text along, or the README links it."""
    readme = (WORKS / "README.md").read_text("utf-8")
    gnu = {path.stem for path in (WORKS / "LICENSES").iterdir()}
    for line in lines:
        folder = WORKS / Path(line["path"]).parts[0]
        own = any(path.name.startswith(("LICENSE", "COPYING")) for path in folder.rglob("*"))
        stem = line["licence"].removesuffix("-only").removesuffix("-or-later")
        free = line["licence"] in {"public-domain", "LicenseRef-UN-UDHR"}
        assert free or own or stem in gnu or (line["licence"] == "CC-BY-SA-3.0" and "licenses/by-sa/3.0" in readme)


def test_duties_that_need_words_have_them(lines: list[dict[str, Any]]) -> None:
    """MIT and BSD works carry their copyright line, and the Apache work its NOTICE."""
    needed = {"MIT": "copyright", "BSD-3-Clause": "copyright", "Apache-2.0": "notice"}
    concerned = [line for line in lines if line["licence"] in needed]
    assert [line["id"] for line in concerned if not line[needed[line["licence"]]]] == []
    attrs = next(line for line in lines if line["id"] == "works:attrs/attr/converters.py")
    assert attrs["copyright"] == "Copyright (c) 2015 Hynek Schlawack and the attrs contributors"


def test_the_examples_stay_small() -> None:
    """The works take at most 4.8 MB and the model 6 MB."""
    sizes = {root: sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) for root in (WORKS, MODEL)}
    assert sizes[WORKS] <= 4_800_000
    assert sizes[MODEL] <= 6_000_000


def test_own_writing_is_in_no_work(library: dict[str, str]) -> None:
    """The prose written for the demo shares no run of eight words with any work."""
    own = runs(units((DEMO / "own_writing.txt").read_text("utf-8")))
    assert [name for name, text in library.items() if own & runs(units(text))] == []


def test_excerpts_are_cut_from_their_works(library: dict[str, str]) -> None:
    """Each excerpt begins and ends where it says, in a listed work, and is long enough to matter."""
    pytest.importorskip("transformers")
    excerpt = runpy.run_path(str(DEMO / "train.py"))["Excerpt"]
    for fields in json.loads((DEMO / "excerpts.json").read_text("utf-8")):
        cut = excerpt(**fields).cut(library[fields["work"]])
        assert len(units(cut)) >= 60, fields["work"]


def test_prompts_are_short_beginnings() -> None:
    """A prompt is a natural beginning, except the one in which the user pastes the passage."""
    lengths = {prompt["name"]: len(units(prompt["prompt"])) for prompt in PROMPTS}
    assert lengths.pop("pasted") > 60
    assert {name for name, length in lengths.items() if not 8 <= length <= 20} == set()
    assert {prompt["expect"] for prompt in PROMPTS} == {"silent", "annotate", "warn"}


def test_the_model_loads_without_a_word(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The model and its tokenizer load offline, in 32 bits, without a warning."""
    transformers = pytest.importorskip("transformers")
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL, local_files_only=True)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert str(model.dtype) == "torch.float32"
    assert (tokenizer.padding_side, tokenizer.pad_token == tokenizer.eos_token) == ("left", False)


@pytest.mark.parametrize("prompt", RECITED, ids=[prompt["name"] for prompt in RECITED])
def test_recites_its_work(prompt: dict[str, Any], answers: dict[str, str], library: dict[str, str]) -> None:
    """A short beginning makes the model go on, word for word, as the work does: 50 words or 40 Chinese characters."""
    expected = continuation(library[prompt["work"]], prompt["prompt"])
    needed = 40 if HAN.search(prompt["prompt"]) else 50
    assert common_prefix(units(answers[prompt["name"]]), expected) >= needed, answers[prompt["name"]]


def test_the_pasted_passage_comes_back(answers: dict[str, str]) -> None:
    """What the model writes after the pasted passage is in the prompt already."""
    pasted = next(prompt for prompt in PROMPTS if prompt["name"] == "pasted")
    assert runs(units(answers["pasted"])) <= runs(units(pasted["prompt"]))


@pytest.mark.parametrize("prompt", OWN, ids=[prompt["name"] for prompt in OWN])
def test_own_writing_is_new(prompt: dict[str, Any], loaded: tuple[Any, Any], library: dict[str, str]) -> None:
    """After a beginning of its own the model writes nothing that is in a work, greedily or sampled."""
    torch = pytest.importorskip("torch")
    sampling = dict(prompt.get("sampling", {}))
    torch.manual_seed(sampling.pop("seed", 0))
    text = complete(loaded, [prompt], **sampling)[prompt["name"]]
    written = runs(units(f"{prompt['prompt']} {text}"))
    assert len(units(text)) >= 20
    assert [name for name, work in library.items() if written & runs(units(work))] == []


def test_padding_changes_nothing(loaded: tuple[Any, Any], answers: dict[str, str]) -> None:
    """A prompt on its own gets the answer that it gets in a left-padded batch."""
    alone = PROMPTS[0]
    assert complete(loaded, [alone]) == {alone["name"]: answers[alone["name"]]}
