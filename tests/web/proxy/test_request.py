"""Texts of a request: who supplied them, and what a check takes of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from provenance.openai.request import PromptPart, chat_prompt, join_prompt, read_messages, response_prompt

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "One."}, {"type": "image_url"}, {"type": "text", "text": "2"}],
    },
    {"role": "assistant", "content": "Three."},
    {"role": "tool", "tool_call_id": "t1", "content": "Four."},
    {"role": "user", "content": None},
]
PARTS = [
    PromptPart("Be kind.", "system"), PromptPart("One.", "user"), PromptPart("2", "user"),
    PromptPart("Three.", "assistant"), PromptPart("Four.", "tool"),
]  # fmt: skip


def test_each_text_has_the_role_that_it_was_sent_under() -> None:
    """Messages may be dicts or objects; parts of a message each count."""
    assert list(read_messages(MESSAGES)) == PARTS
    assert list(read_messages([SimpleNamespace(**each) for each in MESSAGES])) == PARTS


def test_all_but_the_assistants_texts_are_the_prompt() -> None:
    """They stand in paragraphs of their own, so that no word of one joins a word of the next."""
    assert join_prompt(PARTS) == chat_prompt({"messages": MESSAGES}) == "Be kind.\n\nOne.\n\n2\n\nFour."
    assert join_prompt([PromptPart("Three.", "assistant"), PromptPart("", "user")]) is None


@pytest.mark.parametrize("messages", [None, "nonsense", 7, [], [None, 3, "x", {}], {"role": "user", "content": "x"}])
def test_what_is_no_list_of_messages_has_no_texts(messages: Any) -> None:
    """A request may be broken; to refuse it is the upstream's business."""
    assert list(read_messages(messages)) == []
    assert chat_prompt({"messages": messages}) is None


def test_instructions_input_and_what_a_tool_gave_are_the_prompt_of_the_other_api() -> None:
    """The input is a string or a list of items in the shape of messages."""
    items = [MESSAGES[1], MESSAGES[2], {"type": "function_call_output", "call_id": "c1", "output": "Five."}]
    assert response_prompt({"instructions": "Be kind.", "input": "One."}) == "Be kind.\n\nOne."
    assert response_prompt({"input": items}) == "One.\n\n2\n\nFive."
    assert response_prompt({}) is None
