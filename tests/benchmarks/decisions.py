"""Figures of the decisions in ARCHITECTURE.md. `python tests/benchmarks/decisions.py [CORPUS...] [--letters abc…]`.

Prints one figure a line under the letter of its decision. A CORPUS is a file or folder as `provenance ingest` takes it,
`examples/works/works.jsonl` by default; of a large one the first `--characters` are used. Counts repeat exactly on the
same corpus; seconds depend on the machine and are there for their ratios.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sqlite3
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import sentencepiece

import provenance
from provenance import licences
from provenance.check.information import estimate_token_bits
from provenance.errors import InputError
from provenance.fingerprints import SAMPLINGS, fingerprints, thin, winnow
from provenance.index import Segment, build_segment
from provenance.index.writer import TEXT_BLOCK
from provenance.licences import licence_wording, wording
from provenance.match import ShortWorkMatcher
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import Tokenizer, load_tokenizer
from provenance.thresholds import LEAST_RUN
from provenance.works import Document, Keep, Sensitivity
from tests.benchmarks.sampling import mod, open_closed, winnowing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WIDE = SAMPLINGS[Sensitivity.WIDE]
EXAMPLES = Path(__file__).parents[2] / "examples" / "works" / "works.jsonl"
MODEL = Path(provenance.__file__).parent / "data" / "tokenizer.model"
TOKENIZER = load_tokenizer()

Figures = Iterator[tuple[str, str]]
"""What was measured, and what came out."""


@dataclass(frozen=True)
class Corpus:
    """The works that everything is measured on."""

    documents: tuple[Document, ...]

    @cached_property
    def text(self) -> str:
        """All texts, one after another."""
        return "\n\n".join(document.text for document in self.documents)

    @cached_property
    def words(self) -> list[str]:
        """The normalised words of all texts."""
        return [
            word
            for block in TOKENIZER.normalizer.blocks(self.text, 1 << 16)
            for word in TOKENIZER.normalizer.words(block)
        ]

    def of(self, language: str) -> str:
        """The texts in one language."""
        return "\n".join(document.text for document in self.documents if document.language == language)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Return the CPU seconds that it takes, which a busy machine changes less than those on the wall."""
    start = clock()
    work()
    return clock() - start


def viterbi() -> sentencepiece.SentencePieceProcessor:
    """SentencePiece's own segmentation by the same model."""
    return sentencepiece.SentencePieceProcessor(model_file=str(MODEL))


def tokens_a_word(corpus: Corpus) -> Figures:
    """MaxMatch over a table of words, against the Viterbi segmentation."""
    model, words = viterbi(), corpus.words
    yield "tokens a word, MaxMatch", f"{len(TOKENIZER.encode(corpus.text)) / len(words):.4f}"
    yield "tokens a word, Viterbi", f"{sum(map(len, model.encode(words))) / len(words):.4f}"
    distinct = [word for word in sorted(set(words)) if not any(map(model.is_byte, model.encode(word)))]
    for name, cut in (("MaxMatch", _pieces), ("Viterbi", lambda word: model.encode(word, out_type=str))):
        changed, slices = _slices(distinct, cut)
        yield f"slices of a word with other tokens, {name}", f"{changed:,} of {slices:,}"
    megabytes = len(corpus.text.encode()) / 1e6
    fresh = Tokenizer(TOKENIZER.vocabulary, TOKENIZER.normalizer, TOKENIZER.digest)
    yield "MB a CPU second, MaxMatch, empty table", f"{megabytes / seconds(lambda: fresh.encode(corpus.text)):.1f}"
    yield "MB a CPU second, MaxMatch, full table", f"{megabytes / seconds(lambda: fresh.encode(corpus.text)):.1f}"
    blocks = list(TOKENIZER.normalizer.blocks(corpus.text, 1 << 15))
    whole = seconds(lambda: [model.encode(block, out_type="serialized_proto") for block in blocks])
    yield "MB a CPU second, SentencePiece with offsets", f"{megabytes / whole:.1f}"
    ours = seconds(lambda: fresh.encode_with_offsets(corpus.text))
    yield "MB a CPU second, MaxMatch with offsets", f"{megabytes / ours:.1f}"
    ids = seconds(lambda: [model.encode(block) for block in blocks])
    yield "MB a CPU second, SentencePiece", f"{megabytes / ids:.1f}"
    yield "words that were in the table already", f"{1 - len(set(words)) / len(words):.1%}"


def _slices(words: Sequence[str], cut: Callable[[str], list[str]]) -> tuple[int, int]:
    """Return how many runs of a word's tokens are cut otherwise when they stand alone, and how many there are."""
    changed = slices = 0
    for pieces in map(cut, words):
        for start, end in itertools.combinations(range(len(pieces) + 1), 2):
            if 1 < end - start < len(pieces):
                slices += 1
                changed += cut("".join(pieces[start:end])) != pieces[start:end]
    return changed, slices


def _pieces(word: str) -> list[str]:
    _, begins, ends = TOKENIZER.vocabulary.match(word)
    return [word[begin:end] for begin, end in zip(begins, ends, strict=True)]


def word_marker(corpus: Corpus) -> Figures:
    """The marker of a word's beginning is in no piece."""
    model = viterbi()
    pieces = model.id_to_piece(list(range(model.vocab_size())))
    yield "pieces with the marker", str(sum("▁" in piece for piece in pieces))
    chinese = corpus.of("zh")
    density = len(TOKENIZER.encode(chinese)) / max(1, len(TOKENIZER.normalizer.words(chinese)))
    yield "tokens a character of Chinese", f"{density:.2f}, with a marker for each {density + 1:.2f}"


def one_character_rules(corpus: Corpus) -> Figures:
    """Composed characters are taken apart, each by itself; words hyphenated at a line's end are joined."""
    with np.load(MODEL.with_name("normalization.npz"), allow_pickle=False) as tables:
        yield "rules", f"{len(tables['codes']):,}"
    same = sum(np.array_equal(*_both_forms(document.text)) for document in corpus.documents)
    yield "works with the same tokens composed and decomposed", f"{same} of {len(corpus.documents)}"
    for language, name in (("ko", "Korean"), ("ja", "Japanese")):
        text = "".join(c for c in corpus.of(language) if unicodedata.category(c) == "Lo")
        yield f"tokens a letter of {name}", f"{len(TOKENIZER.encode(text)) / max(1, len(text)):.2f}"
    hyphenated = _hyphenated("an unmistakable paragraph about whales and weather " * 3)
    plain = TOKENIZER.encode(hyphenated.replace("-\n", ""))
    yield "a hyphenated text has the tokens of the plain one", str(np.array_equal(TOKENIZER.encode(hyphenated), plain))


def _both_forms(text: str) -> list[np.ndarray]:
    return [TOKENIZER.encode(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")]


def _hyphenated(text: str) -> str:
    return text.replace("takable", "tak-\nable")


def anchors(corpus: Corpus) -> Figures:
    """How many fingerprints winnowing picks, and what becomes of a stretch that repeats itself."""
    texts = [TOKENIZER.encode(document.text) for document in corpus.documents]
    shingles = sum(len(fingerprints(tokens, WIDE.n)) for tokens in texts)
    picked = [winnow(tokens, WIDE) for tokens in texts]
    yield "fingerprints picked", f"{sum(map(len, picked)) / shingles:.4f}, expected {2 / (WIDE.w + 1):.4f}"
    yield (
        "of these left out as repetition",
        f"{1 - sum(len(thin(a, WIDE.w)) for a in picked) / sum(map(len, picked)):.2%}",
    )
    repeated = winnow(TOKENIZER.encode("sea " * 250_000), WIDE)
    yield "anchors in a megabyte of one word", f"{len(repeated):,}, thinned {len(thin(repeated, WIDE.w))}"
    tokens = TOKENIZER.encode(corpus.text)
    yield "nanoseconds a token to hash and pick", f"{seconds(lambda: winnow(tokens, WIDE)) / len(tokens) * 1e9:.0f}"


def postings(corpus: Corpus) -> Figures:
    """A directory over the top bits of a fingerprint and 16 bits of the rest."""
    with tempfile.TemporaryDirectory() as folder:
        segment = _segment(corpus, Path(folder), Keep.TOKENS)
        sections, tokens = segment.footer.sections, segment.footer.tokens
        count = sections["positions"].length // 4
        index = sum(sections[name].length for name in ("directory", "residuals", "positions"))
        yield "bytes a posting", f"{index / count:.2f}, with whole fingerprints in sorted order 12"
        yield "bytes a token, index alone", f"{index / tokens:.2f}"
        yield "bytes a token, with tokens", f"{(index + sections['tokens'].length) / tokens:.2f}"
        sections = _segment(corpus, Path(folder), Keep.FINGERPRINTS).footer.sections
        yield "bytes a token, fingerprints alone", f"{sum(each.length for each in sections.values()) / tokens:.2f}"
        yield "postings a prefix", f"{count / (1 << segment.footer.words.prefix_bits):.1f}"
        asked = winnow(TOKENIZER.encode(corpus.text[: 1 << 20]), WIDE).fingerprints
        segment.find(asked)
        yield "nanoseconds a look-up", f"{seconds(lambda: segment.find(asked)) / len(asked) * 1e9:.0f}"


def _segment(corpus: Corpus, folder: Path, keep: Keep) -> Segment:
    path = folder / f"{keep.value}.seg"
    build_segment(corpus.documents, path, tokenizer=TOKENIZER, keep=keep)
    return Segment(path, tokenizer_digest=TOKENIZER.digest)


def phrases(corpus: Corpus) -> Figures:
    """The automaton is built at the first check, from tokens in the catalogue."""
    tokens = TOKENIZER.encode(corpus.text)[: 20_000 * LEAST_RUN].astype("<u2")
    rows = [(i, tokens[i * 12 : i * 12 + 12].tobytes()) for i in range(len(tokens) // 12)][:20_000]
    build = seconds(lambda: ShortWorkMatcher(rows))
    yield "phrases of 12 tokens", f"{len(rows):,}, built in {build * 1e3:.0f} ms"
    size = ShortWorkMatcher(rows)._automaton.get_stats()["total_size"]
    yield "bytes a phrase", f"{size / len(rows):,.0f}, in the catalogue {12 * 2}"


def text_blocks(corpus: Corpus) -> Figures:
    """Text is compressed in blocks; a place in it is found by tokenising its block again."""
    text = corpus.text
    for size in (1 << 10, TEXT_BLOCK, 1 << 16, len(text)):
        blocks = [text[start : start + size].encode() for start in range(0, len(text), size)]
        packed = sum(len(zstd.compress(block)) for block in blocks)
        yield f"bytes a character, blocks of {size:,}", f"{packed / len(text):.3f}"
    with tempfile.TemporaryDirectory() as folder:
        segment = _segment(corpus, Path(folder), Keep.TEXT)
        longest = int(np.argmax(np.diff(segment.starts.astype(np.int64))))
        length = int(segment.starts[longest + 1] - segment.starts[longest])
        places = random.Random(1).sample(range(length - LEAST_RUN), min(100, length - LEAST_RUN))
        taken = [_seconds_to_place(segment, longest, place) for place in places]
        yield "microseconds to find a passage's place, median", f"{np.median(taken) * 1e6:.0f}"
    characters = len(text) / len(TOKENIZER.encode(text))
    yield "bytes a character that offsets of 4 bytes a token take", f"{4 / characters:.2f}"


def _seconds_to_place(segment: Segment, ordinal: int, place: int) -> float:
    assert segment._kept_text is not None
    segment._kept_text._block.cache_clear()
    return seconds(lambda: segment.span(ordinal, place, place + LEAST_RUN, TOKENIZER))


def shared_content(corpus: Corpus) -> Figures:
    """The same text under another name takes no second place in the index; what a compaction removes and costs."""
    with tempfile.TemporaryDirectory() as folder:
        database = provenance.Database.open(Path(folder, "db"), create=True)
        for collection in ("first", "second"):
            database.ingest(replace(document, collection=collection) for document in corpus.documents)
            size = sum(file.stat().st_size for file in Path(folder, "db", "segments").iterdir())
            works = database.snapshot().state.works
            yield f"after the {collection} ingest", f"{works:,} works, {size:,} bytes of segments"
        for work in database.catalogue.search(limit=len(corpus.documents)):
            database.withdraw(work)
        spent = time.process_time()
        done = database.compact()
        spent, tokens = time.process_time() - spent, sum(s.tokens for s in database.snapshot().state.segments)
        yield (
            "the first half by title withdrawn, compacted",
            (
                f"{done.contents_removed:,} contents of {done.bytes_before - done.bytes_after:,} bytes removed; "
                f"{tokens / spent / 1e6:.1f} million tokens copied a second"
            ),
        )
        database.close()


def origins(corpus: Corpus) -> Figures:
    """A compilation that quotes a free work: whose are the quotations?"""
    quoting = next((d for d in corpus.documents if d.id == "works:daily-verse"), None)
    if quoting is None:
        return
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(Path(folder, "db"), create=True) as database:
        database.ingest(corpus.documents)
        report = provenance.Checker(database).check(quoting.text)
        free = [exempt for exempt in report.exempt if exempt.reason is provenance.Reason.PUBLIC_DOMAIN]
        kings = [exempt for exempt in free if "James" in (exempt.sources[0].work.title or "")]
        yield (
            "quotations credited to the King James Bible",
            f"{len(kings)} of {len(free)} to works in the public domain",
        )
        for finding in report.findings:
            work, passage = finding.passage.origin, finding.passage
            yield f"left of {work.title}", f"{passage.counted_tokens:,} of {passage.tokens:,} tokens"


def sqlite_settings(_: Corpus) -> Figures:
    """What a commit costs that survives a power cut, and a look at the revision."""
    with tempfile.TemporaryDirectory() as folder:
        for level in ("FULL", "NORMAL"):
            connection = sqlite3.connect(Path(folder, level), isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {level}")
            connection.execute("CREATE TABLE facts (value)")
            insert = partial(connection.execute, "INSERT INTO facts VALUES (1)")
            commit = seconds(lambda insert=insert: [insert() for _ in range(50)], time.perf_counter) / 50
            yield f"microseconds a commit, synchronous = {level}", f"{commit * 1e6:.0f}"
            connection.close()
        with provenance.Database.open(Path(folder, "db"), create=True) as database:
            look = seconds(lambda: [database.snapshot() for _ in range(200)]) / 200
            yield "microseconds to see that nothing has changed", f"{look * 1e6:.0f}"


def information(corpus: Corpus) -> Figures:
    """What a token says on average by the vocabulary, and by the counts of the works; what the counting costs."""
    prior = TOKENIZER.vocabulary.bits
    ids, counts = np.unique(TOKENIZER.encode(corpus.text), return_counts=True)
    for whose, bits in (("vocabulary", prior), ("works", estimate_token_bits([(ids, counts)], prior))):
        yield f"bits a token by the {whose}", f"{(counts * bits[ids]).sum() / counts.sum():.2f}"
    spent = seconds(lambda: [estimate_token_bits([(ids, counts)] * 20, prior) for _ in range(10)]) / 10
    yield "milliseconds for the table of twenty segments", f"{spent * 1e3:.1f}"


def other_samplings(corpus: Corpus) -> Figures:
    """How many shingles the nearest rivals of winnowing pick; `sampling.py` compares all of them in full."""
    texts = [tokens for document in corpus.documents if len(tokens := TOKENIZER.encode(document.text)) >= LEAST_RUN]
    for scheme in (winnowing(8), open_closed(8, 1), mod(9, 1)):
        picked = sum(len(scheme.pick(tokens)) for tokens in texts)
        yield f"shingles picked a token, {scheme.name}, n = {scheme.n}", f"{picked / sum(map(len, texts)):.4f}"


def wording_of_licences(corpus: Corpus) -> Figures:
    """How much is known of licences and formulas, and how much of the works is their wording?"""
    known = wording.compute_shingles()
    covered = licence_wording(TOKENIZER.encode(corpus.text))
    forms = len(wording.load_wordings())
    yield "licence texts, fixed wordings, shingles of both", f"{len(licences.texts()):,}, {forms:,}, {len(known):,}"
    yield "tokens of the works that are wording of licences", f"{int(covered.sum()):,} of {len(covered):,}"


def streams(corpus: Corpus) -> Figures:
    """Is a text that is being written looked up first, and looked at closely only where that rings?"""
    with (
        tempfile.TemporaryDirectory() as folder,
        provenance.Database.open(Path(folder) / "db", create=True) as database,
    ):
        database.ingest(corpus.documents)
        checker = provenance.Checker(database)
        words = [f"{word} " for word in random.Random(4).choices(corpus.words[: 10**6], k=10_000)]
        for number in (1_000, 10_000):
            text = words[:number]
            yield (
                f"check all again every 80 characters, {number:,} words",
                f"{_a_word(_again_and_again, checker, text)}",
            )
            yield f"look up, and look where that rings, {number:,} words", f"{_a_word(_streamed, checker, text)}"


def _a_word(
    follow: Callable[[provenance.Checker, list[str]], None], checker: provenance.Checker, text: list[str]
) -> str:
    follow(checker, text)
    began = time.process_time()
    follow(checker, text)
    return f"{(time.process_time() - began) / len(text) * 1e6:,.0f} CPU µs a word"


def _again_and_again(checker: provenance.Checker, text: list[str]) -> None:
    written, checked = "", 0
    for word in text:
        written += word
        if len(written) - checked >= 80:
            checked = len(written)
            checker.check(written)


def _streamed(checker: provenance.Checker, text: list[str]) -> None:
    for _ in provenance.StreamChecker(checker).over(text):
        pass


DECISIONS: dict[str, Callable[[Corpus], Figures]] = {
    "a": tokens_a_word, "b": word_marker, "c": one_character_rules, "d": anchors, "e": postings, "f": phrases,
    "g": text_blocks, "h": shared_content, "i": origins, "j": sqlite_settings, "k": information,
    "l": other_samplings, "m": wording_of_licences, "n": streams,
}  # fmt: skip


def corpus_of(sources: Sequence[Path], characters: int) -> Corpus:
    """Read documents until there are so many characters."""
    found = (d for d in documents(sources, get_plugin_manager(), Declared()) if not isinstance(d, InputError))
    return Corpus(tuple(_until(found, characters)))


def _until(found: Iterator[Document], characters: int) -> Iterator[Document]:
    for document in found:
        yield document
        characters -= len(document.text)
        if characters <= 0:
            return


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="*", type=Path, default=[EXAMPLES])
    parser.add_argument("--letters", default="".join(DECISIONS), help="which decisions; all by default")
    parser.add_argument("--characters", type=int, default=50_000_000)
    options = parser.parse_args(argv)
    corpus = corpus_of(options.corpus, options.characters)
    print(f"{len(corpus.documents):,} works, {len(corpus.text):,} characters, {len(corpus.words):,} words")
    for letter in options.letters:
        for what, figure in DECISIONS[letter](corpus):
            print(f"{letter}  {what:58} {figure}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
