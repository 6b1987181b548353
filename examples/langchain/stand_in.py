"""A stand-in for a chat model, so that the examples run anywhere; it recites a sentence. Put your own in its place."""

from pathlib import Path

from langchain_core.language_models import GenericFakeChatModel

ANSWER = Path(__file__).parents[1].joinpath("answer.txt").read_text(encoding="utf-8").strip()

model = GenericFakeChatModel(messages=iter([ANSWER]))
