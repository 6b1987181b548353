"""How are parts of short works judged? `short_works.py [--udhr FOLDER] [--texts FILE] [--code FILE] [--works N]`.

The first table has the length of one text in several languages (files of a folder, one of them `eng.txt`), in tokens
and in words as a passage counts them, each relative to the English. The second has the tokens and bits of a lexeme, as
GitHub Copilot's client counts lexemes, over the Python files of a JSON Lines file (`.zst`), and what 65 lexemes are.
The third checks the refrain of each of nine lyrics under each preset: alone, and in a sentence that quotes three lines
and names the author. The fourth asks what the rule for short works adds to ordinary texts: paragraphs of many documents
become short works with all rights reserved, and pieces of other authors' documents are checked; then files of one half
of the packages become works, and files of the other half are checked. It lists each finding that the rule has added.

Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

try:
    from compression import zstd
except ImportError:
    from backports import zstd

from provenance import PRESETS, Checker, Database, Document
from provenance.check.word_count import count_words
from provenance.text import load_tokenizer

LYRICS = Path(__file__).parents[1] / "data" / "lyrics.toml"
SEED = 13
LEXEME = re.compile(r"\w+|={4,}|-{4,}|#{4,}|/{4,}|\*{4,}|[^\w\s]")
"""A run of letters and digits, a rule or the mark of a comment, or one punctuation mark."""
LEXEMES = 65
ASKED = {
    "en": ("Sure, it goes like this: ", " And so on."),
    "de": ("Gern, das geht so: ", " Und so weiter."),
    "ja": ("こんな歌です。", "。と続きます。"),
}
QUOTED = {
    "en": (
        "The song is about people who leave a place without a plan and find that they carry it with them. "
        "{author} puts it like this:\n",
        "\nThe tone is light, and the picture stays with the listener for longer than the melody does, which is odd.",
    ),
    "de": (
        "Das Lied handelt von Leuten, die ohne Plan aufbrechen und merken, dass sie den Ort mit sich tragen. "
        "{author} sagt es so:\n",
        "\nDer Ton ist leicht, und das Bild bleibt dem Hörer länger im Ohr als die Melodie, was man selten findet.",
    ),
    "ja": (
        "この歌は、あてもなく町を出て行く人たちが、その町をずっと抱えて歩いていることに気づく話である。{author}は次のように書いている。\n",
        "\n語り口は軽いのに、その絵は旋律よりも長く耳に残る。こういうことはあまり多くない。だから何度も聞いてしまう。",
    ),
}


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a file of JSON Lines."""
    opener = zstd.open if path.suffix == ".zst" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def compare_languages(folder: Path) -> None:
    """Print how long one text is in several languages."""
    tokenizer, sizes = load_tokenizer(), {}
    for path in sorted(folder.glob("*.txt")):
        text = path.read_text("utf-8")
        tokens = tokenizer.encode_with_offsets(text)
        sizes[path.stem] = len(tokens), count_words(text, tokens.starts[tokens.heads].tolist())
    print("| language | tokens | words |\n|---|---|---|")
    for name, (tokens_of, words) in sizes.items():
        print(f"| {name} | {tokens_of / sizes['eng'][0]:.2f} | {words / sizes['eng'][1]:.2f} |")


def count_lexemes(path: Path) -> None:
    """Print how many tokens and bits a lexeme of code has: of all files together, and in the median of the files."""
    tokenizer, sizes = load_tokenizer(), []
    for each in read_lines(path):
        ids = tokenizer.encode(each["text"])
        if lexemes := len(LEXEME.findall(each["text"])):
            sizes.append((lexemes, len(ids), float(tokenizer.vocabulary.bits[ids].sum())))
    lexemes, tokens, bits = map(sum, zip(*sizes, strict=True))
    middle = median(of_file / all_of_file for all_of_file, of_file, _ in sizes)
    print(f"\n{lexemes:,} lexemes of code are {tokens:,} tokens: {tokens / lexemes:.2f} tokens a lexeme, ", end="")
    print(f"{middle:.2f} in the median of {len(sizes):,} files; {LEXEMES} lexemes are ", end="")
    print(f"{LEXEMES * tokens / lexemes:.0f} or {LEXEMES * middle:.0f} tokens. {bits / tokens:.1f} bits a token.\n")


def check_refrains(folder: Path) -> None:
    """Print which refrains are noticed, and which quotations with credit."""
    lyrics = tomllib.loads(LYRICS.read_text("utf-8"))["lyrics"]
    print("| preset | refrains noticed | quotations with credit noticed |\n|---|---|---|")
    with Database.open(folder, create=True) as database:
        database.ingest(make_lyric(each) for each in lyrics)
        for name, settings in PRESETS.items():
            checker, noticed = Checker(database, settings), Counter[str]()
            for each in lyrics:
                for kind, frames in (("asked", ASKED), ("quoted", QUOTED)):
                    before, after = frames[each["language"]]
                    text = before.format(author=each["author"]) + each["refrain"].strip() + after
                    noticed[kind] += bool(checker.check(text).findings)
            print(f"| {name} | {noticed['asked']} of {len(lyrics)} | {noticed['quoted']} of {len(lyrics)} |")


def make_lyric(lyric: dict[str, str]) -> Document:
    """Return a lyric as a work, all rights reserved."""
    return Document(
        text=lyric["text"], id=lyric["title"], title=lyric["title"], authors=(lyric["author"],),
        licence="all-rights-reserved", language=lyric["language"],
    )  # fmt: skip


def make_paragraphs(records: Iterable[dict[str, Any]], number: int) -> list[Document]:
    """Return paragraphs as works of their own, all rights reserved: as many as asked for, of all documents."""
    found = []
    for record in records:
        parts = [part for part in re.split(r"\n\s*\n", record["text"]) if 150 <= len(part) <= 1500]
        random.Random(SEED).shuffle(parts)
        found += [
            Document(
                text=part, id=f"{record['id']}#{place}", title=record.get("title"),
                authors=tuple(record.get("authors") or ()), licence="all-rights-reserved",
            )
            for place, part in enumerate(parts[:200])
        ]  # fmt: skip
    random.Random(SEED).shuffle(found)
    return found[:number]


def make_files(records: Iterable[dict[str, Any]]) -> Iterator[Document]:
    """Yield files as works, with their licences."""
    for each in records:
        yield Document(
            text=each["text"], id=each["id"], title=each.get("title"), authors=tuple(each.get("authors") or ()),
            licence=each.get("licence") or each.get("license"), language="python",
        )  # fmt: skip


def measure_noise(kind: str, works: Iterable[Document], texts: list[str], folder: Path) -> None:
    """Print how many findings the rule for short works adds to some texts, and each of them."""
    added: list[str] = []
    with Database.open(folder, create=True) as database:
        database.ingest(works)
        for name, settings in PRESETS.items():
            without = Checker(database, replace(settings, min_short_work_share=1.0))
            before = [without.check(text).findings for text in texts]
            after = [Checker(database, settings).check(text).findings for text in texts]
            print(f"| {kind} | {len(texts)} | {name} | {sum(map(len, before))} | {sum(map(len, after))} |")
            for old, new in zip(before, after, strict=True):
                known = {(each.start, each.end) for each in old}
                added += [
                    f"{kind}, {name}: “{' '.join(each.passage.quote.exact.split())}”, {each.passage.counted_words} "
                    f"words, {each.passage.share_of_work:.0%} of {each.passage.origin.id}"
                    for each in new
                    if (each.start, each.end) not in known
                ]
    print("", *(f"- {line}" for line in added), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--udhr", type=Path, help="a folder with one text in several languages")
    parser.add_argument("--texts", type=Path, help="JSON Lines of documents")
    parser.add_argument("--code", type=Path, help="JSON Lines of files, whose ids begin with the name of a package")
    parser.add_argument("--works", type=int, default=40_000, help="paragraphs that become works")
    parser.add_argument("--number", type=int, default=300, help="texts that are checked")
    arguments = parser.parse_args()
    if arguments.udhr:
        compare_languages(arguments.udhr)
    if arguments.code:
        count_lexemes(arguments.code)
    with tempfile.TemporaryDirectory() as place:
        check_refrains(Path(place, "lyrics"))
        print("\n| texts | checked | preset | findings without the rule | with it |\n|---|---|---|---|---|")
        draw = random.Random(SEED)
        if arguments.texts:
            records = list(read_lines(arguments.texts))
            makers = sorted({maker_of(each) for each in records})
            held_out = set(draw.sample(makers, len(makers) // 4))
            works = make_paragraphs((each for each in records if maker_of(each) not in held_out), arguments.works)
            others = [each["text"] for each in records if maker_of(each) in held_out]
            texts = [cut_piece(draw.choice(others), draw) for _ in range(arguments.number)]
            measure_noise("prose", works, texts, Path(place, "texts"))
        if arguments.code:
            files = list(read_lines(arguments.code))
            packages = sorted({each["id"].partition("/")[0] for each in files})
            held_out = set(draw.sample(packages, len(packages) // 2))
            others = [each["text"] for each in files if each["id"].partition("/")[0] in held_out]
            works_of = (each for each in files if each["id"].partition("/")[0] not in held_out)
            texts = [text[:3000] for text in draw.sample(others, arguments.number)]
            measure_noise("code", make_files(works_of), texts, Path(place, "code"))


def maker_of(record: dict[str, Any]) -> str:
    """Return who made a document."""
    return str((record.get("authors") or [record["id"]])[0])


def cut_piece(text: str, draw: random.Random) -> str:
    """Return 3,000 characters of a text."""
    start = draw.randrange(max(1, len(text) - 3000))
    return text[start : start + 3000]


if __name__ == "__main__":
    main()
