"""What a model thinks, what it asks of a tool and what it answers are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.generation import ANSWER, CHANNELS, REASONING, TOOLS, Channel
from provenance.generation.channels import Dialect, Piece, Splitter

THINK = Channel(name=REASONING, opens="<think>", closes="</think>")
SPECIAL = ("</s>", "<think>", "</think>")

# As transformers' own templates for chat models, here with a tool call by pattern and a field of its own.
TEMPLATE = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "reasoning_content": {"open": "<think>", "close": "</think>", "content": "text"},
        "tool_calls": {
            "open_pattern": r"\s*<\|tool_call\|>call:(?P<name>\w+)", "close": ["<end>", "<stop>"], "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}},
        },
        "title": {"open": "<title>", "close": "</title>", "content": "text", "optional": False},
        "content": {"close_pattern": r"\s*<\|im_end\|>", "content": "text"},
    },
}  # fmt: skip


class Tokenizer:
    """As much of a tokenizer as a dialect looks at."""

    def __init__(self, response_template: Any = None) -> None:
        self.response_template = response_template

    def get_response_parser(self, template: Any, *, prefix: str) -> Any:
        from transformers.utils.chat_parsing import ResponseParser

        return ResponseParser(template, prefix=prefix)


def splitter(*channels: Channel, prompt: str = "", special: Iterable[str] = ()) -> Splitter:
    return Dialect(Tokenizer(), channels, frozenset(special)).make_splitter(prompt)


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces with neighbours of one channel put together."""
    parts: list[Piece] = []
    for channel, text in pieces:
        if parts and parts[-1][0] == channel:
            parts[-1] = (channel, parts[-1][1] + text)
        else:
            parts.append((channel, text))
    return parts


def split(splitter: Splitter, chunks: Iterable[str]) -> list[Piece]:
    return joined([piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.end())


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.opens.strip())
def test_each_marker(channel: Channel) -> None:
    """What stands between the markers that models use is theirs; markers come in pieces of any length."""
    text = f"Let me see. {channel.opens}call me{channel.closes or ''}"
    after = " Ishmael." if channel.closes else ""
    expected = [(ANSWER, "Let me see. "), (channel.name, "call me")] + ([(ANSWER, after)] if after else [])
    assert split(splitter(*CHANNELS), [text + after]) == expected
    assert split(splitter(*CHANNELS), text + after) == expected


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "</", "<think", "a", " "])))
def test_pieces_do_not_matter(parts: list[str]) -> None:
    """However a text is cut up, each channel gets the same; all but the markers is there."""
    whole = split(splitter(THINK), ["".join(parts)])
    assert split(splitter(THINK), parts) == whole
    inside, text, expected = False, "".join(parts), []
    while text:
        before, marker, text = text.partition(THINK.closes or "" if inside else THINK.opens)
        expected += [(REASONING if inside else ANSWER, before)] if before else []
        inside ^= bool(marker)
    assert whole == joined(expected)


def test_nothing_waits_that_can_be_no_marker() -> None:
    """Only what may become a marker is held."""
    parts = splitter(THINK)
    assert [parts.feed(text) for text in ("a ", "<", "th", "e>", "<think>", "b", "</t", "c")] == [
        [(ANSWER, "a ")], [], [], [(ANSWER, "<the>")], [], [(REASONING, "b")], [], [(REASONING, "</tc")],
    ]  # fmt: skip


def test_no_channels() -> None:
    """Where there are no channels all text is the answer."""
    assert split(splitter(), ["<think>a</think>"]) == [(ANSWER, "<think>a</think>")]


@pytest.mark.parametrize("end", ["<think>", "<think>\n"])
def test_a_prompt_may_open_a_channel(end: str) -> None:
    """Chat templates write the first marker for the model; one that stands elsewhere in a prompt opens nothing."""
    assert split(splitter(THINK, prompt=f"assistant\n{end}"), ["hm</think>Yes"]) == [
        (REASONING, "hm"), (ANSWER, "Yes"),
    ]  # fmt: skip
    assert split(splitter(THINK, prompt=f"{end}\n\n</think>\n\n"), ["Yes"]) == [(ANSWER, "Yes")]


def test_markers_that_are_special_tokens() -> None:
    """A special token is a marker by what it is, not by its letters; other special tokens are not asked for."""
    dialect = Dialect(Tokenizer(), [THINK], frozenset(SPECIAL))
    assert dialect.signs.keys() == {"<think>", "</think>"}
    opens, closes = dialect.signs["<think>"], dialect.signs["</think>"]
    parts = dialect.make_splitter("")
    text = [f"{closes}<think>a", opens, "b</think>", closes, "c"]
    assert split(parts, text) == [(ANSWER, "<think>a"), (REASONING, "b</think>"), (ANSWER, "c")]


def test_a_marker_of_a_special_token_and_text() -> None:
    """A marker may begin with a special token; without the rest of it the token is hidden and the text stays."""
    channel = Channel(name=REASONING, opens="<|channel>thought\n", closes="<channel|>")
    dialect = Dialect(Tokenizer(), [channel], frozenset({"<|channel>", "<channel|>"}))
    opens, closes = dialect.signs["<|channel>"], dialect.signs["<channel|>"]
    chunks = [opens, "final", opens, "thou", "ght\n", "hm", closes, "Yes"]
    assert split(dialect.make_splitter(""), chunks) == [(ANSWER, "final"), (REASONING, "hm"), (ANSWER, "Yes")]


def by_template(prompt: str, chunks: Iterable[str], special: Iterable[str] = ()) -> list[Piece]:
    return split(Dialect(Tokenizer(TEMPLATE), None, frozenset(special)).make_splitter(prompt), chunks)


@pytest.mark.parametrize("cut", [list, lambda text: [text]], ids=["letters", "whole"])
def test_a_response_template_goes_first(cut: Any) -> None:
    """The fields of a template are channels, their text as the model wrote it, broken JSON as well."""
    text = '<think>hm</think>Yes\n<|tool_call|>call:find{"a": "b<end><title>T</title> and no<|im_end|>'
    assert by_template("<|im_start|>assistant\n", cut(text)) == [
        (REASONING, "hm"), (ANSWER, "Yes"), (TOOLS, '{"a": "b'), ("title", "T"), (ANSWER, " and no"),
    ]  # fmt: skip


def test_a_response_template_reads_the_prompt() -> None:
    """What the chat template wrote for the model counts."""
    assert by_template("<|im_start|>assistant\n<think>\n", ["hm</think>Yes"]) == [(REASONING, "hm"), (ANSWER, "Yes")]


def test_a_response_template_names_special_tokens() -> None:
    """Special tokens that a template names are looked for, in its patterns too, and never are text."""
    special = ("<|im_end|>", "<|tool_call|>", "<pad>", "<think>")
    dialect = Dialect(Tokenizer(TEMPLATE), None, frozenset(special))
    assert dialect.signs == {token: token for token in special if token != "<pad>"}
    assert by_template("", ["a", "<think>", "b", "<|im_end|>", "c"], special) == [(ANSWER, "a"), (REASONING, "bc")]


def test_channels_of_ones_own_go_before_a_template() -> None:
    """What the application says counts more than what the tokenizer says."""
    dialect = Dialect(Tokenizer(TEMPLATE), [], frozenset())
    assert split(dialect.make_splitter(""), ["<think>a"]) == [(ANSWER, "<think>a")]


@pytest.mark.parametrize("template", [{}, {"fields": []}, {"fields": {"content": {"open_pattern": "("}}}, 5])
def test_a_response_template_that_cannot_be_used(template: Any) -> None:
    """A broken template is told before the model writes, with what to do instead."""
    with pytest.raises(UsageError, match=r"response_template cannot be used \(.*say with `channels`"):
        Dialect(Tokenizer(template), None, frozenset())
    assert Dialect(Tokenizer(template), (), frozenset()).signs == {}
