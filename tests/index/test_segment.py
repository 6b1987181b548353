"""A segment: what is in the file, what it finds, and what is kept of the works."""

from __future__ import annotations

import json
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import TokenizerMismatchError, UsageError
from provenance.fingerprints import SAMPLINGS, fingerprints, phrase_fingerprint, winnow
from provenance.index import Built, Segment, build_segment, copy_segment, cut_fingerprints, writer
from provenance.reports import Quote
from provenance.works import Document, Keep, Sensitivity
from tests.database.samples import HAIKU, KINGDOMS, LANGUAGES, MOTTO, TIMES, TOKENIZER, WHALE, tokens_of, words
from tests.index.conftest import built, opened
from tests.strategies import examples

LONG = (TIMES, WHALE, KINGDOMS)


def test_the_bytes_of_a_segment(path: Path) -> None:
    """Header, sections, footer and tail lie as the layout says, read here by nothing but `struct` and `json`."""
    data = path.read_bytes()
    magic, version = struct.unpack("<8sI", data[:12])
    assert (magic, version, data[12:64]) == (b"PROVSEG\0", 4, bytes(52))
    length, checksum, zero, end = struct.unpack("<QQQ8s", data[-32:])
    footer = data[-32 - length : -32]
    assert (checksum, zero, end) == (xxhash.xxh3_64_intdigest(data[:64] + footer), 0, b"GESVORP\0")
    fields = json.loads(footer)
    sections = fields.pop("sections")
    tokens = [token for text in LONG for token in tokens_of(text)]
    table = data[slice(*span(sections.pop("checksums")))]
    assert fields == {
        "tokenizer": TOKENIZER.digest, "keep": "text", "works": 3, "tokens": len(tokens),
        "streams": {"words": {"n": 5, "w": 4, "prefix_bits": 4}},
        "checksum": xxhash.xxh3_64_intdigest(table),
    }  # fmt: skip
    blocks = [data[at : min(at + 16_384, end)] for begin, end in map(span, sections.values())
              for at in range(begin, end, 16_384)]  # fmt: skip
    assert [xxhash.xxh3_64_intdigest(block) for block in blocks] == list(struct.unpack(f"<{len(blocks)}Q", table))
    assert all(offset % 64 == 0 for offset, _ in sections.values())
    offset, size = sections["tokens"]
    assert list(struct.unpack(f"<{size // 2}H", data[offset : offset + size])) == tokens
    offset, size = sections["starts"]
    assert struct.unpack("<4I", data[offset : offset + size]) == tuple(
        sum(len(tokens_of(text)) for text in LONG[:count]) for count in range(4)
    )


def test_a_segment_of_the_format_before_is_read(tmp_path: Path) -> None:
    """Its one sampling is named in the header; its works are found, and can be copied into a segment of this format."""
    path = tmp_path / "one.seg"
    built(path, *LONG, sensitivity=Sensitivity.WIDE)
    data, whole = path.read_bytes(), opened(path)
    length = struct.unpack("<Q", data[-32:-24])[0]
    fields = json.loads(data[-32 - length : -32])
    fields |= {"prefix_bits": fields.pop("streams")["words"]["prefix_bits"]}
    footer, header = json.dumps(fields).encode(), struct.pack("<8sIHH48x", b"PROVSEG\0", 3, 8, 9)
    checksum = xxhash.xxh3_64_intdigest(header + footer)
    tail = struct.pack("<QQQ8s", len(footer), checksum, 0, b"GESVORP\0")
    path.write_bytes(header + data[64 : -32 - length] + footer + tail)
    older = opened(path)
    older.verify(TOKENIZER)
    assert (older.sampling, older.digest) == (SAMPLINGS[Sensitivity.WIDE], f"{checksum:016x}")
    assert older.digest != whole.digest
    copy = tmp_path / "copy.seg"
    contents = (older.content(ordinal) for ordinal in range(3))
    copy_segment(contents, copy, tokenizer_digest=TOKENIZER.digest, keep=Keep.TEXT, sampling=older.sampling)
    assert copy.read_bytes() == data


def span(section: list[int]) -> tuple[int, int]:
    offset, length = section
    return offset, offset + length


def test_the_same_works_give_the_same_bytes(tmp_path: Path) -> None:
    """Building is deterministic: builders need no coordination, and a copy can be compared."""
    for name in ("a.seg", "b.seg"):
        built(tmp_path / name)
    assert (tmp_path / "a.seg").read_bytes() == (tmp_path / "b.seg").read_bytes()


def test_the_summary(tmp_path: Path) -> None:
    """`build_segment` says of each document where it went, and of the file how large it is."""
    path = tmp_path / "one.seg"
    summary = built(path)
    phrase = np.array(tokens_of(MOTTO), "<u2").tobytes()
    assert tuple(replace(document, sketch=None) for document in summary.documents) == (
        Built(0, len(tokens_of(TIMES)), len(TIMES)), Built(None, len(tokens_of(MOTTO)), len(MOTTO), phrase, MOTTO),
        Built(1, len(tokens_of(WHALE)), len(WHALE)), Built(2, len(tokens_of(KINGDOMS)), len(KINGDOMS)),
    )  # fmt: skip
    assert (summary.path, summary.works, summary.size) == (path, 3, path.stat().st_size)
    assert summary.tokens == sum(len(tokens_of(text)) for text in LONG)
    segment = opened(path)
    assert segment.digest == summary.digest
    assert segment.finds_canaries(summary.canaries)
    assert not segment.finds_canaries([(fingerprint ^ 1 << 63, position) for fingerprint, position in summary.canaries])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("texts", [[], [MOTTO, HAIKU], ["… !"], [""]])
def test_no_file_without_a_long_work(tmp_path: Path, texts: list[str]) -> None:
    """Phrases and texts without words need no segment."""
    summary = build_segment([Document(text=text) for text in texts], tmp_path / "no.seg", tokenizer=TOKENIZER)
    assert (summary.path, summary.works, len(summary.documents)) == (None, 0, len(texts))
    assert list(tmp_path.iterdir()) == []


def test_every_anchor_is_found_where_it_is(path: Path) -> None:
    """Looking up a work's own anchors gives their places in it, and a strange fingerprint nothing."""
    segment, start = opened(path), 0
    for ordinal, text in enumerate(LONG):
        anchors = winnow(TOKENIZER.encode(text), segment.sampling)
        found = segment.find(anchors.fingerprints)
        places = set(zip(found.queries.tolist(), found.positions.tolist(), strict=True))
        assert {(query, start + place) for query, place in enumerate(anchors.positions.tolist())} <= places
        assert set(segment.ordinals(anchors.positions + start)) == {ordinal}
        start += len(tokens_of(text))
    strange = segment.find(fingerprints(TOKENIZER.encode(words(0, 30)), segment.sampling.n))
    assert (len(strange.queries), len(strange.positions)) == (0, 0)
    assert len(segment.find(np.empty(0, np.uint64)).queries) == 0


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_spans_and_quotes_give_the_text_back(tmp_path_factory, data: st.DataObject) -> None:
    """The span of any run of tokens cuts that run out of the work's text; its quote is that text."""
    path = _blocky(tmp_path_factory)
    segment = opened(path)
    ordinal = data.draw(st.integers(0, len(LANGUAGES) - 1))
    text = list(LANGUAGES.values())[ordinal]
    ids = tokens_of(text)
    clean = np.flatnonzero(TOKENIZER.encode_with_offsets(text).is_clean()).tolist()
    start, end = sorted(data.draw(st.lists(st.sampled_from(clean), min_size=2, max_size=2, unique=True)))
    span = segment.span(ordinal, start, end, TOKENIZER)
    assert span is not None
    assert tokens_of(text[slice(*span)]) == ids[start:end]
    quote = segment.quote(ordinal, start, end, TOKENIZER, around=5)
    assert quote is not None
    assert quote.exact == text[slice(*span)]
    assert text[: span[0]].endswith(quote.prefix)
    assert text[span[1] :].startswith(quote.suffix)
    assert max(len(quote.prefix), len(quote.suffix)) <= 5


def _blocky(factory: pytest.TempPathFactory, _made: list[Path] = []) -> Path:  # noqa: B006  # made once
    """A segment whose texts are cut into blocks of a few words."""
    if not _made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writer, "TEXT_BLOCK", 16)
            _made.append(factory.mktemp("blocks") / "blocks.seg")
            built(_made[0], *LANGUAGES.values())
    return _made[0]


def test_keep_tokens_keeps_no_text(tmp_path: Path) -> None:
    """With keep=tokens no word of a work is in the file, and there are no spans to give."""
    built(tmp_path / "t.seg", keep=Keep.TOKENS)
    segment = opened(tmp_path / "t.seg")
    assert set(segment.footer.sections) == {
        "starts", "directory", "residuals", "positions", "tokens", "seen", "counts", "checksums",
    }  # fmt: skip
    assert segment.span(0, 0, 5, TOKENIZER) is None
    assert segment.tokens[:].tolist() == [token for text in LONG for token in tokens_of(text)]
    assert segment.quote(0, 0, 5, TOKENIZER, around=5) is None


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (5, 4), (0, 10_000)])
def test_no_work_is_quoted_beyond_its_tokens(path: Path, start: int, end: int) -> None:
    """A run of tokens that the work does not have is refused, and nothing of the next work is shown."""
    with pytest.raises(UsageError, match=f"the work has no tokens {start} to {end}, only"):
        opened(path).quote(0, start, end, TOKENIZER, around=5)


def test_a_work_with_lone_surrogates_keeps_its_offsets(tmp_path: Path) -> None:
    """What no UTF-8 file holds can still be ingested by a program, and comes back as it was."""
    text = f"{words(0, 20)} \ud83d {words(20, 20)}"
    built(tmp_path / "s.seg", text)
    quote = opened(tmp_path / "s.seg").quote(0, 0, len(tokens_of(text)), TOKENIZER, around=0)
    assert quote == Quote(prefix="", exact=text, suffix="")


def test_another_tokenizer(path: Path) -> None:
    """A segment of another tokenizer is refused, naming both."""
    with pytest.raises(TokenizerMismatchError) as caught:
        Segment(path, tokenizer_digest="f" * 64)
    assert str(caught.value) == (
        f"segment one.seg was built with tokenizer {TOKENIZER.digest[:12]}…, this release has ffffffffffff…: use the "
        "release that wrote it, or ingest the works into a new database"
    )


def test_frequencies(path: Path) -> None:
    """A segment says which tokens occur in its works, and how often."""
    seen, counts = opened(path).frequencies
    expected = Counter(token for text in LONG for token in tokens_of(text))
    assert dict(zip(seen.tolist(), counts.tolist(), strict=True)) == expected
    assert seen.tolist() == sorted(expected)


def test_keep_fingerprints_keeps_no_tokens(tmp_path: Path) -> None:
    """With keep=fingerprints neither words nor tokens nor their frequencies are kept, of phrases only a fingerprint."""
    path = tmp_path / "f.seg"
    summary = built(path, keep=Keep.FINGERPRINTS)
    segment = opened(path)
    assert set(segment.footer.sections) == {"starts", "directory", "residuals", "positions", "rests", "checksums"}
    phrase = summary.documents[1]
    motto = phrase_fingerprint(TOKENIZER.encode(MOTTO))
    assert phrase == Built(None, len(tokens_of(MOTTO)), len(MOTTO), None, None, motto)
    assert [each.tolist() for each in segment.frequencies] == [[], []]
    assert segment.finds_canaries(summary.canaries)
    for text in LONG:
        tokens = TOKENIZER.encode(text).astype("<u2").tobytes()
        assert not any(tokens[at : at + 8] in path.read_bytes() for at in range(0, len(tokens) - 8, 2))


@pytest.mark.parametrize("copies", [1, 32, 33, 300])
def test_a_fingerprint_of_many_works(tmp_path: Path, copies: int) -> None:
    """Up to 64 postings are given; where there are more, it is said where they lie, in order."""
    for keep in Keep:
        path = tmp_path / f"{keep}.seg"
        summary = built(path, *(f"{words(number, 20)} {TIMES} {TIMES}" for number in range(copies)), keep=keep)
        segment = opened(path)
        anchors = winnow(TOKENIZER.encode(TIMES), segment.sampling)
        found = segment.find(anchors.fingerprints)
        assert set(found.crowded) == (set(range(len(anchors))) if copies > 32 else set())
        for query in range(len(anchors)):
            lies = found.crowded.get(query)
            positions = segment.positions(*lies) if lies else found.positions[found.queries == query]
            assert segment.ordinals(positions).tolist() == [number for number in range(copies) for _ in range(2)]
        assert segment.finds_canaries(summary.canaries)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """If reading the documents fails in the middle, no file is left."""

    def documents():  # type: ignore[no-untyped-def]
        yield Document(text=TIMES)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        build_segment(documents(), tmp_path / "x.seg", tokenizer=TOKENIZER)
    assert list(tmp_path.iterdir()) == []


def test_a_segment_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More tokens than positions can count are refused with a remedy."""
    monkeypatch.setattr(writer, "LONGEST_SEGMENT", 100)
    with pytest.raises(UsageError, match="a segment holds at most 100 tokens; give build_segment fewer documents"):
        built(tmp_path / "x.seg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", list(Keep))
@pytest.mark.parametrize("bits", [1, 3, 9])
def test_the_parts_of_the_index_are_all_its_postings(tmp_path: Path, keep: Keep, bits: int) -> None:
    """Part after part gives every anchor of every work once, in the parts where its fingerprint belongs."""
    built(tmp_path / "one.seg", *LONG, words(0, 900), keep=keep)
    segment = opened(tmp_path / "one.seg")
    parts = [segment.read_part(part, bits) for part in range(1 << bits)]
    found = sorted(zip(*(np.concatenate(column).tolist() for column in zip(*parts, strict=True)), strict=True))
    expected = []
    for text, start in zip((*LONG, words(0, 900)), segment.starts.tolist(), strict=False):
        anchors = winnow(TOKENIZER.encode(text), segment.sampling)
        expected += zip(
            cut_fingerprints(anchors.fingerprints).tolist(), (anchors.positions + start).tolist(), strict=True
        )
    assert found == sorted(expected)
    assert len(found) == segment.postings
    assert all((fingerprints >> np.uint64(64 - bits) == part).all() for part, (fingerprints, _) in enumerate(parts))
