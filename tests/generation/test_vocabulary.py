"""Which entries of a vocabulary would write a word?"""

from __future__ import annotations

from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from provenance.generation.vocabulary import LimitVocabulary, get_limit_vocabulary


def a_tokenizer(names: list[str], decoder: Any) -> Any:
    """A tokenizer of these entries; none are merged, which decoding does not need."""
    vocabulary = {name: number for number, name in enumerate(["a", *names])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="a"))
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([AddedToken("<end>")])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")


def named(tokenizer: Any, *pieces: str, in_word: bool = True, pending: bytes = b"") -> set[str]:
    entries = get_limit_vocabulary(tokenizer).find_entries(pieces, in_word=in_word, pending=pending)
    return set(tokenizer.convert_ids_to_tokens(sorted(entries)))


@pytest.fixture(scope="module")
def byte_level() -> Any:
    whales = ["whale", "Ġwhale", "ĠWhale", "ĠWHALE", "Ġwh", "Ġwhal", "Ġwhat", "Ġwhales", "Ġwhale.", "Ġwhale\u010aĠof"]
    return a_tokenizer(
        [
            *whales,
            ",",
            "Ġ",
            "Ġ(",
            "Ġ(whale",
            "Ġof",
            "ale",
            "é²",
            "¸",
            "é²¸",
            "é¯¨é±¼",
            "Ã",
            "©",
            "Ġcaf",
            "cafÃ©",
            "ĠÃīt",
        ],
        decoders.ByteLevel(),
    )


def test_a_word_is_barred_in_every_dress(byte_level: Any):
    """Case, brackets before it and what stands behind it make no difference; its beginnings are barred too."""
    assert named(byte_level, "whale") == {
        "Ġwhale", "ĠWhale", "ĠWHALE", "Ġwh", "Ġwhal", "Ġwhale.", "Ġwhale\u010aĠof", "Ġ(whale"
    }  # fmt: skip


def test_other_words_are_not(byte_level: Any):
    """A word that only begins alike, marks, spaces and the end of the text stay free."""
    free = set(byte_level.get_vocab()) - named(byte_level, "whale", in_word=False)
    assert {"Ġwhat", "Ġwhales", ",", "Ġ", "Ġ(", "Ġof", "ale", "<end>"} <= free


def test_at_the_end_of_a_word_it_may_begin_without_a_space(byte_level: Any):
    """Inside a word an entry without a space goes on with it, and is free; elsewhere it begins a word."""
    assert "whale" not in named(byte_level, "whale", in_word=True)
    assert "whale" in named(byte_level, "whale", in_word=False)


def test_a_word_may_begin_with_a_token_and_go_on(byte_level: Any):
    """What our tokenizer would cut after the token is barred; what it takes for another word is not."""
    assert named(byte_level, "caf") == {"Ġcaf"}
    assert "cafÃ©" not in named(byte_level, "caf", in_word=False)  # "cafe" is a token of its own


def test_characters_are_words_where_no_spaces_are(byte_level: Any):
    """A Chinese character is barred alone and in front of others, also inside what looks like a word."""
    assert named(byte_level, "鲸", in_word=True) == {"é²", "é²¸"} == named(byte_level, "鲸", in_word=False)
    assert named(byte_level, "鯨") == {"é¯¨é±¼"}


def test_a_character_in_bytes_is_barred_from_its_first_bytes(byte_level: Any):
    """Its beginning is barred; where that was written, its end is, and so is all that would leave it incomplete."""
    table, written = get_limit_vocabulary(byte_level), byte_level.convert_tokens_to_ids(["Ġof", "é²"])
    assert table.read_pending(written) == "鲸".encode()[:2]
    assert set(byte_level.get_vocab()) - named(byte_level, "鲸", pending=table.read_pending(written)) == {"©"}
    assert named(byte_level, "鲹", pending=table.read_pending(written)) == set()
    assert table.read_pending([*written, byte_level.convert_tokens_to_ids("¸")]) == b""


def test_letters_in_bytes_are_normalised(byte_level: Any):
    """An accented letter that comes in two bytes is the letter without its accent."""
    pending = get_limit_vocabulary(byte_level).read_pending(byte_level.convert_tokens_to_ids(["Ã"]))
    assert "©" in named(byte_level, "ete", pending=pending, in_word=False)
    assert named(byte_level, "uto", pending=pending, in_word=False) == set()
    assert named(byte_level, "ete", in_word=True) == {"ĠÃīt"}


def test_sentencepiece_vocabularies_keep_their_spaces():
    """Entries that begin with a space are known, though decoding them alone leaves it out; single bytes too."""
    decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer = a_tokenizer(["▁whale", "whale", "▁wh", "▁what", "<0xE9>", "<0xB2>", "<0xB8>"], decoder)
    assert named(tokenizer, "whale") == {"▁whale", "▁wh"}
    assert named(tokenizer, "whale", in_word=False) == {"▁whale", "▁wh", "whale"}
    pending = get_limit_vocabulary(tokenizer).read_pending(tokenizer.convert_tokens_to_ids(["<0xE9>", "<0xB2>"]))
    assert "<0xB8>" in named(tokenizer, "鲸", pending=pending)
    assert named(tokenizer, "鲸") == {"<0xE9>"}


def test_wordpiece_vocabularies_mark_what_goes_on():
    """An entry that goes on with a word is no beginning of one."""
    tokenizer = a_tokenizer(["whale", "##whale", "wh", "what"], decoders.WordPiece("##", cleanup=False))
    assert named(tokenizer, "whale") == {"whale", "wh"}


def test_a_table_is_made_once(byte_level: Any):
    """Each tokenizer has one table, made anew only when it has got more entries."""
    tokenizer = a_tokenizer(["Ġwhale"], decoders.ByteLevel())
    table = get_limit_vocabulary(tokenizer)
    assert get_limit_vocabulary(tokenizer) is table
    assert get_limit_vocabulary(byte_level) is not table
    tokenizer.add_tokens([" whale"])
    assert len(get_limit_vocabulary(tokenizer).find_entries(["whale"], in_word=True)) == 2
    assert isinstance(table, LimitVocabulary)
