"""Text: normalisation and tokens, the same for works and for checked texts."""

from provenance.text.normalizer import Normalized, Normalizer, with_halves_joined
from provenance.text.tokenizer import Tokenizer, Tokens, Vocabulary, load_tokenizer, tokenizer_digest

__all__ = [
    "Normalized",
    "Normalizer",
    "Tokenizer",
    "Tokens",
    "Vocabulary",
    "load_tokenizer",
    "tokenizer_digest",
    "with_halves_joined",
]
