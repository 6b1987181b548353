"""`generate` gives what transformers gives, whatever the way of decoding, and checks what was written.

What ought to be checked is worked out here from the plain model's own output, by slicing and decoding.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import GenerationConfig, StoppingCriteriaList, TextIteratorStreamer, TextStreamer

from provenance.generation import wrap
from tests.generation.tiny import BOS, EOS, FakeChecker, StopFirstRow, a_llama, a_report, a_t5, force

BATCH = ["call me ishmael", "years ago never mind"]
ONE = ["call me ishmael some years"]

WAYS = {
    "greedy": (BATCH, {"do_sample": False}),
    "sampling": (BATCH, {"do_sample": True, "top_k": 0}),
    "several sequences": (BATCH, {"do_sample": True, "top_k": 0, "num_return_sequences": 3}),
    "beams": (BATCH, {"num_beams": 3}),
    "beams, several sequences": (BATCH, {"num_beams": 4, "num_return_sequences": 2}),
    "beam sampling": (BATCH, {"num_beams": 3, "do_sample": True}),
    "prompt lookup": (ONE, {"prompt_lookup_num_tokens": 3}),
    "assistant": (ONE, {"assistant_model": a_llama(5)}),
}
ways = pytest.mark.parametrize(("prompts", "options"), WAYS.values(), ids=WAYS.keys())


def seeded(generate: Any, *args: Any, **kwargs: Any) -> Any:
    torch.manual_seed(11)
    return generate(*args, max_new_tokens=12, **kwargs)


def calls_for(tokenizer: Any, sequences: Any, start: int, prompts: list[str | None]) -> list[tuple[str, str | None]]:
    """What a checker ought to be asked, given the plain model's rows."""
    each = len(sequences) // len(prompts)
    texts = tokenizer.batch_decode(sequences[:, start:], skip_special_tokens=True)
    return [(text, prompts[row // each]) for row, text in enumerate(texts)]


@ways
def test_tensor(llama: Any, tokenizer: Any, checker: FakeChecker, prompts: list[str], options: dict[str, Any]) -> None:
    """A tensor stays the same tensor, and its rows are checked without the prompt, which is handed over as such."""
    inputs = tokenizer(prompts, padding=True, return_tensors="pt")
    plain = seeded(llama.generate, **inputs, **options)
    ours = seeded(wrap(llama, tokenizer, checker).generate, **inputs, **options)
    assert type(ours) is torch.Tensor
    assert torch.equal(ours, plain)
    assert checker.calls == calls_for(tokenizer, plain, inputs["input_ids"].shape[1], [*prompts])


@ways
def test_output(llama: Any, tokenizer: Any, checker: FakeChecker, prompts: list[str], options: dict[str, Any]) -> None:
    """An output has the same class, fields and order as before, and `provenance` after them."""
    inputs = tokenizer(prompts, padding=True, return_tensors="pt")
    options = {**options, "return_dict_in_generate": True, "output_scores": True}
    plain = seeded(llama.generate, **inputs, **options)
    ours = seeded(wrap(llama, tokenizer, checker).generate, **inputs, **options)
    assert isinstance(ours, type(plain))
    assert [*ours.keys()] == [*plain.keys(), "provenance"]
    assert torch.equal(ours.sequences, plain.sequences)
    assert all(map(torch.equal, ours.scores, plain.scores))
    calls = calls_for(tokenizer, plain.sequences, inputs["input_ids"].shape[1], [*prompts])
    assert ours.provenance == [a_report(text, prompt=prompt) for text, prompt in calls]


@pytest.mark.parametrize("start", [0, EOS], ids=["start is padding", "start is the end token"])
@pytest.mark.parametrize("options", [{}, {"num_beams": 3, "num_return_sequences": 3}], ids=["greedy", "beams"])
def test_encoder_decoder(tokenizer: Any, checker: FakeChecker, start: int, options: dict[str, Any]) -> None:
    """An encoder-decoder's rows begin with its start token, whatever that is; its prompt is what the encoder read."""
    model = a_t5(start)
    inputs = tokenizer(BATCH, padding=True, return_tensors="pt")
    plain = seeded(model.generate, **inputs, **options)
    ours = seeded(wrap(model, tokenizer, checker).generate, **inputs, **options, return_dict_in_generate=True)
    assert torch.equal(ours.sequences, plain)
    assert checker.calls == calls_for(tokenizer, plain, 1, [*BATCH])
    assert ours.provenance == [a_report(text, prompt=prompt) for text, prompt in checker.calls]


def test_decoder_prompt(t5: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Words put into a decoder's mouth are the user's."""
    inputs = tokenizer(ONE, return_tensors="pt")
    mouth = tokenizer(["no money"], return_tensors="pt")["input_ids"]
    plain = seeded(t5.generate, **inputs, decoder_input_ids=mouth)
    seeded(wrap(t5, tokenizer, checker).generate, **inputs, decoder_input_ids=mouth)
    assert checker.calls == calls_for(tokenizer, plain, 3, [ONE[0] + " no money"])


def test_positional_inputs(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """The prompt and the configuration may come by position, or the prompt as `inputs`."""
    ids = tokenizer(ONE, return_tensors="pt")["input_ids"]
    config = GenerationConfig(max_new_tokens=4, do_sample=False)
    licensed = wrap(llama, tokenizer, checker)
    plain = llama.generate(ids, config)
    assert torch.equal(licensed.generate(ids, config), plain)
    assert torch.equal(licensed.generate(inputs=ids, generation_config=config), plain)
    assert checker.calls == calls_for(tokenizer, plain, 5, [*ONE]) * 2


def test_no_input(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Without any input the model starts by itself and there is no prompt."""
    plain = seeded(llama.generate)
    assert plain[0, 0] == BOS
    seeded(wrap(llama, tokenizer, checker).generate)
    assert checker.calls == calls_for(tokenizer, plain, 1, [None])


def test_embeddings(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Embeddings leave no ids in the output, so all of it was written; ids given beside them are the prompt."""
    inputs = tokenizer(BATCH, padding=True, return_tensors="pt")
    embeds, mask = llama.get_input_embeddings()(inputs["input_ids"]), inputs["attention_mask"]
    licensed = wrap(llama, tokenizer, checker)
    plain = seeded(llama.generate, inputs_embeds=embeds, attention_mask=mask)
    seeded(licensed.generate, inputs_embeds=embeds, attention_mask=mask)
    seeded(licensed.generate, inputs_embeds=embeds, **inputs)
    assert checker.calls == calls_for(tokenizer, plain, 0, [None, None]) + calls_for(tokenizer, plain, 0, [*BATCH])


def test_end_in_the_middle(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """A row that ends early is cut there, the others are not."""
    inputs = tokenizer(BATCH, padding=True, return_tensors="pt")
    script = {(0, 4): 4, (0, 5): 5, (0, 6): EOS, **{(1, length): 9 for length in range(4, 16)}}
    licensed = wrap(llama, tokenizer, checker)
    out = seeded(licensed.generate, **inputs, logits_processor=force(script), do_sample=False)
    assert out.tolist()[0] == [0, 4, 5, 6, 4, 5, EOS, *[0] * 9]
    assert checker.calls == [("call me", BATCH[0]), (" ".join(["ago"] * 12), BATCH[1])]


@pytest.mark.parametrize("where", ["keyword", "argument", "model"])
def test_several_ends_and_visible_padding(tokenizer: Any, checker: FakeChecker, where: str) -> None:
    """Any of several end tokens ends a row, wherever they are set, also where the padding is an ordinary word."""
    model, inputs = a_llama(), tokenizer(BATCH, padding=True, return_tensors="pt")
    ends = {"eos_token_id": [EOS, 9], "pad_token_id": 10, "max_new_tokens": 5, "do_sample": False}
    script = {(0, 4): 4, (0, 5): 9, (1, 4): 5, (1, 5): 5, (1, 6): EOS}
    options: dict[str, Any] = {"logits_processor": force(script)}
    if where == "keyword":
        options |= ends
    elif where == "argument":
        options |= {"generation_config": GenerationConfig(**ends)}
    else:
        model.generation_config.update(**ends)
    out = wrap(model, tokenizer, checker).generate(**inputs, **options)
    assert out.tolist() == [[0, 4, 5, 6, 4, 9, 10], [8, 9, 10, 11, 5, 5, EOS]]
    assert checker.calls == [("call", BATCH[0]), ("me me", BATCH[1])]


def test_streamer(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """A streamer gets exactly what it gets from the plain model."""
    inputs = tokenizer(ONE, return_tensors="pt")
    plain, ours = (TextIteratorStreamer(tokenizer, timeout=5) for _ in range(2))
    seeded(llama.generate, **inputs, streamer=plain)
    seeded(wrap(llama, tokenizer, checker).generate, **inputs, streamer=ours)
    assert [*ours] == [*plain]


def test_printing_streamer(llama: Any, tokenizer: Any, checker: FakeChecker, capsys: Any) -> None:
    """A streamer that prints prints what is checked."""
    inputs = tokenizer(ONE, return_tensors="pt")
    streamer = TextStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    seeded(wrap(llama, tokenizer, checker).generate, **inputs, streamer=streamer)
    assert capsys.readouterr().out.strip() == checker.calls[0][0]


def test_stopping_criteria(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """A row that something else than an end token stopped is checked without its padding."""
    inputs = tokenizer(BATCH, padding=True, return_tensors="pt")
    script = force({(row, length): 4 for row in range(2) for length in range(4, 16)})
    criteria = StoppingCriteriaList([StopFirstRow(6)])
    licensed = wrap(llama, tokenizer, checker)
    seeded(licensed.generate, **inputs, stopping_criteria=criteria, logits_processor=script, pad_token_id=9)
    assert checker.calls == [("call call", BATCH[0]), (" ".join(["call"] * 12), BATCH[1])]


def test_arguments_that_transformers_takes_off(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Arguments that are neither settings nor the model's, such as `tokenizer`, reach transformers."""
    inputs = tokenizer(ONE, return_tensors="pt")
    plain = seeded(llama.generate, **inputs)
    assert torch.equal(seeded(wrap(llama, tokenizer, checker).generate, **inputs, tokenizer=tokenizer), plain)


def test_wrapped_assistant(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """The drafts of an assistant that is wrapped too are not checked."""
    inputs, drafts = tokenizer(ONE, return_tensors="pt"), FakeChecker()
    assistant = wrap(a_llama(5), tokenizer, drafts)
    seeded(wrap(llama, tokenizer, checker).generate, **inputs, assistant_model=assistant)
    assert (len(checker.calls), drafts.calls) == (1, [])


def test_on_report(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """The callback gets the report of each row in order, also where `generate` returns a tensor."""
    reports: list[Any] = []
    inputs = tokenizer(BATCH, padding=True, return_tensors="pt")
    seeded(wrap(llama, tokenizer, checker, on_report=reports.append).generate, **inputs)
    assert reports == [a_report(text, prompt=prompt) for text, prompt in checker.calls]
    assert len(reports) == 2
