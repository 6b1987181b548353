"""Stand-ins for a chat model, so that the examples run anywhere; they recite. Put your own in their place."""

from pathlib import Path

from langchain_core.language_models import GenericFakeChatModel

EXAMPLES = Path(__file__).parents[1]


def model_of(answer: str) -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([answer]))


article = (EXAMPLES / "works" / "wp-apollo-11" / "apollo-11.txt").read_text(encoding="utf-8")[:1000]
model = model_of((EXAMPLES / "answer.txt").read_text(encoding="utf-8").strip())
