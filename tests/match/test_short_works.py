"""Short works are found whole, as whole words, by their tokens or by their fingerprint."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import phrase_fingerprint
from provenance.match import ShortWorkMatcher
from provenance.text import load_tokenizer
from tests.strategies import examples, plain_words

TOKENIZER = load_tokenizer()
FEW_WORDS = st.lists(plain_words, min_size=1, max_size=3).map(" ".join)


def occurrences(text: str, work: str) -> list[tuple[int, int]]:
    """Oracle: where a work is in a text, from left to right, without overlaps, one token after another."""
    tokens, wanted = TOKENIZER.encode_with_offsets(text), TOKENIZER.encode(work).tolist()
    ids, heads = tokens.ids.tolist(), [*tokens.heads.tolist(), True]
    found, start = [], 0
    while start + len(wanted) <= len(ids):
        end = start + len(wanted)
        if ids[start:end] == wanted and heads[start] and heads[end]:
            found.append((start, end))
            start = end
        else:
            start += 1
    return found


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(plain_words, max_size=40).map(" ".join), st.lists(st.tuples(FEW_WORDS, st.booleans()), max_size=6))
def test_what_a_loop_finds_is_found(text: str, works: list[tuple[str, bool]]) -> None:
    """Each work, and each that consists of the same tokens, whether its tokens or only its fingerprint are kept."""
    ids = [TOKENIZER.encode(work) for work, _ in works]
    kept = [(key, ids[key].astype("<u2").tobytes()) for key, (_, hashed) in enumerate(works) if not hashed]
    hashed = [(key, len(ids[key]), phrase_fingerprint(ids[key])) for key, (_, hashed) in enumerate(works) if hashed]
    matcher = ShortWorkMatcher(kept, hashed)
    found = list(matcher.find(TOKENIZER.encode_with_offsets(text)))
    assert [(match.end, match.start) for match in found] == sorted((match.end, match.start) for match in found)
    by_key = {key: [(m.start, m.end) for m in found if key in m.keys] for key in range(len(works))}
    assert by_key == {key: occurrences(text, work) for key, (work, _) in enumerate(works)}


def test_a_work_within_a_word_is_not_found() -> None:
    """ "art" is not in "heart", and without works nothing is found."""
    text = TOKENIZER.encode_with_offsets("heart of art")
    (found,) = ShortWorkMatcher([(7, TOKENIZER.encode("art").astype("<u2").tobytes())]).find(text)
    assert (found.start, found.end, found.keys) == (len(text.ids) - 1, len(text.ids), (7,))
    assert list(ShortWorkMatcher([(7, b"")]).find(text)) == []
    assert len(ShortWorkMatcher([])) == 0
