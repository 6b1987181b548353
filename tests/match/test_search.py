"""What a text has in common with the works of a database, from runs and near copies together."""

from pathlib import Path

from provenance.index import Segment, build_segment
from provenance.match import ShortWorkMatcher, find_matches
from provenance.text import load_tokenizer
from provenance.works import Document, Keep

TOKENIZER = load_tokenizer()


def test_a_text_that_repeats_a_work_of_repetitions_is_covered_by_few_matches(tmp_path: Path) -> None:
    """Each shift of such a work matches; those that are kept cover every token, and one more would be too many."""
    work, text = " ".join(["la"] * 100), " ".join(["la"] * 305)
    build_segment([Document(id="la", text=work)], tmp_path / "one.seg", tokenizer=TOKENIZER, keep=Keep.TOKENS)
    segment = Segment(tmp_path / "one.seg", tokenizer_digest=TOKENIZER.digest)
    tokens = TOKENIZER.encode_with_offsets(text)
    length = len(TOKENIZER.encode(work))
    found = [(match.start, match.end) for match in find_matches(tokens, [segment], {}, ShortWorkMatcher([]))]
    assert set().union(*(range(*each) for each in found)) == set(range(len(tokens.ids)))
    assert {end - start for start, end in found} == {length}
    assert len(found) == -(-len(tokens.ids) // length)
