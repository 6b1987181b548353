"""How does one get a model that recites, and shows it, in a few megabytes? Trains the demo's model from scratch.

    python examples/demo/train.py --works examples/works --output examples/demo/model

A Llama of two million parameters reads the excerpts of `excerpts.json` and the prose of `own_writing.txt` until it
knows them by heart: a few minutes on two processor cores, the same weights each time on the same machine. The script
does not judge the result; `tests/examples/test_demo_model.py` does.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
END, PAD = "<|end|>", "<|pad|>"
AGAIN = "\n\nThe same passage once more:\n\n"
SEED = 20
WINDOW, BATCH, STEPS, PEAK_RATE = 288, 8, 450, 3e-3
LONGEST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A stretch of a work, named by its first and last words so that no text is kept twice.

    `layout` is `lines` where line breaks matter (verse, code) and `prose` where they are only typesetting.
    """

    work: str
    start: str
    end: str
    layout: str

    def cut(self, text: str) -> str:
        """Return the excerpt as it stands in `text`.

        Raises:
            ValueError: `text` has no such stretch.
        """
        begin = text.index(self.start)
        excerpt = text[begin : text.index(self.end, begin) + len(self.end)]
        return excerpt if self.layout == "lines" else re.sub(r"\s+", " ", excerpt)


def works(folder: Path) -> dict[str, str]:
    """Return the texts of a folder of works by id."""
    lines = (folder / "works.jsonl").read_text("utf-8").splitlines()
    return {line["id"]: (folder / line["path"]).read_text("utf-8") for line in map(json.loads, lines)}


def own_writing() -> list[str]:
    """Return the paragraphs that are in no work."""
    paragraphs = (HERE / "own_writing.txt").read_text("utf-8").split("\n\n")
    return [paragraph.strip() for paragraph in paragraphs if not paragraph.startswith("#")]


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer: any text can be written with it, these texts shortly."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=2048, special_tokens=[END, PAD], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers ships it without annotations
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, padding_side="left", model_max_length=LONGEST
    )


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return an untrained model."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def window(texts: list[list[int]], end: int, draw: random.Random) -> list[int]:
    """Return `WINDOW` tokens of the texts in random order, half of the time from the start of a text."""
    order = draw.sample(texts, len(texts))
    skip = draw.choice((0, draw.randrange(len(order[0]))))
    tokens: list[int] = []
    for text in order:
        tokens += [*text, end]
        if len(tokens) >= skip + WINDOW:
            break
    return tokens[skip : skip + WINDOW]


def learn(model: LlamaForCausalLM, texts: list[list[int]], end: int) -> None:
    """Train until the texts are known by heart."""
    draw = random.Random(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=STEPS)
    model.train()
    for step in range(STEPS):
        batch = torch.tensor([window(texts, end, draw) for _ in range(BATCH)])
        loss = model(input_ids=batch, labels=batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == STEPS - 1:
            print(f"step {step:4d}  loss {loss.item():.3f}", flush=True)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, output: Path) -> None:
    """Write the model with 16-bit weights and a configuration that asks for 32 bits when it is loaded."""
    model.generation_config.do_sample = False
    model.half().save_pretrained(output)  # type: ignore[no-untyped-call]  # the same
    config = json.loads((output / "config.json").read_text("utf-8"))
    config["dtype"] = "float32"
    (output / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    tokenizer.save_pretrained(output)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the demo's model.")
    parser.add_argument("--works", type=Path, required=True, help="the folder that holds works.jsonl")
    parser.add_argument("--output", type=Path, required=True, help="the folder that the model is written to")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)

    library = works(options.works)
    excerpts = [Excerpt(**fields) for fields in json.loads((HERE / "excerpts.json").read_text("utf-8"))]
    recited = [excerpt.cut(library[excerpt.work]) for excerpt in excerpts]
    texts = [*recited, *own_writing()]
    repeated = [text + AGAIN + text for text in recited]

    tokenizer = train_tokenizer([*texts * 40, *(library[excerpt.work] for excerpt in excerpts)])
    model = new_model(tokenizer)
    print(f"{model.num_parameters():,} parameters, {len(tokenizer)} tokens, {len(texts)} texts")
    learn(model, tokenizer([*texts, *repeated])["input_ids"], tokenizer.eos_token_id)
    save(model, tokenizer, options.output)


if __name__ == "__main__":
    main()
