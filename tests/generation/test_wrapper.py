"""The wrapper is an object beside the model: everything but generation is the model's own."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from typing import Any

import pytest
import torch

from provenance.errors import UsageError
from provenance.generation import LicensedModel, wrap
from tests.generation.tiny import FakeChecker, a_llama, a_report

IDS = torch.tensor([[4, 5, 6]])


def test_attributes_are_the_models(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Attributes, methods with their signatures, and calls reach the model."""
    licensed = wrap(llama, tokenizer, checker)
    assert licensed.unwrapped is llama
    assert licensed.config is llama.config
    assert licensed.model is llama.model
    assert licensed.device == torch.device("cpu")
    assert inspect.signature(licensed.forward) == inspect.signature(llama.forward)
    assert torch.equal(licensed(IDS).logits, llama(IDS).logits)
    assert {"generate_text", "generate", "lm_head", "config"} <= set(dir(licensed))
    assert repr(licensed) == "LicensedModel(LlamaForCausalLM)"
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = licensed.nothing_of_that_name


def test_settings_reach_the_model(tokenizer: Any, checker: FakeChecker) -> None:
    """What is set on the wrapper is set on the model, so that no setting is lost."""
    model = a_llama()
    licensed = wrap(model, tokenizer, checker)
    licensed.generation_config = copy.deepcopy(model.generation_config)
    licensed.generation_config.max_new_tokens = 2
    assert model.generation_config is licensed.generation_config
    assert licensed.generate(IDS).shape == (1, 5)


def test_methods_that_return_the_model(tokenizer: Any, checker: FakeChecker) -> None:
    """`model = model.to(…)` and alike do not lose the wrapper."""
    model = a_llama()
    licensed = wrap(model, tokenizer, checker)
    for same in (licensed.to("cpu"), licensed.eval(), licensed.float().train(False), licensed.requires_grad_(False)):
        assert same is licensed


def test_the_model_is_not_touched(tokenizer: Any, checker: FakeChecker) -> None:
    """Wrapping leaves nothing on the model: it still pickles, copies and generates unchecked."""
    model = a_llama()
    before = set(vars(model))
    licensed = wrap(model, tokenizer, checker)
    licensed.generate(IDS, max_new_tokens=2)
    assert set(vars(model)) == before
    assert "generate" not in vars(model)
    checker.calls.clear()
    pickle.loads(pickle.dumps(model)).generate(IDS, max_new_tokens=2)
    assert checker.calls == []


def test_deep_copy(tokenizer: Any, checker: FakeChecker) -> None:
    """A deep copy generates with its own weights and shares tokenizer and checker."""
    licensed = wrap(a_llama(), tokenizer, checker)
    twin = copy.deepcopy(licensed)
    with torch.no_grad():
        for weights in twin.parameters():
            weights.zero_()
    assert twin.generate(IDS, max_new_tokens=3, do_sample=False).tolist() == [[4, 5, 6, 0, 0, 0]]
    assert twin.reviewer is licensed.reviewer
    assert twin.tokenizer is tokenizer
    assert any(weights.any() for weights in licensed.parameters())


def test_pickle(tokenizer: Any, checker: FakeChecker) -> None:
    """A wrapper can be pickled where its checker can."""
    licensed = wrap(a_llama(), tokenizer, checker)
    twin = pickle.loads(pickle.dumps(licensed))
    assert isinstance(twin, LicensedModel)
    assert torch.equal(twin.generate(IDS, max_new_tokens=3), licensed.generate(IDS, max_new_tokens=3))
    assert twin.reviewer.checker.calls == checker.calls


def test_check_later(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """A tensor or an output is checked later as it would have been at once."""
    inputs = tokenizer(["call me", "some years ago"], padding=True, return_tensors="pt")
    options = {"max_new_tokens": 6, "num_beams": 2, "num_return_sequences": 2}
    licensed = wrap(llama, tokenizer, checker)
    output = licensed.generate(**inputs, **options, return_dict_in_generate=True)
    assert licensed.check(output, **inputs) == output.provenance
    assert licensed.check(output.sequences, **inputs) == output.provenance


def test_check_encoder_decoder_later(t5: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """An encoder-decoder's rows and prompts are told apart later, too."""
    inputs, mouth = tokenizer(["call me"], return_tensors="pt"), torch.tensor([[7, 8]])
    licensed = wrap(t5, tokenizer, checker)
    output = licensed.generate(**inputs, decoder_input_ids=mouth, max_new_tokens=6, return_dict_in_generate=True)
    assert licensed.check(output, **inputs, decoder_input_ids=mouth) == output.provenance


def test_check_lists_with_prompts(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Ragged lists of ids, as continuous batching returns them, are checked with the prompts given as text."""
    licensed = wrap(llama, tokenizer, checker)
    rows = [[4, 5, 2], [6], [7, 8], [9]]
    assert licensed.check(rows, prompt=["one", "two"]) == [
        a_report("call me", prompt="one"),
        a_report("ishmael", prompt="one"),
        a_report("some years", prompt="two"),
        a_report("ago", prompt="two"),
    ]
    assert licensed.check(rows[:1], prompt="one") == [a_report("call me", prompt="one")]
    assert licensed.check([4, 5]) == [a_report("call me")]
    assert licensed.check([]) == []


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        ([[4], [5], [6]], {"prompt": ["one", "two"]}, "2 prompts for 3 rows"),
        ([[4]], {"prompt": []}, "0 prompts for 1 rows"),
        ([[4], [5], [6]], {"input_ids": [[4], [5]]}, "3 rows cannot come from 2 prompts"),
        ({"request": 1}, {}, "a dict without `sequences` holds no rows"),
    ],
)
def test_check_refusals(
    llama: Any, tokenizer: Any, checker: FakeChecker, *, sequences: Any, options: dict[str, Any], message: str
) -> None:
    """Rows that cannot be told apart are refused."""
    with pytest.raises(UsageError, match=message):
        wrap(llama, tokenizer, checker).check(sequences, **options)


def test_wrap_refusals(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """What cannot be wrapped is refused at once."""
    with pytest.raises(UsageError, match="wrapped already"):
        wrap(wrap(llama, tokenizer, checker), tokenizer, checker)
    with pytest.raises(UsageError, match="a str has no `generate`"):
        wrap("gpt2", tokenizer, checker)
    with pytest.raises(UsageError, match="must be 'report' or 'raise'"):
        wrap(llama, tokenizer, checker, on_error="ignore")  # type: ignore[arg-type]  # refusing it is the test


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_missing_extra(
    llama: Any, tokenizer: Any, checker: FakeChecker, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=rf"^{missing} .*pip install 'licence-provenance\[transformers\]'"):
        wrap(llama, tokenizer, checker)


def test_import_is_light() -> None:
    """Importing the package loads neither torch nor transformers."""
    program = "import sys, provenance.generation; print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
