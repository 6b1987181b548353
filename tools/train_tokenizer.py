"""Trainer of the shipped tokenizer: `python tools/train_tokenizer.py CORPUS... --output provenance/data`.

Counts the normalised words of the corpora and lets SentencePiece choose the pieces (unigram model, Kudo 2018). A new
tokenizer makes every existing database unreadable, so train one only for a new major version.

A CORPUS is a text file, a folder of text files, or JSON Lines (`.jsonl`, `.jsonl.zst`) with the text under "text".
"""

import argparse
import contextlib
import hashlib
import json
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece

from normalization_rules import as_tsv, fold, rules
from provenance.text.normalizer import Normalizer

VOCABULARY = 60_000
LONGEST_PIECE = 16
LONGEST_WORD = 24
#: Scripts whose characters are left to byte fallback: large and hardly met, so not worth a place each.
RARE_SCRIPTS = ("YI", "VAI", "CHEROKEE", "UNIFIED", "CANADIAN", "ETHIOPIC")
CJK_EXTENSION_A = ("\u3400", "\u4dbf")


def texts(corpus: Path) -> Iterator[str]:
    """Yield the texts of one corpus; files that are not UTF-8 are passed over."""
    if corpus.is_dir():
        for path in sorted(p for p in corpus.rglob("*") if p.is_file()):
            yield from texts(path)
    elif corpus.name.endswith((".jsonl", ".jsonl.zst")):
        with _open(corpus) as lines:
            yield from (json.loads(line)["text"] for line in lines)
    else:
        try:
            yield corpus.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            print(f"passed over, not UTF-8: {corpus.name}", file=sys.stderr)


def _open(path: Path):  # type: ignore[no-untyped-def]  # the two modules' text readers share no public type
    if path.suffix != ".zst":
        return path.open(encoding="utf-8")
    from backports import zstd

    return zstd.open(path, "rt", encoding="utf-8")


def normalization_tables() -> dict[str, Any]:
    """Return the rules as the arrays that `Normalizer` takes."""
    table = list(rules())
    return {
        "codes": np.array([code for code, _ in table], np.uint32),
        "lengths": np.array([len(folded) for _, folded in table], np.uint8),
        "replacements": np.array([ord(c) for _, folded in table for c in folded], np.uint32),
    }


def required_characters() -> str:
    """Return every character of the basic plane that survives normalisation and deserves a piece of its own."""
    letters = (chr(code) for code in range(1, 0x10000) if not 0xD800 <= code <= 0xDFFF)
    return "".join(
        c for c in letters
        if unicodedata.category(c)[0] in "LNM" and fold(c).strip() == c
        and not CJK_EXTENSION_A[0] <= c <= CJK_EXTENSION_A[1]
        and unicodedata.name(c, "").split(" ")[0] not in RARE_SCRIPTS
    )  # fmt: skip


def train(counts: Counter[str], output: Path) -> None:
    """Write `tokenizer.model`, `normalization.npz` and `tokenizer.json` into `output`."""
    output = output.absolute()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # the model file records these names
        rule_file, word_file = Path("rules.tsv"), Path("words.tsv")
        rule_file.write_text(as_tsv(), encoding="utf-8")
        with word_file.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{w}\t{n}\n" for w, n in sorted(counts.items()) if n > 1 and len(w) <= LONGEST_WORD)
        sentencepiece.SentencePieceTrainer.train(
            input=str(word_file), input_format="tsv", model_prefix="tokenizer",
            model_type="unigram", vocab_size=VOCABULARY, normalization_rule_tsv=str(rule_file), byte_fallback=True,
            add_dummy_prefix=False, required_chars=required_characters(), character_coverage=0.9999,
            max_sentencepiece_length=LONGEST_PIECE, split_by_unicode_script=False, num_threads=2,
            unk_id=0, bos_id=-1, eos_id=-1, pad_id=-1, minloglevel=1,
        )  # fmt: skip
        model = Path("tokenizer.model").read_bytes()
    output.joinpath("tokenizer.model").write_bytes(model)
    np.savez_compressed(output / "normalization.npz", **normalization_tables())
    about = {
        "sha256": hashlib.sha256(model).hexdigest(), "unicode": unicodedata.unidata_version,
        "sentencepiece": sentencepiece.__version__, "vocabulary": VOCABULARY, "words": counts.total(),
        "distinct_words": len(counts),
    }  # fmt: skip
    output.joinpath("tokenizer.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Count words and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    normalizer = Normalizer(**normalization_tables())
    counts: Counter[str] = Counter()
    for corpus in arguments.corpus:
        for text in texts(corpus):
            for block in normalizer.blocks(text, 1 << 16):
                counts.update(normalizer.words(block))
        print(f"{corpus.name}: {counts.total():,} words so far, {len(counts):,} distinct", file=sys.stderr)
    train(counts, arguments.output)


if __name__ == "__main__":
    main()
